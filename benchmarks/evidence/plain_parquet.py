"""The same data as one would keep it without an index: plain Parquet, sorted by person, asked with DuckDB or scanned.

``people.parquet`` holds for every record who wrote it, and for every participation who takes part, sorted by
commitment, so that DuckDB skips all row groups but one. ``read-N.parquet`` holds what a model read, sorted by
ordinal. Nothing in it is proven: whoever can write the files decides what is found.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.evidence.made_up import MODELS, Words, World
from lineage.index.kinds import digests_of
from lineage.leaf import DIGEST

ROW_GROUP = 122_880  # DuckDB's own
PEOPLE_SCHEMA = pa.schema([("commitment", DIGEST), ("ordinal", pa.int64()), ("wrote", pa.bool_())])


def write(world: World, directory: Path) -> None:
    """Write the files."""
    with pq.ParquetWriter(directory / "people.parquet", PEOPLE_SCHEMA, compression="zstd") as people:
        for part in _people(world):
            people.write_table(part, row_group_size=ROW_GROUP)
    for number in range(len(MODELS)):
        path = directory / f"read-{number}.parquet"
        names = ("ordinal", "first", "last", "readings", "tokens")
        writer: pq.ParquetWriter | None = None
        for rows in world.readings(number):
            table = pa.table({name: rows[name].astype(np.int64) for name in names})
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=ROW_GROUP)
        if writer is not None:
            writer.close()


def _people(world: World) -> Iterator[pa.Table]:
    """Yield everybody's records sorted by commitment: a range of commitments at a time, out of every shard."""
    cuts = [(2**64 * part) // world.shards for part in range(world.shards + 1)]
    for low, high in pairwise(cuts):
        words, ordinals, wrote = [], [], []
        for shard in range(world.shards):
            authors, author = world.authors(shard), world.author_of(shard)
            rows, who = world.participants(shard)
            for place, row, is_author in ((author, np.arange(world.rows), True), (who, rows, False)):
                chosen = (authors[:, 0] >= low) & (authors[:, 0] <= min(high - 1, 2**64 - 1))
                kept = chosen[place]
                words.append(authors[place[kept]])
                ordinals.append(row[kept] + shard * world.rows)
                wrote.append(np.full(int(kept.sum()), is_author))
        joined = np.concatenate(words)
        order = np.argsort(joined[:, 0], kind="stable")
        columns = [digests_of(joined[order]), np.concatenate(ordinals)[order], np.concatenate(wrote)[order]]
        yield pa.table(columns, schema=PEOPLE_SCHEMA)


class Asked:
    """DuckDB over the files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 2")
        self._connection.execute("SET parquet_metadata_cache = true")  # else every question reads the footers anew

    def person(self, commitment: bytes) -> list[tuple[int, ...]]:
        """Return where a person's records lie, and what each model read of them."""
        found = self._connection.execute(
            f"SELECT ordinal FROM '{self._directory}/people.parquet' WHERE commitment = ?", [commitment]
        ).fetchnumpy()["ordinal"]
        listed = ", ".join(map(str, found.tolist())) or "-1"
        low, high = (int(found.min()), int(found.max())) if len(found) else (0, 0)
        told = []
        for number in range(len(MODELS)):
            query = (
                f"SELECT count(*), sum(readings), min(first), max(last) FROM '{self._directory}/read-{number}.parquet' "
                f"WHERE ordinal BETWEEN {low} AND {high} AND ordinal IN ({listed})"
            )
            told.append(self._connection.execute(query).fetchall()[0])
        return told

    def in_common(self, ordinals: pa.Table) -> int:
        """Return how many of some records the first model read.

        Args:
            ordinals: One column, ``ordinal``.
        """
        self._connection.register("withdrawn", ordinals)
        query = f"SELECT count(*) FROM '{self._directory}/read-0.parquet' SEMI JOIN withdrawn USING (ordinal)"
        return int(self._connection.execute(query).fetchall()[0][0])


def scanned(directory: Path, words: Words) -> int:
    """Return how many records concern a person, by reading every commitment there is."""
    commitment = digests_of(words)[0]
    file = pq.ParquetFile(directory / "people.parquet")
    parts = file.iter_batches(batch_size=1_000_000, columns=["commitment"])
    return sum(int(pc.sum(pc.equal(part.column(0), commitment)).as_py() or 0) for part in parts)
