"""A person's consent over time in columns, and the law as it reads: the same at every instant, by the same event."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.facts import AsOf, Known, Terms
from pipelines.facts.coding import at_places, microseconds
from pipelines.facts.history import STATUSES
from pipelines.facts.numbering import facts_of
from pipelines.facts.standing import Standing
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import EVERYONE, VALID, ConsentEvent, ConsentPeriod, status_at
from policies.facts import region_allowed
from policies.vocabulary import covers
from tests.pipelines.fact_worlds import PEOPLE
from tests.strategies import START, TENANT, agreement_events, consent_events, instants, purposes

LATER = START + timedelta(days=100)
EVERY_INSTANT = [START + timedelta(days=day, microseconds=after) for day in range(-1, 16) for after in (0, -1)]

ages = st.sampled_from(["adult", "unknown", "16-17", "13-15"])
words = st.builds(
    lambda event, person, age, for_all: event.model_copy(
        update={"data_subject_id": EVERYONE if for_all and event.state not in VALID else person, "age_band": age}
    ),
    consent_events(),
    st.sampled_from(PEOPLE[:2]),
    ages,
    st.sampled_from([False, False, False, True]),
)
ledgers = st.lists(words, max_size=9)


def standing(events: Sequence[ConsentEvent], purpose: str, at: datetime, known_at: datetime) -> Standing:
    return Standing.of(Known.of(events), Terms(purpose, 730), AsOf(at, known_at))


def told(known: Standing, person: str) -> list[tuple[str, bytes | None]]:
    """Return the status of a person at every instant, and the receipt of the event that decides."""
    at = microseconds(pa.array(EVERY_INSTANT, pa.timestamp("us", "UTC")))
    who = known.heard.who(pa.array([person]), known.tenants.codes(pa.array([TENANT])))
    period = known.history.last_before(np.repeat(who, len(at)), at)
    event = np.where(period < 0, -1, at_places(known.history.event, period)).tolist()
    status = known.history.status_at(period, at).tolist()
    receipts = known.receipts.to_pylist()
    return [(STATUSES[code], None if place < 0 else receipts[place]) for code, place in zip(status, event, strict=True)]


def said(period: ConsentPeriod) -> tuple[str, bytes | None]:
    return period.status, bytes.fromhex(period.event.receipt()) if period.event else None


@settings(max_examples=300)
@given(ledgers, purposes, instants | st.just(LATER))
def test_columns_say_at_every_instant_what_the_law_says(ledger, purpose, known_at):
    known = standing(ledger, purpose, LATER, known_at)
    for person in (*PEOPLE[:2], "ds_" + "00" * 16):
        heard = [event for event in ledger if event.data_subject_id in (person, EVERYONE)]
        law = [said(status_at(heard, purpose, instant, known_at)) for instant in EVERY_INSTANT]
        assert told(known, person) == law


grants = st.builds(
    ConsentEvent,
    event_id=st.sampled_from(["e1", "e2", "e3"]),
    tenant=st.just(TENANT),
    data_subject_id=st.just(PEOPLE[0]),
    state=st.sampled_from(sorted(VALID)),
    purposes=st.just(("train_ai_system",)),
    data_categories=st.sampled_from([(), ("user",), ("user.contact", "user.content"), ("user.content",)]),
    retroactive=st.booleans(),
    age_band=ages,
    effective_at=st.just(START),
    expires_at=st.sampled_from([None, None, LATER, LATER + timedelta(days=1)]),
    recorded_at=st.just(START),
)


alike = st.sampled_from([{}, {"expires_at": None, "retroactive": False}])
"""Often what is asked first is the same, so that what is asked last decides."""


@settings(max_examples=300)
@given(st.lists(grants, min_size=2, max_size=4), alike)
def test_columns_settle_every_tie_of_grants_as_the_law_does(tied, same):
    at_once = [event.model_copy(update=same) for event in tied]
    known = standing(at_once, "train_ai_system", LATER, LATER)
    law = [said(status_at(at_once, "train_ai_system", instant, LATER)) for instant in EVERY_INSTANT]
    assert told(known, PEOPLE[0]) == law


agreements = st.lists(agreement_events(), max_size=6)


@settings(max_examples=300)
@given(agreements, purposes, instants, st.just(LATER) | instants, st.sampled_from(["eu", "us", None]), st.booleans())
def test_a_tenant_allows_in_columns_what_its_agreement_says(agreed, purpose, at, known_at, region, at_one_instant):
    if at_one_instant:
        agreed = [one.model_copy(update={"effective_at": START, "scope": TenantScope.SHARED}) for one in agreed]
    known = Known.of(agreements=agreed, region=region)
    tenants = Standing.of(known, Terms(purpose, 2), AsOf(at, known_at)).tenants
    (code,) = tenants.codes(pa.array([TENANT])).tolist()
    facts = facts_of(int(tenants.number[code]))
    agreement = agreement_at(agreed, at, known_at)
    assert facts.tenant_scope == (agreement.scope if agreement else "unknown")
    assert facts.purpose_in_agreement == any(covers(one, purpose) for one in (agreement.purposes if agreement else ()))
    assert facts.region_allowed == (agreement is not None and region_allowed(agreement.regions, region))
    days = min(2, (agreement and agreement.retention_days) or 2)
    assert tenants.limit_us[code] == timedelta(days=days) // timedelta(microseconds=1)


def test_columns_settle_a_tie_of_agreements_as_the_law_does():
    def agreed(event_id: str, purpose: str) -> AgreementEvent:
        told = {"tenant": TENANT, "scope": "shared", "effective_at": START, "recorded_at": START}
        return AgreementEvent(event_id=event_id, purposes=(f"train_ai_system.{purpose}",), **told)

    won = set()
    for one, other in itertools.permutations("abcd", 2):
        pair = [agreed(one, "finetune"), agreed(other, "evaluation")]
        terms = Terms("train_ai_system.finetune", 2)
        tenants = Standing.of(Known.of(agreements=pair), terms, AsOf(LATER, LATER)).tenants
        found = facts_of(int(tenants.number[0])).purpose_in_agreement
        assert found == (agreement_at(pair, LATER, LATER) == pair[0])
        won.add(found)
    assert won == {True, False}
