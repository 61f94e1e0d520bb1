"""The log of a deployment: every statement it signed, in one order that it cannot rewrite unseen.

Entries and a checkpoint over them are written together, so that the newest checkpoint is always of the whole log.
Before anything is added, proved or published, the entries are held against that checkpoint. All entries are read
each time: they are statements, thousands, not records.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.keys.vault import Vault
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.entry import Found, signed_files
from lineage.tlog.note import NoteKey
from lineage.tlog.proof import LogProof
from policies.errors import LineweightError, UsageError

if TYPE_CHECKING:
    from lineage.home import Home
    from lineage.ledger.log_book import LogBook, Row
    from lineage.ledger.store import Ledger


class LogForkedError(LineweightError):
    """The entries of the log are not those that its newest checkpoint was signed over."""

    remedy = "`lineweight log audit` names what was changed; restore the ledger's database from a copy."


def origin_of(key: TrustedKey) -> str:
    """Return the name of the log that a deployment's key signs: it is named after the first of its keys."""
    return key.log


@dataclass(frozen=True)
class TransparencyLog:
    """A ledger's log, and the vault whose key signs for it, as those before did that it followed."""

    ledger: "Ledger"
    vault: Vault

    @property
    def key(self) -> NoteKey:
        """The public key that signs now, under the log's name."""
        key = self.keys[-1]
        return NoteKey(origin_of(key), key)

    @property
    def keys(self) -> tuple[TrustedKey, ...]:
        """The public keys that signed for the log, from the first to the one that does now."""
        return self.vault.signing_keys

    def enter(self, found: Sequence[Found], now: datetime) -> int:
        """Enter statements that are not in the log yet, and sign a checkpoint over all; return how many.

        Args:
            found: Signed files; of copies of one statement the first stands. What no trusted key signed is left out.
            now: UTC.

        Raises:
            LogForkedError: What stands in the log is not what was signed.
        """
        from lineage.ledger.log_book import Row  # SQLAlchemy; whoever verifies a proof does without

        with self.ledger.writing_log() as book:
            rows = self._sound(book)
            new = {one.entry: one.path for one in reversed(found) if one.entry is not None}
            known = {row.entry.statement for row in rows}
            wanted = [(entry, path) for entry, path in reversed(new.items()) if entry.statement not in known]
            if not wanted:
                return 0
            added = [Row(len(rows) + place, entry, path, now) for place, (entry, path) in enumerate(wanted)]
            book.add(added)
            leaves = [row.entry.leaf() for row in (*rows, *added)]
            head = Checkpoint(self.key.name, len(leaves), merkle.root(leaves))
            book.add_note(head.size, head.sign(self.key.key, self.vault), now)
        return len(added)

    def rows(self) -> "list[Row]":
        """Return the entries in order.

        Raises:
            LogForkedError: They are not what was signed.
        """
        with self.ledger.reading_log() as book:
            return self._sound(book)

    def head(self) -> bytes | None:
        """Return the newest signed checkpoint; none of an empty log.

        Raises:
            LogForkedError: The entries are not what it was signed over.
        """
        with self.ledger.reading_log() as book:
            self._sound(book)
            return next(iter(reversed(book.notes())), None)

    @contextlib.contextmanager
    def held(self) -> "Iterator[tuple[list[Row], Checkpoint]]":
        """Hold the log still: its entries, how many they are and what their root is; nobody adds to it meanwhile.

        Raises:
            LogForkedError: The entries are not what was signed.
        """
        with self.ledger.writing_log() as book:
            rows = self._sound(book)
            yield rows, Checkpoint(self.key.name, len(rows), merkle.root([row.entry.leaf() for row in rows]))

    def prove(self, statement: str) -> LogProof:
        """Return the proof that a statement is in the log, under its newest checkpoint.

        Args:
            statement: SHA-256 of its canonical bytes, in hexadecimal.

        Raises:
            LogForkedError: The entries are not what was signed.
            UsageError: It is not in the log.
        """
        with self.ledger.reading_log() as book:
            rows, notes = self._sound(book), book.notes()
        index = next((row.position for row in rows if row.entry.statement == statement), None)
        if index is None:
            raise UsageError(f"{statement[:12]}…: is not in the log.", remedy="Enter it: lineweight log update.")
        hashes = merkle.inclusion_proof([row.entry.leaf() for row in rows], index)
        return LogProof(index, tuple(hashes), notes[-1])

    def _sound(self, book: "LogBook") -> "list[Row]":
        """Return the rows, if they are what the newest checkpoint was signed over."""
        rows, notes = book.rows(), book.notes()
        size = len(rows)
        if not notes:
            if rows:
                raise LogForkedError(f"The log has {size} entries, and no checkpoint was signed over them.")
            return rows
        head = open_checkpoint(notes[-1], self.key.name, self.keys)
        in_order = [row.position for row in rows] == list(range(size))
        if not in_order or head.size != size or head.root != merkle.root([row.entry.leaf() for row in rows]):
            raise LogForkedError(f"The log's {size} entries are not the {head.size} that were signed.")
        return rows


def enter_statements(home: "Home", now: datetime) -> int:
    """Enter every statement of a home that a trusted key signed and the log does not have; return how many.

    Whoever has signed something calls this; a machine without the ledger leaves it to the next who does.

    Raises:
        LogForkedError: What stands in the log is not what was signed.
    """
    log = TransparencyLog(home.ledger(), home.vault())
    known = {row.path for row in log.rows()}
    return log.enter(list(signed_files(home.warehouse, home.trusted(), known)), now)
