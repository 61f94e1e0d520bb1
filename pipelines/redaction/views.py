r"""Views: the readings of a text in which an identifier shows that its carrier hides.

``jane\u0040example.org`` in a line of code, ``jane%40example.org`` in a link, ``jane&#64;example.org`` in markup, a
zero-width space inside a number: the characters that stand for others are *units*. A text with units is searched as it
stands and once more around them, decoded; what is found there is mapped back onto the text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.redaction.spans import Span
from pipelines.redaction.units import find_units, meaning

REACH = 300  # code points around a unit that are read again with it
_NEAR = 32  # code points between a unit and a find that it may have hidden: the name in a path whose slash is escaped
_DEEPEST = 4  # how often what was decoded is decoded again: JSON in JSON in a query

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text, and where each part of it stands there.

    Attributes:
        text: What is searched.
        shown: Where parts begin in ``text``; part ``k`` ends where the next begins.
        stands: Range of code points of the original that each part stands for.
        verbatim: Whether a part is the same there, code point by code point.
        touching: Ranges of the original of which a find must touch one to count; ``None`` if all finds count.
        original: The view that this is a view of; ``None`` for the text itself.
        entity_type: What all finds count as; ``""`` if as what they are.
        is_joined: Whether lines are put together that the text has apart, so that only structured finds count.
    """

    text: str
    shown: tuple[int, ...]
    stands: tuple[Range, ...]
    verbatim: tuple[bool, ...]
    touching: tuple[Range, ...] | None = None
    original: "View | None" = None
    entity_type: str = ""
    is_joined: bool = False

    @classmethod
    def of(cls, text: str) -> "View":
        """Return a text as the view of itself."""
        return cls(text, (0,), ((0, len(text)),), (True,))

    def place(self, span: Span) -> Span | None:
        """Return a find of this view as a span of the text, or ``None`` if it does not count."""
        if self._is_itself():
            return span
        start, end = self._first(span.start), self._last(span.end)
        if start >= end or not self._touches(start, end):
            return None
        placed = replace(span, start=start, end=end, entity_type=self.entity_type or span.entity_type)
        return placed if self.original is None else self.original.place(placed)

    def _is_itself(self) -> bool:
        return len(self.shown) == 1 and self.verbatim[0] and self.original is None

    def _first(self, position: int) -> int:
        part = bisect_right(self.shown, position) - 1
        start = self.stands[part][0]
        return start + position - self.shown[part] if self.verbatim[part] else start

    def _last(self, position: int) -> int:
        part = bisect_right(self.shown, position - 1) - 1
        start, end = self.stands[part]
        return start + position - self.shown[part] if self.verbatim[part] else end

    def _touches(self, start: int, end: int) -> bool:
        if self.touching is None:
            return True
        first = bisect_left(self.touching, (start, start)) - 1  # the last range that begins before the find
        near = self.touching[max(0, first) : first + 3]
        if self.is_joined:
            return any(start < low and high < end for low, high in near)
        return any(start <= high and low <= end for low, high in near)


class Parts:
    """The parts of a view, while it is put together."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._shown: list[int] = []
        self._stands: list[Range] = []
        self._verbatim: list[bool] = []
        self._length = 0

    def verbatim(self, text: str, start: int, end: int) -> None:
        """Add code points ``start`` up to ``end`` of the original as they are."""
        self._add(text[start:end], start, end, verbatim=True)

    def instead(self, shown: str, start: int, end: int) -> None:
        """Add what stands for code points ``start`` up to ``end`` of the original; if nothing does, they are unseen."""
        self._add(shown, start, end, verbatim=False)

    def _add(self, shown: str, start: int, end: int, *, verbatim: bool) -> None:
        if shown:
            self._texts.append(shown)
            self._shown.append(self._length)
            self._stands.append((start, end))
            self._verbatim.append(verbatim)
            self._length += len(shown)

    def view(
        self, touching: Sequence[Range] | None = None, original: View | None = None, entity_type: str = ""
    ) -> View:
        """Return what was put together; the arguments are :class:`View`'s."""
        text, touched = "".join(self._texts), None if touching is None else tuple(touching)
        stands = tuple(self._stands)
        return View(text, tuple(self._shown), stands, tuple(self._verbatim), touched, original, entity_type)


def plain(text: str) -> str:
    """Return a text with every unit read as what it stands for, however often it is nested."""
    for _ in range(_DEEPEST):
        units = find_units(text)
        if not units:
            break
        text = "".join(_pieces(text, units))
    return text


def decoded(of: View) -> list[View]:
    r"""Return the surroundings of a view's units, decoded.

    Only finds near a unit count: all others are found in the text itself, with all that stands around them. Where
    some units are letters of other forms and others are escapes, a further view leaves the escapes: in a path such as
    ``C:\names`` they are none. For the same reason each decoding of what is nested is a view.
    """
    units = find_units(of.text)
    if not units:
        return []
    letters = [unit for unit in units if not of.text[unit[0]].isascii()]
    further = [_decoded(of, letters)] if letters and len(letters) < len(units) else []
    return [*_decoded_through(_decoded(of, units)), *further]


def _decoded(of: View, units: Sequence[Range]) -> View:
    text = of.text
    parts = Parts()
    for low, high, inside in windows(text, units):
        _decode(parts, text, low, high, inside)
        parts.instead("\n\n", high, high)
    return parts.view([(start - _NEAR, end + _NEAR) for start, end in units], of)


def _decoded_through(view: View) -> list[View]:
    """Return a view, and what comes of it when what was decoded is decoded again, as often as it is nested."""
    views = [view]
    for _ in range(_DEEPEST - 1):
        units = find_units(view.text)
        if not units:
            break
        parts = Parts()
        _decode(parts, view.text, 0, len(view.text), units)
        view = parts.view(original=view)
        views.append(view)
    return views


def _decode(parts: Parts, text: str, low: int, high: int, units: Sequence[Range]) -> None:
    for start, end in units:
        parts.verbatim(text, low, start)
        parts.instead(meaning(text[start:end]), start, end)
        low = end
    parts.verbatim(text, low, high)


def _pieces(text: str, units: Sequence[Range]) -> Iterator[str]:
    low = 0
    for start, end in units:
        yield text[low:start]
        yield meaning(text[start:end])
        low = end
    yield text[low:]


def windows(text: str, units: Sequence[Range]) -> list[tuple[int, int, list[Range]]]:
    """Return disjoint windows of a text around units, each with its units, in order."""
    windows: list[tuple[int, int, list[Range]]] = []
    for start, end in units:
        if windows and start - REACH <= windows[-1][1]:
            low, high, inside = windows[-1]
            inside.append((start, end))
            windows[-1] = (low, max(high, _window_end(text, end)), inside)
        else:
            low = max(_window_start(text, start), windows[-1][1] if windows else 0)
            windows.append((low, _window_end(text, end), [(start, end)]))
    return windows


def _window_start(text: str, unit: int) -> int:
    """Return where the window before a unit begins: at a line or a word where one begins within reach."""
    least = max(0, unit - REACH)
    line = text.rfind("\n", least, unit) + 1
    word = text.find(" ", least, unit) + 1
    return least if not least else line or word or least


def _window_end(text: str, unit: int) -> int:
    """Return where the window after a unit ends: at a line's or a word's end where one ends within reach."""
    most = min(len(text), unit + REACH)
    if most == len(text):
        return most
    line = text.find("\n", unit, most)
    word = text.rfind(" ", unit, most)
    return line if line >= 0 else word if word >= 0 else most
