"""Proving: one record, or one person who is not there, shown from a few kilobytes instead of the whole snapshot.

What one would use instead is to hand over everything and let it be hashed again: *verify, full*. The proof is made
from the leaves of one shard (a record) or of all (a person); checked from two files, the proof and the signed
statement, its signature included. Sizes are of the files.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evidence.leaves import publish_leaves
from benchmarks.published import Place
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, figure, take_turns
from lineage.proving.files import PersonProofFile, RecordProofFile, check_proof_file
from lineage.proving.finding import person_in
from lineage.proving.proofs import prove_records
from lineage.snapshot import Snapshot
from lineage.verifying.verify import verify_path

TENANTS = ("acme", "globex", "initech", "umbrella")
NOBODY = bytes(range(32))


@dataclass(frozen=True)
class Size:
    """How much: leaves, rows of a shard, and rounds."""

    leaves: int
    shard_rows: int
    rounds: int


FULL, TINY = Size(1_000_000, 50_000, 5), Size(40, 20, 1)


def measure(size: Size) -> Outcome:
    """Time making and checking proofs about a snapshot, and weigh them."""
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        manifest = publish_leaves(place, "measured", size.leaves, size.shard_rows, TENANTS)
        snapshot = Snapshot.open(place.warehouse, manifest.directory, place.trusted)
        statement = place.warehouse.read(f"{manifest.directory}/statement.dsse.json")
        roots = [shard.root for shard in manifest.shards]

        def record() -> bytes:
            proof = prove_records(snapshot.leaves(0), [3], 0, roots)[0]
            return RecordProofFile.of(proof, manifest).to_bytes()

        def person() -> bytes:
            return PersonProofFile.of(person_in(snapshot, [NOBODY]), manifest).to_bytes()

        def checked(proof: bytes) -> Callable[[int], object]:
            return lambda _: check_proof_file(proof, statement, place.trusted)

        root, of_record, of_person = place.warehouse.local_path(manifest.directory), record(), person()
        whole = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        work = {"proofs": 1.0}
        contenders = [
            Contender("everything handed over: verify, full", lambda _: verify_path(root, place.trusted), work),
            Contender("a record: proof made", lambda _: record(), work),
            Contender("a record: proof checked", checked(of_record), work),
            Contender("nobody's: proof made", lambda _: person(), work),
            Contender("nobody's: proof checked", checked(of_person), work),
        ]
        timed = take_turns(contenders, size.rounds)
    sizes = {
        "everything": whole,
        "proof of a record": len(of_record),
        "proof that a person is not there": len(of_person),
    }
    title = f"One question about {size.leaves:,} leaves"
    return Outcome((as_figures(title, timed), _targets(timed, sizes, size.leaves)), {title: timed})


def _targets(timed: list[Timed], sizes: dict[str, int], leaves: int) -> Figures:
    seconds = {one.name: one.median_s for one in timed}
    rows = [
        (f"all of {leaves:,} leaves verified, s", "≤ 5", figure(seconds["everything handed over: verify, full"])),
        ("proof of a record, bytes", "≤ 4,096", f"{sizes['proof of a record']:,}"),
        ("proof of a record checked, ms", "≤ 10", figure(1e3 * seconds["a record: proof checked"])),
        ("proof that a person is not there, bytes", "", f"{sizes['proof that a person is not there']:,}"),
        ("bytes of everything that would be handed over", "", f"{sizes['everything']:,}"),
    ]
    return Figures("Targets", ("what", "target", "measured"), tuple(rows))
