"""Storage: encrypted shards with leaves and a Merkle root against plain ``pyarrow.parquet`` of the same table.

Plain is ``pq.write_table(table, path, compression="zstd")`` and ``pq.read_table``: dictionaries and statistics, no
keys, no proof. *Encrypted* is the content alone (AES-256-GCM, the file's name bound to it, no dictionaries and no
statistics). *Encrypted, with leaves* is all that a shard of a snapshot is: each record's canonical digest, two
commitments under its person's salt, its leaf, the leaves' file and its root. Reading compares opening the file with
the key to opening a plain one, and the whole of what a snapshot's reader does: the file's digest and every leaf
checked first. The table is a chat log's requests, repeated until it is long enough; each time round every text gets
another ending, so that no dictionary finds it again. Nearly all that leaves cost is the canonical JSON of each record
(RFC 8785, in Python); in the pipeline it is written once, when a record is governed, and not again for every snapshot.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.corpus import Conversation, log_name, records, requests, size_mb
from benchmarks.published import Place
from benchmarks.timing import Contender, Figures, Outcome, as_figures, figure, take_turns
from lineage.encrypted import read_encrypted, write_encrypted
from lineage.snapshot import Snapshot

TENANT = "acme"
MOST_CHARACTERS = 4_000


@dataclass(frozen=True)
class Size:
    """How much: rows of the table, and rounds."""

    rows: int
    rounds: int


FULL, TINY = Size(10_000, 5), Size(50, 1)


def measure(size: Size) -> Outcome:
    """Time writing and reading, and compare the sizes on disk."""
    conversations = list(_long_log(size.rows))
    table, work = records(conversations, TENANT), {"rows": float(size.rows), "MB": size_mb(conversations)}
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        place = Place.at(root)
        place.vault.data_subject_id(TENANT, "first")
        plain, name = root / "plain.parquet", "content.parquet"
        key = place.vault.file_key(TENANT, name)

        def contender(title: str, run: Callable[[], object]) -> Contender:
            return Contender(title, lambda _: run(), work)

        written = take_turns(
            [
                contender("plain Parquet", lambda: pq.write_table(table, plain, compression="zstd")),
                contender("encrypted", lambda: write_encrypted(place.warehouse, name, table, key=key, aad=name)),
                contender("encrypted, with leaves", lambda: place.write_shard("shard", 0, TENANT, table)),
            ],
            size.rounds,
        )
        manifest = place.publish("measured", {TENANT: table})
        snapshot = Snapshot.open(place.warehouse, manifest.directory, place.trusted)
        read = take_turns(
            [
                contender("plain Parquet", lambda: pq.read_table(plain)),
                contender("encrypted", lambda: read_encrypted(place.warehouse, name, key=key, aad=name)),
                contender(
                    "encrypted, digests and leaves checked",
                    lambda: (snapshot.shard(0, place.vault), snapshot.leaves(0)),
                ),
            ],
            size.rounds,
        )
        shard = manifest.shards[0]
        sizes = {
            "plain Parquet": plain.stat().st_size,
            "encrypted": len(place.warehouse.read(name)),
            "leaves": len(place.warehouse.read(f"{manifest.directory}/{shard.leaves_path}")),
        }
    about = f"{size.rows:,} rows of {log_name()}, {work['MB']:.1f} MB of text"
    timed = {f"Writing {about}": written, f"Reading {about}": read}
    tables = [as_figures(title, found) for title, found in timed.items()]
    return Outcome((*tables, _sizes(sizes, size.rows)), timed)


def _long_log(rows: int) -> Iterator[Conversation]:
    short = [texts for texts in requests() if sum(map(len, texts)) <= MOST_CHARACTERS]
    for row in range(rows):
        yield [f"{text} ({row})" for text in short[row % len(short)]]


def _sizes(sizes: dict[str, int], rows: int) -> Figures:
    first = next(iter(sizes.values()))
    found = [(name, f"{held:,}", figure(held / rows), f"{held / first:.2f}") for name, held in sizes.items()]
    return Figures("On disk", ("", "bytes", "bytes a row", "of plain"), tuple(found))
