"""Auditing a log: is it what was signed, is it what was published, and is every statement where it was?

Pure: takes what was read, and says everything that is wrong with it, not the first thing alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.entry import Found
from lineage.tlog.note import NoteRefusedError

if TYPE_CHECKING:
    from lineage.ledger.log_book import Row


class Fault(StrEnum):
    """What is wrong. Told to auditors and counted, so members are never renamed."""

    ENTRY_MISSING = "entry-missing"
    ENTRY_CHANGED = "entry-changed"
    ENTRIES_UNSIGNED = "entries-unsigned"
    LOG_CUT = "log-cut"
    HISTORY_FORKED = "history-forked"
    CHECKPOINT_REFUSED = "checkpoint-refused"
    STATEMENT_GONE = "statement-gone"
    STATEMENT_CHANGED = "statement-changed"
    STATEMENT_REFUSED = "statement-refused"
    STATEMENT_UNLOGGED = "statement-unlogged"


@dataclass(frozen=True, slots=True, order=True)
class Wrong:
    """One thing that is wrong: which, where, and in words."""

    fault: Fault
    where: str
    says: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit looked at, and what was wrong with it.

    Attributes:
        entries: In the log.
        checkpoints: Signed by the log itself.
        published: Copies of checkpoints from outside that were held against it; without any, its owner could have
            rewritten all of it.
        statements: Signed files in the warehouse.
        wrong: Everything that is.
    """

    entries: int
    checkpoints: int
    published: int
    statements: int
    wrong: tuple[Wrong, ...]


def audit(
    rows: "Sequence[Row]",
    notes: Sequence[bytes],
    found: Sequence[Found],
    published: Mapping[str, bytes],
    keys: Sequence[TrustedKey],
) -> Audit:
    """Hold a log against its own checkpoints, against published ones, and against the files it speaks of.

    Args:
        rows: The log's, in order of position.
        notes: The log's own checkpoints.
        found: Every signed file of the warehouse.
        published: Checkpoints from outside, by where they were found.
        keys: The log's, from the first to the one that signs now.
    """
    wrong = [*_gaps(rows), *_own(rows, notes, keys), *_rotated(rows, keys), *_outside(rows, published, keys)]
    wrong += _files(rows, found)
    return Audit(len(rows), len(notes), len(published), len(found), tuple(wrong))


def _whole(rows: "Sequence[Row]") -> "Sequence[Row]":
    """Return the rows up to the first that is missing."""
    return [row for place, row in enumerate(rows) if row.position == place]


def _gaps(rows: "Sequence[Row]") -> Iterator[Wrong]:
    there = {row.position for row in rows}
    for place in range(max(there, default=-1) + 1):
        if place not in there:
            yield Wrong(Fault.ENTRY_MISSING, f"entry {place}", "The entry was removed; those after it are there.")


def _own(rows: "Sequence[Row]", notes: Sequence[bytes], keys: Sequence[TrustedKey]) -> Iterator[Wrong]:
    """Yield the first of the log's checkpoints that does not hold, with the entries it narrows the change down to."""
    sound, signed = 0, 0
    for number, note in enumerate(notes):
        checkpoint = _opened(note, keys)
        if checkpoint is None:
            yield Wrong(Fault.CHECKPOINT_REFUSED, f"checkpoint {number}", "The log's key of that time did not sign it.")
            continue
        signed = max(signed, checkpoint.size)
        fault = _against(rows, checkpoint)
        if fault is Fault.LOG_CUT:
            if not list(_gaps(rows)):
                yield Wrong(
                    fault, f"entry {len(rows)}", f"{checkpoint.size} entries were signed, {len(rows)} are left."
                )
            return
        if fault is not None:
            places = f"entries {sound} to {checkpoint.size - 1}" if checkpoint.size - sound > 1 else f"entry {sound}"
            paths = ", ".join(row.path for row in rows[sound : checkpoint.size])
            yield Wrong(Fault.ENTRY_CHANGED, places, f"One of these is not what was signed: {paths}.")
            return
        sound = checkpoint.size
    if len(rows) > signed:
        yield Wrong(Fault.ENTRIES_UNSIGNED, f"entry {signed}", f"{len(rows) - signed} entries under no checkpoint.")


def _rotated(rows: "Sequence[Row]", keys: Sequence[TrustedKey]) -> Iterator[Wrong]:
    """Yield each rotation of the key whose word of what the log was then is not what it is now."""
    for number, key in enumerate(keys, 1):
        size, root = key.validity.log_size, key.validity.log_root
        if size is None or root is None:
            continue
        fault = _against(rows, Checkpoint(key.log, size, root))
        if fault is Fault.LOG_CUT:
            says = f"The log had {size} entries then; {len(_whole(rows))} are here."
            yield Wrong(fault, f"rotation {number}", says)
        elif fault is not None:
            yield Wrong(fault, f"rotation {number}", f"The first {size} entries here are not those that it names.")


def _outside(rows: "Sequence[Row]", published: Mapping[str, bytes], keys: Sequence[TrustedKey]) -> Iterator[Wrong]:
    for where, note in published.items():
        checkpoint = _opened(note, keys)
        if checkpoint is None:
            yield Wrong(Fault.CHECKPOINT_REFUSED, where, "This is no checkpoint that the log's key signed.")
            continue
        fault = _against(rows, checkpoint)
        if fault is Fault.LOG_CUT:
            yield Wrong(fault, where, f"{checkpoint.size} entries were published, {len(_whole(rows))} are here.")
        elif fault is not None:
            yield Wrong(fault, where, f"The first {checkpoint.size} entries here are not those that were published.")


def _against(rows: "Sequence[Row]", checkpoint: Checkpoint) -> Fault | None:
    whole = _whole(rows)
    if checkpoint.size > len(whole):
        return Fault.LOG_CUT
    root = merkle.root([row.entry.leaf() for row in whole[: checkpoint.size]])
    return None if root == checkpoint.root else Fault.HISTORY_FORKED


def _files(rows: "Sequence[Row]", found: Iterable[Found]) -> Iterator[Wrong]:
    """Yield logged statements that are nowhere, and signed files that are not logged."""
    files = list(found)
    there = {one.entry.statement for one in files if one.entry is not None}
    paths = {one.path for one in files}
    logged = {row.entry.statement for row in rows}
    for row in rows:
        if row.entry.statement not in there:
            changed = row.path in paths
            fault = Fault.STATEMENT_CHANGED if changed else Fault.STATEMENT_GONE
            says = "names another statement than this file holds" if changed else "names a statement that is nowhere"
            yield Wrong(fault, row.path, f"Entry {row.position} {says}.")
    for one in files:
        if one.entry is None:
            yield Wrong(Fault.STATEMENT_REFUSED, one.path, f"No trusted key signed it: {one.refusal}.")
        elif one.entry.statement not in logged:
            yield Wrong(Fault.STATEMENT_UNLOGGED, one.path, "It is in no entry: lineweight log update.")


def _opened(note: bytes, keys: Sequence[TrustedKey]) -> Checkpoint | None:
    try:
        return open_checkpoint(note, keys[-1].log, keys)
    except NoteRefusedError:
        return None
