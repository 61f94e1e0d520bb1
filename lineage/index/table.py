"""Sorted tables of rows of one width: a lookup reads a block or two of 64 KiB, each proven before it is believed.

A table is two files::

    <name>.rows      the rows, sorted by their key, end to end; a block is as many whole rows as go into 64 KiB
    <name>.blocks    one entry a block: SHA-256 of its bytes (32) ‖ key of its first row (u64, little-endian)

Whoever knows the SHA-256 of ``<name>.blocks`` knows every row, and so also that a key is *not* there: the blocks
between which it would have to stand are the only ones that can hold it. Nothing is mapped into memory, so no row can
change between being proven and being read.
"""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lineage.warehouse import Warehouse, WarehouseError
from policies.errors import LineweightError

BLOCK_BYTES = 65_536
BLOCKS_KEPT = 512
BLOCK = np.dtype([("sha256", "u1", (32,)), ("first", "<u8")])

Rows = npt.NDArray[Any]
"""``n`` rows of a structured type."""
Keys = npt.NDArray[np.uint64]


class IndexContradictedError(LineweightError):
    """An index says something else than it said when it was sealed, or than the evidence it points to."""

    remedy = (
        "Somebody or something changed it. Ask again with --full-scan, which reads the evidence itself; delete the "
        "directory index in the warehouse, and the next question builds it anew."
    )


@dataclass(frozen=True)
class Kind:
    """What the rows of a table are.

    Attributes:
        name: Of its files.
        row: The structured type of a row.
        key: The field by which rows are found: eight bytes, an unsigned number.
        order: The fields by which rows are sorted, the first before the others; the key is the first.
    """

    name: str
    row: np.dtype[Any]
    order: tuple[str, ...]

    @property
    def key(self) -> str:
        """The field by which rows are found: an unsigned number of eight bytes."""
        return self.order[0]

    @property
    def rows_a_block(self) -> int:
        """How many whole rows a block holds."""
        return BLOCK_BYTES // self.row.itemsize

    def empty(self, rows: int = 0) -> Rows:
        """Return ``rows`` rows of zeros."""
        return np.zeros(rows, self.row)

    def keys(self, rows: Rows) -> Keys:
        """Return the keys of ``n`` rows."""
        return np.ascontiguousarray(rows[self.key], dtype=np.uint64)

    def sorted(self, rows: Rows) -> Rows:
        """Return ``n`` rows in order."""
        return rows[np.lexsort([rows[name] for name in reversed(self.order)])]


@dataclass(frozen=True, slots=True)
class Written:
    """What a table was when it was written: rows, and SHA-256 of its ``.blocks`` in hexadecimal."""

    rows: int
    sha256: str


def write_table(warehouse: Warehouse, directory: str, kind: Kind, parts: Iterable[Rows]) -> Written:
    """Write a table; the same rows give the same bytes.

    Args:
        warehouse: Where to.
        directory: In the warehouse.
        kind: What the rows are.
        parts: The rows in order, in pieces of any length.

    Raises:
        WarehouseError: Nothing can be written there.
    """
    blocks: list[bytes] = []
    rows = 0
    with warehouse.staged(f"{directory}/{kind.name}.rows") as sink:
        for block in _blocks(kind, parts):
            data = block.tobytes()
            blocks.append(hashlib.sha256(data).digest() + int(block[kind.key][0]).to_bytes(8, "little"))
            sink.write(data)
            rows += len(block)
    table = b"".join(blocks)
    warehouse.write(f"{directory}/{kind.name}.blocks", table)
    return Written(rows, hashlib.sha256(table).hexdigest())


def _blocks(kind: Kind, parts: Iterable[Rows]) -> Iterator[Rows]:
    """Cut rows that come in pieces into blocks; only the last is not full."""
    kept, width = kind.empty(), kind.rows_a_block
    for part in parts:
        joined = np.concatenate([kept, part]) if len(kept) else part
        whole = len(joined) - len(joined) % width
        for start in range(0, whole, width):
            yield joined[start : start + width]
        kept = joined[whole:].copy()
    if len(kept):
        yield kept


