"""A snapshot of many records, and models that read of it, as an index takes them in; nothing of it is evidence.

Leaves of a hundred million records would take hours to seal. An index sees of them commitments, record ids, batches
and receipts; so these are drawn here, and go through the index's own writers. Rows of a shard are ordered by person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lineage.dsse import Signer
from lineage.index.bitmaps import Ordinals
from lineage.index.kinds import AUTHOR, PARTICIPANT, PEOPLE, RECORDS, ranges
from lineage.index.of_model import Trained, readings, write_model_index
from lineage.index.of_snapshot import BuiltFrom, SnapshotContent, write_snapshot_index
from lineage.index.runs import Workplace
from lineage.index.seal import write_seal
from lineage.index.table import Rows
from lineage.warehouse import Warehouse

SNAPSHOT, MODELS = "index/snapshots/made-up/v1", ("index/models/made-up/one", "index/models/made-up/two")
MANIFEST, STATEMENT = "0" * 64, "1" * 64
BATCHES = 30
TAKE_PART_IN = 0.1
CONSENTED = 0.9
STEP_RECORDS = 512

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class World:
    """How much there is.

    Attributes:
        records, people: In the snapshot.
        shards: Each of as many records and people as any other.
        read: How many records each model read; the second one read them twice.
    """

    records: int
    people: int
    shards: int
    read: int

    @property
    def rows(self) -> int:
        """Records of a shard."""
        return self.records // self.shards

    def authors(self, shard: int) -> Words:
        """Return the commitments of a shard's people, ``[n, 4]``, in the order of their records."""
        drawn = np.random.default_rng(1_000 + shard)
        people = drawn.integers(0, 2**64 - 1, (self.people // self.shards, 4), np.uint64, endpoint=True)
        return people[np.argsort(people[:, 0])]

    def author_of(self, shard: int) -> npt.NDArray[np.int64]:
        """Return of each record of a shard the place of its author."""
        return np.arange(self.rows) * (self.people // self.shards) // self.rows

    def participants(self, shard: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return rows of a shard, and of each the place of one who takes part."""
        drawn = np.random.default_rng(2_000 + shard)
        rows = np.flatnonzero(drawn.random(self.rows) < TAKE_PART_IN)
        return rows, drawn.integers(0, self.people // self.shards, len(rows))

    def record_keys(self, shard: int) -> Words:
        """Return the keys of a shard's records."""
        return np.random.default_rng(3_000 + shard).integers(0, 2**64 - 1, self.rows, np.uint64, endpoint=True)

    def batches(self, shard: int) -> npt.NDArray[np.uint8]:
        """Return of each record of a shard the landed file."""
        return np.random.default_rng(4_000 + shard).integers(0, BATCHES, self.rows, np.uint8)

    def consented(self, shard: int) -> npt.NDArray[np.bool_]:
        """Return of each record of a shard whether it rests on a consent."""
        return np.random.default_rng(5_000 + shard).random(self.rows) < CONSENTED

    def readings(self, model: int) -> Iterator[Rows]:
        """Yield rows of ``READINGS``, shard by shard."""
        drawn = np.random.default_rng(6_000 + model)
        for shard in range(self.shards):
            rows = np.flatnonzero(drawn.random(self.rows) < self.read / self.records)
            ordinals = np.tile(rows.astype(np.uint64) + np.uint64(shard * self.rows), 1 + model)
            steps = drawn.integers(0, self.read // STEP_RECORDS + 1, len(ordinals))
            yield readings(ordinals, steps, drawn.integers(20, 2_000, len(ordinals)))


def build_snapshot(world: World, warehouse: Warehouse, signer: Signer) -> None:
    """Build the index of the snapshot as `lineage.index.building` does, from what is drawn."""
    consented, batches = Ordinals.none(world.records), [Ordinals.none(world.records) for _ in range(BATCHES)]
    with Workplace(warehouse, SNAPSHOT) as work:
        people, records = work.runs(PEOPLE), work.runs(RECORDS)
        for shard in range(world.shards):
            ordinals = np.arange(world.rows, dtype=np.uint64) + np.uint64(shard * world.rows)
            authors = world.authors(shard)
            people.add(ranges(authors[world.author_of(shard)], ordinals, AUTHOR))
            rows, who = world.participants(shard)
            order = np.lexsort([rows, who])
            people.add(ranges(authors[who[order]], ordinals[rows[order]], PARTICIPANT))
            held = RECORDS.empty(world.rows)
            held["key"], held["ordinal"] = world.record_keys(shard), ordinals
            records.add(held)
            consented.add(Ordinals.of(ordinals[world.consented(shard)], world.records))
            batch = world.batches(shard)
            for number, known in enumerate(batches):
                known.add(Ordinals.of(ordinals[batch == number], world.records))
        by_batch = {f"{number:064x}": known for number, known in enumerate(batches)}
        content = SnapshotContent(people.merged(), records.merged(), consented, by_batch)
        seal = write_snapshot_index(warehouse, SNAPSHOT, content, BuiltFrom(MANIFEST, STATEMENT, world.records, ()))
    write_seal(warehouse, SNAPSHOT, seal, signer)


def build_model(world: World, number: int, warehouse: Warehouse, signer: Signer) -> None:
    """Build the index of one of the models."""
    trained = Trained(STATEMENT, MANIFEST, STATEMENT, world.records)
    seal = write_model_index(warehouse, MODELS[number], world.readings(number), trained)
    write_seal(warehouse, MODELS[number], seal, signer)


def bytes_under(directory: Path) -> int:
    """Return how many bytes the files under a directory hold."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
