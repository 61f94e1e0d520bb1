"""The consumption ledger: which record was in which step of a training run, as the loader saw it.

The loader writes one row for each record it put into a tensor or skipped, in order of reading. The root
is the RFC 9162 Merkle root of a tree with one entry a row, in big-endian::

    epoch u32 ‖ optimizer_step u64 ‖ micro_step u32 ‖ shard u32 ‖ row u64 ‖ leaf (32 bytes) ‖ n_tokens u32
    ‖ length of record_id u32 ‖ record_id ‖ 0x00, or 0x01 ‖ length of skipped_reason u32 ‖ skipped_reason

Texts are UTF-8. ``shard`` and ``row`` count from 0, in the order of the snapshot's manifest.
"""

import struct
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import merkle
from lineage.evidence_table import EvidenceUnreadableError
from lineage.verifying.depth import Depth, drawn

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
_FIXED_COLUMNS = ("epoch", "optimizer_step", "micro_step", "shard", "row", "leaf", "n_tokens")
_FIXED = struct.Struct(">IQIIQ32sI")
_LENGTH = struct.Struct(">I")


def consumption_root(table: pa.Table) -> bytes:
    """Return the Merkle root of ``n`` rows of ``CONSUMPTION_SCHEMA`` in order; of none, SHA-256 of nothing.

    Raises:
        EvidenceUnreadableError: A number is negative.
    """
    return merkle.root([merkle.leaf_hash(entry) for entry in entries(table)])


def trained_on(table: pa.Table) -> pa.Table:
    """Return the rows that stood in a step, those skipped left out."""
    return table.filter(pc.is_null(table["skipped_reason"]))


def fault_in_order(table: pa.Table, records: int) -> str:
    """Return why rows cannot be what a run read in order, in words; empty if they can.

    Steps and epochs count up from 0 without a gap, an epoch holds no record twice, and one that was finished holds all.

    Args:
        table: Rows of ``CONSUMPTION_SCHEMA``.
        records: How many records the snapshot has to train on.
    """
    if not table.num_rows:
        return "nothing was read"
    for name, told in (("optimizer_step", "step"), ("epoch", "epoch")):
        counted = table[name].to_numpy()
        if counted[0] != 0 or not np.isin(np.diff(counted), (0, 1)).all():
            return f"its {told}s do not count up one by one"
    if table.group_by(["epoch", "shard", "row"]).aggregate([]).num_rows < table.num_rows:
        return "a record stands in it twice in one epoch"
    _, read = np.unique(table["epoch"].to_numpy(), return_counts=True)
    return "" if (read[:-1] == records).all() else "an epoch that was finished has not read every record"


def rows_drawn(table: pa.Table, depth: Depth, root: str) -> pa.Table:
    """Return the rows that an auditor's sample draws of those trained on, in order.

    Args:
        table: Rows of ``CONSUMPTION_SCHEMA``.
        depth: How many, and by which seed.
        root: Of the ledger, in hexadecimal.
    """
    trained = trained_on(table)
    return trained.take(pa.array(drawn(depth, root, trained.num_rows), pa.int64()))


def places(table: pa.Table) -> list[tuple[int, int]]:
    """Return shard and row of each record in some rows, sorted, each once."""
    return sorted(set(zip(table["shard"].to_pylist(), table["row"].to_pylist(), strict=True)))


def entries(table: pa.Table) -> Iterator[bytes]:
    """Yield the canonical bytes of each row in order.

    Raises:
        EvidenceUnreadableError: A number is negative.
    """
    fixed = [table[name].to_pylist() for name in _FIXED_COLUMNS]
    texts = zip(table["record_id"].to_pylist(), table["skipped_reason"].to_pylist(), strict=True)
    try:
        for numbers, (record_id, reason) in zip(zip(*fixed, strict=True), texts, strict=True):
            told = b"\x00" if reason is None else b"\x01" + _text(reason)
            yield _FIXED.pack(*numbers) + _text(record_id) + told
    except struct.error as error:
        raise EvidenceUnreadableError("The consumption ledger holds a number out of range.") from error


def _text(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data
