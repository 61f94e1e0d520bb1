"""Writes an expression as the scanner reads it: classes of bytes, assertions only of one character at either end."""

import functools

from pipelines.redaction.structured.edges import beside
from pipelines.redaction.structured.syntax import EVERY, Chars, Choice, Node, Repeat, Sequence, width

_MANY = 64  # a least count above which the scanner asks for no more
_FEW = 8  # a greatest count above which it asks for none: counting is what makes its machines large


def written(node: Node, *, left: bool = True, right: bool = True) -> bytes:
    """Return the scanner's expression for a node.

    Args:
        node: What to write.
        left: Nothing is written before it, so what it asserts of the character before it can be.
        right: The same of what follows.
    """
    match node:
        case Chars(possible, _):
            return _class(possible)
        case Repeat(part, least, most):
            return b"(?:" + written(part, left=False, right=False) + b")" + _count(least, most)
        case Choice(options):
            return b"(?:" + b"|".join(written(option, left=left, right=right) for option in options) + b")"
        case Sequence(parts):
            return _sequence(parts, left=left, right=right)
        case _:
            return b""


def _sequence(parts: tuple[Node, ...], *, left: bool, right: bool) -> bytes:
    solid = [place for place, part in enumerate(parts) if width(part)[1] > 0]
    if not solid:
        return b""
    begin, end = solid[0], solid[-1]
    before = beside(parts[:begin], Sequence(parts[begin:]), ahead=False) if left else EVERY
    after = beside(parts[end + 1 :], Sequence(parts[: end + 1]), ahead=True) if right else EVERY
    inside = [
        written(part, left=left and place == begin and before == EVERY, right=right and place == end and after == EVERY)
        for place, part in enumerate(parts)
        if begin <= place <= end
    ]
    return b"".join((_beside_class(before), *inside, _beside_class(after)))


def _beside_class(allowed: frozenset[int]) -> bytes:
    return b"" if allowed == EVERY else _class(allowed)


@functools.lru_cache(maxsize=4096)
def _class(members: frozenset[int]) -> bytes:
    if not members:
        return rb"[^\x00-\xff]"
    codes = sorted(members)
    starts = [code for code in codes if code - 1 not in members]
    ends = [code for code in codes if code + 1 not in members]
    ranges = [
        _byte(low) if low == high else _byte(low) + b"-" + _byte(high) for low, high in zip(starts, ends, strict=True)
    ]
    return ranges[0] if len(codes) == 1 else b"[" + b"".join(ranges) + b"]"


def _byte(code: int) -> bytes:
    one = b"%c" % code
    return one if one.isalnum() else rb"\x%02x" % code


def _count(least: int, most: float) -> bytes:
    if least > _MANY:
        return b"{%d,}" % _MANY
    if least == most:
        return b"{%d}" % least
    return b"{%d,}" % least if most > _FEW else b"{%d,%d}" % (least, int(most))
