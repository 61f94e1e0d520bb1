"""What the ``ledger`` commands tell: what became of a file's lines, and what the ledger holds."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow as pa

from lineage.canonical import rfc3339
from lineage.ledger.entries import Added
from lineage.ledger.explained import EXPLAINED
from lineage.ledger.reading import Account
from lineage.ledger.state_tables import StatesAdded
from lineage.ledger.states import STATE_TABLE
from lineage.ledger.store import Ledger
from lineage.ledger.withdrawing import Withdrawn
from lineage.people import acquaintance
from policies.agreement import AgreementEvent, agreement_at
from policies.consent_event import EVERYONE

Landed = Mapping[str, pa.Array]


def import_report(account: Account, added: Added) -> dict[str, Any]:
    """Return what became of every line of a file; ``complete`` is whether all were taken as they stand."""
    return {
        "file": account.file,
        "lines": account.lines,
        "new": added.new,
        "known": added.known,
        "kept_under_own_id": list(added.kept),
        "refused": list(added.refused),
        "suspended": account.suspended,
        "takes_effect_later": account.later,
        "rejected_lines": sum(account.reasons.values()),
        "reasons": [
            {"reason": reason, "lines": lines, "meaning": EXPLAINED[reason]}
            for reason, lines in sorted(account.reasons.items())
        ],
        "rejected": [asdict(line) for line in account.rejected],
        "complete": not (account.reasons or added.kept or added.refused),
    }


def states_report(states: StatesAdded) -> dict[str, Any]:
    """Return what became of a daily state table: what ``import_report`` says, and what only a table has."""
    return import_report(states.account, states.added) | {"unchanged": states.unchanged, "missing": states.missing}


def people_report(ledger: Ledger, landed: Landed, imported_at: datetime) -> dict[str, Any]:
    """Return whom an import spoke of: how many, how many for the first time, and of how many no record lies here."""
    people = first = without_records = 0
    for tenant in ledger.tenants(imported_at=imported_at):
        met = acquaintance(ledger.people(tenant, imported_at=imported_at), landed, tenant)
        people, without_records = people + met.heard, without_records + met.without_records
        first += ledger.first_heard(tenant, imported_at)
    return {"people": {"in_new_events": people, "first_heard": first, "without_records": without_records}}


def withdrawal_report(withdrawn: Withdrawn) -> dict[str, Any]:
    """Return what a bulk withdrawal did."""
    event = withdrawn.event
    return {
        "tenant": event.tenant,
        "purposes": list(event.purposes),
        "effective_at": rfc3339(event.effective_at),
        "event_id": event.event_id,
        "new": withdrawn.is_new,
        "people": withdrawn.people,
    }


def ledger_report(ledger: Ledger, at: datetime, landed: Landed) -> dict[str, Any]:
    """Return what the ledger holds, as known at an instant (UTC), in numbers; ``landed`` is who has records."""
    people: dict[str, set[str]] = defaultdict(set)
    events: Counter[str] = Counter()
    for_everyone: Counter[str] = Counter()
    for tenant, person, count in ledger.heard_of(at):
        events[tenant] += count
        if person == EVERYONE:
            for_everyone[tenant] += count
        else:
            people[tenant].add(person)
    agreed: dict[str, list[AgreementEvent]] = defaultdict(list)
    for agreement in ledger.agreements(known_at=at):
        agreed[agreement.tenant].append(agreement)
    links = Counter(link.tenant for link in ledger.links(known_at=at))
    return {
        "known_at": rfc3339(at),
        "checkpoint": ledger.checkpoint(at),
        "tenants": [
            {"tenant": tenant, "scope": _scope(agreed[tenant], at)}
            | _people(people[tenant], landed, tenant)
            | {"consent_events": events[tenant], "for_everyone": for_everyone[tenant], "links": links[tenant]}
            for tenant in sorted({*events, *agreed, *links, *landed})
        ],
        "batches": [asdict(batch) | {"landed_at": rfc3339(batch.landed_at)} for batch in ledger.batches()],
        "artifacts": [asdict(one) | {"recorded_at": rfc3339(one.recorded_at)} for one in ledger.artifacts()],
    }


def state_tables_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the state tables that were imported, of a ledger's report."""
    return [
        {"tenant": one["name"], "on": one["version"].partition("@")[0], "file": one["directory"]}
        | {"recorded_at": one["recorded_at"], "digest": one["digest"]}
        for one in report["artifacts"]
        if one["kind"] == STATE_TABLE
    ]


def _scope(agreed: list[AgreementEvent], at: datetime) -> str:
    in_force = agreement_at(agreed, at, at)
    return in_force.scope.value if in_force else "no agreement in force"


def _people(heard: set[str], landed: Landed, tenant: str) -> dict[str, int]:
    met = acquaintance(sorted(heard), landed, tenant)
    return {
        "people": met.heard,
        "people_landed": met.landed,
        "people_never_heard": met.silent,
        "people_without_records": met.without_records,
    }
