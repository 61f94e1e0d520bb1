"""The transparency log in the ledger's database: entries in order, and the checkpoints signed over them."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from lineage.ledger.connecting import refusing, writing
from lineage.ledger.tables import instant, log_checkpoints, log_entries, microseconds
from lineage.tlog.entry import LogEntry


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the log.

    Attributes:
        position: Its place, from 0; rows of a sound log have every place up to the last.
        entry: What stands there.
        path: Where the statement was found in the warehouse.
        recorded_at: When it was entered, UTC.
    """

    position: int
    entry: LogEntry
    path: str
    recorded_at: datetime


class LogBook:
    """What is read from and added to the two tables; whether it is sound is asked by `lineage.tlog`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self) -> list[Row]:
        """Return all rows in order of position."""
        found = self._connection.execute(sa.select(log_entries).order_by(log_entries.c.position))
        return [
            Row(row.position, LogEntry(row.predicate_type, row.statement), row.path, instant(row.recorded_at))
            for row in found
        ]

    def notes(self) -> list[bytes]:
        """Return the signed checkpoints, the smallest log first."""
        found = self._connection.execute(sa.select(log_checkpoints.c.note).order_by(log_checkpoints.c.size))
        return [row.note.encode() for row in found]

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        added = [
            {
                "position": row.position,
                "predicate_type": row.entry.predicate_type,
                "statement": row.entry.statement,
                "path": row.path,
                "recorded_at": microseconds(row.recorded_at),
            }
            for row in rows
        ]
        self._connection.execute(log_entries.insert(), added)

    def add_note(self, size: int, note: bytes, signed_at: datetime) -> None:
        """Add the checkpoint that was signed when the log had ``size`` entries."""
        row = {"size": size, "note": note.decode(), "signed_at": microseconds(signed_at)}
        self._connection.execute(log_checkpoints.insert(), row)


@contextlib.contextmanager
def reading_log(engine: Engine) -> Iterator[LogBook]:
    """Open the log as it is at one moment."""
    with refusing("The transparency log cannot be read"), engine.begin() as connection:
        yield LogBook(connection)


@contextlib.contextmanager
def writing_log(engine: Engine) -> Iterator[LogBook]:
    """Open the log while nobody else writes; all that is added is kept, or nothing."""
    with refusing("The transparency log cannot be written"), writing(engine) as connection:
        yield LogBook(connection)
