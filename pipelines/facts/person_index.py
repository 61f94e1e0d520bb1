"""Finding people: each pair of tenant and id has a number, and millions of ids are looked up at once.

An id is a keyed pseudonym of fixed width, ``ds_`` and 32 hexadecimal digits: four machine words. The distinct
ones are kept in order of a hash of the words and the tenant, with a table of where each range of hashes
begins. The hash only says where to look; what counts is that tenant and words are equal.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Column, Flags, Numbers, numbered
from pipelines.facts.turns import in_turn

Words = npt.NDArray[np.uint64]  # [n, 4]
Hashes = npt.NDArray[np.uint64]

_PREFIX = b"ds_"
_WIDTH = len(_PREFIX) + 32
_ROWS = 1 << 16
_FACTORS = tuple(map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)))


def words_of(ids: Column) -> tuple[Words, Flags]:
    """Return ``n`` ids as four words each, and which rows are such ids at all.

    The words of a row that is none, or null, mean nothing.
    """
    chunks = ids.chunks if isinstance(ids, pa.ChunkedArray) else [ids]
    if len(chunks) == 1:
        return _chunk(chunks[0])
    words, fits = np.empty((len(ids), 4), np.uint64), np.empty(len(ids), bool)
    ends = np.cumsum([len(chunk) for chunk in chunks])

    def fill(place: int) -> None:
        rows = slice(ends[place] - len(chunks[place]), ends[place])
        words[rows], fits[rows] = _chunk(chunks[place])

    for _ in in_turn(fill, range(len(chunks))):
        pass
    return words, fits


def _chunk(ids: pa.Array) -> tuple[Words, Flags]:
    texts = ids.cast(pa.string())
    fits = pc.fill_null(pc.equal(pc.binary_length(texts), _WIDTH), False).to_numpy(zero_copy_only=False)
    if fits.all():
        return _words(texts)
    words = np.zeros((len(texts), 4), np.uint64)
    words[fits], fits[fits] = _words(texts.filter(pa.array(fits)))
    return words, fits


def _words(texts: pa.StringArray) -> tuple[Words, Flags]:
    """Return the words of texts of which each is ``_WIDTH`` bytes long."""
    if not len(texts):
        return np.zeros((0, 4), np.uint64), np.zeros(0, bool)
    first = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset]
    letters = np.frombuffer(texts.buffers()[2], np.uint8, len(texts) * _WIDTH, first).reshape(-1, _WIDTH)
    begins = np.ones(len(texts), bool)
    for place, letter in enumerate(_PREFIX):
        begins &= letters[:, place] == letter
    return np.ascontiguousarray(letters[:, len(_PREFIX) :]).view(np.uint64), begins


@dataclass(frozen=True)
class PersonIndex:
    """``p`` people in order of the hash of their words and tenant; a person's number is the place here.

    Attributes:
        words: ``[p, 4]``.
        tenants: ``[p]``, the code of each one's tenant.
        starts: Where the people whose hash begins with certain bits begin; one more at the end.
    """

    words: Words
    tenants: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]

    @classmethod
    def of(cls, words: Words, tenants: npt.NDArray[np.int32]) -> tuple["PersonIndex", Numbers]:
        """Number the distinct pairs of words and tenant; return the index and each row's number."""
        hashes = _hashes(words, tenants)
        number, first = numbered(hashes.view(np.int64))
        if _differ(words, words[first], number) or _differ(tenants, tenants[first], number):
            number, first = _compared(words, tenants)  # two people have one hash
        order = np.argsort(hashes[first])
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        first = first[order]
        bits = max(1, len(first).bit_length())
        held = np.bincount(_begins(hashes[first], bits), minlength=1 << bits)
        starts = np.zeros(len(held) + 1, np.int32)
        np.cumsum(held, out=starts[1:])
        return cls(words[first], tenants[first], starts), place[number]

    def find(self, words: Words, tenants: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Return each row's number, -1 for a pair of words and tenant that is not held."""
        found = np.full(len(words), -1, np.int32)
        begin = _begins(_hashes(words, tenants), (len(self.starts) - 1).bit_length() - 1)
        place, end = self.starts.take(begin), self.starts.take(begin + 1)
        rows = np.flatnonzero(place < end)
        place, end = place[rows], end[rows]
        while len(rows):
            differ = self.words.take(place, axis=0)
            differ ^= words.take(rows, axis=0)
            same = (differ[:, 0] | differ[:, 1] | differ[:, 2] | differ[:, 3]) == 0
            same &= self.tenants.take(place) == tenants.take(rows)
            found[rows[same]] = place[same]
            place += 1
            more = np.flatnonzero(~same & (place < end))
            rows, place, end = rows[more], place[more], end[more]
        return found


def _differ(rows: npt.NDArray[Any], distinct: npt.NDArray[Any], number: npt.NDArray[np.int32]) -> bool:
    """Return whether any row is another than the distinct one that its number stands for."""
    return any(
        (rows[start : start + _ROWS] != distinct.take(number[start : start + _ROWS], axis=0)).any()
        for start in range(0, len(rows), _ROWS)
    )


def _compared(words: Words, tenants: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], Numbers]:
    """Return each row's number and a row of each number, as ``numbered``, of pairs in full and not of hashes."""
    pairs = np.column_stack([words, tenants.astype(np.uint64)])
    _, first, number = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    return number.astype(np.int32).ravel(), first


def _hashes(words: Words, tenants: npt.NDArray[Any]) -> Hashes:
    mixed = tenants.astype(np.uint64)
    for place, factor in enumerate(_FACTORS):
        mixed ^= words[:, place]
        mixed *= factor
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _begins(hashes: Hashes, bits: int) -> Numbers:
    return (hashes >> np.uint64(64 - bits)).astype(np.int64)
