"""Surrogates of secrets: of the same length and the same kinds of characters, and known again by a mark.

A short one becomes twelve characters, whatever its length was: the length of a short password is worth hiding. What is
made up holds letters, digits, ``_`` and ``-`` only, so it breaks no string, no URL and no line of code.
"""

import re
import string
from collections.abc import Callable

from pipelines.redaction.markers import HEX_MARK, PREFIXES, SECRET_MARK
from pipelines.redaction.operators.contact import RESERVED_DOMAIN
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.people import word
from pipelines.redaction.operators.pieces import Piece, pieces, plain

_HEX = "0123456789abcdef"
_SHORT = 12
_LONGEST_HEX = 128
_BLOCK = re.compile(r"(?s)(-----BEGIN [A-Z0-9 ]{2,40}-----)(.*?)(-----END [A-Z0-9 ]{2,40}-----)")
_LOGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)([^\s/?#]+)@([^\s/?#:@]+)((?::\d{1,5})?)([/?#]\S*)?")
_SEGMENTS = re.compile(r"[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,})+")


def secret(value: str, draw: Draw) -> str | None:
    """Return a secret that opens nothing, written as the other was: prefix, length, capitals and digits."""
    login = _LOGIN.fullmatch(value)
    if login is not None:
        return _login(login, draw)
    block = _BLOCK.search(value)
    if block is not None:
        return f"{block[1]}{_runs(block[2], draw, SECRET_MARK, str.isspace)}{block[3]}"
    prefix = max((known for known in PREFIXES if value.startswith(known)), key=len, default="")
    body = value[len(prefix) :]
    letters = [piece.char for piece in pieces(body) if piece.is_alphanumeric]
    if len(letters) < _SHORT:
        return SECRET_MARK + draw.text(string.ascii_lowercase + string.digits, _SHORT - len(SECRET_MARK))
    mark = _mark("".join(letters), prefix)
    return prefix + _runs(body, draw, mark, _splits(body))


def _login(written: re.Match[str], draw: Draw) -> str:
    """Return a URL with another login at another host: whatever stood in it may have been somebody's."""
    scheme, userinfo, host, port, rest = written.groups()
    given = [part for part in userinfo.split(":", 1) if part]
    logins = [SECRET_MARK + draw.text(string.ascii_lowercase + string.digits, _SHORT - len(SECRET_MARK)) for _ in given]
    made = f"{':' if userinfo.startswith(':') else ''}{':'.join(logins)}"
    path = f"/{word(draw)}" if rest and len(rest) > 1 else rest or ""
    return f"{scheme}{made}@{word(draw.of(host))}.{RESERVED_DOMAIN}{port}{path}"


def _mark(letters: str, prefix: str) -> str:
    hexadecimal = (
        not prefix
        and 16 <= len(letters) <= _LONGEST_HEX
        and set(letters.lower()) <= set(_HEX)
        and not letters.isdecimal()
    )
    mark = HEX_MARK if hexadecimal else SECRET_MARK
    return mark.upper() if not any(letter.islower() for letter in letters) and not letters.isdecimal() else mark


def _splits(body: str) -> Callable[[str], bool]:
    """Return what parts a secret: the dots of a token in segments, white space between long runs, else nothing."""
    if _SEGMENTS.fullmatch(body):
        return ".".__eq__
    if all(len(run) >= len(SECRET_MARK) + 4 for run in plain(body).split()):
        return str.isspace
    return lambda _: False


def _runs(body: str, draw: Draw, mark: str, parts: Callable[[str], bool]) -> str:
    """Return a body with every run of characters made up, what parts them left as it is."""
    made: list[str] = []
    run: list[Piece] = []
    for piece in pieces(body):
        if piece.char and parts(piece.char):
            made += (_run(run, draw, mark), piece.raw)
            run = []
        elif piece.char:
            run.append(piece)
    return "".join([*made, _run(run, draw, mark)])


def _run(run: list[Piece], draw: Draw, mark: str) -> str:
    """Return a run as long as another, eight characters at least, that begins with the mark."""
    if not any(piece.is_alphanumeric for piece in run):
        return "".join(piece.raw for piece in run if piece.char == "=")
    hexadecimal = mark.lower() == HEX_MARK
    end = len(run)
    while run[end - 1].char == "=":
        end -= 1
    padding = "=" * min(2, len(run) - end)
    drawn = "".join(_like(piece.char, draw, hexadecimal, mark.isupper()) for piece in run[len(mark) : end])
    drawn += draw.text(_HEX if hexadecimal else string.digits, max(0, 4 - len(drawn)))
    return mark + drawn + padding


def _like(character: str, draw: Draw, hexadecimal: bool, capitals: bool) -> str:
    """Return a character of the same kind; of what might break a string, a letter or digit."""
    if character in "-_":
        return character
    if hexadecimal:
        drawn = draw.choice(_HEX)
        return drawn.upper() if capitals else drawn
    if character.isdecimal():
        return draw.choice(string.digits)
    if character.isupper() or capitals:
        return draw.choice(string.ascii_uppercase)
    return draw.choice(string.ascii_lowercase)
