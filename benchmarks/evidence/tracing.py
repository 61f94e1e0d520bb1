"""Tracing a person: the index against DuckDB over plain Parquet sorted by person, and against reading everything.

The question: where are this person's records, which of two models read them, how often, and in which optimizer steps?
*Warm* is a process that has answered before. *Cold* opens everything anew (the seal is verified, block tables are
read) after the system was told to forget the files' pages; DuckDB gets a new connection. The index proves every block
it reads, also where it finds nobody; the others prove nothing.

*Withdrawn against consumed*: how many of the records of people who withdrew did a model read? For the index both are
roaring bitmaps.

Synthetic data go through the index's own writers (`benchmarks.evidence.made_up`). What building costs with all that
comes before, reading and recomputing leaves and decrypting who takes part, is measured on a published snapshot.
"""

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.corpus import records
from benchmarks.evidence import plain_parquet
from benchmarks.evidence.made_up import (
    MODELS,
    SNAPSHOT,
    Words,
    World,
    build_model,
    build_snapshot,
    bytes_under,
)
from benchmarks.published import Place
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, figure, take_turns
from lineage.dsse import TrustedKey
from lineage.index.bitmaps import Ordinals
from lineage.index.keeping import INDEX, Indexes
from lineage.index.of_model import ModelIndex, Read
from lineage.index.of_snapshot import SnapshotIndex
from lineage.index.seal import ModelSeal, SnapshotSeal, read_seal
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.snapshot import Snapshot
from lineage.trace import trace_record
from lineage.warehouse import Warehouse
from policies.errors import LineweightError


class DisagreedError(LineweightError):
    """Two ways to answer one question gave two answers, so there is nothing to measure."""

    remedy = "Run the tests of lineage/index first."


@dataclass(frozen=True)
class Size:
    """How much.

    Attributes:
        world: What the index and the Parquet files hold.
        scanned: A smaller world for the full scan, which would take too long on all of it.
        warm, cold: How many people are looked up.
        withdrawn: How many people withdrew.
        published, tenants: Records of the snapshot on which building is measured with all that comes before, and of
            how many tenants, each a shard.
        rounds: For what is not looked up by person.
    """

    world: World
    scanned: World
    warm: int
    cold: int
    withdrawn: int
    published: int
    tenants: int
    rounds: int


FULL = Size(
    World(records=100_000_000, people=5_000_000, shards=8, read=20_000_000),
    World(records=10_000_000, people=500_000, shards=8, read=2_000_000),
    warm=2_000,
    cold=50,
    withdrawn=50_000,
    published=100_000,
    tenants=40,
    rounds=7,
)
TINY = Size(
    World(4_000, 200, 4, 800), World(800, 40, 4, 80), warm=5, cold=2, withdrawn=10, published=40, tenants=4, rounds=1
)


class Index:
    """The index as an answer opens it: seals verified, files not yet touched."""

    def __init__(self, warehouse: Warehouse, vault: Vault) -> None:
        key = TrustedKey.from_pem(vault.public_key_pem)
        snapshot = read_seal(warehouse, SNAPSHOT, SnapshotSeal, key)
        seals = [read_seal(warehouse, model, ModelSeal, key) for model in MODELS]
        if snapshot is None or None in seals:
            raise DisagreedError("An index that was just built is not sealed.")
        self.snapshot = SnapshotIndex(warehouse, SNAPSHOT, snapshot)
        pairs = zip(MODELS, seals, strict=True)
        self.models = [ModelIndex(warehouse, model, seal) for model, seal in pairs if seal is not None]

    def person(self, words: Words) -> list[Read]:
        """Return what each model read of a person's records."""
        ordinals = Ordinals.within(self.snapshot.people(words), self.snapshot.rows).numbers()
        return [Read.of(model.readings(ordinals)) for model in self.models]


