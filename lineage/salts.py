"""The salts of persons: 32 bytes each, one row a person, so that one can be destroyed.

A salt is what ties a commitment in a published leaf to a person. It is stored wrapped, and found by a
keyed hash of the person's id, so that the file alone names nobody.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lineage.key_files import VaultError, create_once, require_private

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
            return dict(self._select(session, tenant, lookups))

    def add(self, tenant: str, wrapped: Mapping[bytes, bytes]) -> None:
        """Store wrapped salts; where one stands already it stays."""
        rows = [(tenant, lookup, value) for lookup, value in wrapped.items()]
        with self._session() as session:
            session.executemany("INSERT OR IGNORE INTO salt VALUES (?, ?, ?)", rows)

    def _select(
        self, session: sqlite3.Connection, tenant: str, lookups: Sequence[bytes]
    ) -> Iterator[tuple[bytes, bytes]]:
        for start in range(0, len(lookups), LOOKUP_ROWS):
            part = lookups[start : start + LOOKUP_ROWS]
            marks = ",".join("?" * len(part))
            query = f"SELECT lookup, wrapped FROM salt WHERE tenant = ? AND lookup IN ({marks})"  # noqa: S608
            yield from session.execute(query, (tenant, *part))

    @contextlib.contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own: threads and processes may share the file."""
        require_private(self._path)
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as session:
                session.execute("PRAGMA secure_delete = ON")
                with session:
                    yield session
        except sqlite3.DatabaseError as error:
            raise VaultError(f"{self._path}: the store of salts is damaged or cannot be written.") from error
