"""Puts something in the place of what was found in a text, or leaves it and says why."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from pipelines.redaction import markers
from pipelines.redaction.operators.drawing import KEY_VERSION
from pipelines.redaction.operators.pieces import pieces
from pipelines.redaction.operators.reserved import belongs_to_nobody
from pipelines.redaction.operators.surrogates import Surrogates
from pipelines.redaction.profile import OperatorName, RedactionProfile
from pipelines.redaction.spans import MARKER, Span

_WORD_BESIDE = re.compile(r"[A-Za-z0-9_]")
_ASSIGNED = re.compile(r"[=(\[]\s{0,3}$")
_BREAK = re.compile(r"[\s\"'`<>]")
_LONGEST_URL = 2000
_REMEMBERED = 20_000  # values of which is known what becomes of them; the longest are not
_LONGEST_REMEMBERED = 200
BLOB = "BLOB"


class KeptBecause(StrEnum):
    """Why a value that was found was left. Stored in findings, so members are never renamed."""

    PROFILE_KEEPS = "profile-keeps"
    ALREADY_REDACTED = "already-redacted"
    RESERVED_VALUE = "reserved-value"


# What stands where a value stood, what was done, and why it was left if it was.
Settled = tuple[str, OperatorName, KeptBecause | None]


class Done(NamedTuple):
    """What became of one span: where what stands there now is in the new text, and what was done.

    ``start`` and ``end`` are code points of the new text. ``kept_because`` is ``None`` where something was replaced.
    """

    start: int
    end: int
    operator: OperatorName
    kept_because: KeptBecause | None


class Replacer:
    """Applies a profile's operators to the spans of a text, under one tenant's key.

    Args:
        profile: Which operator a type is given.
        key: The tenant's key for surrogates, 32 bytes.
        key_version: Raised where surrogates shall become unrelated to those made before.
    """

    def __init__(self, profile: RedactionProfile, key: bytes, key_version: int = KEY_VERSION) -> None:
        self._operators = {entity_type: rule.operator for entity_type, rule in profile.entities.items()}
        self._surrogates = Surrogates(key, key_version)
        self._known: dict[tuple[str, str, bool], Settled] = {}

    def replace(self, text: str, spans: Sequence[Span]) -> tuple[str, list[Done]]:
        """Return the text with its spans treated, and what became of each, in their order.

        Args:
            text: Any text.
            spans: Disjoint spans of it, in order, of types that the profile names; or markers that stand there
                already, of any type.
        """
        parts: list[str] = []
        done: list[Done] = []
        read = written = 0
        for span in spans:
            parts.append(text[read : span.start])
            written += span.start - read
            put, operator, kept_because = self._settled(text, span)
            parts.append(put)
            done.append(Done(written, written + len(put), operator, kept_because))
            written += len(put)
            read = span.end
        parts.append(text[read:])
        return "".join(parts), done

    def _settled(self, text: str, span: Span) -> Settled:
        """Return what becomes of one span; of a value that was met before, what became of it then."""
        value = text[span.start : span.end]
        if span.detector == MARKER:
            return value, OperatorName.KEEP, KeptBecause.ALREADY_REDACTED
        known = (span.entity_type, value, _stands_bare(text, span))
        settled = self._known.get(known)
        if settled is None:
            settled = self._settle(*known)
            if len(value) <= _LONGEST_REMEMBERED:
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[known] = settled
        return settled

    def _settle(self, entity_type: str, value: str, bare: bool) -> Settled:
        if entity_type == BLOB:
            return f"<{BLOB}>", OperatorName.DROP, None
        operator = self._operators[entity_type]
        kept_because = _why_kept(operator, entity_type, value)
        if kept_because is not None:
            return value, OperatorName.KEEP, kept_because
        if operator is OperatorName.TAG:
            return f"<{entity_type}>", operator, None
        if operator is OperatorName.DROP:
            return "", operator, None
        if operator is OperatorName.MASK:
            return "".join("*" if piece.is_alphanumeric else piece.raw for piece in pieces(value)), operator, None
        return self._surrogates.surrogate(entity_type, value, bare=bare), operator, None


def _why_kept(operator: OperatorName, entity_type: str, value: str) -> KeptBecause | None:
    if markers.is_marker(value):
        return KeptBecause.ALREADY_REDACTED
    if operator is OperatorName.KEEP:
        return KeptBecause.PROFILE_KEEPS
    return KeptBecause.RESERVED_VALUE if belongs_to_nobody(entity_type, value) else None


def _stands_bare(text: str, span: Span) -> bool:
    """Return whether angle brackets would break what a value stands in: a name, a URL, a line of code."""
    before = text[max(0, span.start - _LONGEST_URL) : span.start]
    if _WORD_BESIDE.search(before[-1:] + text[span.end : span.end + 1]) or _ASSIGNED.search(before[-4:]):
        return True
    return "://" in before and "://" in _BREAK.split(before)[-1]