def measure(size: Size) -> Outcome:
    """Build, look up cold and warm, intersect, and compare."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        warehouse, vault = Warehouse(root / "warehouse"), Vault.open(root / "keys")
        (root / "parquet").mkdir()
        built = _built(size, root, warehouse, vault)
        people, nobody = _drawn(size.world, size.warm), _nobody(size.warm)
        looked_up = _looked_up(size, root, warehouse, vault, people, nobody)
        timed = {"Withdrawn against consumed": take_turns(_withdrawn(size, root, warehouse, vault), size.rounds)}
    with tempfile.TemporaryDirectory() as directory:
        scan = _scan(size, Path(directory))
    common = Figures(
        f"Withdrawn against consumed: {size.withdrawn:,} people, a model that read {size.world.read:,} records",
        ("", "median ms"),
        tuple((one.name, figure(1000 * one.median_s)) for one in timed["Withdrawn against consumed"]),
    )
    titled = {common.title: timed["Withdrawn against consumed"]}
    published = _published(size)
    tables = tuple(as_figures(title, found) for title, found in published.items())
    return Outcome((built, looked_up, common, scan, *tables), titled | published)


def _built(size: Size, root: Path, warehouse: Warehouse, vault: Vault) -> Figures:
    world = size.world
    steps: list[tuple[str, int, Callable[[], None], Path]] = [
        ("index of the snapshot", world.records, lambda: build_snapshot(world, warehouse, vault), root / "warehouse"),
        *(
            (
                f"index of model {number + 1}",
                world.read * (1 + number),
                lambda number=number: build_model(world, number, warehouse, vault),
                warehouse.local_path(model),
            )
            for number, model in enumerate(MODELS)
        ),
        (
            "plain Parquet, people and models",
            world.records,
            lambda: plain_parquet.write(world, root / "parquet"),
            root / "parquet",
        ),
    ]
    rows = []
    for name, count, build, place in steps:
        began = time.perf_counter()
        build()
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sizes = (figure(bytes_under(place) / 2**20), figure(peak))
        rows.append((name, f"{count:,}", figure(seconds), figure(count / seconds), *sizes))
    return Figures(
        f"Building, from drawn data: {world.records:,} records of {world.people:,} people in {world.shards} shards",
        ("", "records or readings", "s", "a second", "MiB on disk", "MiB of memory so far, at most"),
        tuple(rows),
    )


def _drawn(world: World, count: int) -> list[Words]:
    """Return people of the snapshot, drawn from every shard."""
    draw = np.random.default_rng(7)
    found = []
    for shard in range(world.shards):
        authors = world.authors(shard)
        places = draw.integers(0, len(authors), -(-count // world.shards))
        found += [authors[place : place + 1] for place in places.tolist()]
    return [found[place] for place in draw.permutation(len(found))[:count]]


def _nobody(count: int) -> list[Words]:
    """Return commitments of nobody."""
    return list(np.random.default_rng(8).integers(0, 2**64 - 1, (count, 1, 4), np.uint64))


def _looked_up(
    size: Size, root: Path, warehouse: Warehouse, vault: Vault, people: Sequence[Words], nobody: Sequence[Words]
) -> Figures:
    index, asked = Index(warehouse, vault), plain_parquet.Asked(root / "parquet")
    for words in people[:5]:
        _agree(index.person(words), asked.person(words.astype(">u8").tobytes()))
    cold = people[: size.cold]

    def with_index(words: Words) -> None:
        index.person(words)

    def with_duckdb(words: Words) -> None:
        asked.person(words.astype(">u8").tobytes())

    def opened(words: Words) -> None:
        Index(warehouse, vault).person(words)

    def connected(words: Words) -> None:
        plain_parquet.Asked(root / "parquet").person(words.astype(">u8").tobytes())

    rows = [
        _percentiles("index, warm", people, with_index),
        _percentiles("index, warm, nobody of the snapshot", nobody, with_index),
        _percentiles("index, cold", cold, opened, forget=root / "warehouse"),
        _percentiles("DuckDB, warm", people[: max(size.warm // 10, 2)], with_duckdb),
        _percentiles("DuckDB, cold", cold, connected, forget=root / "parquet"),
    ]
    title = f"A person's records, models and steps, among {size.world.records:,} records"
    return Figures(title, ("", "people", "median ms", "p95 ms", "worst ms"), tuple(rows))


def _agree(read: Sequence[Read], told: Sequence[tuple[int, ...]]) -> None:
    ours = [(one.records, one.readings or None, one.first_step, one.last_step) for one in read]
    if ours != [tuple(row) for row in told]:
        raise DisagreedError("The index and DuckDB do not agree on a person.")


def _percentiles(
    name: str, people: Sequence[Words], ask: Callable[[Words], None], forget: Path | None = None
) -> tuple[object, ...]:
    took = []
    for words in people:
        if forget is not None:
            _forget(forget)
        began = time.perf_counter()
        ask(words)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
    return (name, f"{len(took):,}", figure(statistics.median(took)), figure(p95), figure(took[-1]))


def _forget(directory: Path) -> None:
    """Tell the system to drop the pages of files it holds in memory."""
    for path in directory.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)  # only what is on disk can be dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def _withdrawn(size: Size, root: Path, warehouse: Warehouse, vault: Vault) -> list[Contender]:
    index, asked = Index(warehouse, vault), plain_parquet.Asked(root / "parquet")
    people = np.concatenate(_drawn(size.world, size.withdrawn))
    withdrawn = Ordinals.within(index.snapshot.people(people), index.snapshot.rows)
    table = pa.table({"ordinal": withdrawn.numbers().astype(np.int64)})
    read = index.models[0].read
    if withdrawn.in_common(read) != asked.in_common(table):
        raise DisagreedError("The index and DuckDB do not agree on what was withdrawn and read.")

    def looked_up(_: int) -> int:
        found = Index(warehouse, vault)
        gone = Ordinals.within(found.snapshot.people(people), found.snapshot.rows)
        return len(Read.of(found.models[0].readings((gone & found.models[0].read).numbers())).document())

    work = {"records": float(len(withdrawn))}
    return [
        Contender("index, how many", lambda _: withdrawn.in_common(read), work),
        Contender("index, which, as a bitmap", lambda _: len(withdrawn & read), work),
        Contender("index, from commitments to first step, opened anew", looked_up, work),
        Contender("DuckDB, how many", lambda _: asked.in_common(table), work),
    ]


def _scan(size: Size, root: Path) -> Figures:
    """Measure what there is without an index or an order to go by: every commitment is read."""
    plain_parquet.write(size.scanned, root)
    took = []
    for words in _drawn(size.scanned, size.rounds):
        began = time.perf_counter()
        plain_parquet.scanned(root, words)
        took.append(time.perf_counter() - began)
    median, times = statistics.median(took), size.world.records / size.scanned.records
    title = f"Reading every commitment with pyarrow: {size.scanned.records:,} records, and what that makes of all"
    rows = [
        (f"{size.scanned.records:,} records, measured", figure(median)),
        (f"{size.world.records:,} records, {times:.0f} times that", figure(median * times)),
    ]
    return Figures(title, ("", "median s"), tuple(rows))


def _published(size: Size) -> dict[str, list[Timed]]:
    """Build and ask the index of a published snapshot: leaves recomputed, participants decrypted, salts looked up."""
    with tempfile.TemporaryDirectory() as directory:
        place, tenants = Place.at(Path(directory)), [f"tenant-{number:02d}" for number in range(size.tenants)]
        said = [[f"Please add page {number}.", "Done."] for number in range(size.published // size.tenants)]
        manifest = place.publish("measured", {tenant: records(said, tenant) for tenant in tenants})
        snapshot = Snapshot.open(place.warehouse, manifest.directory, place.trusted)
        ledger = Ledger.open(f"sqlite:///{directory}/ledger.db")
        wanted = snapshot.leaves(len(tenants) // 2)["record_id"][0].as_py()

        def fresh() -> Indexes:
            return Indexes(place.warehouse, place.vault, place.trusted)

        def build(_: int) -> None:
            place.warehouse.delete_tree(INDEX)
            indexes = fresh()
            indexes.build(indexes.due([snapshot], []), lambda records: None)

        def read(_: int) -> None:
            for shard in range(len(manifest.shards)):
                snapshot.leaves(shard)
                snapshot.shard(shard, place.vault, columns=["participants"])

        def traced(indexes: Indexes | None) -> object:
            return trace_record(wanted, place.warehouse, ledger, place.trusted, indexes)

        build(0)
        if traced(None) != traced(fresh()):
            raise DisagreedError("The index and the leaves do not agree on a record.")
        work, one = {"records": float(manifest.rows)}, {"answers": 1.0}
        building = [
            Contender("reading all evidence, as --full-scan does", read, work),
            Contender("building the index from it", build, work),
        ]
        asking = [
            Contender("trace record --full-scan", lambda _: traced(None), one),
            Contender("trace record, by the index", lambda _: traced(fresh()), one),
        ]
        published = f"A published snapshot of {manifest.rows:,} records in {len(tenants)} shards"
        return {
            f"{published}: leaves recomputed, participants decrypted": take_turns(building, size.rounds),
            f"{published}: the whole answer for a record, Python started": take_turns(asking, size.rounds),
        }
