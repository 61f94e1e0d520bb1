r"""Units: characters of a text that stand for others.

Escapes of URLs (RFC 3986), of HTML, of strings in JSON (RFC 8259), JavaScript, Python and C, of Markdown and mail
(quoted-printable, RFC 2045), full-width and mathematical letters, spaces that do not break, and what nobody sees:
zero-width characters and controls of direction (Unicode's default ignorable code points).
"""

import re
import unicodedata
from html.entities import html5

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010-\u2012\u2212"
_LETTERS = "\uff01-\uff5e\ufe50-\ufe6b\U0001d400-\U0001d7ff"
_DIGITS = "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59"
_UNIT = re.compile(
    rf"[{_UNSEEN}{_SPACES}{_HYPHENS}{_LETTERS}{_DIGITS}]+"
    r"|(?:%[0-9A-Fa-f]{2})+"
    r"|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
    r"|\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}"
    r"|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|\r?\n[ \t]*|[nrtbfv]|[!-/:-@\[-`{-~])"
    r"|=40(?=[\w-]+\.)|=\r?\n(?=\S)|(?<=\d)=\r?\n(?= \d)"
)
# What a text holds in which there is a unit: cheaper to look for than the units themselves.
_ANY = re.compile(rf"[%&\\{_UNSEEN}{_SPACES}{_HYPHENS}{_LETTERS}{_DIGITS}]|=(?:40|\r?\n)")
_ANY_ASCII = re.compile(r"[%&\\]|=(?:40|\r?\n)")
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")
_IS_SPACE = re.compile(f"[{_SPACES}]")
_IS_HYPHEN = re.compile(f"[{_HYPHENS}]")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", "v": " "}


def find_units(text: str) -> list[tuple[int, int]]:
    """Return the ranges of code points that are units, in order; those that stand for themselves are none."""
    first = (_ANY_ASCII if text.isascii() else _ANY).search(text)
    if first is None:
        return []
    return [match.span() for match in _UNIT.finditer(text, first.start()) if meaning(match.group()) != match.group()]


def meaning(unit: str) -> str:
    """Return what one unit stands for; what stands for nothing that can be told stands for itself."""
    sign = unit[0]
    if sign == "\\":
        return _escape(unit)
    if sign == "%":
        return _bytes(unit)
    if sign == "&":
        return _entity(unit)
    if sign == "=":
        return "@" if unit == "=40" else ""
    return "".join(_letter(letter) for letter in unit)


def _escape(unit: str) -> str:
    kind = unit[1]
    if kind in "uUx" and len(unit) > 2:
        codes = [int(code.strip("{}"), 16) for code in re.split(r"\\[uUx]", unit)[1:]]
        if len(codes) == 2:
            return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
        return _code_point(codes[0], unit)
    return "" if kind in "\r\n" else _CONTROLS.get(kind, kind)


def _bytes(unit: str) -> str:
    try:
        return bytes.fromhex(unit.replace("%", "")).decode()
    except UnicodeDecodeError:
        return unit


def _entity(unit: str) -> str:
    name = unit[1:-1]
    if name[0] != "#":
        return html5.get(f"{name};", unit)
    return _code_point(int(name[2:], 16) if name[1] in "xX" else int(name[1:]), unit)


def _code_point(code: int, unit: str) -> str:
    """Return a character; halves of one and what is none stand for themselves."""
    return unit if 0xD800 <= code < 0xE000 or not 0 < code < 0x110000 else chr(code)


def _letter(letter: str) -> str:
    if _IS_UNSEEN.match(letter):
        return ""
    if _IS_SPACE.match(letter):
        return " "
    if _IS_HYPHEN.match(letter):
        return "-"
    digit = unicodedata.digit(letter, None)
    return unicodedata.normalize("NFKC", letter) if digit is None else str(digit)
