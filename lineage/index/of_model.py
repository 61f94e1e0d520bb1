"""The index of one model: which records of its snapshot it read, how often, and in which optimizer steps.

::

    index/models/<name>/<run>/
    ├── readings.rows, readings.blocks    ordinal -> first and last step, readings, tokens
    ├── ordinals.bitmaps                  which records it read
    └── seal.dsse.json                    what it was built from, and the digests of the files; written last
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lineage.index.bitmaps import Ordinals, read_bitmap, write_bitmaps
from lineage.index.kinds import LARGEST, READINGS, NotIndexedError
from lineage.index.of_snapshot import BITMAPS_FILE
from lineage.index.seal import ModelSeal, SealedBitmap, SealedTable
from lineage.index.table import Rows, Table, write_table
from lineage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Trained:
    """What an index of a model is of; the fields are those of its seal."""

    statement: str
    manifest: str
    consumption: str
    rows: int


@dataclass(frozen=True, slots=True)
class Read:
    """What a model read of some records, added up; steps count from 0, and are None where it read nothing."""

    records: int
    readings: int
    tokens: int
    first_step: int | None
    last_step: int | None

    @classmethod
    def of(cls, rows: Rows) -> "Read":
        """Add up rows of ``READINGS``."""
        if not len(rows):
            return cls(0, 0, 0, None, None)
        readings, tokens = (int(rows[name].sum(dtype=np.uint64)) for name in ("readings", "tokens"))
        return cls(len(rows), readings, tokens, int(rows["first"].min()), int(rows["last"].max()))

    def document(self) -> dict[str, Any]:
        """Return it as answers tell it."""
        named = ("records", "readings", "tokens", "first_step", "last_step")
        return {name: getattr(self, name) for name in named}


def readings(ordinals: npt.NDArray[np.uint64], steps: npt.NDArray[np.int64], tokens: npt.NDArray[np.int64]) -> Rows:
    """Return rows of ``READINGS``, one a record, in order.

    Args:
        ordinals: Of each reading the record, in any order.
        steps: Of each reading the optimizer step.
        tokens: Of each reading how many tokens.

    Raises:
        NotIndexedError: A step or a number of readings is beyond 2^32.
    """
    if not len(ordinals):
        return READINGS.empty()
    if steps.max() > LARGEST or steps.min() < 0:
        raise NotIndexedError("An optimizer step is beyond what an index can hold.")
    order = np.argsort(ordinals, kind="stable")
    alike = ordinals[order]
    begins = np.flatnonzero(np.append(True, alike[1:] != alike[:-1]))
    rows = READINGS.empty(len(begins))
    rows["ordinal"] = alike[begins]
    rows["first"] = np.minimum.reduceat(steps[order], begins)
    rows["last"] = np.maximum.reduceat(steps[order], begins)
    rows["readings"] = np.diff(np.append(begins, len(alike)))
    rows["tokens"] = np.add.reduceat(tokens[order], begins)
    return rows


def write_model_index(warehouse: Warehouse, directory: str, rows: Iterable[Rows], trained: Trained) -> ModelSeal:
    """Write the files of an index, and return the seal that they need to be believed.

    Args:
        warehouse: Where to.
        directory: In the warehouse.
        rows: Of ``READINGS``, in order, in pieces.
        trained: What they are of.

    Raises:
        WarehouseError: Nothing can be written there.
    """
    read = Ordinals.none(trained.rows)

    def noted() -> Iterator[Rows]:
        for part in rows:
            read.add(Ordinals.of(part["ordinal"], trained.rows))
            yield part

    table = write_table(warehouse, directory, READINGS, noted())
    (bitmap,) = write_bitmaps(warehouse, f"{directory}/{BITMAPS_FILE}", [read])
    return ModelSeal(
        statement=trained.statement,
        manifest=trained.manifest,
        consumption=trained.consumption,
        rows=trained.rows,
        read=SealedBitmap.of(bitmap),
        readings=SealedTable.of(table),
    )


class ModelIndex:
    """The index of a model, its seal verified; every answer is proven against that as it is read.

    All that answers raises `IndexContradictedError` where a file is not the one that was sealed.
    """

    def __init__(self, warehouse: Warehouse, directory: str, seal: ModelSeal) -> None:
        self.seal = seal
        self._warehouse, self._directory = warehouse, directory
        self._readings = Table(warehouse, directory, READINGS, seal.readings.written())

    @cached_property
    def read(self) -> Ordinals:
        """Which records it read."""
        path = f"{self._directory}/{BITMAPS_FILE}"
        return read_bitmap(self._warehouse, path, self.seal.read.written(), self.seal.rows)

    def readings(self, ordinals: npt.NDArray[np.uint64]) -> Rows:
        """Return rows of ``READINGS``: those of some records that it read; the others are left out."""
        return self._readings.find(ordinals)
