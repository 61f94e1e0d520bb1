"""Spans of a text that were found, and how overlapping ones are made disjoint."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

# A surrogate of ours: never searched again, so that redacting twice changes nothing inside it.
SURROGATE = re.compile(r"<[A-Z][A-Z_]*[A-Z](?:_[0-9a-f]{8})?>")

_LOOSE = ("PERSON",)
_FIRST = ("SECRET",)
_WORDLIKE = re.compile(r"\w")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Code points ``start`` up to, not including, ``end`` of a text; which detector says they are what.

    ``detector`` names the rule, model or recogniser, ``version`` its version; ``validator`` what confirmed the find.
    """

    start: int
    end: int
    entity_type: str
    score: float
    detector: str
    version: str = ""
    validator: str = ""

    @property
    def length(self) -> int:
        """Number of code points."""
        return self.end - self.start


def disjoint(found: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Return spans that do not overlap and cover every character that was claimed, in order.

    A secret wins over anything else, a structured identifier over a name, then the longer over the shorter, then
    the surer. What a loser claims outside the winners is kept as a span of its own unless it is mere
    punctuation: a find is trimmed, never discarded. Our own surrogates are left alone.
    """
    taken = [(match.start(), match.end()) for match in SURROGATE.finditer(text)]
    kept: list[Span] = []
    for span in sorted(found, key=_precedence):
        for start, end in _outside(span.start, span.end, taken):
            start, end = _trimmed(start, end, text) if (start, end) != (span.start, span.end) else (start, end)
            if _WORDLIKE.search(text, start, end):
                kept.append(replace(span, start=start, end=end))
                taken.append((start, end))
    return tuple(sorted(kept))


def repeated(names: Mapping[str, str], text: str, spans: Sequence[Span]) -> list[Span]:
    """Return where a name found elsewhere in the record stands in this text, outside ``spans``.

    Args:
        names: Names, and the entity type each was found as.
        text: Where to look.
        spans: What was found in it already.
    """
    found = []
    for name, entity_type in names.items():
        if name not in text:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)(?!\()", text):
            if not any(span.start < match.end() and match.start() < span.end for span in spans):
                found.append(Span(match.start(), match.end(), entity_type, 0.6, "RepeatedName"))
    return found


def _precedence(span: Span) -> tuple[int, int, float, int, str, str]:
    tier = 0 if span.entity_type in _FIRST else 2 if span.entity_type in _LOOSE else 1
    return tier, -span.length, -span.score, span.start, span.entity_type, span.detector


def _outside(start: int, end: int, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts of ``start..end`` that no taken range covers."""
    free = [(start, end)]
    for low, high in taken:
        free = [
            part
            for begin, stop in free
            for part in ((begin, min(stop, low)), (max(begin, high), stop))
            if part[0] < part[1]
        ]
        if not free:
            break
    return free


def _trimmed(start: int, end: int, text: str) -> tuple[int, int]:
    while start < end and not _WORDLIKE.match(text[start]):
        start += 1
    while end > start and not _WORDLIKE.match(text[end - 1]):
        end -= 1
    return start, end
