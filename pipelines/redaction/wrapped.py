r"""Wrapped identifiers: one value on two lines, or in two strings that code puts together.

``jane.doe@`` at the end of a line and ``example.org`` at the beginning of the next are a mail address. The places where
that may be are read once more with the two sides joined; what was found without is preferred.
"""

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.redaction.spans import Met, Span
from pipelines.redaction.views import Parts, Range, View, windows

_REACH = 90  # code points on either side of a break: more than any address or account number
_LONGEST = 2000  # code points on either side if they are one token
_NEAR = 40  # code points between a break and the sign of an identifier

_LEAST_REST = 16  # code points of a token's other half that a word does not have

# A line break between letters, digits or marks of an identifier, near a sign of one (before `@` or a dot it is the line
# of a decorator or a method); between two halves of a token; and two strings with nothing but an operator between.
_BREAK = re.compile(r"\r?\n(?<=[\w@.:+/\\%(), \r-]\n)(?=[\w:+/(-])")
_HALVES = re.compile(
    r"\r?\n(?:(?<=[\w.=+/-]{4}\n)|(?<=[\w.=+/-]{4}\r\n))(?=[\w.=+/-]{8})(?=[\w.=+/-]{0,60}\d|[A-Z0-9]{8})"
)
_STRINGS = re.compile(r"[\"'`]\s{0,40}[+.&\\]?\s{0,40}[\"'`](?=[\w@.:+/( -])")
# A sign of a mail address, or five digits close together; the directory of a user; pairs as in an address of hardware.
_SIGNS = re.compile(r"[@\d](?:(?<=@)|(?:[^\d\n]{0,9}\d){4})")
_HOMES = re.compile(r"(?:[Uu]sers|home)[/\\]")
_PAIRS = re.compile(r"[:-](?<=[0-9A-Fa-f]{2}[:-])[0-9A-Fa-f]{2}[:-]")
_BARE_DIGITS = re.compile(r"\d+\r?\n\d+")
# What has a shape that two lines do not come to have by accident, and how sure a find must be.
_SHAPED = {
    "CREDIT_CARD": 0.6,
    "CRYPTO": 0.9,
    "EMAIL_ADDRESS": 0.6,
    "IBAN_CODE": 0.6,
    "IP_ADDRESS": 0.6,
    "MAC_ADDRESS": 0.6,
    "PHONE_NUMBER": 0.6,
    "SECRET": 0.9,
    "USER_PATH": 0.6,
    "US_SSN": 0.6,
}


def joined(of: View) -> list[View]:
    """Return the surroundings of breaks that may stand inside a value, without them: lines joined, and strings."""
    views = (_joined_lines(of), _joined_strings(of))
    return [view for view in views if view is not None]


def _joined_lines(of: View) -> View | None:
    """Return every two lines between which a value may be broken, joined."""
    text = of.text
    breaks = _line_breaks(text)
    parts = Parts()
    for start, end in breaks:
        low, high = _side_start(text, start), _side_end(text, end)
        parts.verbatim(text, low, start)
        parts.verbatim(text, end, high)
        parts.instead("\n\n", high, high)
    return replace(parts.view(breaks, of), is_joined=True) if breaks else None


def _joined_strings(of: View) -> View | None:
    """Return the surroundings of strings that code puts together, put together."""
    text = of.text
    breaks = [match.span() for match in _STRINGS.finditer(text)]
    parts = Parts()
    for low, high, inside in windows(text, breaks):
        position = low
        for start, end in inside:
            parts.verbatim(text, position, start)
            position = end
        parts.verbatim(text, position, high)
        parts.instead("\n\n", high, high)
    return replace(parts.view(breaks, of), is_joined=True) if breaks else None


def counting(spans: Sequence[Span], others: Sequence[Span], text: str) -> list[Span]:
    """Return the finds of joined views that count: sure ones with a shape, where nothing of the kind was found apart.

    A secret that was found up to the break counts all the same if its other half is no word, and so does any value
    that code puts together.

    Args:
        spans: What was found in joined views, as spans of the text.
        others: What was found in the text's other views.
        text: The text.
    """
    known = Met(others)
    sure = (span for span in spans if span.score >= _SHAPED.get(span.entity_type, 2.0))
    return [
        span
        for span in sure
        if not _is_column(span, text) and (span not in known or _goes_on(span, text[span.start : span.end]))
    ]


def _is_column(span: Span, text: str) -> bool:
    """Return whether a find is made of two rows of digits that begin a line each, as the numbers of a table do."""
    if not _BARE_DIGITS.fullmatch(text, span.start, span.end):
        return False
    before = text[max(text.rfind("\n", 0, span.start) + 1, span.start - _REACH) : span.start]
    return not any(map(str.isalpha, before))


def _goes_on(span: Span, value: str) -> bool:
    if _STRINGS.search(value):
        return True
    rest = value.rpartition("\n")[2]
    return span.entity_type == "SECRET" and len(rest) >= _LEAST_REST and any(map(str.isdigit, rest))


def _line_breaks(text: str) -> list[Range]:
    if "\n" not in text:
        return []
    found = {match.span() for low, high in _near_signs(text) for match in _BREAK.finditer(text, low, high)}
    found |= {match.span() for match in _HALVES.finditer(text)}
    breaks: list[Range] = []
    for start, end in sorted(found):
        if not breaks or start >= breaks[-1][1]:
            breaks.append((start, end))
    return breaks


def _near_signs(text: str) -> Iterator[Range]:
    """Yield disjoint ranges in which a break may stand inside a value: near a sign of an identifier."""
    first = last = 0
    signs = (expression.finditer(text) for expression in (_SIGNS, _HOMES, _PAIRS))
    for match in heapq.merge(*signs, key=re.Match.start):
        if match.start() - _NEAR > last:
            if last > first:
                yield first, last
            first = match.start() - _NEAR
        last = min(len(text), match.end() + _NEAR)
    if last > first:
        yield max(0, first), last


def _side_start(text: str, at: int) -> int:
    """Return where what stands before a break begins: within its line, and not inside a token."""
    line = text.rfind("\n", max(0, at - _LONGEST), at) + 1 or max(0, at - _LONGEST)
    return max(line, text.rfind(" ", line, max(line, at - _REACH)) + 1)


def _side_end(text: str, at: int) -> int:
    line = text.find("\n", at, at + _LONGEST)
    most = min(len(text), at + _LONGEST) if line < 0 else line
    word = text.find(" ", min(most, at + _REACH), most)
    return most if word < 0 else word
