"""One landed file: in which snapshots its records are, and which models read them in which steps."""

import re
from collections.abc import Sequence
from typing import Any

from lineage.canonical import rfc3339
from lineage.index.keeping import Indexes
from lineage.index.of_model import Read
from lineage.ledger.entries import Batch
from lineage.ledger.store import Ledger
from lineage.statement import TrustedKey
from lineage.trace.indexed import IndexedEvidence, gather_stated
from lineage.warehouse import Warehouse
from policies.errors import UsageError

ASKED = re.compile(r"[0-9a-f]{4,64}")


def trace_batch(
    asked: str, warehouse: Warehouse, ledger: Ledger, trusted: Sequence[TrustedKey], indexes: Indexes
) -> dict[str, Any]:
    """Answer where the records of a landed file went.

    Args:
        asked: SHA-256 of the file as it was delivered, in hexadecimal, or how it begins: four digits at least.
        warehouse: Holds the snapshots and models.
        ledger: Holds the landed batches.
        trusted: The keys that may have signed.
        indexes: Where to look.

    Returns:
        A JSON document: the file, as the ledger names it, ``snapshots`` with its records, and ``models`` that
        read them. What could not be followed is under ``unverified``.

    Raises:
        UsageError: It names no landed file, or several.
        IndexContradictedError: An index was changed.
    """
    if not ASKED.fullmatch(asked):
        raise UsageError(f"{asked!r} does not begin a digest.", remedy="Give 4 to 64 lower-case hexadecimal digits.")
    evidence = gather_stated(warehouse, trusted, indexes)
    landed = {batch.batch: batch for batch in ledger.batches()}
    digest = _named(asked, landed, evidence)
    snapshots, models = [], []
    for snapshot, index, trained in evidence.followed():
        ordinals = index.batch(digest)
        if not len(ordinals):
            continue
        manifest = snapshot.manifest
        snapshots.append(
            {
                "snapshot": manifest.label,
                "purpose": manifest.purpose,
                "policy": f"{manifest.policy.policy_id} v{manifest.policy.version}",
                "decided_for": rfc3339(manifest.as_of.effective_at),
                "records": len(ordinals),
            }
        )
        for model, of_model in trained:
            read = Read.of(of_model.readings((ordinals & of_model.read).numbers()))
            models += [model.document() | read.document()] if read.records else []
    return {
        "batch": digest,
        **_landed(landed.get(digest)),
        "snapshots": snapshots,
        "models": models,
        "unverified": evidence.unverified,
    }


def _named(asked: str, landed: dict[str, Batch], evidence: IndexedEvidence) -> str:
    indices = (evidence.indexes.of_snapshot(snapshot) for snapshot in evidence.snapshots)
    known = set(landed).union(*(index.seal.batches for index in indices if index is not None))
    found = sorted(digest for digest in known if digest.startswith(asked))
    if len(found) != 1:
        several = f"{len(found)} landed files begin with {asked}." if found else f"No landed file begins with {asked}."
        listed = ", ".join(digest[: len(asked) + 8] for digest in found[:10])
        raise UsageError(several, remedy=f"Give more digits: {listed}." if found else "See `lineweight ledger show`.")
    return found[0]


def _landed(batch: Batch | None) -> dict[str, Any]:
    return {
        "source": batch.source if batch else None,
        "file": batch.file_name if batch else None,
        "landed_at": rfc3339(batch.landed_at) if batch else None,
        "records_landed": batch.records if batch else None,
    }
