"""Work units: files as elements of a Beam pipeline against records as elements, on Beam's ``FnApiRunner``.

Both read the same encrypted files and take the canonical digest of every record. As work units, an element is a file's
name and what comes back is a count (``pipelines.beam.run_units``). As single elements, which is how Beam is usually
written, every record is an element: files are read in one step, the records reshuffled so that they spread over
workers, and digested in the next. One worker process; the runner's start is in both.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.corpus import log_name, records, requests, size_mb
from benchmarks.published import Place
from benchmarks.timing import Contender, Outcome, as_figures, take_turns
from lineage.encrypted import read_encrypted, write_encrypted
from lineage.leaf import record_digests
from lineage.record import RECORD_SCHEMA
from pipelines.beam import run_units

TENANT = "acme"
MOST_CHARACTERS = 4_000


@dataclass(frozen=True)
class Size:
    """How much: records, files they lie in, and rounds."""

    records: int
    files: int
    rounds: int


@dataclass(frozen=True)
class Unit:
    """One file to digest."""

    place: Place
    path: str


@dataclass(frozen=True)
class Done:
    """What became of a file."""

    records: int


FULL, TINY = Size(8_000, 8, 5), Size(40, 2, 1)


def measure(size: Size) -> Outcome:
    """Time both over the same files."""
    short = [texts for texts in requests() if sum(map(len, texts)) <= MOST_CHARACTERS]
    conversations = [short[row % len(short)] for row in range(size.records)]
    work = {"records": float(size.records), "MB": size_mb(conversations)}
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        place.vault.data_subject_id(TENANT, "first")
        units = list(_written(place, records(conversations, TENANT), size.files))
        timed = take_turns(
            [
                Contender("records as elements", lambda _: by_record(units), work),
                Contender("files as work units", lambda _: run_units(units, digest_file, Done, place.warehouse), work),
            ],
            size.rounds,
        )
    title = f"{size.records:,} records of {log_name()} in {size.files} files"
    return Outcome((as_figures(title, timed),), {title: timed})


def digest_file(unit: Unit) -> Done:
    """Do one unit."""
    return Done(len(record_digests(_read(unit))))


def by_record(units: list[Unit]) -> None:
    """Do the same with every record an element."""
    import apache_beam as beam
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        files = pipeline | beam.Create(units)
        rows = files | beam.FlatMap(_rows)
        spread = rows | beam.Reshuffle()
        _ = spread | beam.Map(_digest_row) | beam.combiners.Count.Globally()


def _rows(unit: Unit) -> Iterator[dict[str, Any]]:
    yield from _read(unit).to_pylist()


def _digest_row(row: dict[str, Any]) -> bytes:
    return record_digests(pa.Table.from_pylist([row], schema=RECORD_SCHEMA))[0]


def _read(unit: Unit) -> pa.Table:
    key = unit.place.vault.file_key(TENANT, unit.path)
    return read_encrypted(unit.place.warehouse, unit.path, key=key, aad=unit.path)


def _written(place: Place, table: pa.Table, files: int) -> Iterator[Unit]:
    rows = -(-table.num_rows // files)
    for number in range(files):
        path = f"landed/{number}.parquet"
        key = place.vault.file_key(TENANT, path)
        write_encrypted(place.warehouse, path, table.slice(number * rows, rows), key=key, aad=path)
        yield Unit(place, path)
