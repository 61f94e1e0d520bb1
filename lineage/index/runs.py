"""Sorting what is larger than memory: sorted runs on disk, merged a range of keys at a time."""

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from lineage.index.table import Keys, Kind, Rows
from lineage.warehouse import STAGING, Warehouse

ROWS_AT_ONCE = 4_000_000
SAMPLED = 4_096


class Runs:
    """Rows of one kind that come in pieces and are told in order.

    Memory is bounded by the largest piece, and by ``at_once`` rows beside: runs lie on disk, and of each only the
    range of keys that is being merged is read.

    Args:
        kind: What the rows are.
        directory: Where the runs are kept; the caller removes it.
        at_once: How many rows are merged at a time, about.
    """

    def __init__(self, kind: Kind, directory: Path, at_once: int = ROWS_AT_ONCE) -> None:
        self._kind, self._directory, self._at_once = kind, directory, at_once
        self._paths: list[Path] = []
        self._rows = 0

    def add(self, rows: Rows) -> None:
        """Take ``n`` rows, in any order."""
        path = self._directory / f"{self._kind.name}-{len(self._paths):05d}.npy"
        np.save(path, self._kind.sorted(rows), allow_pickle=False)
        self._paths.append(path)
        self._rows += len(rows)

    def merged(self) -> Iterator[Rows]:
        """Yield all rows in order, in pieces."""
        runs = [np.load(path, mmap_mode="r", allow_pickle=False) for path in self._paths]
        places = [np.zeros(len(runs), np.int64)]
        places += [self._places(runs, key) for key in self._cuts(runs)]
        places.append(np.array([len(run) for run in runs], np.int64))
        for begin, end in pairwise(places):
            parts = [np.asarray(run[first:last]) for run, first, last in zip(runs, begin, end, strict=True)]
            joined = np.concatenate([self._kind.empty(), *parts])
            if len(joined):
                yield joined if len(runs) == 1 else self._kind.sorted(joined)

    def _cuts(self, runs: list[Rows]) -> Keys:
        """Return keys that cut the rows into pieces of about the wanted length, by a sample of every run."""
        pieces = -(-self._rows // self._at_once)
        step = max(1, self._rows // (SAMPLED * max(pieces, 1)))
        sample = np.sort(np.concatenate([np.zeros(0, np.uint64), *(self._kind.keys(run[::step]) for run in runs)]))
        return np.unique(sample[[len(sample) * piece // pieces for piece in range(1, pieces)]])

    def _places(self, runs: list[Rows], key: np.uint64) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([_place(run, self._kind.key, int(key)) for run in runs], np.int64)


def _place(run: Rows, field: str, key: int) -> int:
    """Return where the rows with a key or a greater one begin; a run is not read for it as a whole."""
    low, high = 0, len(run)
    while low < high:
        middle = (low + high) // 2
        if int(run[field][middle]) < key:
            low = middle + 1
        else:
            high = middle
    return low


class Workplace:
    """A directory for runs: in the warehouse if it is on this machine, else the system's; gone when the block ends.

    Its name begins as whatever is not whole begins, so a sweep finds one that a dead process left.
    """

    def __init__(self, warehouse: Warehouse, directory: str) -> None:
        beside = warehouse.local_path(directory) if warehouse.is_local else None
        if beside is not None:
            beside.mkdir(parents=True, exist_ok=True)
        self._directory = tempfile.TemporaryDirectory(prefix=STAGING, dir=beside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._directory.cleanup()

    def runs(self, kind: Kind) -> Runs:
        """Return a place for the rows of one kind."""
        return Runs(kind, Path(self._directory.name))
