"""A value as it is written: its characters, and how each is spelt where it stands.

A value may be spelt with the escapes of JSON, URLs and HTML, with letters of no width and in full width. A surrogate
takes the place of the characters and leaves the spelling of what it does not replace.
"""

import html
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

_SPELT = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrtbf\"/\\]|%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f]){1,4}"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|.",
    re.DOTALL,
)
_CONTROL = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\b": "\b", "\\f": "\f"}


class Piece(NamedTuple):
    """One character of a value: how it is spelt, and what it is ("" for one without width)."""

    raw: str
    char: str

    @property
    def is_digit(self) -> bool:
        """Whether it is a decimal digit."""
        return self.char.isdecimal()

    @property
    def is_alphanumeric(self) -> bool:
        """Whether it is a letter or a digit."""
        return self.char.isalnum()


def pieces(value: str) -> list[Piece]:
    """Return the characters of a value in order; joined, what they are spelt is the value."""
    if value.isascii() and not any(mark in value for mark in "\\%&"):
        return [Piece(character, character) for character in value]
    return [Piece(match[0], _read(match[0])) for match in _SPELT.finditer(value)]


def plain(value: str) -> str:
    """Return the value itself, whatever it is spelt with (compatibility form NFKC)."""
    return "".join(piece.char for piece in pieces(value))


def laid(value: str, digits: str) -> str:
    """Return the value with its digits replaced by others, as many; all else stays as it is written."""
    left = iter(digits)
    return "".join(next(left) if piece.is_digit else piece.raw for piece in pieces(value) if piece.char)


def _read(raw: str) -> str:
    if raw in _CONTROL:
        return _CONTROL[raw]
    if raw[:2] in ("\\u", "\\x") and len(raw) > 2:
        read = chr(int(raw[2:], 16))
    elif raw[0] == "\\" and len(raw) == 2:
        read = raw[1]
    elif raw[0] == "%" and len(raw) > 1:
        read = unquote(raw)
    elif raw[0] == "&" and len(raw) > 1:
        read = html.unescape(raw)
    else:
        read = raw
    if unicodedata.category(read[0]) == "Cf":
        return ""
    return unicodedata.normalize("NFKC", read)
