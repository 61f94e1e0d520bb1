"""Two verifiers: ``lineweight verify --full`` against the one written from the documentation alone.

Both recompute every leaf from its eight digests and the roots of shards, tenants, people and snapshot. Ours does it in
columns with numpy and also makes every decision again; ``lineage.independent`` has the standard library, cryptography
and pyarrow, and no policy engine. Records are not there at all, so that leaves are what is measured.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from benchmarks.evidence.leaves import publish_leaves
from benchmarks.evidence.verifying import TENANTS, NotVerifiedError
from benchmarks.published import Place
from benchmarks.timing import Contender, Outcome, Timed, as_figures, take_turns
from lineage.independent import chain
from lineage.independent.case import Depth
from lineage.independent.envelopes import id_of
from lineage.manifest import SnapshotManifest
from lineage.verifying.verify import verify_path


@dataclass(frozen=True)
class Size:
    """How much: leaves of each snapshot, rows of a shard, and rounds."""

    leaves: tuple[int, ...]
    shard_rows: int
    rounds: int


FULL, TINY = Size((100_000, 1_000_000), 50_000, 5), Size((40,), 20, 1)


def measure(size: Size) -> Outcome:
    """Time both verifiers on snapshots of several sizes."""
    timed = {f"A snapshot of {leaves:,} leaves": _of_leaves(leaves, size) for leaves in size.leaves}
    return Outcome(tuple(as_figures(title, found) for title, found in timed.items()), timed)


def _of_leaves(leaves: int, size: Size) -> list[Timed]:
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        manifest = publish_leaves(place, "measured", leaves, size.shard_rows, TENANTS)
        return take_turns([_ours(place, manifest), *_theirs(place, manifest)], size.rounds)


def _ours(place: Place, manifest: SnapshotManifest) -> Contender:
    root = place.warehouse.local_path(manifest.directory)

    def verify(_: int) -> None:
        if not verify_path(root, place.trusted).verified:
            raise NotVerifiedError(f"{manifest.label} of {manifest.rows} leaves was not verified.")

    return Contender("lineweight verify, full", verify, {"leaves": float(manifest.rows)})


def _theirs(place: Place, manifest: SnapshotManifest) -> list[Contender]:
    root = place.warehouse.local_path(manifest.directory)
    key = load_pem_public_key(place.vault.public_key_pem)

    def contender(depth: str) -> Contender:
        asked = chain.Question(root, {id_of(key): key}, depth=Depth(depth))

        def verify(_: int) -> None:
            refused = chain.verify(asked)[1]
            if refused is not None:
                raise NotVerifiedError(f"{manifest.label}: {refused.link}: {refused}.")

        return Contender(f"independent, {depth}", verify, {"leaves": float(manifest.rows)})

    return [contender("fast"), contender("full")]
