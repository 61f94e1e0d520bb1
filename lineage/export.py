"""A snapshot's records in the clear, for tools that read Parquet or JSON Lines."""

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.canonical import sha256_hex
from lineage.keys.vault import Vault
from lineage.leaf import record_document
from lineage.snapshot import MANIFEST_FILE, Snapshot
from policies.errors import UsageError

ExportFormat = Literal["parquet", "jsonl"]


def export(
    snapshot: Snapshot,
    vault: Vault,
    target: Path,
    format: ExportFormat = "parquet",
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a snapshot's records, decrypted, into a new directory that only its owner can read.

    One file a shard, in the order of the manifest, and a copy of ``manifest.json``. Nothing stands at
    ``target`` until everything is written.

    Args:
        snapshot: What to export; each shard is compared with its signed digest first.
        vault: Holds the tenants' keys.
        target: A directory that does not exist or is empty.
        format: ``parquet``, or ``jsonl`` with one record a line, times in RFC 3339.
        progress: Called with the number of rows of each shard written.

    Returns:
        The number of records written.

    Raises:
        UsageError: There is something at ``target`` already.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target}: there is something here already.", remedy="Name a new or empty directory.")
    staging = target.with_name(f".staging-{uuid.uuid4().hex}")
    staging.mkdir(mode=0o700, parents=True)
    try:
        rows = _write_shards(snapshot, vault, staging, format, progress)
        manifest = snapshot.manifest.to_bytes()
        (staging / MANIFEST_FILE).write_bytes(snapshot.file(MANIFEST_FILE, sha256_hex(manifest)))
        staging.replace(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return rows


def _write_shards(
    snapshot: Snapshot,
    vault: Vault,
    directory: Path,
    format: ExportFormat,
    progress: Callable[[int], None] | None,
) -> int:
    rows = 0
    for index, shard in enumerate(snapshot.manifest.shards):
        table = snapshot.shard(index, vault)
        path = directory / f"{Path(shard.path).stem}.{format}"
        if format == "parquet":
            pq.write_table(table, path, compression="zstd")
        else:
            _write_lines(table, path)
        rows += table.num_rows
        if progress is not None:
            progress(table.num_rows)
    return rows


def _write_lines(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as sink:
        for batch in table.to_batches(max_chunksize=1_000):
            for row in batch.to_pylist():
                document = record_document(row)
                document["attributes"] = dict(document["attributes"])
                sink.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
