"""JSON Lines as a carrier: a document a line, as tools print them, and what they print in between."""

import re

from pipelines.redaction.carriers.json_text import Node, Token, read_json
from pipelines.redaction.carriers.unreadable import UnreadableTextError

_FIRST = re.compile(r"\s*\{")
_LINE = re.compile(r"[^\n]+")


def read_json_lines(text: str) -> list[Token] | None:
    """Return the tokens of a text whose first line is a JSON object, or ``None`` if it is none or the only line.

    Lines are places of the document, from 0. Adjoining lines that are no object or array are one bare token: what
    spans lines there is found as in any text.
    """
    if not _FIRST.match(text) or "\n" not in text.strip():
        return None
    tokens: list[Token] = []
    root = Node()
    bare: tuple[int, int, int] | None = None  # number of the first line, start, end
    for number, line in enumerate(_LINE.finditer(text)):
        found = _document(text, line.start(), line.end(), Node(root, None, number))
        if found is not None:
            tokens += [*_bare(text, root, bare), *found]
            bare = None
        elif number == 0:
            return None
        else:
            bare = (bare[0], bare[1], line.end()) if bare else (number, line.start(), line.end())
    return tokens + _bare(text, root, bare)


def _document(text: str, start: int, end: int, root: Node) -> list[Token] | None:
    """Return a line's tokens; one that holds half a character is searched as it stands."""
    try:
        return read_json(text, start, end, root)
    except UnreadableTextError:
        return None


def _bare(text: str, root: Node, lines: tuple[int, int, int] | None) -> list[Token]:
    if lines is None:
        return []
    number, start, end = lines
    return [Token(start, end, text[start:end], "", Node(root, None, number), is_bare=True)]
