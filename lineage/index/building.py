"""Building an index from evidence: leaves that were verified, participants decrypted for this, ledgers as signed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.bitmaps import Ordinals
from lineage.index.kinds import (
    AUTHOR,
    PARTICIPANT,
    PEOPLE,
    RECORDS,
    digest_words,
    digests_of,
    ranges,
    record_keys,
    words_of,
)
from lineage.index.of_model import Trained, readings, write_model_index
from lineage.index.of_snapshot import BuiltFrom, SnapshotContent, write_snapshot_index
from lineage.index.runs import Runs, Workplace
from lineage.index.seal import ModelSeal, SnapshotSeal
from lineage.index.table import Rows
from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.leaf import DIGEST, NO_CONSENT_RECEIPT, data_subject_commitment, digest_column
from lineage.manifest import DataSubjects, Shard, SnapshotManifest
from lineage.models import Model, NotVerifiedError
from lineage.proving.data_subjects import COMMITMENT, DATA_SUBJECT_SCHEMA, stated
from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot, SnapshotError
from lineage.training_statement import consumption
from lineage.warehouse import Warehouse

Progress = Callable[[int], None]
"""Told how many more records were taken in."""


def offsets_of(manifest: SnapshotManifest) -> npt.NDArray[np.int64]:
    """Return the ordinal of the first row of every shard, and last the number of all records."""
    return np.concatenate([[0], np.cumsum([shard.rows for shard in manifest.shards])]).astype(np.int64)


def unreadable(snapshot: Snapshot, vault: Vault) -> tuple[int, ...]:
    """Return the places of the shards of which nobody can read who takes part in their records."""
    shards = enumerate(snapshot.manifest.shards)
    return tuple(
        place for place, shard in shards if shard.path in snapshot.removed or not vault.has_tenant(shard.tenant)
    )


def index_snapshot(
    warehouse: Warehouse, directory: str, snapshot: Snapshot, vault: Vault, progress: Progress
) -> SnapshotSeal:
    """Write the files of a snapshot's index, shard by shard, and return the seal they need.

    Participants who have no salt get one, so that they can be found; whose salt was destroyed is passed over.

    Args:
        warehouse: Where to.
        directory: In the warehouse.
        snapshot: Every leaf of it is recomputed.
        vault: Holds the keys to read who takes part, and the salts.
        progress: Told of the records of each shard.

    Raises:
        SnapshotError: The evidence does not verify, or the people in it are not those the manifest states.
        NotIndexedError: It verifies, and still cannot be indexed.
        WarehouseError: Nothing can be written there.
    """
    manifest = snapshot.manifest
    with Workplace(warehouse, directory) as work:
        gathered = _Gathered(manifest, work.runs(PEOPLE), work.runs(RECORDS))
        for place, shard in enumerate(manifest.shards):
            leaves = snapshot.leaves(place)
            gathered.take_leaves(place, leaves)
            gathered.take_participants(place, _participants(snapshot, place, vault))
            progress(shard.rows)
        people = _Counting(gathered.people.merged())
        content = SnapshotContent(people, gathered.records.merged(), gathered.consented, gathered.batches)
        unread = unreadable(snapshot, vault)
        built_from = BuiltFrom(snapshot.manifest_digest, snapshot.statement_digest, manifest.rows, unread)
        seal = write_snapshot_index(warehouse, directory, content, built_from)
    if people.stated() != manifest.data_subjects:
        raise SnapshotError(f"{manifest.label}: the people in the leaves are not those that the manifest states.")
    return seal


class _Gathered:
    """What the shards of a snapshot give, one after the other."""

    def __init__(self, manifest: SnapshotManifest, people: Runs, records: Runs) -> None:
        self.people, self.records = people, records
        self.consented = Ordinals.none(manifest.rows)
        self.batches: dict[str, Ordinals] = {}
        self._rows, self._offsets = manifest.rows, offsets_of(manifest)

    def take_leaves(self, place: int, leaves: pa.Table) -> None:
        """Take in the leaves of a shard, verified."""
        ordinals = self._ordinals(place, leaves.num_rows)
        self.people.add(ranges(digest_words(leaves[COMMITMENT]), ordinals, AUTHOR))
        records = RECORDS.empty(leaves.num_rows)
        records["key"], records["ordinal"] = record_keys(leaves["record_id"]), ordinals
        self.records.add(records)
        consented = pc.not_equal(leaves["consent_receipt"], pa.scalar(NO_CONSENT_RECEIPT, DIGEST))
        self.consented.add(Ordinals.of(ordinals[consented.to_numpy()], self._rows))
        batches = leaves["source_batch_digest"].combine_chunks().dictionary_encode()
        codes = batches.indices.to_numpy()
        for code, digest in enumerate(batches.dictionary.to_pylist()):
            known = self.batches.setdefault(digest.hex(), Ordinals.none(self._rows))
            known.add(Ordinals.of(ordinals[codes == code], self._rows))

    def take_participants(self, place: int, taking_part: "Participants") -> None:
        """Take in who takes part in the records of a shard."""
        ordinals = taking_part.rows + self._first(place)
        order = np.lexsort([ordinals, taking_part.words[:, 3], taking_part.words[:, 0]])
        self.people.add(ranges(taking_part.words[order], ordinals[order], PARTICIPANT))

    def _ordinals(self, place: int, rows: int) -> npt.NDArray[np.uint64]:
        return np.arange(rows, dtype=np.uint64) + self._first(place)

    def _first(self, place: int) -> np.uint64:
        return np.uint64(self._offsets[place])


@dataclass(frozen=True)
class Participants:
    """Who takes part in the records of a shard: ``[n, 4]`` commitments, and of each the row."""

    words: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, 4), np.uint64))
    rows: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))


def _participants(snapshot: Snapshot, place: int, vault: Vault) -> Participants:
    shard = snapshot.manifest.shards[place]
    try:
        column = snapshot.shard(place, vault, columns=["participants"])["participants"].combine_chunks()
    except (ContentRemovedError, KeyUnavailableError):
        return Participants()
    named = pc.list_flatten(column).dictionary_encode()
    people = named.dictionary.to_pylist()
    if not people:
        return Participants()
    committed = commitments(vault, shard, people)
    held = np.array([person in committed for person in people])
    words = digest_words(digest_column([committed.get(person, bytes(32)) for person in people]))
    codes = named.indices.to_numpy()
    rows = pc.list_parent_indices(column).to_numpy()[held[codes]].astype(np.uint64)
    pairs = np.unique(np.stack([codes[held[codes]].astype(np.uint64), rows], axis=1), axis=0)
    return Participants(words[pairs[:, 0]], pairs[:, 1])


def commitments(vault: Vault, shard: Shard, people: list[str]) -> dict[str, bytes]:
    """Return what stands for some people of a shard's tenant; whoever's salt was destroyed is left out.

    Raises:
        KeyUnavailableError: There is no key of the tenant.
    """
    salts = vault.known_salts(shard.tenant, people)
    missing = [person for person in people if person not in salts]
    destroyed = vault.destroyed(shard.tenant, missing)
    salts |= vault.salts(shard.tenant, [person for person in missing if person not in destroyed])
    return {person: data_subject_commitment(salt, shard.tenant, person) for person, salt in salts.items()}


class _Counting:
    """Passes on rows of ``PEOPLE`` in order, and counts the records that each person wrote."""

    def __init__(self, parts: Iterable[Rows]) -> None:
        self._parts = parts
        self._counted: list[pa.Table] = []

    def __iter__(self) -> Iterator[Rows]:
        for rows in self._parts:
            self._count(rows[rows["role"] == AUTHOR])
            yield rows

    def _count(self, wrote: Rows) -> None:
        if len(wrote):
            words = words_of(wrote)
            begins = np.flatnonzero(np.append(True, (words[1:] != words[:-1]).any(axis=1)))
            records = np.add.reduceat(wrote["rows"].astype(np.int64), begins)
            counted = [digests_of(words[begins]), pa.array(records)]
            self._counted.append(pa.table(counted, schema=DATA_SUBJECT_SCHEMA))

    def stated(self) -> DataSubjects:
        """Return what a manifest has to say of the people counted. A person's rows are never in two pieces."""
        return stated(pa.concat_tables([DATA_SUBJECT_SCHEMA.empty_table(), *self._counted]).combine_chunks())


