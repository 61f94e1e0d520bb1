"""Two ids, one person: who stands for whom, and what is heard of all their ids."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.consent import VALID, ConsentEvent, MixedEventsError, status_at, timeline
from policies.person_link import PersonLink, representatives
from tests.strategies import START, consent_events, instants, purposes

IDS = [f"ds_{letter * 32}" for letter in "abcde"]
A, B, C, D, E = IDS
LATER = START + timedelta(days=100)


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def link(one: str, other: str, day: int = 1, /, **more: object) -> PersonLink:
    told = {"event_id": f"{one}-{other}-{day}", "tenant": "acme", "data_subject_id": one, "same_as": other}
    return PersonLink.model_validate(told | {"effective_at": START, "recorded_at": on(day)} | more)


def standing(*links: PersonLink, known_at: datetime = LATER) -> dict[str, str]:
    return {person: one for (_, person), one in representatives(links, known_at).items()}


@pytest.mark.parametrize(
    ("links", "who"),
    [
        ([], {}),
        ([link(A, B)], {A: A, B: A}),
        ([link(B, A)], {A: A, B: A}),
        ([link(C, B), link(B, A)], {A: A, B: A, C: A}),
        ([link(A, B), link(C, D)], {A: A, B: A, C: C, D: C}),
        ([link(A, B, 200)], {}),
        ([link(A, B, 1), link(A, B, 2, linked=False)], {}),
        ([link(A, B, 1), link(B, A, 2, linked=False)], {}),
        ([link(A, B, 2), link(A, B, 1, linked=False)], {A: A, B: A}),
        ([link(A, B, 1), link(A, B, 1, linked=False)], {}),
        ([link(A, B, 1), link(A, B, 2, linked=False), link(A, B, 3)], {A: A, B: A}),
        ([link(A, B), link(B, C), link(A, C, 2, linked=False)], {A: A, B: A, C: A}),
        ([link(A, B), link(B, C), link(A, B, 2, linked=False)], {B: B, C: B}),
    ],
    ids=[
        "nobody has two ids",
        "two ids",
        "named the other way round",
        "through a third id",
        "two people with two ids each",
        "not known yet",
        "undone",
        "undone the other way round",
        "linked after it was denied",
        "both at one instant: not the same",
        "undone, and found to be so after all",
        "undone for one pair, and still one through another",
        "one of three taken out",
    ],
)
def test_the_smallest_id_stands_for_a_person(links, who):
    assert standing(*links) == who
    assert standing(*links[::-1]) == who


def test_ids_of_two_tenants_are_two_people():
    both = [link(A, B), link(B, C, tenant="globex")]
    assert representatives(both, LATER) == {
        ("acme", A): A,
        ("acme", B): A,
        ("globex", B): B,
        ("globex", C): B,
    }


def test_a_link_names_two_ids_and_is_written_like_any_event():
    with pytest.raises(ValueError, match="same_as"):
        link(A, A)
    assert PersonLink.model_validate(link(A, B).document()) == link(A, B)
    assert link(A, B).document()["recorded_at"] == "2026-01-02T00:00:00.000000Z"


links = st.lists(
    st.builds(
        lambda pair, day, linked: link(*pair, day, linked=linked),
        st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True),
        st.integers(0, 4),
        st.sampled_from([True, True, False]),
    ),
    max_size=6,
)


@given(links, st.data(), instants)
def test_order_of_arrival_hearing_twice_and_the_future_change_nothing(told, data, known_at):
    again = data.draw(st.permutations(told + told[:2]))
    heard = [one for one in again if one.recorded_at <= known_at]
    assert representatives(told, known_at) == representatives(again, known_at) == representatives(heard, LATER)


@given(links)
def test_who_stands_for_a_person_stands_for_themselves_and_is_the_smallest(told):
    found = representatives(told, LATER)
    assert all(found["acme", one] == one for one in found.values())
    assert all(one <= person for (_, person), one in found.items())


# ── what is heard of all ids together ───────────────────────────────────────────────────────────────────────


def said(person: str, state: str, day: int) -> ConsentEvent:
    told = {"event_id": f"{state}-{day}", "tenant": "acme", "data_subject_id": person, "state": state}
    told |= {"purposes": ("train_ai_system",), "effective_at": on(day), "recorded_at": on(day)}
    return ConsentEvent.model_validate(told)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([said(A, "given", 1)], "given"),
        ([said(A, "given", 1), said(B, "withdrawn", 2)], "withdrawn"),
        ([said(A, "given", 2), said(B, "withdrawn", 2)], "withdrawn"),
        ([said(A, "given", 3), said(B, "withdrawn", 2)], "given"),
    ],
    ids=["what one id said", "withdrawn by the other id", "both at one instant", "given again by the other id"],
)
def test_a_person_speaks_by_any_of_their_ids(events, status):
    people = frozenset({A, B})
    assert status_at(events, "train_ai_system", on(5), LATER, people).status == status
    assert timeline(events, "train_ai_system", LATER, people)[-1].status == status


def test_whose_ids_are_not_all_named_is_not_one_person():
    events = [said(A, "given", 1), said(B, "given", 1)]
    for people in (None, frozenset({A}), frozenset()):
        with pytest.raises(MixedEventsError):
            status_at(events, "train_ai_system", on(5), LATER, people)
        with pytest.raises(MixedEventsError):
            timeline(events, "train_ai_system", LATER, people)


@given(st.lists(consent_events(), max_size=4), st.lists(consent_events(), max_size=4), purposes, instants, instants)
def test_a_refusal_by_one_id_binds_the_other_as_if_they_had_said_it(own, others, purpose, at, known_at):
    told = [event.model_copy(update={"data_subject_id": B}) for event in others]
    people = frozenset(event.data_subject_id for event in own + told)
    apart = status_at([*own, *told], purpose, at, known_at, people)
    together = status_at([*own, *others], purpose, at, known_at)
    assert (apart.status in VALID) == (together.status in VALID)
    assert apart.from_at == together.from_at
