"""The parts of an expression that decide where it can match: what it consumes, how often, and what must stand beside.

Characters are bytes of :mod:`~pipelines.redaction.structured.alphabet`. Widths count code points.
"""

import math
from dataclasses import dataclass

from pipelines.redaction.structured.alphabet import EDGE

NEWLINE = 0x0A
EVERY = frozenset(range(EDGE + 1))


@dataclass(frozen=True, slots=True)
class Chars:
    """One character. ``possible`` are the bytes it may be; ``certain`` those that always are one of it."""

    possible: frozenset[int]
    certain: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part ``least`` to ``most`` times; ``most`` may be infinite."""

    part: "Node"
    least: int
    most: float


@dataclass(frozen=True, slots=True)
class Look:
    """What stands before or after must match, or must not, without being consumed."""

    ahead: bool
    negated: bool
    inner: "Node"


@dataclass(frozen=True, slots=True)
class WordEdge:
    r"""A word begins or ends here: ``\b``."""


Node = Chars | Sequence | Choice | Repeat | Look | WordEdge
NOTHING = Sequence(())


def width(node: Node) -> tuple[int, float]:
    """Return how many code points a node consumes, at least and at most."""
    match node:
        case Chars():
            return 1, 1
        case Sequence(parts):
            widths = [width(part) for part in parts]
            return sum(least for least, _ in widths), sum(most for _, most in widths)
        case Choice(options):
            widths = [width(option) for option in options]
            return min(least for least, _ in widths), max(most for _, most in widths)
        case Repeat(part, least, most):
            low, high = width(part)
            return low * least, high * most if high and most else 0
        case _:
            return 0, 0


def reach(node: Node) -> float:
    """Return how far beyond the end of a match it can depend on the text, in code points."""
    match node:
        case Sequence(parts) | Choice(parts):
            return max((reach(part) for part in parts), default=0)
        case Repeat(part, _, _):
            return reach(part)
        case Look(_, _, inner):
            return width(inner)[1] + reach(inner) + 2  # a `$` inside looks at a line's end and one further
        case WordEdge():
            return 2
        case _:
            return 0


def crosses_lines(node: Node) -> bool:
    """Return whether a match, or what it looks at, can hold a line feed."""
    match node:
        case Chars(possible, _):
            return NEWLINE in possible
        case Sequence(parts) | Choice(parts):
            return any(crosses_lines(part) for part in parts)
        case Repeat(inner) | Look(_, _, inner):
            return not (isinstance(node, Look) and width(inner)[1] <= 1) and crosses_lines(inner)
        case _:
            return False


def first(node: Node) -> frozenset[int]:
    """Return the bytes that what a node consumes may begin with; every byte where it may consume nothing."""
    return _outermost(node, forward=True)


def last(node: Node) -> frozenset[int]:
    """Return the bytes that what a node consumes may end with; every byte where it may consume nothing."""
    return _outermost(node, forward=False)


def _outermost(node: Node, *, forward: bool) -> frozenset[int]:
    match node:
        case Chars(possible, _):
            return possible
        case Choice(options):
            return frozenset().union(*(_outermost(option, forward=forward) for option in options))
        case Repeat(part, _, _):
            return _outermost(part, forward=forward)
        case Sequence(parts):
            found: frozenset[int] = frozenset()
            for part in parts if forward else reversed(parts):
                if width(part)[1] == 0:
                    continue
                if width(part)[0]:
                    return found | _outermost(part, forward=forward)
                found |= _outermost(part, forward=forward)
            return EVERY
        case _:
            return EVERY


def is_bounded(node: Node) -> bool:
    """Return whether matches of a node have a greatest width."""
    return math.isfinite(width(node)[1])
