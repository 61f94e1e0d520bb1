"""``lineweight export``: what is disclosed of a snapshot or a model, in the forms that others read."""

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import DatabaseOption, KeysOption, TrustOption, home_at, place_of, write_file
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

export_app = typer.Typer(
    no_args_is_help=True, help="Disclosure: cards, summaries and lineage that others read, from signed evidence."
)
SnapshotArtifact = Annotated[str, typer.Argument(help="A snapshot in --home, NAME@vN, or its directory.")]
ModelArtifact = Annotated[str, typer.Argument(help="A model in --home, NAME or NAME/RUN, or its directory.")]
ToOption = Annotated[
    Path | None, typer.Option("--to", help="Write it into this file; show it on the terminal if not given.")
]


@export_app.command("croissant")
def export_croissant(
    artifact: SnapshotArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Describe a snapshot in Croissant 1.1 with RAI (JSON-LD). Exits 1 if its evidence does not verify."""
    _export("croissant", artifact, to, (home, database_url, keys), trust, as_json)


@export_app.command("dataset-card")
def export_dataset_card(
    artifact: SnapshotArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a snapshot's card for the Hugging Face hub (Markdown). Exits 1 if its evidence does not verify."""
    _export("dataset-card", artifact, to, (home, database_url, keys), trust, as_json)


@export_app.command("model-card")
def export_model_card(
    artifact: ModelArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a model's card for the Hugging Face hub (Markdown). Exits 1 if its evidence does not verify."""
    _export("model-card", artifact, to, (home, database_url, keys), trust, as_json)


@export_app.command("eu-summary")
def export_eu_summary(
    artifact: ModelArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Summarise what a model was trained on, by the template of Art. 53(1)(d) of the EU AI Act (Markdown).

    Exits 1 if the evidence does not verify.
    """
    _export("eu-summary", artifact, to, (home, database_url, keys), trust, as_json)


@export_app.command("california")
def export_california(
    artifact: ModelArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Answer the twelve items of California's AB 2013, Civil Code 3111, for a model (Markdown).

    Exits 1 if the evidence does not verify.
    """
    _export("california", artifact, to, (home, database_url, keys), trust, as_json)


def _export(
    name: str,
    artifact: str,
    to: Path | None,
    at: tuple[str, str | None, Path | None],
    trust: list[Path] | None,
    as_json: bool,
) -> None:
    from lineage.exports.produced import Export, produce
    from policies.terminal import out

    where = home_at(*at).require()
    made = produce(Export(name), place_of(artifact, where), where, where.trusted(trust or []))
    if to is not None:
        write_file(to, made.data)
    about = made.document["evidence"]

    def show() -> None:
        if to is None:
            typer.echo(made.data.decode(), nl=False)
        else:
            out.print(f"{to}: {name} of {about['artifact']}, manifest {about['manifest_digest']}.", highlight=False)

    emit(made.document | {"to": None if to is None else str(to)}, as_json, show)
