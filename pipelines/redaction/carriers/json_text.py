"""JSON as a carrier: the strings and numbers of a document, where they stand, and the document with some changed.

A document is read token by token, without recursion, and only the tokens that change are written anew: spaces, order,
numbers and repeated keys stay as they were. RFC 8259 is the grammar; pointers are those of RFC 6901.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.redaction.carriers.unreadable import UnreadableTextError

_BEGINS = re.compile(r"[ \t\r\n]*[\[{]")
_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:("(?:[^"\\]++|\\.)*+")|([\[{])|([\]}])|(,)|(:)'
    r"|(-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+|true|false|null|NaN|-?Infinity))",
    re.DOTALL,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_LONG_NUMBER = re.compile(r"-?\d{6,}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_HALF = re.compile("[\ud800-\udfff]")

# Kinds of tokens, which are groups of the expression, and what may come when.
_STRING, _OPEN, _CLOSE, _COMMA, _COLON, _SCALAR = range(1, 7)
_VALUE = frozenset({_STRING, _OPEN, _SCALAR})
_FIRST_VALUE = _VALUE | {_CLOSE}
_KEY = frozenset({_STRING})
_FIRST_KEY = _KEY | {_CLOSE}
_AFTER_KEY = frozenset({_COLON})
_AFTER_VALUE = frozenset({_COMMA, _CLOSE})


@dataclass(frozen=True, slots=True)
class Node:
    """A step of the way to a value: the document itself, which has no parent, or a member of an object or array.

    ``name`` is the key in an object, ``index`` the place among the members, from 0.
    """

    parent: "Node | None" = None
    name: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """A string or a long number of a document.

    Attributes:
        start, end: Where it stands in the text, quotes included.
        text: What it says, decoded.
        field: Key of the nearest object's member that it is the value of, or in the value of; ``""`` for a key.
        node: Its place in the document.
        is_key: Whether it names a member.
        is_bare: Whether it stands between documents, as it is, and is no JSON.
    """

    start: int
    end: int
    text: str
    field: str
    node: Node
    is_key: bool = False
    is_bare: bool = False

    def pointer(self, renamed: Callable[[str], str]) -> str:
        """Return the JSON pointer of the token; a key on the way is written as what it was ``renamed`` to."""
        steps = [f"{self.node.index}~key"] if self.is_key else [_step(self.node, renamed)]
        node = self.node.parent
        while node is not None:
            steps.append(_step(node, renamed))
            node = node.parent
        return "/".join(reversed(steps))


def read_json(text: str, start: int = 0, end: int | None = None, root: Node | None = None) -> list[Token] | None:
    """Return the tokens of a JSON document in order, or ``None`` if the text is none.

    Only an object or an array counts as a document, and only a number of six digits or more as a token.

    Args:
        text: What may be a document.
        start, end: The part of the text to read; all of it by default.
        root: The step before the document, where it is one of several.

    Raises:
        UnreadableTextError: A string of the document holds half a character.
    """
    if not _BEGINS.match(text, start):
        return None
    return _Reading(text, start, len(text) if end is None else end, root or Node()).tokens()


def write_json(text: str, changes: Sequence[tuple[Token, str]]) -> str:
    """Return a document with the texts of some tokens changed.

    A string is escaped as it was: in ASCII alone if it held nothing else. A number stays one if its new text is one.

    Args:
        text: The document.
        changes: Tokens of it in order, each with its new text.
    """
    pieces = []
    done = 0
    for token, changed in changes:
        pieces += [text[done : token.start], _written(token, text, changed)]
        done = token.end
    return "".join([*pieces, text[done:]])


def _written(token: Token, text: str, changed: str) -> str:
    if token.is_bare or (text[token.start] != '"' and _NUMBER.fullmatch(changed)):
        return changed
    return json.dumps(changed, ensure_ascii=text[token.start : token.end].isascii())


def _step(node: Node, renamed: Callable[[str], str]) -> str:
    if node.parent is None:
        return ""
    return str(node.index) if node.name is None else renamed(node.name).replace("~", "~0").replace("/", "~1")


class _Container:
    """An object or array that is being read: how many members it had, and the key of the one that comes."""

    __slots__ = ("count", "field", "is_object", "key", "node")

    def __init__(self, node: Node, is_object: bool, field: str) -> None:
        self.node = node
        self.is_object = is_object
        self.field = field  # of the members of an array
        self.count = 0
        self.key: str | None = None


class _Reading:
    """Reads one document from left to right; a stack of containers stands in for recursion."""

    def __init__(self, text: str, start: int, end: int, root: Node) -> None:
        self._text = text
        self._position = start
        self._end = end
        self._root = root
        self._found: list[Token] = []
        self._open: list[_Container] = []
        self._allowed = frozenset({_OPEN})

    def tokens(self) -> list[Token] | None:
        """Return the tokens, or ``None`` where the grammar is broken."""
        while (match := _TOKEN.match(self._text, self._position, self._end)) is not None:
            kind = match.lastindex or 0
            if kind not in self._allowed:
                return None
            self._position = match.end()
            if kind == _CLOSE:
                if "{["[not self._open[-1].is_object] != {"}": "{", "]": "["}[match[kind]]:
                    return None
                self._open.pop()
                if not self._open:
                    return self._found if self._is_over() else None
                self._allowed = _AFTER_VALUE
            else:
                self._take(kind, match.start(kind), match.end())
        return None

    def _take(self, kind: int, start: int, end: int) -> None:
        if kind == _COMMA:
            self._allowed = _KEY if self._open[-1].is_object else _VALUE
        elif kind == _COLON:
            self._allowed = _VALUE
        elif kind == _OPEN:
            self._opens(self._text[start] == "{")
        elif self._allowed is _KEY or self._allowed is _FIRST_KEY:
            self._key(start, end)
        else:
            self._value(kind, start, end)

    def _opens(self, is_object: bool) -> None:
        outer = self._open[-1] if self._open else None
        node, field = (self._root, "") if outer is None else (self._member(outer), self._field(outer))
        self._open.append(_Container(node, is_object, field))
        self._allowed = _FIRST_KEY if is_object else _FIRST_VALUE

    def _key(self, start: int, end: int) -> None:
        inside = self._open[-1]
        inside.key = self._decoded(start, end)
        self._found.append(Token(start, end, inside.key, "", Node(inside.node, None, inside.count), is_key=True))
        self._allowed = _AFTER_KEY

    def _value(self, kind: int, start: int, end: int) -> None:
        inside = self._open[-1]
        if kind == _STRING:
            text = self._decoded(start, end)
            self._found.append(Token(start, end, text, self._field(inside), self._member(inside)))
        elif _LONG_NUMBER.fullmatch(self._text, start, end):
            self._found.append(Token(start, end, self._text[start:end], self._field(inside), self._member(inside)))
        else:
            inside.count += 1
        self._allowed = _AFTER_VALUE

    def _member(self, inside: _Container) -> Node:
        """Return the place of the member that comes, and count it."""
        inside.count += 1
        return Node(inside.node, inside.key if inside.is_object else None, inside.count - 1)

    @staticmethod
    def _field(inside: _Container) -> str:
        return (inside.key or "") if inside.is_object else inside.field

    def _decoded(self, start: int, end: int) -> str:
        if self._text.find("\\", start, end) < 0:
            return self._text[start + 1 : end - 1]
        try:
            text: str = json.loads(self._text[start:end], strict=False)
        except json.JSONDecodeError as error:
            raise UnreadableTextError("A JSON string holds an escape that is none.") from error
        if _HALF.search(text):
            raise UnreadableTextError("A JSON string holds half a character.")
        return text

    def _is_over(self) -> bool:
        blank = _BLANK.match(self._text, self._position, self._end)
        return blank is not None and blank.end() == self._end
