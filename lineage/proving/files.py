"""Proofs as files: canonical JSON of a few kilobytes, held against a snapshot's signed statement.

A file is believed in nothing: its form is closed, and what it proves is computed again. The format is described in
``docs/evidence.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lineage.canonical import canonical_json
from lineage.leaf import DIGEST_COLUMNS
from lineage.manifest import Count, Digest, SnapshotManifest
from lineage.proving.proofs import Neighbour, PersonProof, RecordProof
from lineage.snapshot import MANIFEST_FILE
from lineage.statement import SNAPSHOT_PREDICATE, Opened, TrustedKey, open_envelope
from policies.errors import LineweightError

Label = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}@v[1-9][0-9]*$")]
Path = Annotated[tuple[Digest, ...], Field(max_length=63)]


class ProofRefusedError(LineweightError):
    """A proof is none, does not hold, or is about another snapshot than the statement."""

    remedy = "Ask for the proof again, and for the signed statement of the snapshot that it names."


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical_json(self.model_dump(mode="json"))


class Of(_File):
    """One of several: its place, from 0, and how many there are."""

    index: Count
    count: Count


class RecordProofFile(_File):
    """That a record is in a snapshot; its id is not in the leaf, and so not in the proof.

    Places and counts say how the path is to be read. No statement gives how many rows a shard has, so a path shows that
    a leaf is there, and not in which row.
    """

    format: Literal["lineweight.record-proof/v1"] = "lineweight.record-proof/v1"
    snapshot: Label
    manifest: Digest
    root: Digest
    digests: dict[str, Digest]
    shard: Of
    row: Of
    shard_path: Path
    snapshot_path: Path

    @classmethod
    def of(cls, proof: RecordProof, manifest: SnapshotManifest) -> "RecordProofFile":
        """Return the file of a proof about a snapshot."""
        return cls(
            snapshot=manifest.label,
            manifest=manifest.digest(),
            root=manifest.root,
            digests={name: digest.hex() for name, digest in proof.digests.items()},
            shard=Of(index=proof.shard, count=proof.shards),
            row=Of(index=proof.row, count=proof.rows),
            shard_path=_hex(proof.shard_path),
            snapshot_path=_hex(proof.snapshot_path),
        )

    def proof(self) -> RecordProof:
        """Return the proof.

        Raises:
            ProofRefusedError: A digest of the leaf is missing, or there is one too many.
        """
        if set(self.digests) != set(DIGEST_COLUMNS):
            raise ProofRefusedError("The proof does not name the eight digests of a leaf.")
        return RecordProof(
            digests={name: bytes.fromhex(self.digests[name]) for name in DIGEST_COLUMNS},
            shard=self.shard.index,
            shards=self.shard.count,
            row=self.row.index,
            rows=self.row.count,
            shard_path=_raw(self.shard_path),
            snapshot_path=_raw(self.snapshot_path),
        )

    def shows(self) -> str:
        """Return what it shows where it holds, in a sentence."""
        return f"A record with this leaf is in {self.snapshot}."

    def require_stated(self, predicate: dict[str, Any]) -> None:
        """Do nothing if the signed statement says the root, and the proof leads to it."""
        _require(predicate.get("root") == self.root, "The proof is about another root than the signed one.")
        _require(self.proof().holds(bytes.fromhex(self.root)), "The proof does not lead to the snapshot's root.")


class NeighbourFile(_File):
    """One entry of the tree of people."""

    index: Count
    commitment: Digest
    records: Count
    path: Path


class EntryFile(_File):
    """One commitment of a person: its entry in the tree of people, or those between which it would stand."""

    commitment: Digest
    neighbours: Annotated[tuple[NeighbourFile, ...], Field(max_length=2)]

    @classmethod
    def of(cls, proof: PersonProof) -> "EntryFile":
        """Return what is written of a proof."""
        neighbours = (
            NeighbourFile(index=one.index, commitment=one.commitment.hex(), records=one.records, path=_hex(one.path))
            for one in proof.neighbours
        )
        return cls(commitment=proof.commitment.hex(), neighbours=tuple(neighbours))

    def proof(self, count: int) -> PersonProof:
        """Return the proof, in a tree of so many people."""
        neighbours = (
            Neighbour(one.index, bytes.fromhex(one.commitment), one.records, _raw(one.path)) for one in self.neighbours
        )
        return PersonProof(bytes.fromhex(self.commitment), count, tuple(neighbours))


class PersonProofFile(_File):
    """That a person is in a snapshot, or is not: an entry for each id the person has."""

    format: Literal["lineweight.data-subject-proof/v1"] = "lineweight.data-subject-proof/v1"
    snapshot: Label
    manifest: Digest
    root: Digest
    count: Count
    entries: Annotated[tuple[EntryFile, ...], Field(min_length=1, max_length=1_000)]

    @classmethod
    def of(cls, proofs: Sequence[PersonProof], manifest: SnapshotManifest) -> "PersonProofFile":
        """Return the file of proofs about a snapshot, one for each commitment of a person."""
        return cls(
            snapshot=manifest.label,
            manifest=manifest.digest(),
            root=manifest.data_subjects.root,
            count=manifest.data_subjects.count,
            entries=tuple(EntryFile.of(proof) for proof in sorted(proofs, key=lambda one: one.commitment)),
        )

    @property
    def records(self) -> int:
        """How many records of the person the snapshot holds, where the proof holds."""
        return sum(entry.proof(self.count).records for entry in self.entries)

    def shows(self) -> str:
        """Return what it shows where it holds, in a sentence."""
        whose = "this commitment" if len(self.entries) == 1 else f"these {len(self.entries)} commitments"
        told = f"{self.records:,} records" if self.records else "no record"
        return f"The person of {whose} wrote {told} of {self.snapshot}."

    def require_stated(self, predicate: dict[str, Any]) -> None:
        """Do nothing if the signed statement says root and count, and each entry leads there."""
        said = {"root": self.root, "count": self.count}
        _require(predicate.get("data_subjects") == said, "The proof is about other people than the signed ones.")
        distinct = {entry.commitment for entry in self.entries}
        _require(len(distinct) == len(self.entries), "The proof names a commitment twice.")
        holds = all(entry.proof(self.count).holds(bytes.fromhex(self.root)) for entry in self.entries)
        _require(holds, "The proof does not show what it says.")


ProofFile = RecordProofFile | PersonProofFile
_FORMATS: dict[str, type[RecordProofFile] | type[PersonProofFile]] = {
    "lineweight.record-proof/v1": RecordProofFile,
    "lineweight.data-subject-proof/v1": PersonProofFile,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof that holds under a statement that a trusted key signed."""

    file: ProofFile
    statement: Opened


