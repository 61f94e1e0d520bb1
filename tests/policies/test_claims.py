"""The law for claims: a flag copied into a log fills silence, or refuses, and does nothing else."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given

from policies.consent import VALID, ConsentEvent, ConsentStatus, status_at
from policies.consent_event import CLAIM
from tests.strategies import ADA, START, TENANT, consent_events, instants, ledgers, purposes

PURPOSE = "train_ai_system.finetune"
NOW = START + timedelta(days=20)


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def said(day: int, state: str = "given", **more: object) -> ConsentEvent:
    fields = {"purposes": ("train_ai_system",), "effective_at": on(day), "recorded_at": on(day), **more}
    return ConsentEvent(event_id=f"e-{day}", tenant=TENANT, data_subject_id=ADA, state=ConsentStatus(state), **fields)


def claimed(day: int, state: str = "given", **more: object) -> ConsentEvent:
    return said(day, state, method=CLAIM, **more)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([claimed(1)], "given"),
        ([claimed(1, expires_at=on(5))], "expired"),
        ([claimed(1), claimed(3, expires_at=on(5))], "expired"),
        ([claimed(1, "refused")], "refused"),
        ([claimed(1), claimed(3, "refused")], "refused"),
        ([claimed(1, "refused"), claimed(3)], "refused"),
        ([said(1, "withdrawn"), claimed(3)], "withdrawn"),
        ([said(1, "withdrawn", recorded_at=on(9)), claimed(3)], "withdrawn"),
        ([said(1, "unknown"), claimed(3)], "unknown"),
        ([said(1, expires_at=on(5)), claimed(6)], "expired"),
        ([said(1, derivatives=False), claimed(3)], "refused"),
        ([said(1), claimed(3, "refused")], "refused"),
        ([claimed(1, "refused"), said(3)], "given"),
        ([said(1), claimed(3, expires_at=on(5))], "given"),
        ([said(1, purposes=("train_ai_system.evaluation",)), claimed(3)], "given"),
        ([said(1, "refused", purposes=(PURPOSE,)), claimed(3)], "refused"),
        ([said(3, "refused"), claimed(3)], "refused"),
    ],
    ids=[
        "it fills silence",
        "it goes stale",
        "the latest flag decides",
        "a flag that says no refuses",
        "a later flag that says no refuses",
        "it lifts no other flag's no",
        "it lifts no withdrawal",
        "it lifts no withdrawal that was recorded late",
        "that nothing is known was said, too",
        "it prolongs no grant that expired",
        "it adds no weights to a grant without them",
        "a flag refuses what the person granted before",
        "the person lifts a flag's no",
        "it replaces no grant of the person's own",
        "what was said of another purpose leaves silence",
        "it lifts no refusal below it",
        "at one instant the refusal wins",
    ],
)
def test_a_claim_beside_what_the_person_said(events, status):
    assert status_at(events, PURPOSE, NOW, NOW).status == status


@given(ledgers, purposes, instants, instants)
def test_a_claim_never_makes_usable_what_the_persons_own_words_do_not(ledger, purpose, at, known_at):
    own = [event for event in ledger if not event.is_claim]
    told = status_at(own, purpose, at, known_at)
    if told.event is not None and status_at(ledger, purpose, at, known_at).status in VALID:
        assert told.status in VALID


@given(ledgers, consent_events(), purposes, instants, instants)
def test_one_more_claim_that_grants_changes_nothing_but_silence(ledger, event, purpose, at, known_at):
    claim = event.model_copy(update={"state": ConsentStatus.GIVEN, "derivatives": True, "method": CLAIM})
    rest = [other for other in ledger if other.state not in VALID or not other.is_claim or not other.derivatives]
    before = status_at(rest, purpose, at, known_at)
    after = status_at([*rest, claim], purpose, at, known_at)
    assert after == before or before.event is None
