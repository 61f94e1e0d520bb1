"""The parts that make deciding fast, each held against what it stands for."""

import os
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.facts import person_index
from pipelines.facts.coding import NO_INSTANT, cases, coded, microseconds, places
from pipelines.facts.linking import joined
from pipelines.facts.numbering import PLACE_VALUES, facts_of, number_of, part
from pipelines.facts.ordering import in_order
from pipelines.facts.person_index import PersonIndex, words_of
from pipelines.facts.turns import in_turn
from policies.facts import FACT_SPACE, Facts
from policies.person_link import PersonLink, representatives
from tests.pipelines.fact_worlds import PEOPLE
from tests.strategies import START, facts, rubbish


@given(facts)
def test_every_tuple_of_facts_has_a_number_of_its_own(fact: Facts):
    assert facts_of(number_of(fact)) == fact


@pytest.mark.parametrize("place", ["unknown", "de", "zz", "us-1", "us-ca", "us-z9z", "az-000", "gb-eng"])
def test_every_jurisdiction_can_be_numbered(place):
    number = part("jurisdiction", place)
    assert facts_of(number).jurisdiction == place
    assert number + PLACE_VALUES["jurisdiction"] < 1 << 63


@given(st.sampled_from([*FACT_SPACE]), rubbish)
def test_what_cannot_be_read_is_numbered_as_what_allows_least(name, value):
    if value not in FACT_SPACE[name]:
        assert part(name, value) == 0
        assert part("jurisdiction", value) == 0 or isinstance(value, str)


words = st.sampled_from(["a", "b", "c", None])


@given(st.lists(st.tuples(words, words, words)))
def test_rows_are_one_case_if_and_only_if_they_are_equal(rows):
    columns = [coded(pa.array([row[place] for row in rows], pa.string())) for place in range(3)]
    case, example = cases([(column.codes, len(column.words)) for column in columns], len(rows))
    assert [rows[row] for row in example[case].tolist()] == rows
    assert len(example) == len(set(rows))


def test_cases_of_more_combinations_than_a_number_holds_are_told_apart():
    columns = [np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([5, 5, 5, 5])]
    case, example = cases([(column, 1 << 40) for column in columns], 4)
    assert sorted(case.tolist()) == [0, 1, 2, 3]
    assert example[case].tolist() == [0, 1, 2, 3]


def test_a_dictionary_in_many_pieces_is_one_list_of_words():
    chunks = [pa.array(["b", None, "a"]).dictionary_encode(), pa.array(["a", "c"]).dictionary_encode()]
    column = coded(pa.chunked_array(chunks))
    assert [column.list()[code] for code in column.codes] == ["b", None, "a", "a", "c"]
    assert places(column, ["a", "b"]).tolist() == [1, -1, 0, 0, -1]


def test_an_instant_nobody_knows_is_no_instant():
    column = pa.array([START, None], pa.timestamp("us", "UTC"))
    assert microseconds(column).tolist() == [int(START.timestamp()) * 1_000_000, NO_INSTANT]


far = st.sampled_from([0, 1, 2, 1 << 20, (1 << 58) - 1])


@given(st.lists(st.tuples(st.integers(0, 3) | st.sampled_from([1 << 22]), far, st.integers(0, 2))))
def test_events_lie_in_order_of_person_time_and_tie_however_far_apart(rows):
    whose, at, tie = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    order = in_order(whose, at, lambda some: [tie[some]])
    assert [rows[row] for row in order.tolist()] == sorted(rows)


IDS = [f"ds_{number:032x}" for number in range(40)]
people = st.tuples(st.sampled_from(IDS), st.integers(0, 3))


@pytest.fixture(params=["a good hash", "a hash that tells nobody apart"])
def hashing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "a good hash":
        monkeypatch.setattr(person_index, "_hashes", lambda words, _: np.zeros(len(words), np.uint64))


@pytest.mark.usefixtures("hashing")
def test_people_are_found_by_tenant_and_id_and_nobody_else_is():
    chance = np.random.default_rng(1)
    held = [(IDS[number], int(tenant)) for number, tenant in chance.integers(0, [30, 3], (200, 2))]
    asked = [(person, tenant) for person in [*IDS, "xx" + IDS[0][2:], "ds_0", "", None] for tenant in range(4)]
    index, number = PersonIndex.of(*_columns(held))
    words, fits = words_of(pa.array([person for person, _ in asked], pa.string()))
    found = index.find(words, np.array([tenant for _, tenant in asked], np.int32))
    by_number = dict(zip(held, number.tolist(), strict=True))
    assert sorted(set(by_number.values())) == list(range(len(set(held))))
    for pair, place, is_id in zip(asked, found.tolist(), fits.tolist(), strict=True):
        assert is_id == (pair[0] in IDS)
        assert not is_id or place == by_number.get(pair, -1)


def _columns(held):
    words, fits = words_of(pa.chunked_array([[person] for person, _ in held], pa.string()))
    assert fits.all()
    return words, np.array([tenant for _, tenant in held], np.int32)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_ids_are_read_from_any_column_and_from_the_middle_of_one(kind):
    column = pa.array([*IDS[:4], None, "ds_"]).cast(kind).slice(2)
    words, fits = words_of(column)
    assert fits.tolist() == [True, True, False, False]
    assert (words[:2] == words_of(pa.array(IDS[2:4]))[0]).all()


pairs = st.lists(st.sampled_from(range(4)), min_size=2, max_size=2, unique=True)


@given(st.lists(st.tuples(pairs, st.booleans(), st.integers(0, 3))))
def test_ids_are_joined_as_their_representatives_say(told):
    links = [
        PersonLink(
            event_id="l",
            tenant="acme",
            data_subject_id=PEOPLE[one],
            same_as=PEOPLE[other],
            linked=linked,
            effective_at=START,
            recorded_at=START + timedelta(days=day),
        )
        for (one, other), linked, day in told
    ]
    recorded = pa.array([link.recorded_at for link in links], pa.timestamp("us", "UTC"))
    table = pa.table({"linked": pa.array([link.linked for link in links], pa.bool_()), "recorded_at": recorded})
    one, other = (np.array([pair[place] for pair, _, _ in told], np.int64) for place in (0, 1))
    standing = representatives(links, START + timedelta(days=9))
    same = [standing.get(("acme", person), person) for person in PEOPLE]
    assert [PEOPLE[number] for number in joined(len(PEOPLE), table, one, other)] == same


def test_work_is_handed_over_in_turn_and_only_a_little_ahead():
    begun = []

    def pieces():
        for number in range(100):
            begun.append(number)
            yield number

    for done, number in enumerate(in_turn(lambda piece: piece * 2, pieces())):
        assert number == done * 2
        assert len(begun) - done <= len(os.sched_getaffinity(0)) + 1


def test_what_goes_wrong_in_a_thread_is_not_lost():
    with pytest.raises(ZeroDivisionError):
        list(in_turn(lambda piece: 1 // piece, [1, 0, 1]))
