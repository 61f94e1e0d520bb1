"""``lineweight snapshot``: taking out what is published."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands.options import KeysOption, TrustOption, home_at
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

if TYPE_CHECKING:
    from lineage.home import Home
    from lineage.snapshot import Snapshot

snapshot_app = typer.Typer(
    no_args_is_help=True, help="Snapshots: asking for one, building, releasing, comparing it, and taking it out."
)
SnapshotName = Annotated[str, typer.Argument(help="NAME@vN, or NAME for its newest version.")]


class ExportAs(StrEnum):
    """The formats a snapshot can be taken out in."""

    PARQUET = "parquet"
    JSONL = "jsonl"


@snapshot_app.command("export")
def export_one(
    name: SnapshotName,
    to: Annotated[Path, typer.Option("--to", help="A directory that does not exist or is empty.")],
    export_as: Annotated[ExportAs, typer.Option("--format", help="What to write.")] = ExportAs.PARQUET,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a snapshot's records out, decrypted, into a directory that only its owner can read."""
    from lineage.commands.snapshot_views import exporting
    from lineage.export import export
    from policies.terminal import out

    where = home_at(home, keys=keys).require()
    snapshot = _opened(name, where, trust)
    with exporting(snapshot.manifest.rows) as advance:
        rows = export(snapshot, where.vault(), to, export_as.value, advance)
    document = {"snapshot": snapshot.manifest.label, "directory": str(to), "format": export_as.value, "records": rows}
    emit(document, as_json, lambda: out.print(f"{rows:,} records of {document['snapshot']} are in {to}."))


def _opened(name: str, home: "Home", trust: list[Path] | None) -> "Snapshot":
    from lineage.snapshot import Snapshot, find_snapshot

    return Snapshot.open(home.warehouse, find_snapshot(home.warehouse, name), home.trusted(trust or []))
