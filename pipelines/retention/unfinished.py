"""Files that were being written when a process died: no reader sees them, and nobody else would remove them."""

from datetime import datetime, timedelta
from functools import partial

from lineage.warehouse import Warehouse
from pipelines.retention.found import Found, Outlived, Where

AREAS = ("landing", "governed", "snapshots", "index")
WRITING = timedelta(days=1)
"""Longer than any file takes to write."""


def find_unfinished(warehouse: Warehouse, at: datetime) -> Found:
    """Return the files under a staging name that were last written to a day or more before an instant (UTC)."""
    found = Found(Where.UNFINISHED)
    for area in AREAS:
        for path, written_at, size in warehouse.unfinished(area):
            if written_at + WRITING > at:
                found.remains.add(0, size)
                continue
            since = written_at + WRITING
            found.outlived.append(Outlived(Where.UNFINISHED, path, "", (), 0, 0, size, since, "never finished writing"))
            found.removals.append(partial(warehouse.delete_file, path))
    return found
