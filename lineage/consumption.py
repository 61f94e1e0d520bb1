"""The consumption ledger: which record was in which step of a training run, as the loader saw it.

The loader writes one row for each record it put into a tensor or skipped, in order of reading. The root
is the RFC 9162 Merkle root of a tree with one entry a row, in big-endian::

    epoch u32 ‖ optimizer_step u64 ‖ micro_step u32 ‖ shard u32 ‖ row u64 ‖ leaf (32 bytes) ‖ n_tokens u32
    ‖ length of record_id u32 ‖ record_id ‖ 0x00, or 0x01 ‖ length of skipped_reason u32 ‖ skipped_reason

Texts are UTF-8. ``shard`` and ``row`` count from 0, in the order of the snapshot's manifest.
"""

import struct
from typing import Any

import pyarrow as pa

from lineage import merkle
from lineage.evidence_table import EvidenceUnreadableError

CONSUMPTION_SCHEMA = pa.schema(
    [
        pa.field("epoch", pa.int32(), nullable=False),
        pa.field("optimizer_step", pa.int64(), nullable=False),
        pa.field("micro_step", pa.int32(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("leaf", pa.binary(32), nullable=False),
        pa.field("n_tokens", pa.int32(), nullable=False),
        pa.field("skipped_reason", pa.string()),
    ]
)
FIXED = struct.Struct(">IQIIQ32sI")
LENGTH = struct.Struct(">I")


def consumption_root(table: pa.Table) -> bytes:
    """Return the Merkle root of ``n`` rows of ``CONSUMPTION_SCHEMA`` in order; of none, SHA-256 of nothing.

    Raises:
        EvidenceUnreadableError: A number is negative.
    """
    rows = table.select(CONSUMPTION_SCHEMA.names).to_pylist()
    return merkle.root([merkle.leaf_hash(encoded(row)) for row in rows])


def encoded(row: dict[str, Any]) -> bytes:
    """Return the canonical bytes of one row.

    Raises:
        EvidenceUnreadableError: A number is negative.
    """
    try:
        fixed = FIXED.pack(
            row["epoch"],
            row["optimizer_step"],
            row["micro_step"],
            row["shard"],
            row["row"],
            row["leaf"],
            row["n_tokens"],
        )
    except struct.error as error:
        raise EvidenceUnreadableError("The consumption ledger holds a number out of range.") from error
    reason = row["skipped_reason"]
    return fixed + _text(row["record_id"]) + (b"\x00" if reason is None else b"\x01" + _text(reason))


def _text(text: str) -> bytes:
    data = text.encode()
    return LENGTH.pack(len(data)) + data
