"""Verifying: ``lineweight verify`` of a snapshot against hashing its files and nothing more.

Hashing is what ``sha256sum --check`` does: it says that the bytes are the same, and not whose they are or why they
may be there. Verifying checks the signature, the manifest, every file's digest, every leaf against its eight digests,
the roots of shards, tenants and snapshot, the counts, the policy, and makes every decision again. *With keys* it also
decrypts each record and compares it with its leaf. Records are small, so that leaves are what is measured.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import records
from benchmarks.published import Place
from benchmarks.timing import Contender, Outcome, Timed, as_figures, take_turns
from lineage.verify import verify_path
from policies.errors import LineweightError

TENANTS = ("acme", "globex", "initech", "umbrella")


class NotVerifiedError(LineweightError):
    """A snapshot that was just written does not verify, so there is nothing to measure."""

    remedy = "Run the tests of lineage first."


@dataclass(frozen=True)
class Size:
    """How much: leaves of each snapshot, up to how many also with keys, and rounds."""

    leaves: tuple[int, ...]
    with_keys: int
    rounds: int


FULL, TINY = Size((10_000, 100_000), 10_000, 5), Size((40,), 40, 1)


def measure(size: Size) -> Outcome:
    """Time hashing and verifying snapshots of several sizes."""
    timed = {f"A snapshot of {leaves:,} leaves": _compare(leaves, size) for leaves in size.leaves}
    return Outcome(tuple(as_figures(title, found) for title, found in timed.items()), timed)


def _compare(leaves: int, size: Size) -> list[Timed]:
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        rows = leaves // len(TENANTS)
        said = [[f"Please add page {number}.", "Done."] for number in range(rows)]
        manifest = place.publish("measured", {tenant: records(said, tenant) for tenant in TENANTS})
        root = place.warehouse.local_path(manifest.directory)

        def verify(*, keys: bool) -> None:
            report = verify_path(root, place.trusted, vault=place.vault if keys else None)
            if not report.verified:
                raise NotVerifiedError(f"{manifest.label} of {leaves} leaves was not verified.")

        work = {"leaves": float(manifest.rows)}
        contenders = [
            Contender("hashing the files", lambda _: _hashed(root), work),
            Contender("verify", lambda _: verify(keys=False), work),
        ]
        if leaves <= size.with_keys:
            contenders.append(Contender("verify, with keys", lambda _: verify(keys=True), work))
        return take_turns(contenders, size.rounds)


def _hashed(directory: Path) -> dict[Path, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
