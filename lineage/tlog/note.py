"""Signed notes: text signed by named Ed25519 keys, as checkpoints of a log are written.

Specification: https://c2sp.org/signed-note (signature type 0x01, Ed25519).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lineage.dsse import Signer, TrustedKey
from policies.errors import LineweightError

ED25519 = b"\x01"
MOST_SIGNATURES = 16
_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_NAME = re.compile(r"[^\s+]+")


class NoteRefusedError(LineweightError):
    """A note is not signed by a key that is trusted, or is no note."""

    remedy = "Fetch the note again from where it was published, and name the public key of the log."


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key under the name it signs notes with.

    Attributes:
        name: Of the log or witness, by custom an address without a scheme; neither space nor ``+``.
        key: Its Ed25519 key.
    """

    name: str
    key: TrustedKey

    @property
    def key_id(self) -> bytes:
        """Four bytes: the beginning of SHA-256(name, newline, 0x01, raw public key)."""
        return _key_id(self.name, self.key.raw)

    def written(self) -> str:
        """Return ``name+id+key``, the form in which verifiers of notes are told a key."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ED25519 + self.key.raw)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose signature was verified: its text, newline included, and the trusted keys that signed."""

    text: str
    keys: tuple[NoteKey, ...]

    @property
    def signed_by(self) -> tuple[str, ...]:
        """The names of the keys that signed, sorted."""
        return tuple(sorted({key.name for key in self.keys}))


def sign_note(text: str, name: str, key: TrustedKey, signer: Signer) -> bytes:
    """Return a text as a note signed by one key; Ed25519 is deterministic, so the bytes are too.

    Args:
        text: Ends in a newline; no other control characters.
        name: Of the key.
        key: The public half of ``signer``.
        signer: Who signs.

    Raises:
        NoteRefusedError: The text or the name cannot stand in a note, or the key is not the signer's.
    """
    if not _is_text(text) or not _NAME.fullmatch(name):
        raise NoteRefusedError("This text or key name cannot stand in a note.", remedy="Control characters cannot.")
    signature = signer.sign(text.encode())
    if not key.verifies(signature, text.encode()):
        raise NoteRefusedError(f"The key named {name} is not the one that signs.", remedy="Name the signer's own key.")
    line = f"\u2014 {name} {to_base64(_key_id(name, key.raw) + signature)}\n"
    return f"{text}\n{line}".encode()


def open_note(data: bytes, trusted: Sequence[NoteKey]) -> Note:
    """Return a note if a trusted key signed it.

    Signatures by unknown keys are passed over, as the specification asks; one by a known key that does not match
    refuses the whole.

    Raises:
        NoteRefusedError: It is no note, or no trusted key signed it, or a trusted key's signature does not match.
    """
    text, signatures = _parts(data)
    known = {(key.name, key.key_id): key for key in trusted}
    signed = [(known[name, key_id], signature) for name, key_id, signature in signatures if (name, key_id) in known]
    if not all(key.key.verifies(signature, text.encode()) for key, signature in signed):
        raise NoteRefusedError("A signature by a trusted key does not match the note.")
    if not signed:
        raise NoteRefusedError("No signature of the note is by a key that is trusted.")
    return Note(text, tuple(key for key, _ in signed))


def _parts(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteRefusedError("This is not a signed note.") from error
    text, gap, lines = whole.rpartition("\n\n")
    signatures = lines.removesuffix("\n").split("\n")
    if not gap or not lines.endswith("\n") or len(signatures) > MOST_SIGNATURES or not _is_text(f"{text}\n"):
        raise NoteRefusedError("This is not a signed note.")
    return f"{text}\n", list(_signatures(signatures))


def _signatures(lines: Iterable[str]) -> Iterable[tuple[str, bytes, bytes]]:
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoteRefusedError("A signature line of the note is malformed.")
        signed = from_base64(match[2])
        yield match[1], signed[:4], signed[4:]


def from_base64(text: str) -> bytes:
    """Return the bytes of a base64 text in its one right spelling: no other text stands for the same bytes.

    Raises:
        NoteRefusedError: It is not base64, or the unused bits of its last character are set.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteRefusedError("A line that should be base64 is not.") from error
    if to_base64(data) != text:
        raise NoteRefusedError("A line is base64 in a spelling that is not its own.")
    return data


def to_base64(data: bytes) -> str:
    """Return bytes in base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def _is_text(text: str) -> bool:
    return text.endswith("\n") and all(character == "\n" or character >= " " for character in text)


def _key_id(name: str, raw: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + raw).digest()[:4]
