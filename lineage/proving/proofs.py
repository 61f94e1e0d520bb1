"""Proofs about one snapshot that verify from a few kilobytes: a record is in it; a person is in it, or is not.

A proof names the manifest it is about by its digest, and a root. Whoever holds the snapshot's signed statement, whose
artifact the manifest is, can check both (`lineage.proving.files`); nothing else is needed.

*A person is not in it* is shown of a commitment. That the commitment is the person's follows from their salt, which a
deployment gives them: `opens` recomputes it. Nothing can show that no other salt was ever used for them but an
earlier certificate that names the same commitment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lineage import leaf, merkle
from lineage.proving.data_subjects import COMMITMENT, entries, tree


@dataclass(frozen=True, slots=True)
class RecordProof:
    """That a leaf is in a snapshot: up to its shard's root, and from there to the snapshot's.

    A record's id is not among what its leaf is made of: what is proved is the leaf, whatever it is called.

    Attributes:
        digests: The eight digests of its leaf, by name, 32 bytes each.
        shard: Place of the shard among the snapshot's, from 0.
        shards: How many there are.
        row: Place of the leaf in the shard, from 0.
        rows: How many there are.
        shard_path: Siblings from the leaf up to the shard's root, 32 bytes each.
        snapshot_path: Siblings from the shard's root up to the snapshot's.
    """

    digests: Mapping[str, bytes]
    shard: int
    shards: int
    row: int
    rows: int
    shard_path: tuple[bytes, ...]
    snapshot_path: tuple[bytes, ...]

    def leaf(self) -> bytes:
        """Return the leaf: the hash of its eight digests."""
        return merkle.leaf_hash(b"".join(self.digests[name] for name in leaf.DIGEST_COLUMNS))

    def holds(self, root: bytes) -> bool:
        """Return whether this shows that the leaf is in the snapshot of a root."""
        shard_root = merkle.root_of_path(self.leaf(), self.row, self.rows, self.shard_path)
        if shard_root is None:
            return False
        entry = merkle.leaf_hash(shard_root)
        return merkle.verify_inclusion(entry, self.shard, self.shards, self.snapshot_path, root)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry of the tree of people, and what shows that it is there.

    Attributes:
        index: Its place, from 0.
        commitment: Of the person, 32 bytes.
        records: How many records of theirs the snapshot holds.
        path: Siblings up to the root, 32 bytes each.
    """

    index: int
    commitment: bytes
    records: int
    path: tuple[bytes, ...]

    def holds(self, count: int, root: bytes) -> bool:
        """Return whether the entry is in the tree of a root over so many people."""
        entry = merkle.leaf_hash(self.commitment + self.records.to_bytes(8, "big"))
        return merkle.verify_inclusion(entry, self.index, count, self.path, root)


@dataclass(frozen=True, slots=True)
class PersonProof:
    """That a person is in a snapshot, or is not: their entry, or those between which it would stand.

    Attributes:
        commitment: Of the person, 32 bytes.
        count: People in the snapshot.
        neighbours: One entry with that commitment; or the one before and the one after, at an end only one.
    """

    commitment: bytes
    count: int
    neighbours: tuple[Neighbour, ...]

    @property
    def records(self) -> int:
        """How many records of the person the snapshot holds, if the proof holds."""
        return sum(one.records for one in self.neighbours if one.commitment == self.commitment)

    def holds(self, root: bytes) -> bool:
        """Return whether this shows what it says of the tree of a root."""
        if not all(one.holds(self.count, root) for one in self.neighbours):
            return False
        places = [one.index for one in self.neighbours]
        if self.commitment in [one.commitment for one in self.neighbours]:
            return len(places) == 1
        before = [one for one in self.neighbours if one.commitment < self.commitment]
        after = [one for one in self.neighbours if one.commitment > self.commitment]
        if len(before) > 1 or len(after) > 1:
            return False
        left = before[0].index if before else -1
        right = after[0].index if after else self.count
        return right == left + 1 and (bool(places) or root == merkle.EMPTY_ROOT)


def prove_records(leaves: pa.Table, rows: Sequence[int], shard: int, shard_roots: Sequence[str]) -> list[RecordProof]:
    """Return the proofs that records of one shard are in a snapshot, in the order asked.

    Args:
        leaves: Of the shard, rows of ``LEAF_SCHEMA``.
        rows: Their places there, from 0.
        shard: The shard's place among the snapshot's, from 0.
        shard_roots: Of all shards, in the order of the manifest, in hexadecimal.
    """
    levels = merkle.levels(leaf.leaf_hashes(leaves))
    upwards = merkle.inclusion_proof([merkle.leaf_hash(bytes.fromhex(one)) for one in shard_roots], shard)
    return [
        RecordProof(
            digests={name: said[name] for name in leaf.DIGEST_COLUMNS},
            shard=shard,
            shards=len(shard_roots),
            row=row,
            rows=leaves.num_rows,
            shard_path=tuple(merkle.path_in(levels, row)),
            snapshot_path=tuple(upwards),
        )
        for row, said in zip(rows, leaves.take(pa.array(rows, pa.int64())).to_pylist(), strict=True)
    ]


def prove_person(people: pa.Table, commitment: bytes) -> PersonProof:
    """Return the proof that a person is among some, or is not.

    Args:
        people: Of the snapshot: rows of ``DATA_SUBJECT_SCHEMA``, sorted.
        commitment: The person's, 32 bytes.
    """
    levels, listed = merkle.levels(tree(people)), entries(people)
    before = pc.sum(pc.less(people[COMMITMENT].cast(pa.binary()), pa.scalar(commitment, pa.binary()))).as_py() or 0
    there = before < len(listed) and listed[before][:32] == commitment
    wanted = [before] if there else [place for place in (before - 1, before) if 0 <= place < len(listed)]
    neighbours = tuple(
        Neighbour(
            index=place,
            commitment=listed[place][:32],
            records=int.from_bytes(listed[place][32:], "big"),
            path=tuple(merkle.path_in(levels, place)),
        )
        for place in wanted
    )
    return PersonProof(commitment, len(listed), neighbours)


def opens(commitment: bytes, salt: bytes, tenant: str, data_subject_id: str) -> bool:
    """Return whether a commitment is a person's, by the salt it was made with."""
    return leaf.data_subject_commitment(salt, tenant, data_subject_id) == commitment
