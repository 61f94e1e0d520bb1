"""What the ``ledger`` commands tell: what became of a file's lines, and what the ledger holds."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.markup import escape

from lineage.canonical import rfc3339
from lineage.commands.wording import moment
from lineage.ledger.entries import Added
from lineage.ledger.importing import Imported
from lineage.ledger.store import Ledger
from policies.agreement import AgreementEvent, agreement_at
from policies.consent import ConsentEvent
from policies.terminal import out, table

Document = Mapping[str, Any]


def import_report(
    file: str, imported: Imported[ConsentEvent] | Imported[AgreementEvent], added: Added
) -> dict[str, Any]:
    """Return what became of every line of a file; ``complete`` is whether all were taken as they stand."""
    return {
        "file": file,
        "lines": len(imported.events) - imported.suspended + len(imported.rejected),
        "new": added.new,
        "known": added.known,
        "kept_under_own_id": list(added.kept),
        "refused": list(added.refused),
        "suspended": imported.suspended,
        "rejected": [asdict(line) for line in imported.rejected],
        "complete": not (imported.rejected or added.kept or added.refused),
    }


def show_import(report: Document, kind: str) -> None:
    """Show what became of the lines of a file of ``consent`` or ``agreement`` events."""
    out.print(
        f"{report['file']}: {report['lines']:,} lines; {report['new']:,} {kind} events new, {report['known']:,} known.",
        highlight=False,
    )
    if report["rejected"]:
        heard = f"heard as a suspension of the {'person' if kind == 'consent' else 'tenant'}"
        rows = [
            [line["line"], str(line["reason"]), line["detail"], heard if line["suspends"] else "not recorded"]
            for line in report["rejected"]
        ]
        title = f"Lines not taken as they stand ({report['suspended']} suspend)"
        out.print(table(title, ("line", "reason", "fields", "what became of it"), rows))
    for name, told in (
        ("refused", "stands for something else already, so this was not recorded"),
        ("kept_under_own_id", "stands for something else already; what takes a permission away was kept"),
    ):
        for event_id in report[name]:
            out.print(f"[yellow]{escape(event_id)}[/yellow]: this event id {told}.", highlight=False)


def ledger_report(ledger: Ledger, at: datetime) -> dict[str, Any]:
    """Return what the ledger holds, as known at an instant (UTC), in numbers."""
    people: dict[str, set[str]] = defaultdict(set)
    events: Counter[str] = Counter()
    for event in ledger.consents(known_at=at):
        people[event.tenant].add(event.data_subject_id)
        events[event.tenant] += 1
    agreed: dict[str, list[AgreementEvent]] = defaultdict(list)
    for agreement in ledger.agreements(known_at=at):
        agreed[agreement.tenant].append(agreement)
    in_force = {tenant: agreement_at(told, at, at) for tenant, told in agreed.items()}
    return {
        "known_at": rfc3339(at),
        "checkpoint": ledger.checkpoint(at),
        "tenants": [
            {
                "tenant": tenant,
                "scope": scope.scope.value if (scope := in_force.get(tenant)) else "no agreement in force",
                "people": len(people[tenant]),
                "consent_events": events[tenant],
            }
            for tenant in sorted({*people, *agreed})
        ],
        "batches": [asdict(batch) | {"landed_at": rfc3339(batch.landed_at)} for batch in ledger.batches()],
        "artifacts": [asdict(one) | {"recorded_at": rfc3339(one.recorded_at)} for one in ledger.artifacts()],
    }


def show_report(report: Document) -> None:
    """Show what the ledger holds."""
    tenants = [[entry[name] for name in ("tenant", "scope", "people", "consent_events")] for entry in report["tenants"]]
    out.print(table("Tenants", ("tenant", "agreement", "people", "consent events"), tenants))
    counted = ("records", "quarantined", "repeated")
    batches = [
        [entry["source"], entry["file_name"], moment(entry["landed_at"]), *(entry[name] for name in counted)]
        for entry in report["batches"]
    ]
    out.print(table("Landed files", ("source", "file", "landed", *counted), batches))
    artifacts = [
        [entry["kind"], entry["name"], entry["version"], moment(entry["recorded_at"]), entry["digest"]]
        for entry in report["artifacts"]
    ]
    out.print(table("Published", ("kind", "name", "version", "recorded", "digest"), artifacts))
    out.print(f"Checkpoint as known at {report['known_at']}: {report['checkpoint']}", highlight=False)
