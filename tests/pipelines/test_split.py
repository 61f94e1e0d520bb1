"""Splitting: nobody lies in two parts, nobody moves, and the parts are about as large as asked for."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.snapshot_request import Split
from pipelines.snapshots.split import parts_of, place

NINE_TO_ONE = {"train": 0.9, "validation": 0.1}
rows = st.lists(st.tuples(st.sampled_from(["acme", "globex"]), st.integers(0, 30), st.integers(0, 60)), max_size=80)


def keys_of(rows) -> pa.Table:
    """Key columns of records: tenant, who spoke, in which conversation."""
    return pa.table(
        {
            "tenant": pa.array([tenant for tenant, _, _ in rows], pa.string()),
            "data_subject_id": pa.array([f"ds_{person:032x}" for _, person, _ in rows], pa.string()),
            "conversation_id": pa.array([f"c{conversation:032x}" for _, _, conversation in rows], pa.string()),
        }
    )


def dealt(rows, by="person", seed=7, parts=NINE_TO_ONE, merged=None) -> list[str]:
    return parts_of(keys_of(rows), Split(by=by, parts=parts), seed, merged or {}).to_pylist()


@pytest.mark.parametrize(("by", "column"), [("person", 1), ("conversation", 2)])
@given(rows=rows, seed=st.integers(0, 5))
def test_nobody_lies_in_two_parts(by, column, rows, seed):
    parts = {}
    for row, part in zip(rows, dealt(rows, by, seed), strict=True):
        assert parts.setdefault((row[0], row[column]), part) == part


@given(rows=rows, more=rows)
def test_records_that_are_added_move_no_other(rows, more):
    assert dealt(rows + more)[: len(rows)] == dealt(rows)
    assert dealt(more + rows)[len(more) :] == dealt(rows)


@given(one=st.integers(0, 30), other=st.integers(0, 30), rows=rows)
def test_who_is_known_to_be_one_person_lies_in_one_part(one, other, rows):
    halves = {"train": 0.5, "validation": 0.5}
    least, both = min(one, other), (f"ds_{one:032x}", f"ds_{other:032x}")
    merged = {("acme", person): f"ds_{least:032x}" for person in both}
    of_both = [("acme", one, 0), ("acme", other, 0), *rows]
    together = dealt(of_both, parts=halves, merged=merged)[:2]
    assert together == dealt([("acme", least, 0)], parts=halves) * 2, "where the id lies that stands for both"


def test_a_conversation_is_not_dealt_by_who_is_merged():
    rows = [("acme", 1, number) for number in range(50)]
    merged = {("acme", f"c{number:032x}"): "c0" for number in range(50)}
    assert dealt(rows, by="conversation", merged=merged) == dealt(rows, by="conversation")


@pytest.mark.parametrize("parts", [NINE_TO_ONE, {"train": 0.5, "test": 0.2, "validation": 0.3}])
def test_the_parts_are_about_as_large_as_asked_for(parts):
    people = [("acme", number, number) for number in range(20_000)]
    counted = Counter(dealt(people, parts=parts))
    for part, share in parts.items():
        assert counted[part] / len(people) == pytest.approx(share, abs=0.01)


def test_another_seed_and_another_tenant_deal_otherwise():
    people = [("acme", number, 0) for number in range(200)]
    elsewhere = [("globex", number, 0) for number in range(200)]
    assert dealt(people) == dealt(people)
    assert dealt(people) != dealt(people, seed=8)
    assert dealt(people) != dealt(elsewhere)


def test_the_place_of_a_person_is_the_one_that_is_written_down():
    assert place(7, "acme", "ds_1") == 0x49F0637A293544DA


def test_without_a_split_everything_is_to_be_trained_on():
    assert parts_of(keys_of([("acme", 1, 1)]), None, 7, {}).to_pylist() == ["train"]
    assert parts_of(keys_of([]), None, 7, {}).to_pylist() == []
