"""One record: in which snapshots it is, on what ground, and which models read it in which steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.index.keeping import Indexes
from lineage.index.kinds import KEY_DIGITS
from lineage.index.table import IndexContradictedError
from lineage.keys.vault import Vault
from lineage.ledger.entries import Batch
from lineage.ledger.store import Ledger
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import consent_document, decisions_of, gather, receipt_of
from lineage.trace.indexed import by_shard, gather_stated
from lineage.trace.origin import origin_of
from lineage.warehouse import Warehouse


def trace_record(
    record_id: str,
    warehouse: Warehouse,
    ledger: Ledger,
    trusted: Sequence[TrustedKey],
    indexes: Indexes | None = None,
    vault: Vault | None = None,
) -> dict[str, Any]:
    """Answer where a record came from and went, and why it was allowed to.

    Args:
        record_id: ``r`` and 32 hex digits.
        warehouse: Holds the snapshots and models.
        ledger: Holds the consents and the landed batches.
        trusted: The keys that may have signed.
        indexes: Where to look; without, every leaf is read.
        vault: Opens the tenant's files, for the line a record came in and for what was redacted in it.

    Returns:
        A JSON document: ``snapshots`` with place, origin (`origin_of`), decision and consent, each with the
        ``models`` that read the record, and what does not verify under ``unverified``.

    Raises:
        IndexContradictedError: An index was changed, or says something else than the evidence.
    """
    evidence = gather(warehouse, trusted) if indexes is None else gather_stated(warehouse, trusted, indexes)
    batches = {batch.batch: batch for batch in ledger.batches()}

    def find(snapshot: Snapshot) -> list[dict[str, Any]]:
        places = _places(snapshot, record_id, indexes)
        return [_entry(snapshot, place, batches, ledger, warehouse, vault) for place in places]

    found = [
        entry | {"models": evidence.models_that_read(snapshot, [record_id])}
        for snapshot, entries in evidence.search(find)
        for entry in entries
    ]
    return {"record_id": record_id, "snapshots": found, "unverified": evidence.unverified}


def _entry(
    snapshot: Snapshot,
    place: dict[str, Any],
    batches: Mapping[str, Batch],
    ledger: Ledger,
    warehouse: Warehouse,
    vault: Vault | None,
) -> dict[str, Any]:
    leaf = place.pop("leaf")
    digest = leaf["source_batch_digest"].hex()
    batch = batches.get(digest)
    return {
        "snapshot": snapshot.manifest.label,
        **place,
        "leaf": leaf["leaf"].hex(),
        "source": batch.source if batch else None,
        "file": batch.file_name if batch else None,
        "batch": digest,
        **origin_of(snapshot, place["shard"], place["row"], leaf, warehouse, vault),
        **_ground(snapshot, leaf, ledger),
    }


def _places(snapshot: Snapshot, record_id: str, indexes: Indexes | None) -> list[dict[str, Any]]:
    index = None if indexes is None else indexes.of_snapshot(snapshot)
    if index is None:
        return [_place(snapshot, shard, row, leaves) for shard, row, leaves in _scanned(snapshot, record_id)]
    found = []
    for shard, rows in by_shard(snapshot, index.records(pa.array([record_id]))).items():
        leaves = snapshot.leaves(shard)
        for row in rows.tolist():
            place = _place(snapshot, shard, row, leaves)
            known = place["leaf"]["record_id"]
            if known == record_id:
                found.append(place)
            elif known[: 1 + KEY_DIGITS] != record_id[: 1 + KEY_DIGITS]:
                raise IndexContradictedError(f"{snapshot.manifest.label}: its index has a record where another lies.")
    return found


def _scanned(snapshot: Snapshot, record_id: str) -> Iterator[tuple[int, int, pa.Table]]:
    for shard in range(len(snapshot.manifest.shards)):
        leaves = snapshot.leaves(shard)
        row = pc.index(leaves["record_id"], pa.scalar(record_id)).as_py()
        if row >= 0:
            yield shard, row, leaves


def _place(snapshot: Snapshot, shard: int, row: int, leaves: pa.Table) -> dict[str, Any]:
    tenant = snapshot.manifest.shards[shard].tenant
    return {"tenant": tenant, "shard": shard, "row": row, "leaf": leaves.slice(row, 1).to_pylist()[0]}


def _ground(snapshot: Snapshot, leaf: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    """Return the policy, the decision with its facts, and the consent event that decided."""
    policy, receipt = snapshot.manifest.policy, receipt_of(leaf)
    event = ledger.consent_by_receipt(receipt) if receipt else None
    decided = decisions_of(snapshot).get(leaf["decision_digest"].hex(), {})
    return {
        "policy": {"policy_id": policy.policy_id, "version": policy.version, "digest": policy.digest},
        "decision": {name: decided.get(name) for name in ("effect", "reason", "rule", "facts")},
        "receipt": receipt,
        "consent": consent_document(event) if event else None,
        "data_subject_id": event.data_subject_id if event else None,
    }
