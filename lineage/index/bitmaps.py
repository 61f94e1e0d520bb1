"""Sets of ordinals: roaring bitmaps (https://roaringbitmap.org), of 32 bits where that is enough.

The same set gives the same bytes, however it came together.
"""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap, BitMap64

from lineage.index.table import IndexContradictedError, Rows, missing_is_contradiction, spread
from lineage.warehouse import Warehouse

SMALL = 2**32
"""Records of a snapshot up to which ordinals have 32 bits."""


class Ordinals:
    """A set of ordinals of one snapshot. ``&``, ``|`` and ``-`` are those of sets."""

    def __init__(self, bits: Any) -> None:
        self._bits = bits

    @classmethod
    def of(cls, numbers: npt.NDArray[Any], rows: int) -> "Ordinals":
        """Return a set of ordinals of a snapshot of ``rows`` records; the numbers come in any order."""
        if rows > SMALL:
            return cls(BitMap64(array("Q", numbers.astype(np.uint64).tobytes())))
        return cls(BitMap(array("I", numbers.astype(np.uint32).tobytes())))

    @classmethod
    def none(cls, rows: int) -> "Ordinals":
        """Return an empty set of ordinals of a snapshot of ``rows`` records."""
        return cls(BitMap64() if rows > SMALL else BitMap())

    @classmethod
    def between(cls, first: int, end: int, rows: int) -> "Ordinals":
        """Return the ordinals from ``first`` to the one before ``end``, of a snapshot of ``rows`` records."""
        return cls(BitMap64(range(first, end)) if rows > SMALL else BitMap(range(first, end)))

    @classmethod
    def within(cls, ranges: Rows, rows: int) -> "Ordinals":
        """Return the ordinals that rows of ``PEOPLE`` name, of a snapshot of ``rows`` records."""
        return cls.of(spread(ranges["first"], ranges["rows"]), rows)

    @classmethod
    def deserialized(cls, data: bytes, rows: int) -> "Ordinals":
        """Return the set that some bytes are, of a snapshot of ``rows`` records."""
        return cls(BitMap64.deserialize(data) if rows > SMALL else BitMap.deserialize(data))

    def __len__(self) -> int:
        return len(self._bits)

    def __and__(self, other: "Ordinals") -> "Ordinals":
        return Ordinals(self._bits & other._bits)

    def __or__(self, other: "Ordinals") -> "Ordinals":
        return Ordinals(self._bits | other._bits)

    def __sub__(self, other: "Ordinals") -> "Ordinals":
        return Ordinals(self._bits - other._bits)

    def in_common(self, other: "Ordinals") -> int:
        """Return how many ordinals are in both."""
        return int(self._bits.intersection_cardinality(other._bits))

    def add(self, other: "Ordinals") -> None:
        """Take in what another set holds."""
        self._bits |= other._bits

    def numbers(self) -> npt.NDArray[np.uint64]:
        """Return the ordinals in order."""
        listed = self._bits.to_array()
        return np.frombuffer(listed, np.uint32 if listed.itemsize == 4 else np.uint64).astype(np.uint64)

    def serialized(self) -> bytes:
        """Return the set as bytes, in the portable format of roaring bitmaps."""
        self._bits.run_optimize()
        return bytes(self._bits.serialize())


@dataclass(frozen=True, slots=True)
class WrittenBitmap:
    """A bitmap in a file of several: where it begins, its bytes, their SHA-256 (hexadecimal), how many are in it."""

    at: int
    bytes: int
    sha256: str
    ordinals: int


def write_bitmaps(warehouse: Warehouse, path: str, bitmaps: Iterable[Ordinals]) -> list[WrittenBitmap]:
    """Write bitmaps into one file, end to end, and return where each is.

    Raises:
        WarehouseError: Nothing can be written there.
    """
    written: list[WrittenBitmap] = []
    at = 0
    with warehouse.staged(path) as sink:
        for bitmap in bitmaps:
            data = bitmap.serialized()
            written.append(WrittenBitmap(at, len(data), hashlib.sha256(data).hexdigest(), len(bitmap)))
            sink.write(data)
            at += len(data)
    return written


def read_bitmap(warehouse: Warehouse, path: str, written: WrittenBitmap, rows: int) -> Ordinals:
    """Return one bitmap of a file, of a snapshot of ``rows`` records.

    Raises:
        IndexContradictedError: It is not the one that was sealed, or is gone.
    """
    with missing_is_contradiction(), warehouse.open(path) as file:
        data = file.read_at(written.bytes, written.at)
    if hashlib.sha256(data).hexdigest() != written.sha256:
        raise IndexContradictedError(f"{path}: is not the file that was sealed.")
    return Ordinals.deserialized(data, rows)
