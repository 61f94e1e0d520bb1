"""Deciding: a million records at once against the law read aloud, record by record.

``decide_records`` draws the facts of all records in DuckDB and decides once for every distinct tuple of facts. The
loop is what one would write first: for each record ``status_at`` now and at collection, ``agreement_at``, ``Facts``,
``decide``; its events lie grouped by person and tenant before the clock starts, and it makes no receipts and no
digests, which ``decide_records`` does. The loop has a sample of the records. Both must give the same reasons, or
nothing is reported. Records, events and agreements are drawn at random from a seed; a record has no participants.
Of ``decide_records`` the consents are the greater part: a timeline for every person, and a receipt (canonical JSON and
its SHA-256) for every event that decides; a further record costs a few microseconds.
"""

import resource
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.ledgers import AS_OF, CATEGORIES, keys_of, ledgers
from benchmarks.timing import Contender, Figures, Outcome, as_figures, figure, take_turns
from pipelines.facts import AsOf, Known, decide_records
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import ConsentEvent, ConsentPeriod, covers, status_at
from policies.decision import decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.errors import LineweightError
from policies.facts import Facts, ParticipantsPermit, categories_covered, consent_at_collection, licence_of, youngest

CLOCKS = AsOf(AS_OF, AS_OF)


class DifferentAnswersError(LineweightError):
    """The two ways to decide disagree, so their times mean nothing."""

    remedy = "Run tests/pipelines/test_facts.py."


@dataclass(frozen=True)
class Size:
    """How much: records, consent events (three a person), agreements (two a tenant), the loop's sample, rounds."""

    records: int
    consents: int
    agreements: int
    sample: int
    rounds: int


FULL, TINY = Size(1_000_000, 300_000, 1_000, 5_000, 5), Size(2_000, 600, 20, 100, 1)


def measure(size: Size) -> Outcome:
    """Time both, compare their answers, and say how much memory the records took."""
    known = ledgers(size.consents, size.agreements)
    keys = keys_of(size.records, size.consents, size.agreements)
    (policy,) = load_policies(DOCUMENTS)
    sample = keys.slice(0, size.sample).to_pylist()
    people, tenants = _grouped(known)
    before = _peak_mb()
    answers: dict[str, Any] = {}

    def loop(_: int) -> None:
        answers["loop"] = [_reason(row, people, tenants, policy) for row in sample]

    def at_once(_: int) -> None:
        answers["at once"] = decide_records(keys, known, policy, "shared", CLOCKS).rows["reason"]

    timed = take_turns(
        [
            Contender("loop over records", loop, {"records": float(len(sample))}),
            Contender("decide_records", at_once, {"records": float(size.records)}),
        ],
        size.rounds,
    )
    if answers["at once"].slice(0, len(sample)).to_pylist() != answers["loop"]:
        raise DifferentAnswersError(f"decide_records and the loop differ on {len(sample)} records.")
    title = f"{size.records:,} records, {size.consents:,} consent events, {size.agreements:,} agreements"
    memory = Figures(
        "Memory at its highest",
        ("", "MB"),
        (("records and events, before anything is decided", figure(before)), ("while deciding", figure(_peak_mb()))),
    )
    return Outcome((as_figures(title, timed), memory), {title: timed})


def _reason(
    row: Mapping[str, Any],
    people: Mapping[tuple[str, str], Sequence[ConsentEvent]],
    tenants: Mapping[str, Sequence[AgreementEvent]],
    policy: Policy,
) -> str:
    """Return why one record is permitted or denied."""
    heard = people.get((row["tenant"], row["data_subject_id"]), ())
    now = status_at(heard, policy.purpose, AS_OF, AS_OF)
    then = status_at(heard, policy.purpose, row["occurred_at"], AS_OF)
    agreement = agreement_at(tenants.get(row["tenant"], ()), AS_OF, AS_OF)
    days = min(policy.retain_days, (agreement and agreement.retention_days) or policy.retain_days)
    facts = Facts(
        data_subject_known=True,
        consent_at_use=now.status,
        consent_at_collection=consent_at_collection(then.status, now.status, _said(now, "retroactive", False)),
        legal_basis=_said(now, "legal_basis", "none"),
        categories_covered=categories_covered(_said(now, "data_categories", ()), CATEGORIES),
        jurisdiction=row["jurisdiction"],
        age_band=youngest(row["age_band"], _said(now, "age_band", "unknown")),
        tenant_scope=agreement.scope if agreement else TenantScope.UNKNOWN,
        purpose_in_agreement=bool(agreement and any(covers(one, policy.purpose) for one in agreement.purposes)),
        pool="shared",
        participants=ParticipantsPermit.NONE,
        licence=licence_of(row["source_licence"]),
        retention_exceeded=AS_OF - row["occurred_at"] > timedelta(days=days),
    )
    return str(decide(policy, facts).reason)


def _said(period: ConsentPeriod, field: str, otherwise: Any) -> Any:
    return otherwise if period.event is None else getattr(period.event, field)


def _grouped(known: Known) -> tuple[dict[tuple[str, str], list[ConsentEvent]], dict[str, list[AgreementEvent]]]:
    people, tenants = defaultdict(list), defaultdict(list)
    for event in known.consents:
        people[event.tenant, event.data_subject_id].append(event)
    for agreement in known.agreements:
        tenants[agreement.tenant].append(agreement)
    return people, tenants


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
