"""``lineweight export openlineage`` and ``export cyclonedx``: lineage and bills of materials for other tools."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineage.commands.export import ModelArtifact, ToOption
from lineage.commands.options import DatabaseOption, KeysOption, TrustOption, home_at, place_of, write_file
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out

if TYPE_CHECKING:
    from lineage.home import Home


def export_openlineage(
    artifact: Annotated[str, typer.Argument(help="A snapshot in --home, NAME@vN, or a model, NAME or NAME/RUN.")],
    to: ToOption = None,
    url: Annotated[
        str | None, typer.Option("--url", help="POST them to a server, such as http://localhost:5000/api/v1/lineage.")
    ] = None,
    namespace: Annotated[
        str, typer.Option("--namespace", help="The namespace of the jobs and datasets.")
    ] = "lineweight",
    api_key: Annotated[
        str | None, typer.Option("--api-key", envvar="OPENLINEAGE_API_KEY", help="Sent as a bearer token with --url.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell what happened to the records of a snapshot or model as OpenLineage events, one JSON object a line.

    Exits 1 if the evidence does not verify, or the server does not take an event.
    """
    from lineage.canonical import canonical_json
    from lineage.exports.posting import post_each

    if to is not None and url is not None:
        raise UsageError("--to and --url: events go to one place.", remedy="Give one of them, or neither to see them.")
    events = list(_events(artifact, home_at(home, database_url, keys).require(), trust, namespace))
    lines = b"".join(canonical_json(event) + b"\n" for event in events)
    runs = {event["run"]["runId"] for event in events}
    document = {"artifact": artifact, "namespace": namespace, "events": events, "runs": len(runs), "to": url or to}
    if url is not None:
        post_each(events, url, api_key)
    elif to is not None:
        write_file(to, lines)

    def show() -> None:
        if document["to"] is None:
            typer.echo(lines.decode(), nl=False)
        else:
            told = f"{len(events):,} events of {len(runs):,} runs are in {document['to']}."
            out.print(told, highlight=False, markup=False)

    emit(document, as_json, show)


def export_cyclonedx(
    model: ModelArtifact,
    to: ToOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a model's bill of materials (CycloneDX 1.6 ML-BOM): weights, data, base model, libraries, evidence.

    Exits 1 if the evidence does not verify.
    """
    from lineage.exports.content import read_content
    from lineage.exports.cyclonedx import bill_of_materials
    from lineage.exports.figures import model_figures
    from lineage.exports.opening import open_trained

    where = home_at(home, database_url, keys).require()
    place = place_of(model, where)
    trained = open_trained(place, where.warehouse, where.trusted(trust or []))
    content = read_content(trained.snapshot.snapshot, where.held_vault())
    figures = model_figures(trained, where.ledger(), content)
    bill = bill_of_materials(trained, place, figures)
    data = json.dumps(bill, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    if to is not None:
        write_file(to, data)

    def show() -> None:
        if to is None:
            typer.echo(data.decode(), nl=False)
        else:
            out.print(f"{to}: the bill of materials of {trained.label}.", highlight=False, markup=False)

    document = {"model": trained.label, "evidence": figures.evidence.document(), "bill": bill, "to": to}
    emit(document, as_json, show)


def _events(artifact: str, home: "Home", trust: list[Path] | None, namespace: str) -> Iterator[dict[str, Any]]:
    from lineage.exports.opening import open_snapshot, open_trained
    from lineage.exports.openlineage import Recorded, snapshot_events, training_events

    trusted, place, ledger = home.trusted(trust or []), place_of(artifact, home), home.ledger()
    if "@" in artifact:
        snapshot = open_snapshot(place, home.warehouse, trusted).snapshot
        yield from snapshot_events(snapshot, Recorded.of(snapshot, ledger), namespace)
        return
    trained = open_trained(place, home.warehouse, trusted)
    snapshot = trained.snapshot.snapshot
    yield from snapshot_events(snapshot, Recorded.of(snapshot, ledger), namespace)
    yield from training_events(trained.model, namespace)
