"""The law of consent: tables for what it says, properties for what it never does."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineage.canonical import digest_of
from policies.consent import (
    EVERYONE,
    UNANSWERED,
    VALID,
    ConsentEvent,
    ConsentStatus,
    MixedEventsError,
    covers,
    status_at,
    timeline,
)
from policies.instants import BEGINNING
from tests.strategies import ADA, START, TENANT, consent_events, instants, ledgers, purposes

ALL = "train_ai_system"
FINETUNE = "train_ai_system.finetune"
EVALUATION = "train_ai_system.evaluation"
LATER = START + timedelta(days=100)


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def said(state: str, day: int, purpose: str = ALL, /, **more: object) -> ConsentEvent:
    told = {
        "event_id": f"{state}-{day}-{purpose}",
        "tenant": TENANT,
        "data_subject_id": ADA,
        "state": state,
        "purposes": (purpose,),
        "effective_at": on(day),
        "recorded_at": on(day),
    }
    return ConsentEvent.model_validate(told | more)


def for_all(state: str, day: int, purpose: str = ALL, /, **more: object) -> ConsentEvent:
    return said(state, day, purpose, data_subject_id=EVERYONE, **more)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "unknown"),
        ([said("given", 1)], "given"),
        ([said("given", 6)], "unknown"),
        ([said("given", 5)], "given"),
        ([said("given", 1), said("withdrawn", 2)], "withdrawn"),
        ([said("withdrawn", 1), said("given", 2)], "given"),
        ([said("given", 1), said("renewed", 2)], "renewed"),
        ([said("given", 1), said("refused", 1)], "refused"),
        ([said("renewed", 1), said("requested", 1)], "requested"),
        ([said("given", 1), said("requested", 2)], "requested"),
        ([said("given", 1, EVALUATION)], "unknown"),
        ([said("given", 1), said("withdrawn", 2, EVALUATION)], "given"),
        ([said("given", 1, FINETUNE), said("withdrawn", 2)], "withdrawn"),
        ([said("withdrawn", 1, FINETUNE), said("given", 2)], "withdrawn"),
        ([said("withdrawn", 1), said("given", 2, FINETUNE)], "given"),
        ([said("withdrawn", 1, FINETUNE), said("given", 2), said("given", 3, FINETUNE)], "given"),
        ([said("refused", 1, FINETUNE), said("withdrawn", 2), said("given", 3)], "refused"),
        ([said("refused", 1, FINETUNE), said("withdrawn", 2)], "refused"),
        ([said("given", 1, expires_at=on(5))], "expired"),
        ([said("given", 1, expires_at=on(6))], "given"),
        ([said("given", 1, expires_at=on(3)), said("renewed", 3)], "renewed"),
        ([said("given", 1, expires_at=on(3)), said("renewed", 2)], "renewed"),
        ([said("given", 1, FINETUNE, expires_at=on(3)), said("given", 4)], "given"),
        ([said("given", 1, expires_at=on(3)), said("withdrawn", 4)], "withdrawn"),
        ([said("given", 1, derivatives=False)], "refused"),
        ([said("given", 1), said("renewed", 2, derivatives=False)], "refused"),
        ([said("given", 1, recorded_at=on(20))], "unknown"),
        ([said("given", 1), said("withdrawn", 2, recorded_at=on(20))], "given"),
        ([said("given", 1), said("withdrawn", 2, recorded_at=on(9))], "withdrawn"),
        ([said("withdrawn", 1), said("requested", 2)], "withdrawn"),
        ([said("withdrawn", 1), said("requested", 1)], "withdrawn"),
        ([said("withdrawn", 1), said("requested", 2, FINETUNE)], "withdrawn"),
        ([said("withdrawn", 1), said("given", 2), said("requested", 3)], "requested"),
        ([for_all("withdrawn", 1)], "withdrawn"),
        ([said("given", 1), for_all("withdrawn", 2)], "withdrawn"),
        ([said("given", 2), for_all("withdrawn", 2)], "withdrawn"),
        ([said("given", 3), for_all("withdrawn", 2)], "given"),
        ([said("given", 3), for_all("withdrawn", 2, FINETUNE)], "withdrawn"),
    ],
    ids=[
        "nothing was ever said",
        "given",
        "given only later",
        "given at this very instant",
        "withdrawn after it was given",
        "given again",
        "renewed",
        "given and refused at one instant",
        "a request at the instant of a grant counts against it",
        "asked anew, so the old answer no longer stands",
        "given for another purpose",
        "withdrawn for another purpose",
        "a broad withdrawal reaches every purpose below",
        "a broad grant does not undo a specific withdrawal",
        "a specific grant undoes a broad withdrawal",
        "only a specific grant undoes a specific withdrawal",
        "a broad grant undoes the broad withdrawal alone",
        "of two refusals the more specific one decides",
        "expired at this very instant",
        "not yet expired",
        "renewed at the instant of expiry",
        "renewed before expiry",
        "a lapse is no refusal and any grant mends it",
        "withdrawn after it expired",
        "no weights may be made of it",
        "narrowed to uses that make no weights",
        "recorded after the instant of our knowledge",
        "a withdrawal we did not know of",
        "a withdrawal recorded late binds from when it took effect",
        "to be asked again takes no withdrawal back",
        "withdrawn and asked again at one instant",
        "to be asked about a part takes no withdrawal back",
        "asked again after a withdrawal that a grant lifted",
        "everybody was withdrawn",
        "everybody was withdrawn after they consented",
        "everybody was withdrawn as they consented",
        "consented after everybody was withdrawn",
        "everybody was withdrawn from a part, and consented to the whole",
    ],
)
def test_consent_for_fine_tuning_on_day_five_as_known_on_day_ten(events, status):
    assert status_at(events, FINETUNE, on(5), on(10)).status == status
    assert status_at(events[::-1], FINETUNE, on(5), on(10)).status == status


def test_a_grant_without_derivatives_holds_for_a_purpose_that_makes_none():
    narrow = said("given", 1, derivatives=False)
    assert status_at([narrow], EVALUATION, on(5), LATER).status is ConsentStatus.GIVEN


@pytest.mark.parametrize("state", sorted(set(ConsentStatus) - VALID))
def test_whatever_is_not_a_grant_ends_a_grant(state):
    period = status_at([said("given", 1), said(state, 2)], FINETUNE, on(2), LATER)
    assert (period.status, period.from_at) == (state, on(2))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"expires_at": on(3)}),
        ({"expires_at": on(4)}, {"expires_at": on(3)}),
        ({"retroactive": True}, {}),
        ({}, {"data_categories": ("user.content",)}),
        ({"data_categories": ("user.content", "user.device")}, {"data_categories": ("user.content",)}),
        ({"age_band": "adult"}, {"age_band": "unknown"}),
        ({"age_band": "unknown"}, {"age_band": "16-17"}),
        ({"age_band": "13-15"}, {"age_band": "under-13"}),
    ],
    ids=[
        "the one that expires",
        "the shorter",
        "the one that does not reach back",
        "the limited",
        "the more limited",
        "the one that tells no age",
        "the one of a minor",
        "the one of the younger",
    ],
)
@pytest.mark.parametrize("ids", ["az", "za"])
def test_of_two_grants_at_one_instant_the_one_that_allows_less_counts(wide, narrow, ids):
    events = [said("given", 1, event_id=ids[0], **wide), said("given", 1, event_id=ids[1], **narrow)]
    assert status_at(events, FINETUNE, on(1), LATER).event == events[1]
    assert timeline(events, FINETUNE, LATER)[0].event == events[1]


def test_two_events_of_one_id_are_told_apart_by_what_they_say():
    events = [said("given", 1, event_id="e1", evidence=evidence) for evidence in ("form 7", "form 8")]
    assert status_at(events, FINETUNE, on(1), LATER) == status_at(events[::-1], FINETUNE, on(1), LATER)
    assert timeline(events, FINETUNE, LATER) == timeline(events[::-1], FINETUNE, LATER)


def test_the_timeline_names_every_change_and_the_event_behind_it():
    given, withdrawn = said("given", 1, expires_at=on(3)), said("withdrawn", 5)
    told = [(period.from_at, period.status, period.event) for period in timeline([withdrawn, given], FINETUNE, LATER)]
    assert told == [(on(1), "given", given), (on(3), "expired", given), (on(5), "withdrawn", withdrawn)]


def test_an_event_that_changes_nothing_is_not_a_period_of_its_own():
    refused, broad = said("refused", 1, FINETUNE), said("given", 2)
    assert [period.event for period in timeline([refused, broad], FINETUNE, LATER)] == [refused]


def test_silence_begins_with_time_and_has_no_event():
    silence = status_at([], FINETUNE, on(5), LATER)
    assert (silence.from_at, silence.status, silence.event) == (BEGINNING, ConsentStatus.UNKNOWN, None)


@pytest.mark.parametrize("stranger", [{"tenant": "globex"}, {"data_subject_id": "ds_" + "0" * 32}])
def test_events_of_two_people_are_not_taken_for_one(stranger):
    events = [said("given", 1), said("given", 2, **stranger)]
    with pytest.raises(MixedEventsError):
        status_at(events, FINETUNE, on(5), LATER)
    with pytest.raises(MixedEventsError):
        timeline(events, FINETUNE, LATER)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────────────────


@given(ledgers, purposes, instants, instants)
def test_the_future_does_not_change_the_past(ledger, purpose, at, known_at):
    heard = [event for event in ledger if event.effective_at <= at and event.recorded_at <= known_at]
    assert status_at(ledger, purpose, at, known_at) == status_at(heard, purpose, at, known_at)


@given(ledgers, purposes, instants, instants)
def test_a_later_event_does_not_change_earlier_periods(ledger, purpose, at, known_at):
    heard = [event for event in ledger if event.effective_at <= at]
    before = [period for period in timeline(ledger, purpose, known_at) if period.from_at <= at]
    assert before == [period for period in timeline(heard, purpose, known_at) if period.from_at <= at]


@given(st.data(), ledgers, purposes, instants, instants)
def test_order_of_arrival_and_hearing_twice_change_nothing(data, ledger, purpose, at, known_at):
    again = data.draw(st.permutations(ledger + data.draw(st.lists(st.sampled_from(ledger or [None]), max_size=3))))
    arrived = [event for event in again if event is not None]
    assert status_at(arrived, purpose, at, known_at) == status_at(ledger, purpose, at, known_at)
    assert timeline(arrived, purpose, known_at) == timeline(ledger, purpose, known_at)


@given(ledgers, purposes, instants, instants)
@example([said("withdrawn", 1, FINETUNE), said("given", 2, expires_at=on(3))], FINETUNE, on(3), LATER)
def test_the_timeline_agrees_with_the_status_at_every_instant(ledger, purpose, at, known_at):
    told = [period for period in timeline(ledger, purpose, known_at) if period.from_at <= at]
    assert status_at(ledger, purpose, at, known_at) == (told[-1] if told else status_at([], purpose, at, known_at))


@given(ledgers, purposes, instants)
def test_the_timeline_is_a_step_function_that_changes_at_every_step(ledger, purpose, known_at):
    periods = timeline(ledger, purpose, known_at)
    assert [period.from_at for period in periods] == sorted({period.from_at for period in periods})
    changes = [(period.status, period.event) for period in periods]
    assert all(one != next_one for one, next_one in pairwise(changes))


@given(ledgers, consent_events(), purposes, instants)
def test_a_refusal_wins_every_tie(ledger, refusal, purpose, known_at):
    refusal = refusal.model_copy(update={"state": ConsentStatus.REFUSED, "recorded_at": known_at})
    at = refusal.effective_at
    heard = any(covers(named, purpose) for named in refusal.purposes)
    assert not heard or status_at([*ledger, refusal], purpose, at, known_at).status not in VALID


@given(ledgers, consent_events(), purposes, instants, instants)
def test_one_more_refusal_never_makes_a_record_usable(ledger, refusal, purpose, at, known_at):
    refusal = refusal.model_copy(update={"state": ConsentStatus.WITHDRAWN, "expires_at": None})
    usable = status_at([*ledger, refusal], purpose, at, known_at).status in VALID
    assert not usable or status_at(ledger, purpose, at, known_at).status in VALID


@given(ledgers, consent_events(), purposes, instants, instants)
def test_one_more_refusal_never_softens_a_refusal(ledger, refusal, purpose, at, known_at):
    before = status_at(ledger, purpose, at, known_at).status
    after = status_at([*ledger, refusal], purpose, at, known_at).status
    if refusal.state not in VALID and before not in VALID | UNANSWERED | {ConsentStatus.EXPIRED}:
        assert after not in VALID | UNANSWERED


@given(ledgers, purposes, instants, instants)
def test_consent_is_valid_only_by_a_grant_in_force_that_covers_the_purpose(ledger, purpose, at, known_at):
    period = status_at(ledger, purpose, at, known_at)
    if period.status in VALID:
        event = period.event
        assert event.state is period.status
        assert event.effective_at <= at
        assert event.recorded_at <= known_at
        assert event.expires_at is None or event.expires_at > at
        assert any(covers(named, purpose) for named in event.purposes)


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────


@given(consent_events())
def test_an_event_survives_its_document(event):
    assert ConsentEvent.model_validate(event.document()) == event


@given(consent_events())
def test_the_receipt_is_the_digest_of_the_canonical_document(event):
    odd = event.model_copy(update={"evidence": 'a "form"\n\u2028 of Zoë, \x7f'})
    assert (event.receipt(), odd.receipt()) == (digest_of(event.document()), digest_of(odd.document()))


@pytest.mark.parametrize("state", sorted(VALID))
def test_nobody_consents_for_everyone(state):
    with pytest.raises(ValueError, match="nobody grants for everyone"):
        for_all(state, 1)


def test_an_event_is_written_with_times_in_utc_and_words_in_order():
    local = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=2)))
    event = said("given", 1, purposes=(FINETUNE, ALL, FINETUNE), effective_at=local, jurisdiction=" US-CA ")
    document = event.document()
    assert document["effective_at"] == "2026-01-01T01:00:00.000000Z"
    assert document["purposes"] == [ALL, FINETUNE]
    assert (document["jurisdiction"], document["state"], document["expires_at"]) == ("us-ca", "given", None)
    assert event.effective_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("effective_at", datetime(2026, 1, 1)),  # noqa: DTZ001 - the case in point
        ("effective_at", "2026-01-01T00:00:00"),
        ("effective_at", 1_767_225_600),
        ("effective_at", "1767225600"),
        ("effective_at", "0001-01-01T00:00:00+14:00"),
        ("recorded_at", None),
        ("expires_at", on(1)),
        ("purposes", ()),
        ("purposes", ("advertising",)),
        ("purposes", FINETUNE),
        ("data_subject_id", "ada@example.org"),
        ("tenant", "ACME"),
        ("tenant", "acme\n"),
        ("state", "granted"),
        ("retroactive", "true"),
        ("age_band", "17"),
        ("jurisdiction", "Germany"),
        ("event_id", ""),
        ("favourite_colour", "blue"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused_without_repeating_it(field, value):
    with pytest.raises(ValueError, match=field if field != "expires_at" else "expires_at must be after") as refused:
        said("given", 1, **{field: value})
    assert "ada@example.org" not in str(refused.value)
