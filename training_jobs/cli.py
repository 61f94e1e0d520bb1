"""``lineweight train``: a snapshot in, weights with their proof out."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from policies.errors import LineweightError, UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, err, out, table
from training_jobs.recipe import Recipe

if TYPE_CHECKING:
    from lineage.keys.vault import Vault
    from lineage.place import Place

KeysOption = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="LINEWEIGHT_KEYS",
        help="Directory of the key vault; what lineweight.yaml says, or 'keys' in --home, if not given.",
    ),
]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        envvar="LINEWEIGHT_TRUST",
        help="Public key (PEM) that may have signed the snapshot; repeat for more. The vault's own if not given.",
    ),
]


def train_command(
    snapshot: Annotated[str, typer.Argument(help="Snapshot to train on: NAME@vN, or NAME for its newest version.")],
    name: Annotated[str, typer.Option("--name", help="Name of the model.")],
    base: Annotated[str, typer.Option("--base", help="'tiny', a model's directory, or a name on the hub.")] = "tiny",
    steps: Annotated[
        int | None, typer.Option("--steps", help="Optimizer steps; --epochs decides if not given.")
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the snapshot.")] = 1,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Records a step.")] = 8,
    learning_rate: Annotated[float, typer.Option("--learning-rate", help="Peak learning rate.")] = 3e-3,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Tokens kept of a record.")] = 256,
    seed: Annotated[int, typer.Option("--seed", help="Of the fresh weights and of the order of records.")] = 0,
    threads: Annotated[int, typer.Option("--threads", help="CPU threads; other numbers give other weights.")] = 2,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    trained_by: Annotated[
        str, typer.Option("--by", envvar="LINEWEIGHT_TRAINED_BY", help="The team that trains, as its ticket names it.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a model on a snapshot. The weights carry the proof of what they were trained on."""
    recipe = Recipe(
        snapshot=snapshot,
        name=name,
        base=base,
        steps=steps,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        max_tokens=max_tokens,
        seed=seed,
        threads=threads,
        device=device,
        trained_by=trained_by,
    )
    with err.status("Opening the snapshot and the base model …"):
        from lineage.place import Place
        from training_jobs.progress import shown
        from training_jobs.sft import train

        where = Place.at(home, keys=keys)
        vault, trusted = _held_vault(where), where.trusted(trust or [])
    with shown(err) as progress:
        model = train(recipe, where.warehouse, vault, trusted, where.releasers(), progress)
    document = asdict(model)
    emit(document, as_json, lambda: out.print(table("Trained", ("what", "value"), document.items())))


def _held_vault(where: "Place") -> "Vault":
    """Open the vault there is; training never makes one."""
    vault = where.held_vault()
    if vault is None:
        remedy = "Name the deployment's vault with --keys."
        raise UsageError(f"{where.keys_directory}: there is no key vault.", remedy=remedy)
    return vault


def main() -> None:
    """Run ``python -m training_jobs.sft``: say a refusal in words and end with its exit code."""
    try:
        typer.run(train_command)
    except LineweightError as error:
        err.print(error.diagnostics(), markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(error.exit_code) from None
