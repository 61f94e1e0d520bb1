"""The record leaf: 32 bytes that stand for one record of one snapshot, and for why it may be there.

::

    leaf = SHA-256( 0x00 ‖ record_commitment ‖ data_subject_commitment ‖ tenant_commitment
                         ‖ source_batch_digest ‖ consent_receipt ‖ decision_digest
                         ‖ policy_digest ‖ redaction_digest )                       each 32 bytes

It is the RFC 9162 leaf hash of eight digests side by side, so anybody can recompute it from
``leaves/*.parquet`` alone. The two commitments that concern a person are keyed with that person's salt:
a plain hash of a short prompt can be guessed, a keyed one whose salt is destroyed is nobody's.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from lineage import merkle
from lineage.canonical import canonical_json, rfc3339
from lineage.record import RECORD_SCHEMA

DIGEST = pa.binary(32)
NO_CONSENT_RECEIPT = bytes(32)
DIGEST_COLUMNS = (
    "record_commitment",
    "data_subject_commitment",
    "tenant_commitment",
    "source_batch_digest",
    "consent_receipt",
    "decision_digest",
    "policy_digest",
    "redaction_digest",
)
LEAF_SCHEMA = pa.schema(
    [pa.field("record_id", pa.string(), nullable=False)]
    + [pa.field(name, DIGEST, nullable=False) for name in (*DIGEST_COLUMNS, "leaf")]
)
UNSEALED_SCHEMA = pa.schema([field for field in LEAF_SCHEMA if field.name != "leaf"])


def seal(table: pa.Table) -> pa.Table:
    """Return ``n`` rows of ``LEAF_SCHEMA``: the table's columns in their order there, and ``leaf``.

    Args:
        table: ``n`` rows with ``record_id`` and the eight digest columns; a ``leaf`` column is made anew.
    """
    body = table.select(UNSEALED_SCHEMA.names).cast(UNSEALED_SCHEMA)
    return pa.Table.from_arrays([*body.columns, digest_column(_leaves(body))], schema=LEAF_SCHEMA)


def check(table: pa.Table) -> bool:
    """Return whether every row's leaf is the hash of its digests."""
    return digest_bytes(table["leaf"]) == b"".join(_leaves(table))


def leaf_hashes(table: pa.Table) -> list[bytes]:
    """Return the leaves in order, as `merkle.root` takes them."""
    joined = digest_bytes(table["leaf"])
    return [joined[start : start + 32] for start in range(0, len(joined), 32)]


def record_commitment(salt: bytes, record_digest: bytes) -> bytes:
    """Return HMAC-SHA-256(salt of the person, digest of the redacted record)."""
    return hmac.digest(salt, record_digest, "sha256")


def data_subject_commitment(salt: bytes, tenant: str, data_subject_id: str) -> bytes:
    """Return HMAC-SHA-256(salt of the person, tenant ‖ 0x00 ‖ data_subject_id)."""
    return hmac.digest(salt, tenant.encode() + b"\x00" + data_subject_id.encode(), "sha256")


def tenant_commitment(tenant: str) -> bytes:
    """Return SHA-256("lineweight tenant" ‖ 0x00 ‖ tenant); a tenant's name is no secret."""
    return hashlib.sha256(b"lineweight tenant\x00" + tenant.encode()).digest()


def record_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row of ``RECORD_SCHEMA``, as ``to_pylist`` gives it, as a JSON document.

    Times are RFC 3339 in UTC with microseconds; ``attributes`` is a list of [key, value] in the order kept.
    Null stays null: every column is there.
    """
    return {name: _json_ready(row[name]) for name in RECORD_SCHEMA.names}


def record_digests(batch: pa.RecordBatch | pa.Table) -> list[bytes]:
    """Return the SHA-256 of each record's canonical JSON (`record_document`), row for row.

    Args:
        batch: ``n`` rows of ``RECORD_SCHEMA``.

    Raises:
        NotCanonicalError: A record holds what canonical JSON cannot carry, such as NaN.
    """
    rows = batch.select(RECORD_SCHEMA.names).to_pylist()
    return [hashlib.sha256(canonical_json(record_document(row))).digest() for row in rows]


def _json_ready(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # RFC 8785 writes both alike, and integers faster
    if isinstance(value, dict):
        return {name: _json_ready(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(inner) for inner in value]
    return value


def digest_bytes(column: pa.ChunkedArray | pa.Array) -> bytes:
    """Return the bytes of ``n`` digests, end to end.

    Args:
        column: Of type ``DIGEST``, without nulls.
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    start = 32 * whole.offset
    return bytes(whole.buffers()[1][start : start + 32 * len(whole)]) if len(whole) else b""


def digest_column(data: bytes | Sequence[bytes]) -> pa.Array:
    """Return digests that lie end to end, or are listed, as a column of type ``DIGEST``."""
    joined = data if isinstance(data, bytes) else b"".join(data)
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(joined) // 32, [None, pa.py_buffer(joined)])


def _leaves(table: pa.Table) -> list[bytes]:
    rows, width = table.num_rows, 1 + 32 * len(DIGEST_COLUMNS)
    side_by_side = np.zeros((rows, width), dtype=np.uint8)
    for place, name in enumerate(DIGEST_COLUMNS):
        side_by_side[:, 1 + 32 * place : 33 + 32 * place] = np.frombuffer(digest_bytes(table[name]), np.uint8).reshape(
            rows, 32
        )
    return merkle.leaf_hashes_of(side_by_side.data.cast("B"), width) if rows else []
