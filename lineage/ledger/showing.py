"""The ledger's reports as a person reads them."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from lineage.ledger.reports import state_tables_of
from lineage.ledger.states import STATE_TABLE
from policies.terminal import out, table

Document = Mapping[str, Any]
SUSPENDED = {"consent": "the person", "agreement": "the tenant", "link": "both people", "state": "the person"}


def show_import(report: Document, kind: str) -> None:
    """Show what became of the lines of a file of ``consent``, ``agreement``, ``link`` or ``state`` events."""
    _say(
        f"{report['file']}: {report['lines']:,} lines; {report['new']:,} {kind} events new, {report['known']:,} known."
    )
    if "unchanged" in report:
        _say(f"{report['unchanged']:,} rows say what is in force already; {report['missing']:,} people are missing.")
    if report["takes_effect_later"]:
        _say(f"{report['takes_effect_later']:,} take effect later than now.")
    if people := report.get("people"):
        _say(
            f"They speak of {people['in_new_events']:,} people, of {people['first_heard']:,} for the first time; "
            f"of {people['without_records']:,} no record lies here."
        )
    if report["reasons"]:
        _show_rejected(report, kind)
    for name, told in (
        ("refused", "stands for something else already, so this was not recorded"),
        ("kept_under_own_id", "stands for something else already; what takes a permission away was kept"),
    ):
        for event_id in report[name]:
            out.print(f"[yellow]{escape(event_id)}[/yellow]: this event id {told}.", highlight=False)


def show_withdrawal(report: Document) -> None:
    """Show what a bulk withdrawal did."""
    done = "is withdrawn" if report["new"] else "was withdrawn before in the same words"
    _say(f"{report['tenant']}: {', '.join(report['purposes'])} {done} for everyone, from {report['effective_at']}.")
    _say(f"It touches {report['people']:,} people of the ledger, and everybody of the tenant who is not in it.")


def show_report(report: Document) -> None:
    """Show what the ledger holds."""
    columns = ("scope", "people", "people_landed", "people_never_heard", "people_without_records")
    counts = ("consent_events", "for_everyone", "links")
    tenants = [[one[name] for name in ("tenant", *columns, *counts)] for one in report["tenants"]]
    titles = ("tenant", "agreement", "people heard", "people landed", "never heard", "without records")
    out.print(table("Tenants", (*titles, "consent events", "for everyone", "links"), tenants))
    counted = ("records", "quarantined", "repeated")
    batches = [
        [entry["source"], entry["file_name"], moment(entry["landed_at"]), *(entry[name] for name in counted)]
        for entry in report["batches"]
    ]
    out.print(table("Landed files", ("source", "file", "landed", *counted), batches))
    if tables := state_tables_of(report):
        rows = [[one["tenant"], one["on"], one["file"], moment(one["recorded_at"]), one["digest"]] for one in tables]
        out.print(table("State tables", ("tenant", "on", "file", "imported", "digest"), rows))
    artifacts = [
        [entry["kind"], entry["name"], entry["version"], moment(entry["recorded_at"]), entry["digest"]]
        for entry in report["artifacts"]
        if entry["kind"] != STATE_TABLE
    ]
    out.print(table("Published", ("kind", "name", "version", "recorded", "digest"), artifacts))
    _say(f"Checkpoint as known at {report['known_at']}: {report['checkpoint']}")


def _show_rejected(report: Document, kind: str) -> None:
    counts = [[str(one["reason"]), one["lines"], one["meaning"]] for one in report["reasons"]]
    title = f"Lines not taken as they stand ({report['suspended']:,} suspend)"
    out.print(table(title, ("reason", "lines", "what it means"), counts))
    heard = f"heard as a suspension of {SUSPENDED[kind]}"
    rows = [
        [line["line"], str(line["reason"]), line["detail"], heard if line["suspends"] else "not recorded"]
        for line in report["rejected"]
    ]
    out.print(table("Line by line", ("line", "reason", "fields", "what became of it"), rows))


def _say(sentence: str) -> None:
    out.print(sentence, highlight=False, markup=False)
