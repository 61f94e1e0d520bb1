"""The plan: which record stands in which optimizer step, as a pure function both ways.

Nothing is remembered between steps: ``records_of(step)`` and its inverse ``first_step_of(record)`` are
computed from the plan alone, so a run can be resumed, replayed or questioned at any step without a loader's
state. The digest of the plan is written down before the first step.

A record is named by its place in the snapshot: shards in the order of the manifest, rows in the order of
the shard, counted from 0. Each epoch visits every record once, in the order of a keyed permutation (a
Feistel network over the smallest even number of bits that holds the count, with cycle walking).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.canonical import digest_of
from policies.errors import LineweightError

FORMAT = "lineweight.training-plan/v1"
PERMUTATION = "feistel-8/v1"
_ROUNDS = 8

Places = NDArray[np.int64]
_Turn = Callable[[NDArray[np.uint64]], NDArray[np.uint64]]


class EmptyPlanError(LineweightError):
    """There is nothing to order: the snapshot holds no record."""

    remedy = "Train on a snapshot that holds at least one record."


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The order of a whole run, committed before its first step.

    Args:
        snapshot_root: Merkle root of the snapshot, hexadecimal; the order belongs to this content.
        records: Records in the snapshot.
        batch_size: Records a step; the last step may hold fewer.
        visits: Records visited in the whole run, over all epochs.
        seed: Chooses the order.
    """

    snapshot_root: str
    records: int
    batch_size: int
    visits: int
    seed: int

    def __post_init__(self) -> None:
        if self.records < 1:
            raise EmptyPlanError("The snapshot holds no record.")

    @property
    def steps(self) -> int:
        """Optimizer steps in the run."""
        return -(-self.visits // self.batch_size)

    @property
    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON, hexadecimal."""
        return digest_of(self.document())

    def document(self) -> dict[str, Any]:
        """Return the plan as a JSON-ready document; whoever has it can compute every step."""
        return {
            "format": FORMAT,
            "permutation": PERMUTATION,
            "snapshot_root": self.snapshot_root,
            "records": self.records,
            "batch_size": self.batch_size,
            "visits": self.visits,
            "steps": self.steps,
            "seed": self.seed,
        }

    def records_of(self, step: int) -> Places:
        """Return the places of the records of a step, in the order of its batch."""
        visits = self._visits_of(step)
        places = np.empty_like(visits)
        for epoch in np.unique(visits // self.records):
            chosen = visits // self.records == epoch
            places[chosen] = self._permutation(int(epoch)).forward(visits[chosen] % self.records)
        return places

    def epochs_of(self, step: int) -> Places:
        """Return the epoch, from 0, that each record of a step is visited in."""
        return self._visits_of(step) // self.records

    @property
    def epochs(self) -> int:
        """Passes over the snapshot; one that is begun counts whole."""
        return -(-self.visits // self.records)

    def begins_epoch(self, step: int) -> bool:
        """Return whether a pass over the snapshot begins in a step."""
        return bool((self._visits_of(step) % self.records == 0).any())

    def steps_of(self, record: int) -> tuple[int, ...]:
        """Return every step whose batch holds a record, in order.

        Raises:
            IndexError: The snapshot has no such place.
        """
        if not 0 <= record < self.records:
            raise IndexError(f"No record stands at place {record} of {self.records}.")
        found = []
        for epoch in range(self.epochs):
            place = int(self._permutation(epoch).backward(np.array([record]))[0])
            visit = epoch * self.records + place
            if visit < self.visits:
                found.append(visit // self.batch_size)
        return tuple(dict.fromkeys(found))  # a batch larger than the snapshot holds a record twice

    def first_step_of(self, record: int) -> int | None:
        """Return the first step whose batch holds a record, or ``None`` if the run never reaches it."""
        return next(iter(self.steps_of(record)), None)

    def _visits_of(self, step: int) -> Places:
        if not 0 <= step < self.steps:
            raise IndexError(f"The plan has no step {step}; it has {self.steps}.")
        first = step * self.batch_size
        return np.arange(first, min(first + self.batch_size, self.visits), dtype=np.int64)

    def _permutation(self, epoch: int) -> "Permutation":
        return Permutation(self.records, f"{self.snapshot_root}/{self.seed}/{epoch}")


class Permutation:
    """A keyed bijection of ``range(count)`` that needs no memory, in both directions.

    Args:
        count: Size of the range, at least 1.
        key: Chooses the bijection; another key gives an unrelated one.
    """

    def __init__(self, count: int, key: str) -> None:
        bits = max(2, (count - 1).bit_length())
        self._count = count
        self._half = np.uint64((bits + 1) // 2)
        self._mask = np.uint64((1 << ((bits + 1) // 2)) - 1)
        stream = hashlib.shake_256(f"{PERMUTATION}/{key}".encode()).digest(8 * _ROUNDS)
        self._keys = np.frombuffer(stream, dtype="<u8")

    def forward(self, places: Places) -> Places:
        """Return where each place of the range goes."""
        return self._walk(places, self._encrypt)

    def backward(self, places: Places) -> Places:
        """Return where each place came from: the exact inverse of ``forward``."""
        return self._walk(places, self._decrypt)

    def _walk(self, places: Places, turn: _Turn) -> Places:
        """Apply a permutation of the power of two again and again until every value is inside the range."""
        values = turn(places.astype(np.uint64))
        outside = values >= self._count
        while outside.any():
            values[outside] = turn(values[outside])
            outside = values >= self._count
        return values.astype(np.int64)

    def _encrypt(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        left, right = values >> self._half, values & self._mask
        for key in self._keys:
            left, right = right, left ^ self._mix(right, key)
        return (left << self._half) | right

    def _decrypt(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        left, right = values >> self._half, values & self._mask
        for key in self._keys[::-1]:
            left, right = right ^ self._mix(left, key), left
        return (left << self._half) | right

    def _mix(self, half: NDArray[np.uint64], key: np.uint64) -> NDArray[np.uint64]:
        """Return the finalizer of SplitMix64 over half and key, cut to the width of a half."""
        mixed = half ^ key
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (mixed ^ (mixed >> np.uint64(31))) & self._mask
