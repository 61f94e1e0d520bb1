"""Sameness: every byte that comes out, over runs, batch sizes, orders, processes and Beam runners."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import pyarrow as pa

from benchmarks.corpus import records
from benchmarks.redaction import texts
from benchmarks.redaction.contestants import redactor
from benchmarks.redaction.processes import worker
from benchmarks.redaction.targets import Target
from benchmarks.timing import Figures
from lineage.warehouse import Warehouse
from pipelines.beam import run_units
from pipelines.redaction.engine import Redacted

RUNNERS = ("FnApiRunner", "BundleBasedDirectRunner")
Digests = dict[str, str]
"""What came out for each record: SHA-256 of its texts, its findings and its redaction digest, by id."""


@dataclass(frozen=True)
class Part:
    """Some records, by their places among those that so many characters of texts make."""

    characters: int
    first: int
    count: int


@dataclass(frozen=True)
class Done:
    """What came out of a part."""

    digests: Digests


def sameness(characters: int) -> Figures:
    """Return how many records came out otherwise than the first time, by what was done otherwise."""
    table = loaded(characters)
    remembering, batches = redactor(), table.to_batches()
    first = digests(batches, remembering.redact)
    halves = Part(characters, 0, table.num_rows // 2), Part(characters, table.num_rows // 2, table.num_rows)
    ways: dict[str, Callable[[], Digests]] = {
        "again, everything remembered": lambda: digests(batches, remembering.redact),
        "again, nothing remembered": lambda: digests(batches, redactor(cache_bytes=0).redact),
        "one record at a time": lambda: digests(table.to_batches(max_chunksize=1), redactor().redact),
        "seven records at a time": lambda: digests(table.to_batches(max_chunksize=7), redactor().redact),
        "last record first": lambda: digests(reversed(table.to_batches(max_chunksize=1)), redactor().redact),
        "two processes, half each": lambda: _in_two(halves),
        **{runner: lambda runner=runner: _on_beam(halves, runner) for runner in RUNNERS},  # type: ignore[misc]
    }
    rows = []
    for name, way in ways.items():
        came_out = way()
        rows.append((name, len(came_out), sum(came_out.get(one) != digest for one, digest in first.items())))
    return Figures("Records that come out otherwise", ("done otherwise", "records", "other bytes"), tuple(rows))


def sameness_targets(figures: Figures) -> list[Target]:
    """Return the bar: none at all."""
    return [Target("records with other bytes", 0, sum(int(str(row[2])) for row in figures.rows), at_most=True)]


def loaded(characters: int) -> pa.Table:
    """Return records of resent history, single turns and sentences full of names, up to so many characters each."""
    return records([*texts.resent(characters), *texts.turns(characters), *texts.named(characters)]).combine_chunks()


def digests(batches: Iterable[pa.RecordBatch], redact: Callable[[pa.RecordBatch], Redacted]) -> Digests:
    """Return what came out for each record; a quarantined one's digest is that of its reason."""
    found: Digests = {}
    for batch in batches:
        done = redact(batch)
        findings: dict[str, list[object]] = {}
        for row in done.findings.to_pylist():
            findings.setdefault(row["record_id"], []).append(row)
        rows = done.batch.select(["record_id", "messages", "attributes"]).to_pylist()
        for row, digest in zip(rows, done.redaction_digests, strict=True):
            found[row["record_id"]] = _digest([row, findings.get(row["record_id"], []), digest.hex()])
        found |= {row["record_id"]: _digest(row) for row in done.quarantined.to_pylist()}
    return found


def redact_part(part: Part) -> Done:
    """Redact a part, wherever this runs."""
    return Done(digests(loaded(part.characters).slice(part.first, part.count).to_batches(), redactor().redact))


def _in_two(parts: Iterable[Part]) -> Digests:
    with worker() as first, worker() as second:
        running = [process.submit(redact_part, part) for process, part in zip((first, second), parts, strict=True)]
        return {one: digest for done in running for one, digest in done.result().digests.items()}


def _on_beam(parts: Iterable[Part], runner: str) -> Digests:
    with TemporaryDirectory() as place:
        done = run_units(list(parts), redact_part, Done, Warehouse(place), runner=runner)
    return {record: digest for one in done for record, digest in one.digests.items()}


def _digest(document: object) -> str:
    return hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()
