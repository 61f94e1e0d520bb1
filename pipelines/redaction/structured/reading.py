"""Reads an expression of the ``regex`` package into the nodes of :mod:`~pipelines.redaction.structured.syntax`.

The standard library's own parser does the reading. What it does not know, or knows otherwise than ``regex``, is
refused, and such an expression runs without the scanner.
"""

import functools
import math
import re
from re import _constants as op  # type: ignore[attr-defined]  # the parser has no public name any more
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import regex  # type: ignore[import-untyped]

from pipelines.redaction.structured.alphabet import BYTES, DIGIT, EDGE, KINDS, NAMED, PROBE, SPACE, WORD, kinds
from pipelines.redaction.structured.syntax import (
    NEWLINE,
    NOTHING,
    Chars,
    Choice,
    Look,
    Node,
    Repeat,
    Sequence,
    WordEdge,
)


class UnreadableError(Exception):
    """An expression uses what only ``regex`` understands; it never leaves this package."""


_FLAGS = {regex.I: re.I, regex.M: re.M, regex.S: re.S, regex.X: re.X, regex.A: re.A}
_HARMLESS = regex.U | regex.V0
_GLOBAL = regex.compile(r"(?<!\\)(?:\\\\)*+\K\(\?([aimsxu]+)\)")
_QUIET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
# Fuzzy counts, recursion, named lists, resets of groups; properties and POSIX classes are refused by their letters.
_FOREIGN = re.compile(r"\{(?!\d*,?\d*\})|\(\?(?:[&R|]|P>|[0-9])|\(\*")
_FOREIGN_LETTER = re.compile(r"(?<!\\)(?:\\\\)*\\[pPhHRXGLmMNzQ]|\[\[:")
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?P<(\w+)>")
_REFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(|\\g<")
_COVERS = {
    op.CATEGORY_WORD: {WORD, DIGIT},
    op.CATEGORY_DIGIT: {DIGIT},
    op.CATEGORY_SPACE: {SPACE},
}
_COVERS |= {
    op.CATEGORY_NOT_WORD: KINDS - _COVERS[op.CATEGORY_WORD],
    op.CATEGORY_NOT_DIGIT: KINDS - _COVERS[op.CATEGORY_DIGIT],
    op.CATEGORY_NOT_SPACE: KINDS - _COVERS[op.CATEGORY_SPACE],
}
_LETTERS = {
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_WORD: r"\W",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_NOT_SPACE: r"\S",
}
_LINE_ENDS = Chars(frozenset((NEWLINE, EDGE)), frozenset((NEWLINE, EDGE)))
_TEXT_ENDS = Chars(frozenset((EDGE,)), frozenset((EDGE,)))


def read(expression: str, flags: int) -> Node:
    """Return the nodes of an expression.

    Raises:
        UnreadableError: It holds what the standard library's parser does not know, or reads otherwise.
    """
    plain, inline = _without_global_flags(expression)
    flags = int(flags) | inline
    known = sum(_FLAGS)
    if flags & ~(known | _HARMLESS):
        raise UnreadableError("flags")
    if _FOREIGN_LETTER.search(plain) or _FOREIGN.search(_QUIET.sub("", plain)):
        raise UnreadableError("syntax")
    plain = (
        plain.replace(r"\K", "(?:)") if r"\\" not in plain else regex.sub(r"(?<!\\)((?:\\\\)*)\\K", r"\1(?:)", plain)
    )
    plain = _with_distinct_names(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", plain))
    python_flags = sum((python for flag, python in _FLAGS.items() if flags & flag), start=0)
    try:
        tree = _parser.parse(plain, python_flags)
    except (re.error, OverflowError) as error:
        raise UnreadableError(str(error)) from error
    return _Reader().sequence(tree, python_flags)


def _without_global_flags(expression: str) -> tuple[str, int]:
    """Return an expression without ``(?i)`` and the like, which hold for all of it wherever they stand."""
    found = 0
    for letters in _GLOBAL.findall(expression):
        for letter in letters:
            found |= int(getattr(regex, letter.upper()))
    return _GLOBAL.sub("", expression), found


def _with_distinct_names(expression: str) -> str:
    """Return an expression in which a name that several groups share, as ``regex`` allows, is only the first's."""
    names = _NAMED_GROUP.findall(expression)
    if len(set(names)) == len(names):
        return expression
    if _REFERENCE.search(expression):
        raise UnreadableError("references to groups that share a name")
    seen: set[str] = set()

    def once(group: re.Match[str]) -> str:
        if group[1] in seen:
            return "(?:"
        seen.add(group[1])
        return group[0]

    return _NAMED_GROUP.sub(once, expression)


class _Reader:
    """Reads one tree; remembers its groups, for what refers back to them."""

    def __init__(self) -> None:
        self._groups: dict[int, Node] = {}

    def sequence(self, tree: Any, flags: int) -> Node:
        parts = [self._node(kind, value, flags) for kind, value in tree]
        flat = [one for part in parts for one in (part.parts if isinstance(part, Sequence) else (part,))]
        return flat[0] if len(flat) == 1 else Sequence(tuple(flat))

    def _node(self, kind: Any, value: Any, flags: int) -> Node:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return _chars(kind, value, flags)
        if kind is op.AT:
            return _place(value)
        if kind is op.BRANCH:
            return Choice(tuple(self.sequence(option, flags) for option in value[1]))
        if kind is op.SUBPATTERN:
            group, add, remove, inner = value
            read = self.sequence(inner, (flags | add) & ~remove)
            if group is not None:
                self._groups[group] = read
            return read
        if kind is op.ATOMIC_GROUP:
            return self.sequence(value, flags)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            least, most, inner = value
            return Repeat(self.sequence(inner, flags), least, math.inf if most is op.MAXREPEAT else most)
        if kind in (op.ASSERT, op.ASSERT_NOT):
            direction, inner = value
            return Look(direction > 0, kind is op.ASSERT_NOT, self.sequence(inner, flags))
        if kind is op.GROUPREF:
            return self._groups.get(value, NOTHING)
        if kind is op.GROUPREF_EXISTS:
            _, yes, no = value
            return Choice((self.sequence(yes, flags), self.sequence(no, flags) if no else NOTHING))
        raise UnreadableError(str(kind))


def _place(value: Any) -> Node:
    if value is op.AT_BOUNDARY:
        return WordEdge()
    if value in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        return Look(False, False, _LINE_ENDS if value is op.AT_BEGINNING else _TEXT_ENDS)
    if value in (op.AT_END, op.AT_END_STRING):
        return Look(True, False, _LINE_ENDS if value is op.AT_END else _TEXT_ENDS)
    return Look(True, True, NOTHING)  # `\B`: nothing is known of it but that it looks one further


def _chars(kind: Any, value: Any, flags: int) -> Chars:
    if kind is op.ANY:
        every = frozenset(range(EDGE)) - (frozenset() if flags & re.S else {NEWLINE})
        return Chars(every, every)
    items = [(op.LITERAL, value)] if kind is not op.IN else list(value)
    negated = kind is op.NOT_LITERAL or items[0][0] is op.NEGATE
    items = [item for item in items if item[0] is not op.NEGATE]
    exact = _exact(items, flags)
    possible = exact | frozenset().union(*(_kinds_touched(item, flags) for item in items))
    certain = exact | frozenset().union(*(_kinds_covered(item, flags) for item in items))
    if not negated:
        return Chars(possible, certain)
    inside = frozenset(range(EDGE))
    return Chars(inside - certain, inside - possible)


def _exact(items: list[Any], flags: int) -> frozenset[int]:
    """Return the bytes of single characters that ``regex`` takes for one of the items."""
    wanted = (regex.I if flags & re.I else 0) | (regex.A if flags & re.A else 0)
    return _matching("[" + "".join(map(_text, items)) + "]", int(wanted))


@functools.lru_cache(maxsize=4096)
def _matching(one: str, flags: int) -> frozenset[int]:
    return frozenset(BYTES[found] for found in regex.findall(one, PROBE, flags=flags))


def _text(item: Any) -> str:
    kind, value = item
    if kind is op.CATEGORY:
        return _LETTERS[value]
    low, high = (value, value) if kind is op.LITERAL else value
    return rf"\U{low:08x}-\U{high:08x}"


def _kinds_touched(item: Any, flags: int) -> frozenset[int]:
    kind, value = item
    if kind is op.CATEGORY:
        return (
            KINDS
            if flags & re.A and value in (op.CATEGORY_NOT_WORD, op.CATEGORY_NOT_DIGIT, op.CATEGORY_NOT_SPACE)
            else frozenset(_COVERS[value])
        )
    low, high = (value, value) if kind is op.LITERAL else value
    if high < 128 or (low == high and chr(low) in NAMED):
        return frozenset()
    touched = frozenset(int(one) for one in np.unique(kinds()[max(low, 128) : high + 1])) & KINDS
    return touched | {WORD} if flags & re.I else touched


def _kinds_covered(item: Any, flags: int) -> frozenset[int]:
    kind, value = item
    if kind is not op.CATEGORY or flags & re.A:
        return frozenset()
    return frozenset(_COVERS[value])
