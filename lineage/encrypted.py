"""Parquet files that only the holder of a tenant's key can read.

Parquet modular encryption (AES-256-GCM) with the footer encrypted too, so that a file shows neither
schema nor counts. The file's *logical name* is its additional authenticated data: a file that was moved
or swapped for another does not open. No statistics, dictionaries or bloom filters are written, because
they keep raw values.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pqe

from lineage.warehouse import Warehouse
from policies.errors import LineweightError

ROW_GROUP_ROWS = 5_000
BATCH_ROWS = 1_000


class ContentUnreadableError(LineweightError):
    """An encrypted file does not open: another key, another place, or damaged bytes."""

    remedy = "Use the vault that wrote the file, and leave files where they were written."


@contextlib.contextmanager
def encrypted_writer(
    warehouse: Warehouse, path: str, schema: pa.Schema, *, key: bytes, aad: str
) -> Iterator[pq.ParquetWriter]:
    """Open an encrypted file for writing batch by batch; it stands at ``path`` only when it is whole.

    Args:
        warehouse: Where the file goes.
        path: Its place there.
        schema: The columns.
        key: 32 bytes, made for this file alone (`Vault.file_key`).
        aad: The file's logical name, needed again to read it.
    """
    properties = pqe.create_encryption_properties(key, aad_prefix=aad.encode(), store_aad_prefix=False)
    with warehouse.staged(path) as sink:
        writer = pq.ParquetWriter(
            sink,
            schema,
            compression="zstd",
            use_dictionary=False,
            write_statistics=False,
            encryption_properties=properties,
        )
        with writer:
            yield writer


def write_encrypted(
    warehouse: Warehouse,
    path: str,
    table: pa.Table,
    *,
    key: bytes,
    aad: str,
    row_group_rows: int = ROW_GROUP_ROWS,
) -> None:
    """Write a table as one encrypted file."""
    with encrypted_writer(warehouse, path, table.schema, key=key, aad=aad) as writer:
        writer.write_table(table, row_group_size=row_group_rows)


def read_encrypted(
    warehouse: Warehouse, path: str, *, key: bytes, aad: str, columns: Sequence[str] | None = None
) -> pa.Table:
    """Return an encrypted file's rows, all columns or those named.

    Raises:
        ContentUnreadableError: The file does not open, or is not encrypted at all.
        WarehouseError: There is no such file.
    """
    with warehouse.open(path) as source:
        return read_encrypted_source(source, path, key=key, aad=aad, columns=columns)


def read_encrypted_source(
    source: pa.NativeFile, path: str, *, key: bytes, aad: str, columns: Sequence[str] | None = None
) -> pa.Table:
    """Do as `read_encrypted` on an open file or buffer; ``path`` is for the message alone."""
    with _opened(source, path, key, aad) as file:
        return file.read(columns=_wanted(file, path, columns))


def iter_encrypted(
    warehouse: Warehouse,
    path: str,
    *,
    key: bytes,
    aad: str,
    columns: Sequence[str] | None = None,
    row_groups: Sequence[int] | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Yield an encrypted file's rows in order, in bounded memory.

    Args:
        warehouse: Where the file is.
        path: Its place there.
        key: What it was written with.
        aad: The file's logical name.
        columns: Those to read; all by default.
        row_groups: Those to read, in this order; all by default.
        batch_rows: At most so many rows at once.

    Raises:
        ContentUnreadableError: The file does not open, or is damaged further on.
        WarehouseError: There is no such file.
    """
    with warehouse.open(path) as source, _opened(source, path, key, aad) as file:
        wanted = _wanted(file, path, columns)
        groups = None if row_groups is None else list(row_groups)
        yield from file.iter_batches(batch_size=batch_rows, row_groups=groups, columns=wanted)


class RowGroup(NamedTuple):
    """One row group of a file: its rows, and its size before compression."""

    rows: int
    size_bytes: int


def row_groups(warehouse: Warehouse, path: str, *, key: bytes, aad: str) -> list[RowGroup]:
    """Return how large each of an encrypted file's row groups is, in order.

    Raises:
        ContentUnreadableError: The file does not open.
        WarehouseError: There is no such file.
    """
    with warehouse.open(path) as source, _opened(source, path, key, aad) as file:
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        return [RowGroup(group.num_rows, group.total_byte_size) for group in groups]


def _wanted(file: pq.ParquetFile, path: str, columns: Sequence[str] | None) -> list[str] | None:
    """Return the columns to read; Parquet itself would pass over a name it does not have."""
    absent = sorted(set(columns or ()) - set(file.schema_arrow.names))
    if absent:
        raise ContentUnreadableError(f"{path}: has no column {', '.join(absent)}.")
    return None if columns is None else list(columns)


@contextlib.contextmanager
def _opened(source: pa.NativeFile, path: str, key: bytes, aad: str) -> Iterator[pq.ParquetFile]:
    properties = pqe.create_decryption_properties(key, aad_prefix=aad.encode())
    try:
        with pq.ParquetFile(source, decryption_properties=properties) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise ContentUnreadableError(f"{path}: does not open with this key at this place.") from error
