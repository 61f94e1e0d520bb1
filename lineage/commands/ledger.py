"""``lineweight ledger``: taking in what people and tenants said, and seeing what is held."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import DatabaseOption, KeysOption, exit_unless, home_at
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: what people and tenants said, and what was made.")
DeliveredFile = Annotated[Path, typer.Argument(help="A .jsonl, .jsonl.gz or .csv file.")]


@ledger_app.command("import-consents")
def import_consents(
    file: DeliveredFile,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Record consent events. Exits 1 if a line could not be taken as it stands; the rest is recorded all the same."""
    from lineage.ledger.importing import read_consent_file
    from lineage.ledger.reports import import_report, show_import

    where = home_at(home, database_url, keys)
    now = datetime.now(UTC)
    imported = read_consent_file(file, where.vault(), now)
    added = where.ledger().add_consents(imported.events, imported_at=now)
    report = import_report(file.name, imported, added)
    emit(report, as_json, lambda: show_import(report, "consent"))
    exit_unless(report["complete"])


@ledger_app.command("import-agreements")
def import_agreements(
    file: DeliveredFile,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Record tenants' agreements. Exits 1 if a line could not be taken as it stands; the rest is recorded."""
    from lineage.ledger.importing import read_agreement_file
    from lineage.ledger.reports import import_report, show_import

    now = datetime.now(UTC)
    imported = read_agreement_file(file, now)
    added = home_at(home, database_url).ledger().add_agreements(imported.events, imported_at=now)
    report = import_report(file.name, imported, added)
    emit(report, as_json, lambda: show_import(report, "agreement"))
    exit_unless(report["complete"])


@ledger_app.command("show")
def show_ledger(
    home: HomeOption = DEFAULT_HOME, database_url: DatabaseOption = None, as_json: JsonFlag = False
) -> None:
    """Show what the ledger holds: tenants and their agreements, landed batches, snapshots and models."""
    from lineage.ledger.reports import ledger_report, show_report

    report = ledger_report(home_at(home, database_url).require().ledger(), datetime.now(UTC))
    emit(report, as_json, lambda: show_report(report))
