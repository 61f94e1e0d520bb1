"""What tables hold: commitments that sort as their bytes do, keys of records, and sets of ordinals."""

import os

import numpy as np
import pyarrow as pa
import pytest

from lineage.index.bitmaps import Ordinals, read_bitmap, write_bitmaps
from lineage.index.kinds import (
    AUTHOR,
    PEOPLE,
    NotIndexedError,
    digest_words,
    digests_of,
    ranges,
    record_keys,
)
from lineage.index.of_model import Read, readings
from lineage.index.of_snapshot import BuiltFrom, SnapshotContent, SnapshotIndex, write_snapshot_index
from lineage.index.table import IndexContradictedError
from lineage.warehouse import Warehouse


def test_commitments_sort_as_their_bytes_do_and_come_back_whole():
    digests = [os.urandom(32) for _ in range(50)] + [b"\x00" * 31 + b"\x01", b"\xff" * 32]
    words = digest_words(b"".join(digests))
    rows = ranges(words, np.arange(0, 2 * len(digests), 2, dtype=np.uint64), AUTHOR)
    assert digests_of(words).to_pylist() == digests
    assert [digests[place] for place in (PEOPLE.sorted(rows)["first"] // 2).tolist()] == sorted(digests)


def test_people_whose_commitments_begin_alike_are_told_apart(tmp_path):
    words = np.array([[7, 1, 1, 1], [7, 1, 1, 2], [9, 1, 1, 1]], np.uint64)
    rows = ranges(words, np.array([0, 1, 2], np.uint64), AUTHOR)
    content = SnapshotContent([PEOPLE.sorted(rows)], [], Ordinals.none(3), {})
    seal = write_snapshot_index(Warehouse(tmp_path), "index", content, BuiltFrom("0" * 64, "1" * 64, 3, ()))
    index = SnapshotIndex(Warehouse(tmp_path), "index", seal)
    assert index.people(words[1:2])["first"].tolist() == [1]
    assert index.people(words[:2])["first"].tolist() == [0, 1]
    assert len(index.people(np.array([[7, 1, 1, 3]], np.uint64))) == 0


def test_records_that_follow_one_another_and_are_one_persons_are_one_range():
    words = np.array([[1, 1, 1, 1]] * 3 + [[1, 1, 1, 2]] + [[1, 1, 1, 1]], np.uint64)
    rows = ranges(words, np.array([4, 5, 7, 8, 9], np.uint64), AUTHOR)
    assert [(row["first"], row["rows"]) for row in rows] == [(4, 2), (7, 1), (8, 1), (9, 1)]


def test_the_key_of_a_record_is_how_its_id_begins():
    ids = pa.chunked_array([["r" + "0" * 32], ["r00ff" + "a" * 28, "r" + "f" * 32]]).slice(1)
    assert [f"{key:016x}" for key in record_keys(ids).tolist()] == ["00ff" + "a" * 12, "f" * 16]


@pytest.mark.parametrize("bad", ["", "r123", "R" + "0" * 32, "r" + "g" * 32, "x" + "0" * 32])
def test_a_record_whose_id_has_another_form_is_not_indexed_in_silence(bad: str):
    with pytest.raises(NotIndexedError):
        record_keys(pa.array(["r" + "0" * 32, bad]))


def test_the_same_ordinals_give_the_same_bytes_however_they_came_together():
    at_once = Ordinals.of(np.arange(0, 200_000, dtype=np.uint64), 300_000)
    one_by_one = Ordinals.none(300_000)
    for start in (100_000, 0, 150_000, 50_000):
        one_by_one.add(Ordinals.of(np.arange(start, start + 60_000)[::-1], 300_000) & at_once)
    assert one_by_one.serialized() == at_once.serialized() == Ordinals.between(0, 200_000, 300_000).serialized()


def test_ordinals_beyond_thirty_two_bits_are_kept(tmp_path):
    rows = 2**33
    held = Ordinals.of(np.array([1, 2**32 + 5], np.uint64), rows)
    (_, written) = write_bitmaps(Warehouse(tmp_path), "some.bitmaps", [Ordinals.none(rows), held])
    assert read_bitmap(Warehouse(tmp_path), "some.bitmaps", written, rows).numbers().tolist() == [1, 2**32 + 5]
    (tmp_path / "some.bitmaps").write_bytes(bytes(written.at + written.bytes))
    with pytest.raises(IndexContradictedError):
        read_bitmap(Warehouse(tmp_path), "some.bitmaps", written, rows)


def test_readings_of_a_record_are_added_up():
    ordinals, steps, tokens = np.array([7, 3, 7], np.uint64), np.array([5, 1, 2]), np.array([10, 20, 30])
    rows = readings(ordinals, steps, tokens)
    assert rows.tolist() == [(3, 1, 1, 1, 20), (7, 2, 5, 2, 40)]
    assert Read.of(rows) == Read(records=2, readings=3, tokens=60, first_step=1, last_step=5)
    assert Read.of(rows[:0]) == Read(0, 0, 0, None, None)
    with pytest.raises(NotIndexedError):
        readings(ordinals, steps - 2, tokens)
