"""Verifying: ``lineweight verify`` of a snapshot against hashing its files and nothing more.

Hashing is what ``sha256sum --check`` and the OpenSSF's ``model-signing`` do: it says that the bytes are the same, and
not whose they are or why they may be there. *fast* checks signatures, the manifest, its laws and every file's digest.
*sample* also shows 100 records from their leaf to the root, each decision made again. *full* recomputes every leaf
from its eight digests, the roots of shards, tenants, people and snapshot, and makes every decision again. *With keys*
it also decrypts each record and compares it with its leaf. Records are small, or not there at all, so that leaves are
what is measured.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import records
from benchmarks.evidence.leaves import publish_leaves
from benchmarks.published import Place
from benchmarks.timing import Contender, Outcome, Timed, as_figures, take_turns
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest
from lineage.verifying.depth import Depth
from lineage.verifying.verify import verify_path
from policies.errors import LineweightError

TENANTS = ("acme", "globex", "initech", "umbrella")
FAST, FULL_DEPTH = Depth.asked(fast=True), Depth.asked(full=True)
SAMPLE = Depth.asked(sample=100, seed="benchmark")


class NotVerifiedError(LineweightError):
    """A snapshot that was just written does not verify, so there is nothing to measure."""

    remedy = "Run the tests of lineage first."


@dataclass(frozen=True)
class Size:
    """How much: leaves of each snapshot, of the one with records too, rows of a shard, and rounds."""

    leaves: tuple[int, ...]
    with_records: int
    shard_rows: int
    rounds: int


FULL, TINY = Size((100_000, 1_000_000), 10_000, 50_000, 5), Size((40,), 40, 20, 1)


def measure(size: Size) -> Outcome:
    """Time hashing and verifying snapshots of several sizes."""
    timed = {f"A snapshot of {size.with_records:,} records": _with_records(size)}
    timed |= {f"A snapshot of {leaves:,} leaves": _of_leaves(leaves, size) for leaves in size.leaves}
    return Outcome(tuple(as_figures(title, found) for title, found in timed.items()), timed)


def _with_records(size: Size) -> list[Timed]:
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        said = [[f"Please add page {number}.", "Done."] for number in range(size.with_records // len(TENANTS))]
        manifest = place.publish("measured", {tenant: records(said, tenant) for tenant in TENANTS})
        return take_turns([*_contenders(place, manifest), _verifying(place, manifest, place.vault)], size.rounds)


def _of_leaves(leaves: int, size: Size) -> list[Timed]:
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        manifest = publish_leaves(place, "measured", leaves, size.shard_rows, TENANTS)
        return take_turns(_contenders(place, manifest), size.rounds)


def _contenders(place: Place, manifest: SnapshotManifest) -> list[Contender]:
    root, work = place.warehouse.local_path(manifest.directory), {"leaves": float(manifest.rows)}
    return [
        Contender("hashing the files", lambda _: _hashed(root), work),
        *(_verifying(place, manifest, None, depth) for depth in (FAST, SAMPLE, FULL_DEPTH)),
    ]


def _verifying(place: Place, manifest: SnapshotManifest, vault: Vault | None, depth: Depth = FULL_DEPTH) -> Contender:
    root = place.warehouse.local_path(manifest.directory)

    def verify(_: int) -> None:
        report = verify_path(root, place.trusted, vault=vault, depth=depth)
        if not report.verified:
            raise NotVerifiedError(f"{manifest.label} of {manifest.rows} leaves was not verified.")

    name = f"verify, {depth.level.value}" + (", with keys" if vault else "")
    return Contender(name, verify, {"leaves": float(manifest.rows)})


def _hashed(directory: Path) -> dict[Path, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
