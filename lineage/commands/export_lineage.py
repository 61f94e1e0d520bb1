"""``lineweight export openlineage`` and ``export cyclonedx``: lineage and bills of materials for other tools."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineage.commands.options import DatabaseOption, KeysOption, TrustOption, home_at, place_of
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out

if TYPE_CHECKING:
    from lineage.home import Home


def export_openlineage(
    artifact: Annotated[str, typer.Argument(help="A snapshot, NAME@vN, or a model, NAME or NAME/RUN.")],
    to: Annotated[Path | None, typer.Option("--to", help="A new file for the events, one JSON object a line.")] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where to POST them, such as http://localhost:5000/api/v1/lineage.")
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
    """Tell what happened to the records of a snapshot or model as OpenLineage events: landed, governed, trained on.

    Exits 1 if the server refuses one.
    """
    from lineage.canonical import canonical_json
    from lineage.exports.posting import post_each

    if (to is None) == (url is None):
        raise UsageError("Where to send the events is not clear.", remedy="Give either --to or --url.")
    where = home_at(home, database_url, keys).require()
    events = list(_events(artifact, where, trust, namespace))
    if to is not None:
        _write_new(to, b"".join(canonical_json(event) + b"\n" for event in events))
    else:
        post_each(events, str(url), api_key)
    document = {
        "artifact": artifact,
        "namespace": namespace,
        "events": len(events),
        "runs": len({event["run"]["runId"] for event in events}),
        "to": str(to or url),
    }
    emit(document, as_json, lambda: out.print(_told(document), highlight=False, markup=False))


def _told(document: Mapping[str, Any]) -> str:
    return f"{document['events']:,} events of {document['runs']:,} runs are in {document['to']}."


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


def _write_new(to: Path, data: bytes) -> None:
    from lineage.key_files import ANYONE_READS, create_once

    to.parent.mkdir(parents=True, exist_ok=True)
    if not create_once(to, data, ANYONE_READS):
        raise UsageError(f"{to}: there is something here already.", remedy="Name a new file.")


def export_cyclonedx(
    model: Annotated[str, typer.Argument(help="A model, NAME or NAME/RUN, or its directory.")],
    to: Annotated[Path, typer.Option("--to", help="A new file for the bill of materials.")],
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a model's bill of materials (CycloneDX 1.6 ML-BOM): weights, data, base model, libraries, evidence."""
    from lineage.exports.content import read_content
    from lineage.exports.cyclonedx import bill_of_materials
    from lineage.exports.figures import model_figures
    from lineage.exports.opening import open_trained

    where = home_at(home, database_url, keys).require()
    place = place_of(model, where)
    trained = open_trained(place, where.warehouse, where.trusted(trust or []))
    content = read_content(trained.snapshot.snapshot, where.held_vault())
    bill = bill_of_materials(trained, place, model_figures(trained, where.ledger(), content))
    _write_new(to, json.dumps(bill, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    document = {
        "model": trained.label,
        "serial_number": bill["serialNumber"],
        "components": len(bill["components"]),
        "to": str(to),
    }
    emit(document, as_json, lambda: out.print(f"The bill of materials of {trained.label} is in {to}.", markup=False))
