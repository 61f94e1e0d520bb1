"""What the tables of an index hold.

An *ordinal* is a record's place in its snapshot: the rows of the shards before its own, and its row. People are
commitments (`lineage.leaf.data_subject_commitment`), read as four numbers of eight bytes, the most significant first,
so that they sort as their bytes do. Every number is stored little-endian.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.table import Keys, Kind, Rows
from lineage.leaf import digest_bytes, digest_column
from policies.errors import LineweightError

AUTHOR, PARTICIPANT = 0, 1
COMMITMENT = ("c0", "c1", "c2", "c3")

PEOPLE = Kind(
    "people",
    np.dtype([*((name, "<u8") for name in COMMITMENT), ("first", "<u8"), ("rows", "<u4"), ("role", "<u4")]),
    (*COMMITMENT, "role", "first"),
)
"""Whose records lie where: a commitment, the first ordinal of a range, how many, and whether they wrote them."""

RECORDS = Kind("records", np.dtype([("key", "<u8"), ("ordinal", "<u8")]), ("key", "ordinal"))
"""Where a record lies, by the first 16 of the 32 hexadecimal digits of its id; two records may share them."""

READINGS = Kind(
    "readings",
    np.dtype([("ordinal", "<u8"), ("first", "<u4"), ("last", "<u4"), ("readings", "<u4"), ("tokens", "<u8")]),
    ("ordinal",),
)
"""What a model read of a record: first and last optimizer step, how often, and how many tokens in all."""

LARGEST = 2**32 - 1
KEY_DIGITS = 16
_RECORD_ID = r"^r[0-9a-f]{32}$"


class NotIndexedError(LineweightError):
    """Evidence verifies, and still cannot be held in an index."""

    remedy = "Ask with --full-scan."


def commitments_of(digests: npt.NDArray[np.uint64]) -> Rows:
    """Return rows of ``PEOPLE`` with their commitments set, and zeros beside.

    Args:
        digests: ``[n, 4]``, as `digest_words` returns them.
    """
    rows = PEOPLE.empty(len(digests))
    for place, name in enumerate(COMMITMENT):
        rows[name] = digests[:, place]
    return rows


def digest_words(column: pa.ChunkedArray | pa.Array | bytes) -> npt.NDArray[np.uint64]:
    """Return digests as ``[n, 4]`` numbers, the most significant first.

    Args:
        column: ``n`` digests, of type ``lineage.leaf.DIGEST`` or end to end.
    """
    data = column if isinstance(column, bytes) else digest_bytes(column)
    return np.frombuffer(data, ">u8").reshape(-1, 4).astype(np.uint64)


def words_of(rows: Rows) -> npt.NDArray[np.uint64]:
    """Return the commitments in rows of ``PEOPLE`` as `digest_words` does."""
    return np.stack([rows[name].astype(np.uint64) for name in COMMITMENT], axis=1).reshape(-1, 4)


def digests_of(words: npt.NDArray[np.uint64]) -> pa.Array:
    """Return ``[n, 4]`` numbers as ``n`` digests: what `digest_words` takes."""
    return digest_column(np.ascontiguousarray(words, dtype=">u8").tobytes())


def ranges(words: npt.NDArray[np.uint64], ordinals: npt.NDArray[np.uint64], role: int) -> Rows:
    """Return rows of ``PEOPLE`` for records, one for each run of records that follow one another and are one person's.

    Args:
        words: ``[n, 4]``: of each record the person.
        ordinals: Where each lies.
        role: ``AUTHOR`` or ``PARTICIPANT``.
    """
    if not len(words):
        return PEOPLE.empty()
    begins = np.ones(len(words), bool)
    begins[1:] = (words[1:] != words[:-1]).any(axis=1) | (ordinals[1:] != ordinals[:-1] + 1)
    places = np.flatnonzero(begins)
    rows = commitments_of(words[places])
    rows["first"], rows["role"] = ordinals[places], role
    rows["rows"] = np.diff(np.append(places, len(words)))
    return rows


def record_keys(record_ids: pa.ChunkedArray | pa.Array) -> Keys:
    """Return the keys of records.

    Args:
        record_ids: ``n`` ids, each ``r`` and 32 hexadecimal digits.

    Raises:
        NotIndexedError: One has another form.
    """
    ids = record_ids if isinstance(record_ids, pa.ChunkedArray) else pa.chunked_array([record_ids], pa.string())
    if not pc.all(pc.match_substring_regex(ids, _RECORD_ID), min_count=0).as_py():
        raise NotIndexedError("A record's id is not r and 32 hexadecimal digits.")
    digits = pc.utf8_slice_codeunits(ids, 1, 1 + KEY_DIGITS).combine_chunks()
    if not len(digits):
        return np.zeros(0, np.uint64)
    start = np.frombuffer(digits.buffers()[1], np.int32)[digits.offset]
    data = np.frombuffer(digits.buffers()[2], np.uint8)[start : start + len(digits) * KEY_DIGITS]
    nibbles = np.where(data >= ord("a"), data - ord("a") + 10, data - ord("0")).reshape(-1, KEY_DIGITS // 2, 2)
    return ((nibbles[:, :, 0] << 4) | nibbles[:, :, 1]).astype(np.uint8).view(">u8").reshape(-1).astype(np.uint64)
