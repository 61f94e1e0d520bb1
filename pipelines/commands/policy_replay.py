"""``lineweight policy replay`` and ``policy log``: past decisions made again, and what was decided when."""

from typing import Annotated

import typer

from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

SnapshotName = Annotated[str, typer.Argument(help="NAME@vN, or NAME for its newest version.")]


def replay_decisions(snapshot: SnapshotName, home: HomeOption = DEFAULT_HOME, as_json: JsonFlag = False) -> None:
    """Make a snapshot's decisions again from what was known then. Exits 1 unless all are the same, bit for bit."""
    from pipelines.deployment import Deployment
    from pipelines.replaying.replay import Verdict, replay
    from pipelines.replaying.tables import show_replayed
    from pipelines.settings import Settings

    replayed = replay(Deployment(Settings.load(home)), snapshot)
    document = replayed.document()
    emit(document, as_json, lambda: show_replayed(document))
    if replayed.verdict is not Verdict.REPRODUCED:
        raise typer.Exit(1)


def show_log(
    snapshot: Annotated[str | None, typer.Argument(help="NAME@vN, or NAME for its newest version.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="What was decided when this was governed.")] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Print the entries as they lie: one JSON object a line.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Show what was decided, how often, and by which policy; of every source and snapshot if none is named."""
    from pipelines.deployment import Deployment
    from pipelines.policy.decision_log import logs_asked_for, read_log, written
    from pipelines.replaying.tables import show_entries
    from pipelines.settings import Settings

    if snapshot is not None and source is not None:
        raise UsageError("A log is of a snapshot or of a source.", remedy="Leave out one of the two.")
    deployment = Deployment(Settings.load(home))
    logs = logs_asked_for(deployment.warehouse, snapshot, source)
    entries = [entry for log in logs for entry in read_log(deployment.warehouse, log)]
    if lines:
        for entry in entries:
            typer.echo(written(entry).decode(), nl=False)
        return
    emit({"logs": logs, "entries": entries}, as_json, lambda: show_entries(logs, entries))
