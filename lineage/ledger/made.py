"""Landed batches and published artifacts as rows, and back."""

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from lineage.canonical import canonical_json, digest_of
from lineage.ledger.entries import Artifact, Batch
from lineage.ledger.tables import instant, microseconds


def batch_row(batch: Batch) -> dict[str, Any]:
    """Return the row of a batch; its digest is of all that was landed, not of when."""
    document = asdict(batch)
    landed_at = document.pop("landed_at")
    return {
        "source": batch.source,
        "batch": batch.batch,
        "digest": digest_of(document),
        "landed_at": microseconds(landed_at),
        "document": canonical_json(document).decode(),
    }


def read_batch(row: sa.Row[Any]) -> Batch:
    """Return the batch of a row that has ``landed_at`` and ``document``."""
    return Batch(landed_at=instant(row.landed_at), **json.loads(row.document))


def artifact_row(artifact: Artifact) -> dict[str, Any]:
    """Return the row of an artifact."""
    return asdict(artifact) | {"recorded_at": microseconds(artifact.recorded_at)}


def read_artifact(row: sa.Row[Any]) -> Artifact:
    """Return the artifact of a row."""
    fields = {name: value for name, value in row._mapping.items() if name not in ("sequence", "recorded_at")}
    return Artifact(recorded_at=instant(row.recorded_at), **fields)
