"""Publishing a log's checkpoint where its owner cannot take it back: a directory, a file, or a git repository.

::

    checkpoint               the newest signed checkpoint
    checkpoints/<size>       every one that was published, by the number of entries
    entries.jsonl            the entries, one a line: digests and kinds, so that anybody can compute the roots
    log.vkey                 name and key of the log, as verifiers of notes take it; a line for each key it had
    rotations/<number>       how one of these keys took another one's place
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import merkle
from lineage.tlog.checkpoint import open_checkpoint
from lineage.tlog.log import LogForkedError, TransparencyLog
from lineage.tlog.note import NoteKey
from policies.errors import InputError, UsageError

if TYPE_CHECKING:
    from lineage.ledger.log_book import Row

CHECKPOINT = "checkpoint"
HISTORY = "checkpoints"
ENTRIES = "entries.jsonl"
KEY = "log.vkey"


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """What was published.

    Attributes:
        size: Entries under the checkpoint.
        before: Entries under the one that was there before; 0 where there was none.
        commit: The git commit that holds it; empty where the directory is in no repository.
    """

    size: int
    before: int
    commit: str


def publish_log(log: TransparencyLog, directory: Path) -> PublishedLog:
    """Write a log's newest checkpoint into a directory, and commit it if that lies in a git repository.

    What is there already must be a beginning of what is published now: a log that was rewritten is not published
    over the proof of it.

    Raises:
        LogForkedError: The log is not what it signed, or not what was published there before.
        NoteRefusedError: What is there is no checkpoint of this log.
        UsageError: The log is empty, or git is not there or refuses.
        InputError: The directory cannot be written.
    """
    rows, head = log.rows(), log.head()
    if head is None:
        raise UsageError("The log is empty.", remedy="Enter what was signed: lineweight log update.")
    before = _published_before(log, rows, directory)
    size = len(rows)
    files = {
        CHECKPOINT: head,
        f"{HISTORY}/{size}": head,
        ENTRIES: b"".join(row.entry.data() + b"\n" for row in rows),
        KEY: "".join(f"{NoteKey(log.key.name, key).written()}\n" for key in log.keys).encode(),
        **{rotation.path: rotation.envelope for rotation in log.vault.rotations},
    }
    _write(directory, files)
    commit = _commit(directory, list(files), f"{log.key.name}: {size} entries") if _in_git(directory) else ""
    return PublishedLog(size, before, commit)


def published_checkpoints(place: Path) -> dict[str, bytes]:
    """Return the checkpoints that were published at a place: a directory of :func:`publish_log`, or one file.

    Raises:
        InputError: There is none.
    """
    files = [place] if place.is_file() else [place / CHECKPOINT, *sorted((place / HISTORY).glob("*"))]
    found = {str(file): file.read_bytes() for file in files if file.is_file()}
    if not found:
        raise InputError(f"{place}: there is no published checkpoint.")
    return found


def _published_before(log: TransparencyLog, rows: "list[Row]", directory: Path) -> int:
    """Return how many entries were published before, all of which must be the first of ``rows``."""
    file = directory / CHECKPOINT
    if not file.is_file():
        return 0
    before = open_checkpoint(file.read_bytes(), log.key.name, log.keys)
    root = merkle.root([row.entry.leaf() for row in rows[: before.size]])
    if before.size > len(rows) or root != before.root:
        raise LogForkedError(f"{file}: {before.size} entries were published that are not the first of this log.")
    return before.size


def _write(directory: Path, files: Mapping[str, bytes]) -> None:
    try:
        for name, data in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise InputError(f"{directory}: cannot be written.") from error


def _in_git(directory: Path) -> bool:
    return any((parent / ".git").exists() for parent in (directory.resolve(), *directory.resolve().parents))


def _commit(directory: Path, names: list[str], message: str) -> str:
    """Commit the files and return the commit; where nothing changed, the one that is there."""
    if shutil.which("git") is None:
        raise UsageError(f"{directory}: lies in a git repository, and there is no git here.", remedy="Install git.")
    _git(directory, "add", "--", *names)
    if _git(directory, "status", "--porcelain", "--", *names):
        _git(directory, "commit", "--quiet", "-m", message, "--", *names)
    return _git(directory, "rev-parse", "HEAD")


def _git(directory: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(directory), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(f"{directory}: git {words[0]} failed.", remedy=f"Try it there: git {words[0]}.")
    return done.stdout.strip()
