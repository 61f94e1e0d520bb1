"""The index behind an answer: built where it is missing, with a bar; passed over where it cannot be kept."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from policies.terminal import err

if TYPE_CHECKING:
    from lineage.home import Home
    from lineage.index.keeping import Indexes
    from lineage.statement import TrustedKey

FullScanFlag = Annotated[
    bool,
    typer.Option(
        "--full-scan", help="Read all evidence anew instead of asking the index, and take its word for nothing."
    ),
]


@contextlib.contextmanager
def kept_indexes(where: "Home", trusted: "Sequence[TrustedKey]", *, full_scan: bool) -> "Iterator[Indexes | None]":
    """Give the indices of a home, brought up to date; None where all evidence is to be read instead."""
    from lineage.index.keeping import Indexes

    vault = None if full_scan else where.held_vault()
    if vault is None:
        yield None
        return
    indexes = Indexes(where.warehouse, vault, trusted)
    yield indexes if _brought_up_to_date(where, trusted, indexes) else None


@contextlib.contextmanager
def needed_indexes(where: "Home", trusted: "Sequence[TrustedKey]", *, full_scan: bool) -> "Iterator[Indexes]":
    """Give the indices of a home, brought up to date; built for this answer alone where none are to be kept."""
    from lineage.index.keeping import Indexes
    from lineage.warehouse import Warehouse

    with kept_indexes(where, trusted, full_scan=full_scan) as kept:
        if kept is not None:
            yield kept
            return
        with tempfile.TemporaryDirectory() as directory:
            indexes = Indexes(where.warehouse, where.vault(), trusted, Warehouse(directory))
            _brought_up_to_date(where, trusted, indexes)
            yield indexes


def _brought_up_to_date(where: "Home", trusted: "Sequence[TrustedKey]", indexes: "Indexes") -> bool:
    """Build what is missing or stale; False, and a word on the error stream, where it cannot be written."""
    from rich.progress import Progress

    from lineage.trace.indexed import due_indexes
    from lineage.warehouse import WarehouseError

    due = due_indexes(where.warehouse, trusted, indexes)
    with Progress(console=err, transient=True, disable=not due or not err.is_terminal) as shown:
        task = shown.add_task("indexing", total=sum(one.records for one in due))
        try:
            indexes.build(due, lambda records: shown.advance(task, records))
        except WarehouseError as error:
            err.print(f"No index is kept here, so all evidence is read: {error}", markup=False, highlight=False)
            return False
    return True
