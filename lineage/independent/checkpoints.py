"""Checkpoints of the log (C2SP tlog-checkpoint), at hand or published, and the keys that signed them."""

import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .canonical import from_base64, sha256, text_of
from .envelopes import LogState, Span, Trust, matches
from .files import PIECE, Folder
from .report import require


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of a log, and the trusted keys that signed it."""

    state: LogState
    signers: frozenset[str]


def checkpoint_of(note: str, trust: Trust) -> Checkpoint:
    """Return a checkpoint that the key of its log signed (C2SP tlog-checkpoint, signed-note).

    Raises:
        Refused: It is no such text, no trusted key signed it, or a signature does not match.
    """
    body, blank, signed = note.partition("\n\n")
    lines = body.split("\n")
    require(blank != "" and len(lines) == 3 and signed.endswith("\n"), "a checkpoint is no text of three lines")
    require(decimal_of(lines[1]) is not None, "a checkpoint states no size")
    root = from_base64(lines[2], "a checkpoint's root")
    require(len(root) == 32, "a checkpoint's root is no digest")
    signatures = signed[:-1].split("\n")
    require(1 <= len(signatures) <= 16, "a checkpoint has no signature, or too many")
    state = LogState(lines[0], int(lines[1]), root.hex())
    signers = {who for line in signatures for who in _noted(line, f"{body}\n", state.origin, trust)}
    require(bool(signers), "no trusted key signed the checkpoint")
    counts = {who for who in signers if _counts(trust.spans.get(who), state)}
    require(bool(counts), "the key that signed the checkpoint was retired before")
    return Checkpoint(state, frozenset(counts))


def decimal_of(word: str) -> int | None:
    """Return a number in decimal, of which there is one spelling."""
    return int(word) if re.fullmatch(r"0|[1-9][0-9]{0,18}", word) else None


def _noted(line: str, body: str, origin: str, trust: Trust) -> list[str]:
    words = line.split(" ")
    require(len(words) == 3 and words[0] == "\u2014", "a checkpoint has a line that is no signature")
    data = from_base64(words[2], "a checkpoint's signature")
    require(len(data) > 4, "a checkpoint's signature is too short")
    found = []
    for key_id, key in trust.keys.items():
        named = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        hint = sha256(b"%b\n\x01%b" % (origin.encode(), named))[:4]
        if words[1] == origin == trust.origin_of(key_id) and data[:4] == hint:
            require(matches(key, data[4:], body.encode()), "a signature of the checkpoint does not match")
            found.append(key_id)
    return found


def _counts(span: Span | None, state: LogState) -> bool:
    if span is None or span.log is None:
        return True
    return state.size < span.log.size or (state.size, state.root) == (span.log.size, span.log.root)


def published_in(folder: Path, trust: Trust) -> list[LogState]:
    """Return the checkpoints that somebody kept: ``checkpoint`` and ``checkpoints/*`` of a directory, or one file."""
    files = Folder(folder if folder.is_dir() else folder.parent)
    names = [name for name in files.names() if name == "checkpoint" or name.startswith("checkpoints/")]
    names = names if folder.is_dir() else [folder.name]
    require(bool(names), "no checkpoint was published there")
    states = []
    for name in names:
        states.append(checkpoint_of(text_of(files.read(name, PIECE), name), trust).state)
    roots: dict[tuple[str, int], str] = {}
    for state in states:
        known = roots.setdefault((state.origin, state.size), state.root)
        require(known == state.root, "two checkpoints of one size were published")
    return states
