"""Random ledgers and records, and the decision as one reads it aloud: record by record, person by person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from lineage.canonical import digest_of
from lineage.record import KEY_COLUMNS, RECORD_SCHEMA
from pipelines.facts import AsOf, Known
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import EVERYONE, VALID, ConsentEvent, ConsentPeriod, ConsentStatus, covers, status_at
from policies.decision import Decision, Effect, decide
from policies.document import DOCUMENTS, Policy, load_policies
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
from policies.instants import BEGINNING
from policies.person_link import PersonLink, representatives
from tests.strategies import START, agreement_events, consent_events, policy_documents

TENANTS = ("acme", "globex")
PEOPLE = tuple(f"ds_{name * 16}" for name in ("ad", "be", "cd", "de"))
SOURCES = ("web", "web", "agent", "agent", "undeclared")
CATEGORIES = {"web": ("user.content",), "agent": ("user.content", "user.contact")}
KEYS = pa.schema([RECORD_SCHEMA.field(name).with_nullable(True) for name in KEY_COLUMNS])
SILENCE = ConsentPeriod(BEGINNING, ConsentStatus.UNKNOWN, None)
(TRAINING,) = load_policies(DOCUMENTS)

moments = st.builds(
    lambda days, microseconds: START + timedelta(days=days, microseconds=microseconds),
    st.integers(0, 9),
    st.sampled_from([0, 0, 0, -1, 1]),
)
"""Days at which events meet, and the microsecond before and after each."""

at_first = st.just(START) | st.just(START) | moments
places = st.sampled_from(["de", "de", "us-ca", "unknown"])
ages = st.sampled_from(["adult", "adult", "adult", "unknown", "16-17"])
seldom = st.sampled_from([False] * 7 + [True])


@dataclass(frozen=True)
class Question:
    """Everything that ``decide_records`` is a function of."""

    records: list[dict[str, Any]]
    policy: Policy
    pool: str
    as_of: AsOf
    consents: Sequence[ConsentEvent] = ()
    agreements: Sequence[AgreementEvent] = ()
    links: Sequence[PersonLink] = ()
    region: str | None = None

    @property
    def known(self) -> Known:
        return Known.of(self.consents, self.agreements, self.links, CATEGORIES, self.region)

    @property
    def keys(self) -> pa.Table:
        return pa.Table.from_pylist(self.records, KEYS)


@st.composite
def _statements(draw: st.DrawFn) -> ConsentEvent:
    """What one of a few people says to one of two tenants, now and then exactly at another's instant."""
    said = draw(consent_events())
    changes: dict[str, Any] = {
        "tenant": draw(st.sampled_from(TENANTS)),
        "data_subject_id": draw(st.sampled_from(PEOPLE)),
        "jurisdiction": draw(places),
        "age_band": draw(ages),
        "recorded_at": draw(at_first),
    }
    if said.expires_at is None:
        changes["effective_at"] = draw(moments)
    if said.state not in VALID and draw(seldom):
        changes["data_subject_id"] = EVERYONE
    return said.model_copy(update=changes)


@st.composite
def _consents(draw: st.DrawFn) -> list[ConsentEvent]:
    """Most people consent at first, as most records would otherwise be denied for want of it; then they talk."""
    said = [
        ConsentEvent(
            event_id="e0",
            tenant=tenant,
            data_subject_id=person,
            state=ConsentStatus.GIVEN,
            purposes=("train_ai_system",),
            age_band="adult",
            jurisdiction="de",
            effective_at=draw(at_first),
            recorded_at=START,
        )
        for tenant in TENANTS
        for person in PEOPLE
        if not draw(seldom)
    ]
    told = said + draw(st.lists(_statements(), max_size=4))
    return told + [event for event in told if draw(seldom)]  # some are delivered twice


@st.composite
def _links(draw: st.DrawFn) -> list[PersonLink]:
    """Now and then two ids turn out to be one person's, or not after all, in whatever order one hears of it."""
    pairs = st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=2, unique=True)
    return [
        PersonLink(
            event_id=f"l{number}",
            tenant=draw(st.sampled_from(TENANTS)),
            data_subject_id=one,
            same_as=other,
            linked=draw(st.sampled_from([True, True, True, False])),
            effective_at=draw(moments),
            recorded_at=draw(at_first),
        )
        for number, (one, other) in enumerate(draw(st.just([]) | st.lists(pairs, max_size=4)))
    ]


@st.composite
def _agreements(draw: st.DrawFn) -> list[AgreementEvent]:
    """Both tenants agree at first, almost always; then they may change their mind."""
    agreed = [
        AgreementEvent(
            event_id="a0",
            tenant=tenant,
            scope=TenantScope.SHARED,
            purposes=("train_ai_system",),
            effective_at=START,
            recorded_at=START,
        )
        for tenant in TENANTS
        if not draw(seldom)
    ]
    changes = st.builds(
        lambda changed, tenant: changed.model_copy(update={"tenant": tenant}),
        agreement_events(),
        st.sampled_from(TENANTS),
    )
    return agreed + draw(st.lists(changes, max_size=2))