def read_proof_file(data: bytes) -> ProofFile:
    """Return the proof in a file; whether it holds is not asked yet.

    Raises:
        ProofRefusedError: It is none in canonical form.
    """
    for model in _FORMATS.values():
        try:
            read: ProofFile = model.model_validate_json(data)
        except ValidationError:
            continue
        _require(read.to_bytes() == data, "The proof is not in canonical form.")
        return read
    raise ProofRefusedError(f"This is no proof of {' or '.join(_FORMATS)}.")


def check_proof_file(data: bytes, statement: bytes, trusted: Sequence[TrustedKey]) -> Shown:
    """Return what a proof shows, under the signed statement of its snapshot.

    Args:
        data: The proof.
        statement: The snapshot's ``statement.dsse.json``.
        trusted: The keys that may have signed it.

    Raises:
        ProofRefusedError: It does not hold, or the statement is about another snapshot.
        SignatureRefusedError: No trusted key signed the statement.
    """
    file, opened = read_proof_file(data), open_envelope(statement, trusted)
    kind = opened.statement["predicateType"]
    _require(kind == SNAPSHOT_PREDICATE, "The statement is not about a snapshot.")
    same = opened.artifacts.get(MANIFEST_FILE) == file.manifest
    _require(same, "The proof is about another snapshot than the statement.")
    predicate = opened.predicate
    label = f"{predicate.get('name')}@v{predicate.get('version')}"
    _require(label == file.snapshot, "The proof names another snapshot than the statement.")
    file.require_stated(predicate)
    return Shown(file, opened)


def _hex(path: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(node.hex() for node in path)


def _raw(path: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(node) for node in path)


def _require(kept: bool, fault: str) -> None:
    if not kept:
        raise ProofRefusedError(fault)
