"""Checkpoints: how long a log is and what its root is, signed by the log.

Specification: https://c2sp.org/tlog-checkpoint. We write no extension lines and refuse notes that have some: what
cannot be audited is not part of what we sign.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lineage.dsse import Signer, TrustedKey
from lineage.tlog.note import NoteKey, NoteRefusedError, from_base64, open_note, sign_note, to_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_ROOT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one moment.

    Attributes:
        origin: Which log; its key signs under this name.
        size: Number of entries.
        root: RFC 9162 root over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def sign(self, key: TrustedKey, signer: Signer) -> bytes:
        """Return the checkpoint as a note signed by the log's own key."""
        return sign_note(self.text(), self.origin, key, signer)


def open_checkpoint(data: bytes, origin: str, trusted: Sequence[TrustedKey]) -> Checkpoint:
    """Return the checkpoint in a note, if it is this log's and a trusted key signed it in the log's name.

    One log may have had several keys, one after the other. A retired one signed for no more entries than the log had
    when it was retired.

    Args:
        data: The note.
        origin: The log it must be of.
        trusted: Keys the verifier trusts to sign for that log.

    Raises:
        NoteRefusedError: It is another log's, is not signed by a trusted key, or only by one that was retired when the
            log had fewer entries, or others; or it is no checkpoint.
    """
    note = open_note(data, [NoteKey(origin, key) for key in trusted])
    checkpoint = _read(note.text)
    if checkpoint.origin != origin:
        raise NoteRefusedError(f"The checkpoint is of another log than {origin}.")
    if not any(signer.key.signs_checkpoint_of(checkpoint.size, checkpoint.root) for signer in note.keys):
        raise NoteRefusedError("The checkpoint is by a key that was retired when the log had fewer entries, or others.")
    return checkpoint


def _read(text: str) -> Checkpoint:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NoteRefusedError("The note is not a checkpoint: origin, size and root, a line each.")
    root = from_base64(lines[2])
    if len(root) != _ROOT_BYTES:
        raise NoteRefusedError("The root of the checkpoint is not a SHA-256 digest.")
    return Checkpoint(lines[0], int(lines[1]), root)
