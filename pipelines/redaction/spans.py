"""Spans of a text that were found, and how overlapping ones are made disjoint."""

import itertools
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

# The detector of what is redacted already: it wins over every find, and stays.
MARKER = "marker"

# Types that a model or a weak shape finds: anything with a structure of its own is surer.
_LOOSE = frozenset({"DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "PERSON", "URL"})
_FIRST = frozenset({"BLOB", "SECRET"})
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


class Met:
    """Which finds of the same type others overlap.

    Args:
        spans: Spans of one text, in any order.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: dict[str, list[int]] = {}
        self._ends: dict[str, list[int]] = {}  # the last end of all spans up to one
        for span in sorted(spans):
            starts, ends = self._starts.setdefault(span.entity_type, []), self._ends.setdefault(span.entity_type, [])
            starts.append(span.start)
            ends.append(max(span.end, ends[-1]) if ends else span.end)

    def __contains__(self, span: Span) -> bool:
        before = bisect_left(self._starts.get(span.entity_type, ()), span.end)
        return before > 0 and self._ends[span.entity_type][before - 1] > span.start


def disjoint(found: Iterable[Span], text: str, kept_types: Collection[str] = ()) -> tuple[Span, ...]:
    """Return spans that do not overlap and cover every letter and digit that was claimed, in order.

    What is redacted already wins over anything else; then a secret (or a blob), a structured identifier, a name; then
    the longer, the surer, and the first by type and detector. What a loser claims outside the winners is kept as a
    span of its own unless it is mere punctuation: a find is trimmed, never discarded.

    Args:
        found: Spans of ``text``, in any order, overlapping or not.
        text: The text.
        kept_types: Entity types that are found and left as they are. They come last, for a value that stays must
            not shield one that goes.
    """
    kept: list[Span] = []
    taken: list[tuple[int, int]] = []  # disjoint, in order
    for span in sorted(_standing(list(found), text), key=lambda span: _precedence(span, kept_types)):
        for start, end in _outside(span.start, span.end, taken):
            whole = (start, end) == (span.start, span.end)
            start, end = (start, end) if whole else _trimmed(start, end, text)
            if (whole and span.detector == MARKER) or _WORDLIKE.search(text, start, end):
                kept.append(span if whole else replace(span, start=start, end=end))
                insort(taken, (start, end))
    return tuple(sorted(kept))


def repeated(names: Mapping[str, str], text: str, spans: Sequence[Span]) -> list[Span]:
    """Return where a name found elsewhere in the record stands in this text, outside ``spans``.

    Args:
        names: Names, and the entity type each was found as.
        text: Where to look.
        spans: What was found in it already: disjoint, in order.
    """
    starts = [span.start for span in spans]
    found = []
    for name, entity_type in names.items():
        if name not in text:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)(?!\()", text):
            before = bisect_left(starts, match.end()) - 1  # the last span that begins before the match ends
            if before < 0 or spans[before].end <= match.start():
                found.append(Span(match.start(), match.end(), entity_type, 0.6, "repeated-name", "1"))
    return found


def _standing(found: list[Span], text: str) -> list[Span]:
    """Return finds without the markers that are digits inside something longer.

    Four groups of a real card may hold what a surrogate of a telephone number looks like: it must not shield them.
    """
    others = sorted(span for span in found if span.detector != MARKER)
    starts = [span.start for span in others]
    reach = list(itertools.accumulate((span.end for span in others), max))

    def is_inside(marker: Span) -> bool:
        before, at = bisect_left(starts, marker.start), bisect_right(starts, marker.start)
        return bool((before and reach[before - 1] >= marker.end) or (at and reach[at - 1] > marker.end))

    return [
        span
        for span in found
        if span.detector != MARKER
        or any(character.isalpha() for character in text[span.start : span.end])
        or not is_inside(span)
    ]


def _precedence(span: Span, kept_types: Collection[str]) -> tuple[int, int, float, int, str, str, str]:
    return _rank(span, kept_types), -span.length, -span.score, span.start, span.entity_type, span.detector, span.version


def _rank(span: Span, kept_types: Collection[str]) -> int:
    if span.detector == MARKER:
        return 0
    if span.entity_type in kept_types:
        return 4
    return 1 if span.entity_type in _FIRST else 3 if span.entity_type in _LOOSE else 2


def _outside(start: int, end: int, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts of ``start..end`` that no taken range covers."""
    place = bisect_right(taken, (start, start))
    if place and taken[place - 1][1] > start:
        place -= 1
    parts = []
    while place < len(taken) and taken[place][0] < end:
        low, high = taken[place]
        if start < low:
            parts.append((start, low))
        start = max(start, high)
        place += 1
    return [*parts, (start, end)] if start < end else parts


def _trimmed(start: int, end: int, text: str) -> tuple[int, int]:
    while start < end and not _WORDLIKE.match(text[start]):
        start += 1
    while end > start and not _WORDLIKE.match(text[end - 1]):
        end -= 1
    return start, end
