"""The agreement in force: the latest, and of a tie the strictest."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.canonical import digest_of
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import MixedEventsError
from tests.strategies import START, TENANT, agreement_events, agreements, instants

NONE, TENANT_ONLY, SHARED = TenantScope.NONE, TenantScope.TENANT_ONLY, TenantScope.SHARED


def agreed(scope: TenantScope, day: int, /, **more: object) -> AgreementEvent:
    at = START + timedelta(days=day)
    told = {"event_id": f"{scope}-{day}", "tenant": TENANT, "scope": scope, "purposes": ("train_ai_system",)}
    return AgreementEvent.model_validate(told | {"effective_at": at, "recorded_at": at} | more)


@pytest.mark.parametrize(
    ("events", "scope"),
    [
        ([], None),
        ([agreed(SHARED, 1)], SHARED),
        ([agreed(SHARED, 6)], None),
        ([agreed(SHARED, 1), agreed(TENANT_ONLY, 2)], TENANT_ONLY),
        ([agreed(TENANT_ONLY, 1), agreed(SHARED, 2)], SHARED),
        ([agreed(SHARED, 1), agreed(TENANT_ONLY, 1)], TENANT_ONLY),
        ([agreed(TENANT_ONLY, 1), agreed(NONE, 1)], NONE),
        ([agreed(TENANT_ONLY, 1), agreed(SHARED, 2, recorded_at=START + timedelta(days=11))], TENANT_ONLY),
    ],
    ids=[
        "no agreement",
        "an agreement",
        "an agreement that does not bind yet",
        "narrowed",
        "widened",
        "two at one instant: the narrower",
        "two at one instant: none at all",
        "widened, but we did not know",
    ],
)
def test_the_agreement_on_day_five_as_known_on_day_ten(events, scope):
    found = agreement_at(events[::-1], START + timedelta(days=5), START + timedelta(days=10))
    assert (found.scope if found else None) == scope


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"purposes": ("train_ai_system", "train_ai_system.finetune")}, {"purposes": ("train_ai_system",)}),
        ({"retention_days": None}, {"retention_days": 90}),
        ({"retention_days": 90}, {"retention_days": 30}),
        ({}, {"regions": ("eu",)}),
        ({"regions": ("eu", "us")}, {"regions": ("us",)}),
    ],
    ids=[
        "fewer purposes",
        "a limit rather than none",
        "the shorter limit",
        "a region rather than any",
        "fewer regions",
    ],
)
def test_of_two_agreements_of_one_scope_and_instant_the_one_that_allows_less_wins(wide, narrow):
    events = [agreed(SHARED, 1, event_id="z", **wide), agreed(SHARED, 1, event_id="a", **narrow)]
    assert agreement_at(events, START + timedelta(days=1), START + timedelta(days=1)) == events[1]
    swapped = [agreed(SHARED, 1, event_id="a", **wide), agreed(SHARED, 1, event_id="z", **narrow)]
    assert agreement_at(swapped, START + timedelta(days=1), START + timedelta(days=1)) == swapped[1]


@given(agreements, instants, instants)
def test_the_future_does_not_change_the_past(ledger, at, known_at):
    heard = [event for event in ledger if event.effective_at <= at and event.recorded_at <= known_at]
    assert agreement_at(ledger, at, known_at) == agreement_at(heard, at, known_at)


@given(st.data(), agreements, instants, instants)
def test_order_of_arrival_and_hearing_twice_change_nothing(data, ledger, at, known_at):
    arrived = data.draw(st.permutations(ledger + ledger[:2]))
    assert agreement_at(arrived, at, known_at) == agreement_at(ledger, at, known_at)


@given(agreements, agreement_events(), instants)
def test_a_tie_never_widens_the_scope(ledger, narrow, known_at):
    narrow = narrow.model_copy(update={"scope": NONE, "recorded_at": known_at})
    found = agreement_at([*ledger, narrow], narrow.effective_at, known_at)
    assert found.scope in {TenantScope.UNKNOWN, NONE}


@given(agreement_events())
def test_an_agreement_survives_its_document(event):
    assert AgreementEvent.model_validate(event.document()) == event


def test_agreements_of_two_tenants_are_not_taken_for_one():
    with pytest.raises(MixedEventsError):
        agreement_at([agreed(SHARED, 1), agreed(SHARED, 1, tenant="globex")], START, START)


@pytest.mark.parametrize(
    ("field", "value"),
    [("retention_days", 0), ("retention_days", "90"), ("scope", "everyone"), ("purposes", ("ads",)), ("extra", 1)],
)
def test_an_agreement_that_cannot_be_read_is_refused(field, value):
    with pytest.raises(ValueError, match=field):
        agreed(SHARED, 1, **{field: value})


def test_two_agreements_that_allow_the_same_are_told_apart_by_what_they_say():
    events = [agreed(SHARED, 1, regions=regions) for regions in (("eu",), ("us",))]
    asked = START + timedelta(days=5)
    assert agreement_at(events, asked, asked) == agreement_at(events[::-1], asked, asked)


@given(agreement_events())
def test_the_digest_is_that_of_the_canonical_document(event):
    assert event.digest() == digest_of(event.document())
