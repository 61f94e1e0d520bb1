"""Tables that anybody may read: leaves and what training consumed, as plain Parquet.

They hold ids, digests and counts, never content. The same rows give the same bytes within one pyarrow
version; what proves them is the Merkle root over the rows, which does not depend on it.
"""

import pyarrow as pa
import pyarrow.parquet as pq

from policies.errors import LineweightError


class EvidenceUnreadableError(LineweightError):
    """A file of evidence is not a table of the columns it should have."""

    remedy = "The evidence is damaged or not Lineweight's: fetch it again from where it was published."


def table_bytes(table: pa.Table, schema: pa.Schema) -> bytes:
    """Return a table as one Parquet file.

    Raises:
        EvidenceUnreadableError: The columns are not those of ``schema``, or nulls are where none may be.
    """
    fault = _fault(table, schema)
    if fault:
        raise EvidenceUnreadableError(f"The table cannot be written: {fault}.")
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    return bytes(sink.getvalue())


def read_table(data: bytes, schema: pa.Schema, name: str) -> pa.Table:
    """Return the rows of a file of evidence.

    Args:
        data: The file's bytes.
        schema: The columns it must have, no more and no fewer.
        name: The file's name, for the message.

    Raises:
        EvidenceUnreadableError: It is not such a file.
    """
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (OSError, pa.ArrowException) as error:
        raise EvidenceUnreadableError(f"{name}: is not a Parquet file that can be read.") from error
    fault = _fault(table, schema)
    if fault:
        raise EvidenceUnreadableError(f"{name}: {fault}.")
    return table


def _fault(table: pa.Table, schema: pa.Schema) -> str | None:
    if table.schema.names != schema.names or table.schema.types != schema.types:
        return "its columns are not the ones it should have"
    empty = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    return f"nulls in {', '.join(empty)}" if empty else None