def index_model(
    warehouse: Warehouse, directory: str, model: Model, snapshot: SnapshotManifest, progress: Progress
) -> ModelSeal:
    """Write the files of a model's index, and return the seal they need.

    Args:
        warehouse: Where to.
        directory: In the warehouse.
        model: Its consumption ledger was compared with what was signed.
        snapshot: The manifest it was trained on.
        progress: Told of the readings of each shard.

    Raises:
        NotVerifiedError: It read a record where the snapshot has none.
        NotIndexedError: A step is beyond what an index can hold.
        WarehouseError: Nothing can be written there.
    """
    stated_ledger = consumption(model.opened.predicate)
    trained = Trained(model.opened.statement_digest, model.snapshot_digest, stated_ledger.sha256, snapshot.rows)
    return write_model_index(warehouse, directory, _readings(model, snapshot, progress), trained)


def _readings(model: Model, snapshot: SnapshotManifest, progress: Progress) -> Iterator[Rows]:
    offsets = offsets_of(snapshot)
    columns = {name: model.read[name].to_numpy() for name in ("shard", "row", "optimizer_step", "n_tokens")}
    shard, row = columns["shard"], columns["row"]
    there = (shard >= 0) & (shard < len(snapshot.shards)) & (row >= 0)
    if not there.all() or (row >= np.diff(offsets)[shard]).any():
        raise NotVerifiedError(f"{model.directory}: it read a record where {snapshot.label} has none.")
    for place in range(len(snapshot.shards)):
        of_shard = np.flatnonzero(shard == place)
        ordinals = (row[of_shard] + offsets[place]).astype(np.uint64)
        yield readings(ordinals, columns["optimizer_step"][of_shard], columns["n_tokens"][of_shard])
        progress(len(of_shard))
