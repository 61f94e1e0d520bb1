"""The index of one snapshot: who, which record and which landed file lies where in it.

::

    index/snapshots/<name>/v<k>/
    ├── people.rows, people.blocks      commitment -> ranges of ordinals, as author or participant
    ├── records.rows, records.blocks    record id -> ordinal
    ├── ordinals.bitmaps                which records rest on a consent, and which came with each landed file
    └── seal.dsse.json                  what it was built from, and the digests of the files; written last
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.bitmaps import Ordinals, read_bitmap, write_bitmaps
from lineage.index.kinds import PEOPLE, RECORDS, digests_of, record_keys, words_of
from lineage.index.seal import SealedBitmap, SealedTable, SnapshotSeal
from lineage.index.table import Rows, Table, write_table
from lineage.warehouse import Warehouse

BITMAPS_FILE = "ordinals.bitmaps"


@dataclass(frozen=True)
class SnapshotContent:
    """What an index of a snapshot is written from.

    Attributes:
        people, records: Rows of ``PEOPLE`` and ``RECORDS``, in order, in pieces.
        consented: Which records rest on a consent.
        batches: Which records came with a landed file, by its SHA-256 in hexadecimal.
    """

    people: Iterable[Rows]
    records: Iterable[Rows]
    consented: Ordinals
    batches: dict[str, Ordinals]


@dataclass(frozen=True, slots=True)
class BuiltFrom:
    """What an index of a snapshot is of; the fields are those of its seal."""

    manifest: str
    statement: str
    rows: int
    unread: tuple[int, ...]


def write_snapshot_index(
    warehouse: Warehouse, directory: str, content: SnapshotContent, built_from: BuiltFrom
) -> SnapshotSeal:
    """Write the files of an index, and return the seal that they need to be believed.

    Raises:
        WarehouseError: Nothing can be written there.
    """
    people = write_table(warehouse, directory, PEOPLE, content.people)
    records = write_table(warehouse, directory, RECORDS, content.records)
    batches = sorted(content.batches)
    bitmaps = [content.consented, *(content.batches[batch] for batch in batches)]
    consented, *by_batch = map(SealedBitmap.of, write_bitmaps(warehouse, f"{directory}/{BITMAPS_FILE}", iter(bitmaps)))
    return SnapshotSeal(
        manifest=built_from.manifest,
        statement=built_from.statement,
        rows=built_from.rows,
        unread=built_from.unread,
        people=SealedTable.of(people),
        records=SealedTable.of(records),
        consented=consented,
        batches=dict(zip(batches, by_batch, strict=True)),
    )


class SnapshotIndex:
    """The index of a snapshot, its seal verified; every answer is proven against that as it is read.

    All that answers raises `IndexContradictedError` where a file is not the one that was sealed.
    """

    def __init__(self, warehouse: Warehouse, directory: str, seal: SnapshotSeal) -> None:
        self.seal = seal
        self._warehouse, self._directory = warehouse, directory
        self._people = Table(warehouse, directory, PEOPLE, seal.people.written())
        self._records = Table(warehouse, directory, RECORDS, seal.records.written())

    @property
    def rows(self) -> int:
        """How many records the snapshot holds."""
        return self.seal.rows

    def people(self, commitments: npt.NDArray[np.uint64]) -> Rows:
        """Return rows of ``PEOPLE``: where the records of some people lie.

        Args:
            commitments: ``[n, 4]``, as `kinds.digest_words` returns them.
        """
        found = self._people.find(commitments[:, 0])
        asked = pc.is_in(digests_of(words_of(found)), digests_of(commitments))  # their first eight bytes are
        kept: Rows = found[asked.to_numpy(zero_copy_only=False)]
        return kept

    def everybody(self) -> Iterator[Rows]:
        """Yield all rows of ``PEOPLE``, in order, in pieces."""
        return self._people.all()

    def records(self, record_ids: pa.Array) -> npt.NDArray[np.uint64]:
        """Return where some records lie, in order: all that are asked for, and rarely another of the same key."""
        found = self._records.find(record_keys(record_ids))
        ordinals: npt.NDArray[np.uint64] = np.sort(found["ordinal"].astype(np.uint64))
        return ordinals

    @cached_property
    def consented(self) -> Ordinals:
        """Which records rest on a consent."""
        return self._bitmap(self.seal.consented)

    def batch(self, digest: str) -> Ordinals:
        """Return which records came with a landed file, by its SHA-256 in hexadecimal."""
        sealed = self.seal.batches.get(digest)
        return Ordinals.none(self.rows) if sealed is None else self._bitmap(sealed)

    def _bitmap(self, sealed: SealedBitmap) -> Ordinals:
        return read_bitmap(self._warehouse, f"{self._directory}/{BITMAPS_FILE}", sealed.written(), self.rows)
