"""The records of one person in a snapshot: those they wrote, and those in which they only take part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.bitmaps import Ordinals
from lineage.index.keeping import Indexes
from lineage.index.kinds import AUTHOR, PARTICIPANT, digest_words
from lineage.index.of_snapshot import SnapshotIndex
from lineage.index.table import IndexContradictedError
from lineage.keys.vault import Vault
from lineage.leaf import DIGEST
from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot
from lineage.trace.indexed import by_shard

ByRow = dict[int, set[str]]
"""Rows of a shard, each with the ids of the person that it concerns."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked about: a tenant, all ids of the person, and the commitments that stand in leaves for them."""

    tenant: str
    data_subject_id: str
    ids: tuple[str, ...]
    commitments: Mapping[bytes, str]


@dataclass(frozen=True)
class PersonSearch:
    """Looks for a person's records.

    Attributes:
        not_looked_up: Takes what could not be looked at, in sentences.
        indexes: Where to look; without, in every shard of the tenant.
    """

    person: Person
    vault: Vault
    not_looked_up: list[str]
    indexes: Indexes | None = None

    def rows(self, snapshot: Snapshot) -> list[dict[str, Any]]:
        """Return the leaves of the records the person wrote, and of those in which they only take part.

        Raises:
            SnapshotError: A leaf that was read is not the one that was signed.
            IndexContradictedError: The index says something else than the leaves.
        """
        index = None if self.indexes is None else self.indexes.of_snapshot(snapshot)
        said = None if index is None else _said(index, snapshot, self.person)
        found: list[dict[str, Any]] = []
        for place, shard in enumerate(snapshot.manifest.shards):
            if shard.tenant == self.person.tenant:
                found += self._all(snapshot, place) if said is None else self._where_said(snapshot, place, said)
            elif said is not None and said.concerns(place):
                raise IndexContradictedError(f"{snapshot.manifest.label}: its index has a person in another's shard.")
        return found

    def _all(self, snapshot: Snapshot, place: int) -> list[dict[str, Any]]:
        leaves = snapshot.leaves(place)
        return _leaves(leaves, place, _written_by(leaves, self.person), self._joined_by(snapshot, place))

    def _where_said(self, snapshot: Snapshot, place: int, said: "_Said") -> list[dict[str, Any]]:
        """Look into a shard as far as the index says that something is there, and hold the index against it."""
        gone = snapshot.manifest.shards[place].path in snapshot.removed
        joined = self._joined_by(snapshot, place) if gone or said.joined.get(place) else {}
        if not said.concerns(place):
            return []
        leaves = snapshot.leaves(place)
        wrote = _written_by(leaves, self.person)
        findable = set(self.person.commitments.values())
        known = {row: ids & findable for row, ids in joined.items() if ids & findable}
        if (wrote, known) != (said.wrote.get(place, {}), said.joined.get(place, {})):
            path = f"{snapshot.directory}/{snapshot.manifest.shards[place].path}"
            raise IndexContradictedError(f"{path}: holds other records of a person than its index says.")
        return _leaves(leaves, place, wrote, joined)

    def _joined_by(self, snapshot: Snapshot, place: int) -> ByRow:
        """Return the rows of a shard, decrypted for this, that name the person among the participants."""
        try:
            participants = snapshot.shard(place, self.vault, columns=["participants"])["participants"].combine_chunks()
        except ContentRemovedError as error:
            self.not_looked_up.append(f"Who else takes part in records is not known: {error}")
            return {}
        named = pc.list_flatten(participants)
        own = pc.is_in(named, pa.array(self.person.ids, pa.string()))
        joined: ByRow = {}
        rows = pc.list_parent_indices(participants).filter(own).to_pylist()
        for row, one in zip(rows, named.filter(own).to_pylist(), strict=True):
            joined.setdefault(row, set()).add(one)
        return joined


@dataclass(frozen=True, slots=True)
class _Said:
    """What an index says of a person: rows by the place of their shard."""

    wrote: Mapping[int, ByRow]
    joined: Mapping[int, ByRow]

    def concerns(self, place: int) -> bool:
        """Return whether it says that something of the person is in a shard."""
        return place in self.wrote or place in self.joined


def _said(index: SnapshotIndex, snapshot: Snapshot, person: Person) -> _Said:
    wrote: dict[int, ByRow] = {}
    joined: dict[int, ByRow] = {}
    for commitment, one in person.commitments.items():
        found = index.people(digest_words(commitment))
        for role, rows in ((AUTHOR, wrote), (PARTICIPANT, joined)):
            ordinals = Ordinals.within(found[found["role"] == role], index.rows).numbers()
            for place, of_shard in by_shard(snapshot, ordinals).items():
                for row in of_shard.tolist():
                    rows.setdefault(place, {}).setdefault(row, set()).add(one)
    return _Said(wrote, joined)


def _written_by(leaves: pa.Table, person: Person) -> ByRow:
    """Return the rows that the person wrote, each with the id they did it under."""
    own = pc.is_in(leaves["data_subject_commitment"], pa.array(list(person.commitments), DIGEST))
    return {
        place: {person.commitments[leaves["data_subject_commitment"][place].as_py()]}
        for place in pc.indices_nonzero(own).to_pylist()
    }


def _leaves(leaves: pa.Table, place: int, wrote: ByRow, joined: ByRow) -> list[dict[str, Any]]:
    """Return the leaves of some rows of a shard, each with whom it concerns."""
    rows = sorted({*wrote, *joined})
    return [
        leaf | {"shard": place, "wrote": row in wrote, "people": {*wrote.get(row, ()), *joined.get(row, ())}}
        for row, leaf in zip(rows, leaves.take(pa.array(rows, pa.int64())).to_pylist(), strict=True)
    ]
