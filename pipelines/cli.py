"""The ``lineweight`` command: gathers each room's commands and adds those that run the journey.

Exit codes: 0 done, 1 refused or not verified, 2 the command was called wrongly.
"""

import functools
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lineage.cli import (
    certificate_app,
    export_app,
    key_app,
    ledger_app,
    log_app,
    make_bundle,
    officer_app,
    prove_app,
    trace_app,
    verify,
)
from pipelines.commands.policy import policy_app
from pipelines.commands.policy_activation import approve_version, propose_version, show_history
from pipelines.commands.policy_replay import replay_decisions, show_log
from pipelines.commands.redact import redact_app
from pipelines.commands.retention import retention_app
from pipelines.commands.snapshot import snapshot_app
from pipelines.settings import Settings
from policies.errors import LineweightError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, err, out, table
from training_jobs.cli import train_command

app = typer.Typer(
    name="lineweight",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Training data with consent, redaction and proof: from interaction logs to weights that know where they "
    "came from.",
)
source_app = typer.Typer(no_args_is_help=True, help="Sources: what is declared, and what can be.")

app.add_typer(source_app, name="source")
app.add_typer(ledger_app, name="ledger")
app.add_typer(officer_app, name="officer")
app.add_typer(key_app, name="key")
app.add_typer(log_app, name="log")
app.add_typer(prove_app, name="prove")
app.add_typer(certificate_app, name="certificate")
app.add_typer(policy_app, name="policy")
app.add_typer(snapshot_app, name="snapshot")
app.add_typer(redact_app, name="redact")
app.add_typer(retention_app, name="retention")
app.add_typer(trace_app, name="trace")
app.add_typer(export_app, name="export")
app.command("verify")(verify)
app.command("bundle")(make_bundle)
policy_app.command("propose")(propose_version)
policy_app.command("approve")(approve_version)
policy_app.command("history")(show_history)
policy_app.command("replay")(replay_decisions)
policy_app.command("log")(show_log)


def main() -> None:
    """Run the command line; what is refused is told as a sentence with a remedy, and exits 1 or 2."""
    logging.getLogger().setLevel(logging.ERROR)
    try:
        app()
    except LineweightError as error:
        err.print(error.diagnostics(), markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)


def _settings(home: str) -> Settings:
    return Settings.load(home)


@app.command("train")
@functools.wraps(train_command)
def train_and_enter(**options: Any) -> None:
    """Train as `training_jobs` does, then let the ledger catch up with the model."""
    from pipelines.deployment import Deployment
    from pipelines.training import enter_models

    train_command(**options)
    enter_models(Deployment(_settings(options["home"])))


@source_app.command("formats")
def source_formats(as_json: JsonFlag = False) -> None:
    """List the formats that a declaration may name."""
    from pipelines.sources import all_formats

    formats = {name: one.description for name, one in sorted(all_formats().items())}
    emit({"formats": formats}, as_json, lambda: out.print(table("Formats", ("format", "what it is"), formats.items())))


@source_app.command("list")
def source_list(home: HomeOption = DEFAULT_HOME, as_json: JsonFlag = False) -> None:
    """List the declared sources and the files they name now."""
    from pipelines.deployment import Deployment

    deployment = Deployment(_settings(home))
    rows = [
        (name, declared.format, declared.controller, declared.licence, len(deployment.land_units(name)))
        for name, declared in sorted(deployment.declarations.items())
    ]
    columns = ("source", "format", "controller", "licence", "files")
    emit(
        {"sources": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json,
        lambda: out.print(table("Declared sources", columns, rows)),
    )


@app.command()
def land(
    sources: Annotated[list[str] | None, typer.Argument(help="Declared sources; all of them if none is named.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Read the logs of declared sources, once each, into the encrypted landing zone."""
    from pipelines.deployment import Deployment
    from pipelines.journey import land_source
    from pipelines.reports import landing_report, show_landing
    from pipelines.watching import watched

    deployment = Deployment(_settings(home))
    landed = {}
    for source in sources or sorted(deployment.declarations):
        with watched(f"landing {source}") as advance:
            landed[source] = land_source(deployment, source, advance)
    report = landing_report(landed)
    emit(report, as_json, lambda: show_landing(report))


@app.command()
def govern(
    sources: Annotated[list[str] | None, typer.Argument(help="Declared sources; all of them if none is named.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Keep what some policy permits, redacted; of the rest only id and reason remain."""
    from pipelines.deployment import Deployment
    from pipelines.gates import check_governed
    from pipelines.journey import govern_source
    from pipelines.reports import governing_report, show_governing
    from pipelines.watching import watched

    deployment = Deployment(_settings(home))
    governed = {}
    for source in sources or sorted(deployment.declarations):
        with watched(f"governing {source}") as advance:
            governed[source] = govern_source(deployment, source, advance)
        check_governed(deployment, governed[source]).require(source)
    report = governing_report(governed)
    emit(report, as_json, lambda: show_governing(report))


@app.command()
def demo(
    home: Annotated[Path, typer.Option("--home", envvar="LINEWEIGHT_HOME", help="A directory for it.")] = Path(
        DEFAULT_HOME
    ),
    seed: Annotated[int, typer.Option(min=0, help="The world, and every key in it, is a function of this number.")] = 7,
    records: Annotated[int, typer.Option(min=200, help="Interactions in the world, about.")] = 3_000,
    as_json: JsonFlag = False,
) -> None:
    """Make a small world and take it the whole way: from logs to weights that know where they came from."""
    from pipelines.demonstration.demo import Demo
    from pipelines.demonstration.tables import show_demo

    journey = Demo(home, seed, records).run()
    emit(journey.document(), as_json, lambda: show_demo(journey))
    if not journey.verified.verified:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
