"""Leaves, in columns: a leaves file read batch by batch, and the leaf of each row from its eight digests."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .canonical import sha256
from .report import Refused, require

DIGESTS = (
    "record_commitment",
    "data_subject_commitment",
    "tenant_commitment",
    "source_batch_digest",
    "consent_receipt",
    "decision_digest",
    "policy_digest",
    "redaction_digest",
)
ROWS_AT_ONCE = 8192
DIGEST_TYPE = pa.binary(32)
LEAVES = {"record_id": pa.string(), **dict.fromkeys((*DIGESTS, "leaf"), DIGEST_TYPE)}


def batches_of(data: bytes, columns: dict[str, pa.DataType], may_be_null: str, rows: int, name: str) -> Iterator[Any]:
    """Yield the record batches of a Parquet file of exactly these columns and so many rows."""
    try:
        table = pq.ParquetFile(pa.BufferReader(data))
        schema = table.schema_arrow
        require(schema.names == list(columns), f"{name} has other columns than told")
        require(schema.types == list(columns.values()), f"{name} has columns of other types than told")
        require(table.metadata.num_rows == rows, f"{name} has another number of rows than stated")
        found = 0
        for batch in table.iter_batches(ROWS_AT_ONCE, use_threads=False):
            nulls = [one for one in columns if one != may_be_null and batch.column(one).null_count]
            require(not nulls, f"{name} holds nulls")
            found += batch.num_rows
            yield pa.RecordBatch.from_arrays(batch.columns, names=list(columns))  # whether a null is allowed apart
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"{name} is no Parquet file that can be read") from error
    require(found == rows, f"{name} has another number of rows than stated")


def raw(column: Any) -> bytes:
    """Return the bytes of a column of digests, side by side."""
    if not len(column):
        return b""
    data: bytes = column.buffers()[1].slice(column.offset * 32, len(column) * 32).to_pybytes()
    return data


def leaves_of(columns: list[bytes]) -> list[bytes]:
    """Return the leaf of every row, from its eight digests column by column: SHA-256(0x00 and the eight).

    The entries are put side by side byte column by byte column, which costs 256 copies a batch and no work a row.
    """
    width = 1 + 32 * len(columns)
    entries = bytearray(len(columns[0]) // 32 * width)
    for place, column in enumerate(columns):
        for byte in range(32):
            entries[1 + 32 * place + byte :: width] = column[byte::32]
    view, new = memoryview(entries), hashlib.sha256
    return [new(view[start : start + width]).digest() for start in range(0, len(entries), width)]


def tenant_commitment(tenant: str) -> bytes:
    """Return what stands in a leaf for its tenant."""
    return sha256(b"lineweight tenant\x00" + tenant.encode())
