"""Tables: what is asked for is found, what is not there is proven not to be, and no change goes unnoticed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.index.kinds import RECORDS
from lineage.index.runs import Runs, Workplace
from lineage.index.table import IndexContradictedError, Kind, Table, spread, write_table
from lineage.warehouse import Warehouse

MANY = 3 * RECORDS.rows_a_block + 7


def records(keys: list[int]) -> np.ndarray:
    rows = RECORDS.empty(len(keys))
    rows["key"], rows["ordinal"] = keys, range(len(keys))
    return RECORDS.sorted(rows)


def table(root: Path, rows: np.ndarray, kind: Kind = RECORDS) -> Table:
    warehouse = Warehouse(root)
    return Table(warehouse, "index", kind, write_table(warehouse, "index", kind, [rows[:5], rows[5:5], rows[5:]]))


@settings(max_examples=40, deadline=None)
@given(
    keys=st.lists(st.sampled_from([0, 1, 5, 2**63, 2**64 - 1]) | st.integers(0, 40), max_size=60),
    asked=st.lists(st.integers(0, 45) | st.just(2**64 - 1), max_size=5),
)
def test_a_lookup_finds_what_reading_everything_finds(tmp_path_factory, keys, asked):
    small = Kind("small", RECORDS.row, RECORDS.order)
    rows = records(keys)
    found = table(tmp_path_factory.mktemp("table"), rows, small).find(np.array(asked, np.uint64))
    assert found.tolist() == rows[np.isin(rows["key"], np.array(asked, np.uint64))].tolist()


def test_a_key_whose_rows_go_over_several_blocks_is_found_whole(tmp_path: Path):
    rows = records([7] * MANY + [9])
    asked = table(tmp_path, rows)
    assert len(asked.find(np.array([7], np.uint64))) == MANY
    assert len(asked.find(np.array([8], np.uint64))) == 0
    assert sum(len(part) for part in asked.all()) == MANY + 1


def test_an_empty_table_holds_nothing(tmp_path: Path):
    assert len(table(tmp_path, RECORDS.empty()).find(np.array([7], np.uint64))) == 0


@pytest.mark.parametrize("asked", [2 * MANY, 2 * MANY + 1], ids=["who is there", "who is not"])
def test_a_changed_block_is_noticed_by_whoever_would_stand_in_it(tmp_path: Path, asked: int):
    held = table(tmp_path, records([2 * number for number in range(2 * MANY)]))
    path = tmp_path / "index/records.rows"
    data = bytearray(path.read_bytes())
    data[MANY * RECORDS.row.itemsize] ^= 1
    path.write_bytes(data)
    with pytest.raises(IndexContradictedError, match=r"records\.rows: block 3"):
        held.find(np.array([asked], np.uint64))
    assert len(held.find(np.array([2], np.uint64))) == 1


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.with_suffix(".blocks").write_bytes(path.with_suffix(".blocks").read_bytes()[:-40]),
        lambda path: path.with_suffix(".blocks").write_bytes(bytes(len(path.with_suffix(".blocks").read_bytes()))),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
    ],
    ids=["a block less", "other digests", "cut short"],
)
def test_a_table_that_was_cut_or_replaced_is_noticed(tmp_path: Path, harm):
    held = table(tmp_path, records(list(range(MANY))))
    harm(tmp_path / "index/records.rows")
    with pytest.raises(IndexContradictedError):
        held.find(np.array([MANY - 1], np.uint64))


def test_a_table_that_was_written_anew_without_somebody_is_noticed(tmp_path: Path):
    keys = list(range(MANY))
    held = table(tmp_path, records(keys))
    table(tmp_path, records([key for key in keys if key != 5] + [MANY]))
    with pytest.raises(IndexContradictedError, match="blocks: is not the file that was sealed"):
        held.find(np.array([5], np.uint64))


def test_the_same_rows_give_the_same_bytes_in_whatever_pieces_they_come(tmp_path: Path):
    rows, warehouse = records(list(range(MANY))), Warehouse(tmp_path)
    first = write_table(warehouse, "one", RECORDS, [rows])
    second = write_table(warehouse, "two", RECORDS, [rows[:3], rows[3:1000], rows[1000:]])
    assert first == second
    assert warehouse.read("one/records.rows") == warehouse.read("two/records.rows") == rows.tobytes()


@pytest.mark.parametrize("at_once", [1, 10, 1_000])
def test_runs_that_are_larger_than_memory_are_told_in_order(tmp_path: Path, at_once: int):
    draw = np.random.default_rng(0)
    parts = [records(draw.integers(0, 50, 40).tolist()) for _ in range(5)]
    runs = Runs(RECORDS, tmp_path, at_once)
    for part in parts:
        runs.add(part[::-1])
    told = np.concatenate([RECORDS.empty(), *runs.merged()])
    assert told.tolist() == RECORDS.sorted(np.concatenate(parts)).tolist()


def test_what_was_needed_for_building_is_gone_when_it_is_built(tmp_path: Path):
    with Workplace(Warehouse(tmp_path), "index/snapshots") as work:
        work.runs(RECORDS).add(records([1]))
        assert list((tmp_path / "index/snapshots").glob(".staging-*/*.npy"))
    assert not list((tmp_path / "index/snapshots").iterdir())


def test_ranges_are_spread_end_to_end():
    assert spread(np.array([3, 10, 5]), np.array([2, 1, 0])).tolist() == [3, 4, 10]
