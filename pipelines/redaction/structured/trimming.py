"""Cuts off the ends of an expression that may go on: whatever has them has what is between."""

from pipelines.redaction.structured.edges import beside
from pipelines.redaction.structured.syntax import EVERY, NOTHING, Choice, Node, Repeat, Sequence, is_bounded, width

_LONG_RUN = 40  # optional characters at an asserted end, above which they are left out with what is asserted


def without_tail(node: Node, run: int = 0) -> Node:
    """Return a node without the end of it that may go on, if it may for more than ``run`` characters."""
    match node:
        case Repeat(part, least, most) if most > least and (width(node)[1] - width(node)[0] > run):
            if not least:
                return NOTHING
            return (
                Repeat(part, least, least)
                if is_bounded(part)
                else Sequence((*[part] * (least - 1), without_tail(part, run)))
            )
        case Choice(options):
            return Choice(tuple(without_tail(option, run) for option in options))
        case Sequence(parts):
            return _without_last(list(parts), run)
        case _:
            return node


def _without_last(parts: list[Node], run: int) -> Node:
    solid = [place for place, part in enumerate(parts) if width(part)[1] > 0]
    if not solid:
        return Sequence(tuple(parts))
    place = solid[-1]
    asserted = beside(tuple(parts[place + 1 :]), Sequence(tuple(parts[: place + 1])), ahead=True) != EVERY
    shorter = without_tail(parts[place], _LONG_RUN if asserted else run)
    if shorter == parts[place]:
        return Sequence(tuple(parts))
    kept = parts[:place]  # what is asserted after the end that was cut off goes with it
    return _without_last(kept, run) if width(shorter)[1] == 0 else Sequence((*kept, shorter))


def without_lead(node: Node, run: int = 0) -> Node:
    """Return a node without the beginning of it that may have gone on, for only ends are reported."""
    match node:
        case Repeat(part, least, most) if most > least and width(node)[1] - width(node)[0] > run:
            return Repeat(part, least, least) if least else NOTHING
        case Choice(options):
            return Choice(tuple(without_lead(option, run) for option in options))
        case Sequence(parts):
            return _without_first(parts, run)
        case _:
            return node


def _without_first(parts: tuple[Node, ...], run: int) -> Node:
    solid = [place for place, part in enumerate(parts) if width(part)[1] > 0]
    if not solid:
        return Sequence(parts)
    place = solid[0]
    asserted = beside(parts[:place], Sequence(parts[place:]), ahead=False) != EVERY
    later = without_lead(parts[place], _LONG_RUN if asserted else run)
    if later == parts[place]:
        return Sequence(parts)
    kept = parts[place + 1 :]
    return _without_first(kept, run) if width(later)[1] == 0 else Sequence((later, *kept))