class Table:
    """A table as its readers see it; a file is opened when something is first asked.

    Args:
        warehouse: Where it is.
        directory: In the warehouse.
        kind: What the rows are.
        written: What it was when it was sealed.
    """

    def __init__(self, warehouse: Warehouse, directory: str, kind: Kind, written: Written) -> None:
        self.kind, self.rows = kind, written.rows
        self._warehouse, self._path, self._sha256 = warehouse, f"{directory}/{kind.name}", written.sha256
        self._kept: OrderedDict[int, Rows] = OrderedDict()

    def find(self, keys: Keys) -> Rows:
        """Return all rows that have one of some keys, in order.

        Args:
            keys: In any order.

        Raises:
            IndexContradictedError: A block is not the one that was sealed, or is gone.
        """
        wanted = np.unique(keys)
        found = [self.kind.empty()]
        for number in self._may_hold(wanted):
            rows = self._block(number)
            there = self.kind.keys(rows)
            asked = wanted[np.searchsorted(wanted, there[0]) : np.searchsorted(wanted, there[-1], side="right")]
            first, end = np.searchsorted(there, asked), np.searchsorted(there, asked, side="right")
            found.append(rows[spread(first, end - first)])
        return np.concatenate(found)

    def all(self) -> Iterator[Rows]:
        """Yield every row in order, a block at a time; nothing is kept.

        Raises:
            IndexContradictedError: A block is not the one that was sealed.
        """
        for number in range(len(self._blocks)):
            yield self._read(number)

    def _may_hold(self, keys: Keys) -> list[int]:
        """Return the numbers of the blocks that can hold one of some sorted keys."""
        firsts = self._firsts
        if not len(firsts) or not len(keys):
            return []
        begin = np.maximum(np.searchsorted(firsts, keys, side="left") - 1, 0)
        end = np.searchsorted(firsts, keys, side="right")
        opened = np.zeros(len(firsts) + 1, np.int64)
        np.add.at(opened, begin, 1)
        np.add.at(opened, np.maximum(end, begin + 1), -1)
        return [int(number) for number in np.flatnonzero(np.cumsum(opened[:-1]))]

    def _block(self, number: int) -> Rows:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        rows = self._kept[number] = self._read(number)
        if len(self._kept) > BLOCKS_KEPT:
            self._kept.popitem(last=False)
        return rows

    def _read(self, number: int) -> Rows:
        start = number * self.kind.rows_a_block
        length = min(self.kind.rows_a_block, self.rows - start) * self.kind.row.itemsize
        with missing_is_contradiction():
            data = self._file.read_at(length, start * self.kind.row.itemsize)
        if hashlib.sha256(data).digest() != self._blocks["sha256"][number].tobytes():
            raise IndexContradictedError(f"{self._path}.rows: block {number} is not the one that was sealed.")
        return np.frombuffer(data, self.kind.row)

    @cached_property
    def _file(self) -> pa.NativeFile:
        with missing_is_contradiction():
            return self._warehouse.open(f"{self._path}.rows")

    @cached_property
    def _blocks(self) -> Rows:
        with missing_is_contradiction():
            data = self._warehouse.read(f"{self._path}.blocks")
        needed = -(-self.rows // self.kind.rows_a_block)
        if hashlib.sha256(data).hexdigest() != self._sha256 or len(data) != needed * BLOCK.itemsize:
            raise IndexContradictedError(f"{self._path}.blocks: is not the file that was sealed.")
        return np.frombuffer(data, BLOCK)

    @cached_property
    def _firsts(self) -> Keys:
        return np.ascontiguousarray(self._blocks["first"], dtype=np.uint64)


@contextlib.contextmanager
def missing_is_contradiction() -> Iterator[None]:
    """Read a file that was sealed: that it is not there is no less a change than another byte in it.

    Raises:
        IndexContradictedError: It cannot be read.
    """
    try:
        yield
    except (WarehouseError, OSError, pa.ArrowException) as error:
        raise IndexContradictedError(f"A file that was sealed cannot be read: {error}") from error


def spread(first: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the numbers of ranges, one range after the other: of firsts 3, 10 and lengths 2, 1 these are 3, 4, 10."""
    length = lengths.astype(np.int64)
    total = int(length.sum())
    begin = np.cumsum(length) - length
    return np.repeat(first.astype(np.int64) - begin, length) + np.arange(total, dtype=np.int64)
