"""The salts of persons: 32 bytes each, one row a person, so that one can be destroyed.

A salt is what ties a commitment in a published leaf to a person. It is stored wrapped, and found by a
keyed hash of the person's id, so that the file alone names nobody. Where a salt was destroyed a tombstone
stays: the same keyed hash, and when. No salt is ever stored again where one lies.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lineage.canonical import rfc3339
from lineage.keys.files import VaultError, create_once, require_private

BUSY_SECONDS = 60.0
LOOKUP_ROWS = 500


class SaltStore:
    """A SQLite file of wrapped salts. ``secure_delete`` overwrites what is removed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self) -> None:
        """Make the file, readable by its owner alone, unless it stands."""
        create_once(self._path, b"")
        with self._session() as session:
            session.execute(
                "CREATE TABLE IF NOT EXISTS salt (tenant TEXT NOT NULL, lookup BLOB NOT NULL, "
                "wrapped BLOB NOT NULL, PRIMARY KEY (tenant, lookup)) WITHOUT ROWID"
            )

    def stored(self, tenant: str, lookups: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the wrapped salts that stand, by lookup."""
        with self._session() as session:
            return dict(self._select(session, "wrapped", "salt", tenant, lookups))

    def destroyed(self, tenant: str, lookups: Sequence[bytes]) -> dict[bytes, datetime]:
        """Return when salts were destroyed, UTC, by lookup."""
        with self._session() as session:
            if not _has_tombstones(session):
                return {}
            found = dict(self._select(session, "destroyed_at", "tombstone", tenant, lookups))
        return {lookup: datetime.fromisoformat(at) for lookup, at in found.items()}

    def add(self, tenant: str, wrapped: Mapping[bytes, bytes]) -> None:
        """Store wrapped salts; where one stands already it stays, and where one was destroyed none is stored."""
        rows = [(tenant, lookup, value, tenant, lookup) for lookup, value in wrapped.items()]
        with self._session() as session:
            _make_tombstones(session)
            session.executemany(
                "INSERT OR IGNORE INTO salt SELECT ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE tenant = ? AND lookup = ?)",
                rows,
            )

    def destroy(self, tenant: str, lookups: Sequence[bytes], at: datetime) -> int:
        """Remove salts for good, leave a tombstone for each, and return how many salts stood.

        The rows are overwritten, the file is written anew without them, and what the journal kept of them is
        overwritten before it goes: a copy of a row can lie in each. A tombstone that stands keeps its time; where a
        process died half way, the same call again finishes the work.

        Raises:
            VaultError: The file is damaged, or others are using it and do not let go.
        """
        rows = [(tenant, lookup) for lookup in lookups]
        with self._alone() as session:
            session.execute("BEGIN EXCLUSIVE")
            _make_tombstones(session)
            removed = session.executemany("DELETE FROM salt WHERE tenant = ? AND lookup = ?", rows).rowcount
            marks = [(*row, rfc3339(at)) for row in rows]
            session.executemany("INSERT OR IGNORE INTO tombstone VALUES (?, ?, ?)", marks)
            session.execute("COMMIT")
            session.execute("VACUUM")
            self._overwrite_journal()
        return max(removed, 0)

    def _select(
        self, session: sqlite3.Connection, column: str, table: str, tenant: str, lookups: Sequence[bytes]
    ) -> Iterator[tuple[bytes, Any]]:
        for start in range(0, len(lookups), LOOKUP_ROWS):
            part = lookups[start : start + LOOKUP_ROWS]
            marks = ",".join("?" * len(part))
            query = f"SELECT lookup, {column} FROM {table} WHERE tenant = ? AND lookup IN ({marks})"  # noqa: S608
            yield from session.execute(query, (tenant, *part))

    @contextlib.contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own: threads and processes may share the file."""
        with self._opened() as session, session:
            yield session

    @contextlib.contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else reads or writes beside, and whose journal stays until the block ends."""
        with self._opened() as session:
            session.isolation_level = None
            session.execute("PRAGMA locking_mode = EXCLUSIVE")
            (mode,) = session.execute("PRAGMA journal_mode = PERSIST").fetchone()
            if mode != "persist":
                raise VaultError(f"{self._path}: the store of salts is in use, and nothing was destroyed.")
            yield session
            session.execute("PRAGMA journal_mode = DELETE")

    def _overwrite_journal(self) -> None:
        """Write zeros over the journal that the block left; rewriting the file made one."""
        journal = self._path.with_name(f"{self._path.name}-journal")
        with journal.open("r+b") as kept:
            kept.write(bytes(journal.stat().st_size))
            kept.flush()
            os.fsync(kept.fileno())

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        require_private(self._path)
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as session:
                session.execute("PRAGMA secure_delete = ON")
                yield session
        except (sqlite3.DatabaseError, OSError) as error:
            raise VaultError(f"{self._path}: the store of salts is damaged or cannot be written.") from error


def _has_tombstones(session: sqlite3.Connection) -> bool:
    found = session.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'tombstone'")
    return found.fetchone() is not None


def _make_tombstones(session: sqlite3.Connection) -> None:
    """Make their table where there is none: a vault may be older than the first erasure."""
    session.execute(
        "CREATE TABLE IF NOT EXISTS tombstone (tenant TEXT NOT NULL, lookup BLOB NOT NULL, "
        "destroyed_at TEXT NOT NULL, PRIMARY KEY (tenant, lookup)) WITHOUT ROWID"
    )
