"""Proofs that an entry is in a log: a small text file that verifies by itself against the log's key.

Specification: https://c2sp.org/tlog-proof. What is proved is the entry's own bytes: whoever verifies has them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.note import NoteRefusedError, from_base64, to_base64

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class LogProof:
    """Where an entry stands in a log, the hashes from it up to the root, and the signed checkpoint of that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def written(self) -> bytes:
        """Return the proof as a ``.tlog-proof`` file."""
        lines = [HEADER, f"index {self.index}", *(to_base64(node) for node in self.hashes)]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint


def read_proof(data: bytes) -> LogProof:
    """Return the proof in a file; nothing of it is verified yet.

    Raises:
        NoteRefusedError: It is no such file.
    """
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        hashes = tuple(from_base64(line) for line in _hash_lines(lines))
    except UnicodeDecodeError as error:
        raise NoteRefusedError("This is not a proof of a log entry.") from error
    index = _INDEX.fullmatch(_without_extra(lines)[1]) if gap else None
    if index is None or len(hashes) > MOST_HASHES or any(len(node) != 32 for node in hashes):
        raise NoteRefusedError("This is not a proof of a log entry.")
    return LogProof(int(index[1]), hashes, checkpoint)


def verify_entry(entry: bytes, proof: LogProof, origin: str, trusted: Sequence[TrustedKey]) -> Checkpoint:
    """Return the checkpoint under which an entry is in a log.

    Args:
        entry: The entry's bytes, as they were appended.
        proof: Of :func:`read_proof`.
        origin: The log it must be of.
        trusted: Keys the verifier trusts to sign for that log.

    Raises:
        NoteRefusedError: The checkpoint is not the log's, or the entry is not in it.
    """
    checkpoint = open_checkpoint(proof.checkpoint, origin, trusted)
    leaf = merkle.leaf_hash(entry)
    if not merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root):
        raise NoteRefusedError(f"Entry {proof.index} of {origin} is another one, or the proof was changed.")
    return checkpoint


def _without_extra(lines: list[str]) -> list[str]:
    """Return the lines without the optional ``extra`` line, which nothing authenticates; always two at least."""
    kept = [line for place, line in enumerate(lines) if place != 1 or not line.startswith("extra ")]
    if kept[0] != HEADER or len(kept) < 2:
        raise NoteRefusedError("This is not a proof of a log entry.")
    return kept


def _hash_lines(lines: list[str]) -> list[str]:
    return _without_extra(lines)[2:]
