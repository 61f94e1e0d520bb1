"""What the scanner looks for in place of an expression, and what its reports say of where matches may begin.

The scanner's expression matches wherever the rule's does, and possibly elsewhere: assertions are dropped, except those
at either end about one character, which is consumed instead; a tail that may go on is cut off, since whatever has the
tail has the beginning. Every report is an end, so a match begins between ``end - most`` and ``end - least``.
"""

from dataclasses import dataclass

from pipelines.redaction.structured.syntax import Look, Node, Sequence, crosses_lines, is_bounded, reach, width
from pipelines.redaction.structured.trimming import without_lead, without_tail
from pipelines.redaction.structured.writing import written

_TELLING = 3  # characters without which there is no use in asking
_WAYS = 4  # as many ways to ask; of what ships, all but one rule take the first


@dataclass(frozen=True, slots=True)
class Plan:
    """How one rule is searched.

    Attributes:
        scanned: The scanner's expression.
        least: Code points from a match's begin to a report, at least.
        most: The same at most; infinite where it is not bounded.
        tail: Code points from a match's begin to the end of all it depends on; infinite where it is not bounded.
        one_line: Neither a match nor what it looks at goes beyond a line feed.
    """

    scanned: bytes
    least: int
    most: float
    tail: float
    one_line: bool


def plans(node: Node) -> tuple[Plan, ...]:
    """Return the ways to search for an expression, the most telling first; none where it can match nothing at all.

    The scanner may find one too large for it. Each further one asks for less of the expression.
    """
    if width(node)[0] == 0:
        return ()
    heads = [head for head in (_with_what_follows(node), node) if head is not None]
    while len(heads) < _WAYS and (shorter := _shorter(heads[-1])) is not None:
        heads.append(shorter)
    return tuple(_plan(node, head) for head in heads)


def _plan(node: Node, head: Node) -> Plan:
    head = without_tail(head)
    least, most = width(head)
    edged = 1  # a report may be one late: for a character after the match that was consumed
    return Plan(
        written(without_lead(head)),
        least,
        most + edged,
        width(node)[1] + reach(node),
        not crosses_lines(node),
    )


def _with_what_follows(node: Node) -> Node | None:
    """Return an expression that consumes what the whole one only asserts to follow, if that is worth it."""
    match node:
        case Sequence((*parts, Look(True, False, inner))) if width(inner)[0] >= _TELLING and is_bounded(inner):
            return Sequence((*parts, inner))
        case _:
            return None


def _shorter(node: Node) -> Node | None:
    """Return an expression without its last part, if what is left still tells something."""
    if not isinstance(node, Sequence):
        return None
    solid = [place for place, part in enumerate(node.parts) if width(part)[1] > 0]
    kept = Sequence(node.parts[: solid[-1]])
    return kept if width(kept)[0] >= _TELLING else None
