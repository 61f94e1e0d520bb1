"""``lineweight snapshot``: ask for one, look at it, build it, compare it, keep it fresh."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands.options import KeysOption, TrustOption, exit_unless
from lineage.commands.snapshot import SnapshotName, snapshot_app
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

if TYPE_CHECKING:
    from lineage.snapshot import Snapshot
    from lineage.snapshot_request import SnapshotRequest
    from pipelines.deployment import Deployment
    from pipelines.settings import Settings
    from pipelines.snapshots.side import Side

__all__ = ["snapshot_app"]


@snapshot_app.command("request")
def request_one(
    file: Annotated[Path, typer.Argument(help="The request, in YAML.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="File it in the stead of another request of that name.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """File a request, if everything it names is there; it is told what is not, all at once."""
    from pipelines.deployment import Deployment
    from pipelines.settings import Settings
    from pipelines.snapshots.request import file_request, request_bytes
    from pipelines.snapshots.request_checks import Named, checked, resolved
    from pipelines.snapshots.tables import show_filed

    deployment = Deployment(Settings.load(home))
    tenants = frozenset(event.tenant for event in deployment.ledger.agreements())
    named = Named(frozenset(deployment.declarations), deployment.policies, tenants)
    data = request_bytes(file)
    request = checked(data, file.name, named)
    filed = file_request(deployment.settings.requests_directory, data, request, replace=replace)
    whole = resolved(request, named.policies, file.name)
    done = "filed" if filed.before is None else "replaced" if filed.changed else "unchanged"
    report = {"name": request.name, "path": str(filed.path), "done": done, "request": whole.document()}
    emit(report, as_json, lambda: show_filed(report))


@snapshot_app.command("list")
def list_all(
    home: HomeOption = DEFAULT_HOME, keys: KeysOption = None, trust: TrustOption = None, as_json: JsonFlag = False
) -> None:
    """List requests and published snapshots, with their state. Exits 1 if a signature does not verify."""
    from datetime import UTC, datetime

    from pipelines.deployment import Deployment
    from pipelines.snapshots.listing import list_report
    from pipelines.snapshots.tables import show_list

    deployment = Deployment(_settings(home, keys))
    place = deployment.home.require()
    report = list_report(place, _filed(deployment), place.trusted(trust or []), datetime.now(UTC))
    emit(report, as_json, lambda: show_list(report))
    exit_unless(all(entry["verified"] for entry in report["snapshots"]))


@snapshot_app.command("show")
def show_one(
    name: SnapshotName,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what the next version would hold, also where there is one.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what is in a snapshot; of one that is not built yet, what would be in it, and why the rest is out."""
    from pipelines.deployment import Deployment
    from pipelines.snapshots.tables import show_manifest, show_preview

    deployment = Deployment(_settings(home, keys))
    deployment.home.require()
    if preview or _only_asked_for(deployment, name):
        from pipelines.snapshots.preview import preview as previewed

        report = previewed(deployment, _unversioned(name), deployment.as_of())
        emit(report, as_json, lambda: show_preview(report))
    else:
        from datetime import UTC, datetime

        from pipelines.snapshots.listing import shown

        document = shown(deployment.home, _opened(deployment, name, trust), datetime.now(UTC))
        emit(document, as_json, lambda: show_manifest(document))


@snapshot_app.command("build")
def build_one(
    name: Annotated[str, typer.Argument(help="Name of a snapshot request.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Build, check and publish the next version of a snapshot that a request asks for."""
    from pipelines.deployment import Deployment
    from pipelines.gates import check_staged
    from pipelines.journey import publish_snapshot, stage_snapshot
    from pipelines.reports import show_published, snapshot_report
    from pipelines.settings import Settings
    from pipelines.watching import watched

    deployment = Deployment(Settings.load(home))
    with watched(f"building {name}") as advance:
        directory = stage_snapshot(deployment, name, advance)
    check_staged(deployment, directory).require(name)
    report = snapshot_report(publish_snapshot(deployment, directory))
    emit(report, as_json, lambda: show_published(report))


@snapshot_app.command("diff")
def diff(
    first: Annotated[str, typer.Argument(help="NAME@vN, or NAME for what its request would give now.")],
    second: Annotated[str, typer.Argument(help="The same; records are gained and lost from the first to this one.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Compare two versions, or a version and what would be built now: records gained and lost, and why."""
    from pipelines.deployment import Deployment
    from pipelines.settings import Settings
    from pipelines.snapshots.difference import difference
    from pipelines.snapshots.tables import show_difference

    deployment = Deployment(Settings.load(home))
    deployment.home.require()
    report = difference(_side(deployment, first), _side(deployment, second))
    emit(report, as_json, lambda: show_difference(report))


@snapshot_app.command("refresh")
def refresh_one(name: SnapshotName, home: HomeOption = DEFAULT_HOME, as_json: JsonFlag = False) -> None:
    """Decide every record of a version anew, revoke those that no longer pass, and renew its lease."""
    from datetime import UTC, datetime

    from pipelines.deployment import Deployment
    from pipelines.settings import Settings
    from pipelines.snapshots.leasing import refresh
    from pipelines.snapshots.tables import show_refreshed

    deployment = Deployment(Settings.load(home))
    deployment.home.require()
    report = refresh(deployment, _opened(deployment, name, None), datetime.now(UTC)).document()
    emit(report, as_json, lambda: show_refreshed(report))


def _settings(home: str, keys: Path | None) -> "Settings":
    from pipelines.settings import Settings

    settings = Settings.load(home)
    return settings if keys is None else settings.model_copy(update={"keys": keys})


def _filed(deployment: "Deployment") -> "dict[str, SnapshotRequest]":
    """Return the requests that are filed; none, where the home is elsewhere and no directory of them is named."""
    kept_here = deployment.warehouse.is_local or deployment.settings.requests is not None
    return deployment.requests if kept_here else {}


def _opened(deployment: "Deployment", name: str, trust: list[Path] | None) -> "Snapshot":
    from lineage.snapshot import Snapshot, find_snapshot

    home = deployment.home
    return Snapshot.open(home.warehouse, find_snapshot(home.warehouse, name), home.trusted(trust or []))


def _only_asked_for(deployment: "Deployment", name: str) -> bool:
    """Return whether a name is that of a request of which no version was built."""
    from lineage.snapshot import newest_version

    return name in _filed(deployment) and not newest_version(deployment.warehouse, name)


def _unversioned(name: str) -> str:
    return name.partition("@")[0]


def _side(deployment: "Deployment", label: str) -> "Side":
    from pipelines.snapshots.side import preview_side, version_side

    if "@" in label:
        return version_side(deployment, _opened(deployment, label, None))
    return preview_side(deployment, label)
