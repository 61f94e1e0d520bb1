"""``lineweight retention``: what has outlived its time, and taking it away."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from lineage.commands.options import exit_unless, instant_of
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

retention_app = typer.Typer(no_args_is_help=True, help="Retention: what has outlived its time, and taking it away.")


@retention_app.callback()
def retention() -> None:
    """Keep ``sweep`` a word of its own."""


@retention_app.command("sweep")
def sweep_home(
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove what is found. Without it nothing is changed.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Hold the limits against this instant (ISO 8601 with a zone); now if not given."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Find records kept too long: raw files, governed records, snapshots. Exits 1 if something cannot be looked at."""
    from pipelines.deployment import Deployment
    from pipelines.retention import sweep
    from pipelines.retention.showing import show_sweep
    from pipelines.settings import Settings

    deployment = Deployment(Settings.load(home))
    asked_at = deployment.as_of().effective_at if at is None else instant_of(at)
    if apply and asked_at > datetime.now(UTC):
        raise UsageError(
            "--apply: the instant asked about lies in the future.", remedy="Nothing is removed before its time is over."
        )
    swept = sweep(deployment, asked_at, apply=apply)
    document = swept.document()
    emit(document, as_json, lambda: show_sweep(document))
    exit_unless(not swept.unread)
