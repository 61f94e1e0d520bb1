"""``lineweight ledger``: taking in what people and tenants said, and seeing what is held."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import DatabaseOption, KeysOption, exit_unless, home_at, instant_of
from policies.errors import UsageError
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
    from lineage.ledger.importing import read_consents
    from lineage.ledger.reports import import_report, people_report
    from lineage.ledger.showing import show_import
    from lineage.people import landed_people

    where = home_at(home, database_url, keys)
    now, vault, ledger = datetime.now(UTC), where.vault(), where.ledger()
    reading = read_consents(file, vault, now)
    added = ledger.add_consents(reading, imported_at=now)
    report = import_report(reading.account, added)
    report |= people_report(ledger, landed_people(where.warehouse, vault), now)
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
    from lineage.ledger.importing import read_agreements
    from lineage.ledger.reports import import_report
    from lineage.ledger.showing import show_import

    now = datetime.now(UTC)
    reading = read_agreements(file, now)
    added = home_at(home, database_url).ledger().add_agreements(reading, imported_at=now)
    report = import_report(reading.account, added)
    emit(report, as_json, lambda: show_import(report, "agreement"))
    exit_unless(report["complete"])


@ledger_app.command("import-links")
def import_links(
    file: DeliveredFile,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Record which ids are one person's. Exits 1 if a line could not be taken; its people are suspended."""
    from lineage.ledger.linking import read_links
    from lineage.ledger.reports import import_report
    from lineage.ledger.showing import show_import

    where = home_at(home, database_url, keys)
    now = datetime.now(UTC)
    reading = read_links(file, where.vault(), now)
    added = where.ledger().add_links(reading.links, suspensions=reading.suspensions, imported_at=now)
    report = import_report(reading.links.account, added)
    emit(report, as_json, lambda: show_import(report, "link"))
    exit_unless(report["complete"])


@ledger_app.command("import-states")
def import_states(
    file: DeliveredFile,
    on: Annotated[str, typer.Option("--on", help="The day at whose beginning (00:00 UTC) the states hold.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="It holds everybody of its tenants: who is missing is heard as unknown.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Record what a daily table of states changes. Exits 1 if a row could not be taken as it stands."""
    from lineage.ledger.lines import is_cut_short
    from lineage.ledger.reports import people_report, states_report
    from lineage.ledger.showing import show_import
    from lineage.ledger.states import StateTable
    from lineage.people import landed_people

    where = home_at(home, database_url, keys)
    table = StateTable(file, _day(on), whole, is_cut_short(file))
    now, vault, ledger = datetime.now(UTC), where.vault(), where.ledger()
    report = states_report(ledger.add_states(table, vault, now))
    report |= people_report(ledger, landed_people(where.warehouse, vault), now)
    emit(report, as_json, lambda: show_import(report, "state"))
    exit_unless(report["complete"])


@ledger_app.command("withdraw-all")
def withdraw_everyone(
    tenant: Annotated[str, typer.Argument(help="The tenant who takes back the consent of all its people.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What for, and for all below it.")],
    effective_at: Annotated[str, typer.Option("--effective-at", help="When it binds (ISO 8601 with a zone).")],
    because: Annotated[str, typer.Option("--because", help="Why, for the record; no e-mail addresses.")] = "",
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Withdraw for everyone of a tenant, by one event. A later grant of a person's own lifts it for that person."""
    from lineage.ledger.reports import withdrawal_report
    from lineage.ledger.showing import show_withdrawal
    from lineage.ledger.withdrawing import withdraw_all

    ledger = home_at(home, database_url).require().ledger()
    at = instant_of(effective_at, "--effective-at")
    report = withdrawal_report(withdraw_all(ledger, tenant, purpose, at, because, datetime.now(UTC)))
    emit(report, as_json, lambda: show_withdrawal(report))


@ledger_app.command("show")
def show_ledger(
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what the ledger holds: tenants, their agreements and people, landed batches, snapshots and models."""
    from lineage.ledger.reports import ledger_report
    from lineage.ledger.showing import show_report
    from lineage.people import landed_people

    where = home_at(home, database_url, keys).require()
    landed = landed_people(where.warehouse, where.held_vault())
    report = ledger_report(where.ledger(), datetime.now(UTC), landed)
    emit(report, as_json, lambda: show_report(report))


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError as error:
        raise UsageError("--on: this is not a day.", remedy="Write it like 2026-05-01.") from error
