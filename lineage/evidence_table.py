"""Tables that anybody may read: leaves and what training consumed, as plain Parquet.

They hold ids, digests and counts, never content. The same rows give the same bytes within one pyarrow
version; what proves them is the Merkle root over the rows, which does not depend on it.
"""

import pyarrow as pa
import pyarrow.parquet as pq

from policies.errors import LineweightError

_MOST_TIMES = 1_000


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
        file = pq.ParquetFile(pa.BufferReader(data))
        fault = _fault_in_shape(file, schema, len(data))
        table = schema.empty_table() if fault else file.read()
        table.validate(full=True)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise EvidenceUnreadableError(f"{name}: is not a Parquet file that can be read.") from error
    fault = fault or _fault(table, schema)
    if fault:
        raise EvidenceUnreadableError(f"{name}: {fault}.")
    return table


def _fault_in_shape(file: pq.ParquetFile, schema: pa.Schema, size: int) -> str | None:
    """Return what is wrong with a file before any of its rows is read: columns, or more bytes than it can hold."""
    found, said = file.schema_arrow, file.metadata
    if found.names != schema.names or found.types != schema.types:
        return "its columns are not the ones it should have"
    unpacked = sum(said.row_group(index).total_byte_size for index in range(said.num_row_groups))
    if unpacked > _MOST_TIMES * size or said.num_rows > _MOST_TIMES * size:
        return "it unpacks to far more than it is"
    return None


def _fault(table: pa.Table, schema: pa.Schema) -> str | None:
    if table.schema.names != schema.names or table.schema.types != schema.types:
        return "its columns are not the ones it should have"
    empty = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    return f"nulls in {', '.join(empty)}" if empty else None
