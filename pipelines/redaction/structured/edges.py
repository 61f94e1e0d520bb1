"""What an expression asserts of the one character before or after it, which the scanner can be told."""

from pipelines.redaction.structured.alphabet import WORDLIKE
from pipelines.redaction.structured.syntax import EVERY, Chars, Choice, Look, Node, Sequence, WordEdge, first, last


def beside(assertions: tuple[Node, ...], solid: Node, *, ahead: bool) -> frozenset[int]:
    """Return the bytes that may stand beside ``solid``, going by the assertions at that end of it."""
    allowed = EVERY
    for one in assertions:
        match one:
            case WordEdge():
                allowed &= _across_word_edge(last(solid) if ahead else first(solid))
            case Look() | Choice() | Sequence():
                allowed &= _single(one, ahead=ahead)
            case _:
                pass
    return allowed


def _single(node: Node, *, ahead: bool) -> frozenset[int]:
    """Return the bytes that what is asserted lets stand there; every byte where it is about more than one."""
    match node:
        case Choice(options):
            return frozenset().union(*(_single(option, ahead=ahead) for option in options))
        case Sequence(parts):
            return EVERY.intersection(*(_single(part, ahead=ahead) for part in parts))
        case Look(direction, negated, inner) if direction == ahead:
            chars = _alternatives(inner)
            if not chars:
                return EVERY
            if negated:
                return EVERY - frozenset().union(*(one.certain for one in chars if isinstance(one, Chars)))
            if all(isinstance(one, Chars) for one in chars):
                return frozenset().union(*(one.possible for one in chars if isinstance(one, Chars)))
    return EVERY


def _alternatives(node: Node) -> tuple[Node, ...]:
    return node.options if isinstance(node, Choice) else (node,)


def _across_word_edge(inside: frozenset[int]) -> frozenset[int]:
    if inside <= WORDLIKE:
        return EVERY - WORDLIKE
    return EVERY if inside & WORDLIKE else WORDLIKE