@st.composite
def _records(draw: st.DrawFn, number: int) -> dict[str, Any]:
    somebody = st.sampled_from([*PEOPLE, *PEOPLE, None, "ds_nobody", "xx_" + "ad" * 16])
    return {
        "record_id": f"r{number:032x}",
        "source": draw(st.sampled_from(SOURCES)),
        "batch": "00" * 32,
        "line": number + 1,
        "tenant": draw(st.sampled_from([*TENANTS * 4, "initech", None])),
        "data_subject_id": draw(somebody),
        "participants": draw(st.sampled_from([[]] * 7 + [None]) | st.lists(somebody, max_size=2)),
        "conversation_id": f"c{number:032x}",
        "position": 0,
        "occurred_at": draw(moments),
        "jurisdiction": draw(places),
        "age_band": draw(ages),
        "source_licence": draw(st.sampled_from(["CC0-1.0"] * 5 + ["CC-BY-NC-4.0", "unknown"])),
    }


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Ledgers, records, a policy and both clocks: often all in order but for one thing."""
    drawn = policy_documents().map(Policy.model_validate)
    brief = TRAINING.model_copy(update={"retain_days": 4})
    last = START + timedelta(days=10)
    return Question(
        records=[draw(_records(number)) for number in range(draw(st.integers(0, 8)))],
        policy=draw(st.sampled_from([TRAINING] * 4 + [brief]) | drawn),
        pool=draw(st.sampled_from(["tenant", "shared"])),
        as_of=AsOf(effective_at=draw(st.just(last) | moments), recorded_at=draw(st.just(last) | moments)),
        consents=draw(_consents()),
        agreements=draw(_agreements()),
        links=draw(_links()),
        region=draw(st.sampled_from(["eu", "eu", "us", None])),
    )


@dataclass(frozen=True)
class Spelt:
    """One record's decision: who was looked at, what was known of them, and what the consent receipt is."""

    facts: Facts
    decision: Decision
    receipt: bytes


def spelt_out(question: Question, record: Mapping[str, Any]) -> Spelt:
    """Decide one record the long way, with the readable rules and nothing else."""
    facts, receipt = _of_person(question, record, record["data_subject_id"], record["jurisdiction"], record["age_band"])
    further = [None] if record["participants"] is None else record["participants"]
    others = [_of_person(question, record, person, "unknown", "unknown")[0] for person in further]
    facts = replace(facts, participants=_together(question.policy, others))
    return Spelt(facts, decide(question.policy, facts), receipt)


def _together(policy: Policy, others: Sequence[Facts]) -> ParticipantsPermit:
    if not others:
        return ParticipantsPermit.NONE
    permit = all(decide(policy, one).effect is Effect.PERMIT for one in others)
    return ParticipantsPermit.ALL if permit else ParticipantsPermit.NOT_ALL


def _of_person(
    question: Question, record: Mapping[str, Any], person: str | None, place: str, age: str
) -> tuple[Facts, bytes]:
    policy, as_of = question.policy, question.as_of
    at_use = _consent(question, record, person, as_of.effective_at)
    at_collection = _consent(question, record, person, record["occurred_at"])
    agreement = _agreement(question, record["tenant"])
    event = at_use.event
    facts = Facts(
        data_subject_known=person is not None,
        consent_at_use=at_use.status,
        consent_at_collection=consent_at_collection(
            at_collection.status, at_use.status, event is not None and event.retroactive
        ),
        legal_basis=event.legal_basis if event else "none",
        notice=notice_accepted(event.notice_id, event.notice_version, policy.notices) if event else "unknown",
        expressed_by=who_expressed(event.expressed_by) if event else "nobody",
        categories_covered=categories_covered(event.data_categories if event else (), CATEGORIES.get(record["source"])),
        jurisdiction=place if place != "unknown" or event is None else event.jurisdiction,
        age_band=youngest(age, event.age_band if event else "unknown"),
        tenant_scope=agreement.scope if agreement else TenantScope.UNKNOWN,
        purpose_in_agreement=bool(agreement and any(covers(one, policy.purpose) for one in agreement.purposes)),
        region_allowed=agreement is not None and region_allowed(agreement.regions, question.region),
        pool=question.pool,
        participants=ParticipantsPermit.NONE,
        licence=licence_of(record["source_licence"]),
        retention_exceeded=as_of.effective_at - record["occurred_at"] > timedelta(days=_days(policy, agreement)),
    )
    receipt = event is not None and event.legal_basis == "consent"
    return facts, bytes.fromhex(digest_of(event.document())) if event and receipt else bytes(32)


def _consent(question: Question, record: Mapping[str, Any], person: str | None, at: Any) -> ConsentPeriod:
    one_person = representatives(question.links, question.as_of.recorded_at)
    tenant = record["tenant"]
    stands_for = one_person.get((tenant, person), person)
    ids = {person} | {same for (of, same), one in one_person.items() if of == tenant and one == stands_for}
    said = [
        event for event in question.consents if event.tenant == tenant and event.data_subject_id in {*ids, EVERYONE}
    ]
    return status_at(said, question.policy.purpose, at, question.as_of.recorded_at, ids) if said else SILENCE


def _agreement(question: Question, tenant: str) -> AgreementEvent | None:
    agreed = [event for event in question.agreements if event.tenant == tenant]
    return agreement_at(agreed, question.as_of.effective_at, question.as_of.recorded_at)


def _days(policy: Policy, agreement: AgreementEvent | None) -> int:
    agreed = agreement.retention_days if agreement else None
    return policy.retain_days if agreed is None else min(policy.retain_days, agreed)
