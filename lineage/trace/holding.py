"""Whose records a snapshot holds, as columns: by the commitments in its leaves, and by who takes part."""

from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot
from lineage.trace.hearing import People
from lineage.trace.uses import distinct_by

HELD_SCHEMA = pa.schema([("record_id", pa.string()), ("person", pa.int32())])
INSTANT = pa.timestamp("us", "UTC")


@dataclass
class Holding:
    """The records of one tenant in one snapshot.

    Attributes:
        not_looked_up: What could not be looked at, in sentences.
    """

    snapshot: Snapshot
    tenant: str
    vault: Vault
    not_looked_up: list[str] = field(default_factory=list)

    @property
    def shards(self) -> list[int]:
        """The places of the tenant's shards in the manifest."""
        return [place for place, shard in enumerate(self.snapshot.manifest.shards) if shard.tenant == self.tenant]

    def record_ids(self) -> pa.ChunkedArray:
        """Return the ids of all records."""
        return pa.chunked_array([one for place in self.shards for one in self._ids(place).chunks], pa.string())

    def by_person(self, people: People) -> dict[str, pa.Array]:
        """Return by a person's id the ids of the records they wrote or take part in."""
        held = pa.concat_tables([HELD_SCHEMA.empty_table(), *(self._held(place, people) for place in self.shards)])
        return {people.ids[number]: ids for number, ids in distinct_by(held, "person", "record_id").items()}

    def older_than(self, oldest: datetime) -> pa.ChunkedArray:
        """Return the ids of the records from before an instant (UTC)."""
        found = []
        for place in self.shards:
            times = self._content(place, "occurred_at")
            if times is not None:
                old = pc.less(times, pa.scalar(oldest, INSTANT))
                found += self._ids(place).filter(old).chunks
        return pa.chunked_array(found, pa.string())

    def _ids(self, place: int) -> pa.ChunkedArray:
        return self.snapshot.leaves(place)["record_id"]

    def _held(self, place: int, people: People) -> pa.Table:
        leaves = self.snapshot.leaves(place)
        ids = leaves["record_id"].combine_chunks()
        authors = pa.table([ids, people.numbers_of_authors(leaves["data_subject_commitment"])], schema=HELD_SCHEMA)
        participants = self._content(place, "participants")
        if participants is None:
            return authors
        lists = participants.combine_chunks()
        others = people.numbers_of(pc.list_flatten(lists))
        taking_part = pa.table([ids.take(pc.list_parent_indices(lists)), others], schema=HELD_SCHEMA)
        return pa.concat_tables([authors, taking_part])

    def _content(self, place: int, column: str) -> pa.ChunkedArray | None:
        """Return one column of a shard, decrypted for this; None, and a note, where nobody can read it any more."""
        try:
            return self.snapshot.shard(place, self.vault, columns=[column])[column]
        except (ContentRemovedError, KeyUnavailableError) as error:
            told = "who takes part in its records" if column == "participants" else "how old its records are"
            path = self.snapshot.manifest.shards[place].path
            self.not_looked_up.append(f"{self.snapshot.manifest.label}: {path}: {told} is not known: {error}")
            return None
