"""Deciding as one would write it first: one record after the other, by the readable rules of ``policies`` alone.

Whoever the records are of is looked up before the clock starts: their events lie at hand as objects, grouped by
person. What is timed is the law: ``status_at`` twice, ``agreement_at``, ``Facts``, ``decide``, for each person in a
record. No receipts and no digests are made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts import AsOf, Known
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import ConsentEvent, covers, status_at
from policies.consent_event import CLAIM, EVERYONE
from policies.decision import Decision, Effect, decide
from policies.document import Policy
from policies.facts import (
    Facts,
    ParticipantsPermit,
    categories_covered,
    consent_at_collection,
    licence_of,
    notice_accepted,
    region_allowed,
    who_expressed,
    youngest,
)
from policies.person_link import PersonLink, representatives

Row = Mapping[str, Any]


class RecordByRecord:
    """The rules, with the events of the people in some records at hand.

    Args:
        sample: The records, as ``decide_records`` takes them.
        known: The ledgers and declarations.
        as_of: The instant asked about.
        pool: ``tenant`` or ``shared``.
    """

    def __init__(self, sample: pa.Table, known: Known, as_of: AsOf, pool: str) -> None:
        self.rows: list[dict[str, Any]] = sample.to_pylist()
        self._known, self._as_of, self._pool = known, as_of, pool
        links = [PersonLink(event_id="l", effective_at=one["recorded_at"], **one) for one in known.links.to_pylist()]
        same: dict[tuple[str, str], set[str]] = defaultdict(set)
        representative = representatives(links, as_of.recorded_at)
        for (tenant, person), one in representative.items():
            same[tenant, one].add(person)
        self._ids = {key: frozenset(same[key[0], one]) for key, one in representative.items()}
        asked = {(row["tenant"], one) for row in self.rows for one in (row["data_subject_id"], *row["participants"])}
        wanted = {one for key in asked for one in self._ids.get(key, {key[1]})} | {EVERYONE}
        self._said = _consents(known.consents, wanted)
        self._agreed = _agreements(known.agreements)

    def decide(self, row: Row, policy: Policy) -> Decision:
        """Decide one record."""
        return decide(policy, self.facts(row, policy))

    def facts(self, row: Row, policy: Policy) -> Facts:
        """Return what is known of one record, and of everybody in it."""
        others = [self._facts(row, person, "unknown", "unknown", policy) for person in row["participants"]]
        author = self._facts(row, row["data_subject_id"], row["jurisdiction"], row["age_band"], policy)
        return replace(author, participants=_say(others, policy))

    def _facts(self, row: Row, person: str, place: str, age: str, policy: Policy) -> Facts:
        now, then = (self._consent(row["tenant"], person, policy, at) for at in (self._at, row["occurred_at"]))
        event, agreement = now.event, agreement_at(self._agreed[row["tenant"]], self._at, self._as_of.recorded_at)
        days = min(policy.retain_days, (agreement and agreement.retention_days) or policy.retain_days)
        return Facts(
            data_subject_known=person is not None,
            consent_at_use=now.status,
            consent_at_collection=consent_at_collection(then.status, now.status, bool(event and event.retroactive)),
            legal_basis=event.legal_basis if event else "none",
            notice=notice_accepted(event.notice_id, event.notice_version, policy.notices) if event else "unknown",
            expressed_by=who_expressed(event.expressed_by) if event else "nobody",
            categories_covered=categories_covered(
                event.data_categories if event else (), self._known.categories.get(row["source"])
            ),
            jurisdiction=event.jurisdiction if place == "unknown" and event else place,
            age_band=youngest(age, event.age_band if event else "unknown"),
            tenant_scope=agreement.scope if agreement else TenantScope.UNKNOWN,
            purpose_in_agreement=bool(agreement and any(covers(one, policy.purpose) for one in agreement.purposes)),
            region_allowed=bool(agreement and region_allowed(agreement.regions, self._known.region)),
            pool=self._pool,
            participants=ParticipantsPermit.NONE,
            licence=licence_of(row["source_licence"]),
            retention_exceeded=self._at - row["occurred_at"] > timedelta(days=days),
        )

    @property
    def _at(self) -> datetime:
        return self._as_of.effective_at

    def _consent(self, tenant: str, person: str, policy: Policy, at: datetime) -> Any:
        ids = self._ids.get((tenant, person), frozenset({person}))
        said = [event for one in (*ids, EVERYONE) for event in self._said[tenant, one]]
        return status_at(said, policy.purpose, at, self._as_of.recorded_at, ids)


def _say(others: Sequence[Facts], policy: Policy) -> ParticipantsPermit:
    if not others:
        return ParticipantsPermit.NONE
    permit = all(decide(policy, facts).effect is Effect.PERMIT for facts in others)
    return ParticipantsPermit.ALL if permit else ParticipantsPermit.NOT_ALL


def _consents(table: pa.Table, wanted: set[str]) -> dict[tuple[str, str], list[ConsentEvent]]:
    said: dict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    rows = table.filter(pc.is_in(table["data_subject_id"], pa.array(sorted(wanted))))
    for number, row in enumerate(rows.to_pylist()):
        told = {name: value for name, value in row.items() if name not in ("claim", "receipt")}
        event = ConsentEvent(event_id=f"c{number}", method=CLAIM if row["claim"] else "", **told)
        said[event.tenant, event.data_subject_id].append(event)
    return said


def _agreements(table: pa.Table) -> dict[str, list[AgreementEvent]]:
    agreed: dict[str, list[AgreementEvent]] = defaultdict(list)
    for number, row in enumerate(table.drop_columns(["digest"]).to_pylist()):
        event = AgreementEvent(event_id=f"a{number}", **row)
        agreed[event.tenant].append(event)
    return agreed
