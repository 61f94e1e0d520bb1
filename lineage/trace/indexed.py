"""Evidence found by an index: opened where the index says that something lies, and held against it there.

What an index says of a person or a record is never told on its word alone. The leaves of the shards it names are
recomputed, and the ledgers of the models it names are compared with what was signed; what it left out of those, or
added, is noticed. That the others hold nothing stands on the index's seal (`lineage.index.seal`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.building import offsets_of
from lineage.index.keeping import Due, Indexes
from lineage.index.of_model import ModelIndex, Read
from lineage.index.of_snapshot import SnapshotIndex
from lineage.index.table import IndexContradictedError
from lineage.models import Model, NotVerifiedError, open_model
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import Evidence, gather, noting
from lineage.trace.ledger_rows import ledger_rows
from lineage.warehouse import Warehouse


@dataclass
class IndexedEvidence(Evidence):
    """What a warehouse holds, of which ledgers are read only where an index says that it matters."""

    warehouse: Warehouse = field(kw_only=True)
    trusted: Sequence[TrustedKey] = field(kw_only=True)
    indexes: Indexes = field(kw_only=True)

    def models_that_read(self, snapshot: Snapshot, record_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the models that read any of these records of a snapshot, and in which steps.

        Raises:
            IndexContradictedError: A ledger says something else than the index of its model.
        """
        wanted = pa.array(sorted(set(record_ids)), pa.string())
        told = []
        for model in self.models:
            if model.snapshot_digest != snapshot.manifest_digest:
                told.append(model)
                continue
            with noting(self.unverified, model.directory):
                told.append(self._with_readings(model, snapshot, wanted))
        self.models[:] = told
        return super().models_that_read(snapshot, wanted.to_pylist())

    def followed(self) -> Iterator[tuple[Snapshot, SnapshotIndex, list[tuple[Model, ModelIndex]]]]:
        """Yield each snapshot with its index, and the models that were trained on it with theirs.

        What has no index is noted under ``unverified``: nothing can be said of it.
        """
        for snapshot in self.snapshots:
            index = self.indexes.of_snapshot(snapshot)
            if index is None:
                self._note_without_index(snapshot.directory)
                continue
            trained = [model for model in self.models if model.snapshot_digest == snapshot.manifest_digest]
            yield snapshot, index, [(model, found) for model in trained if (found := self._index_of(model)) is not None]

    def _index_of(self, model: Model) -> ModelIndex | None:
        index = self.indexes.of_model(model)
        if index is None:
            self._note_without_index(model.directory)
        return index

    def _note_without_index(self, directory: str) -> None:
        why = self.indexes.failed.get(directory, "There is no index of it.")
        self.unverified.append({"directory": directory, "why": str(why)})

    def _with_readings(self, model: Model, snapshot: Snapshot, wanted: pa.Array) -> Model:
        """Return a model with its readings of some records of a snapshot, read from its ledger."""
        index, of_snapshot = self.indexes.of_model(model), self.indexes.of_snapshot(snapshot)
        if index is None or of_snapshot is None:
            return open_model(self.warehouse, model.directory, self.trusted)
        ordinals = of_snapshot.records(wanted)
        said = Read.of(index.readings(ordinals))
        if not said.records:
            return model
        rows = ledger_rows(self.warehouse, model, offsets_of(snapshot.manifest), ordinals)
        if _added_up(rows) != said:
            raise IndexContradictedError(f"{model.directory}: its ledger says something else than its index.")
        if not pc.all(pc.is_in(rows["record_id"], wanted)).as_py():
            raise NotVerifiedError(f"{model.directory}: its ledger names other records than {snapshot.manifest.label}.")
        return replace(model, consumed=rows)


def gather_stated(warehouse: Warehouse, trusted: Sequence[TrustedKey], indexes: Indexes) -> IndexedEvidence:
    """Open every snapshot of a warehouse, and every model but for its ledger, that a trusted key signed.

    What could not be indexed because it does not verify is noted as not followed.
    """
    opened = gather(warehouse, trusted, ledgers=False)
    evidence = IndexedEvidence([], [], opened.unverified, warehouse=warehouse, trusted=trusted, indexes=indexes)
    for snapshot in opened.snapshots:
        with noting(evidence.unverified, snapshot.directory):
            indexes.raise_if_failed(snapshot.directory)
            evidence.snapshots.append(snapshot)
    for model in opened.models:
        with noting(evidence.unverified, model.directory):
            indexes.raise_if_failed(model.directory)
            evidence.models.append(model)
    return evidence


def by_shard(snapshot: Snapshot, ordinals: Any) -> Mapping[int, Any]:
    """Return ordinals as rows of their shards, by the shard's place."""
    offsets = offsets_of(snapshot.manifest)
    at = np.asarray(ordinals).astype(np.int64)
    shard = np.searchsorted(offsets, at, side="right") - 1
    return {int(place): at[shard == place] - offsets[place] for place in np.unique(shard)}


def _added_up(rows: pa.Table) -> Read:
    steps = rows["optimizer_step"]
    places = np.stack([rows[name].to_numpy().astype(np.int64) for name in ("shard", "row")], axis=1)
    return Read(
        records=len(np.unique(places, axis=0)),
        readings=rows.num_rows,
        tokens=pc.sum(rows["n_tokens"]).as_py() or 0,
        first_step=pc.min(steps).as_py(),
        last_step=pc.max(steps).as_py(),
    )


def due_indexes(warehouse: Warehouse, trusted: Sequence[TrustedKey], indexes: Indexes) -> list[Due]:
    """Return what has to be built before indices can answer about everything that verifies in a warehouse."""
    evidence = gather_stated(warehouse, trusted, indexes)
    return indexes.due(evidence.snapshots, evidence.models)
