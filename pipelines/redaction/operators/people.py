"""Surrogates of what people are called and where they live: made-up words, recognised by how they begin."""

import re

from pipelines.redaction.markers import CONSONANTS, VOWELS, WORD_MARK, WORD_PAIRS
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.pieces import Piece, pieces

_APOSTROPHES = "'\u2019"
_JOINED = re.compile(r"%20|[ +_]")


def word(draw: Draw) -> str:
    """Return a word that can be spoken and is in no language: one of a hundred million."""
    return WORD_MARK + "".join(draw.choice(VOWELS) + draw.choice(CONSONANTS) for _ in range(WORD_PAIRS))


def cased(made: str, like: str) -> str:
    """Return a word in capitals, with a capital or in small letters, as another is written."""
    letters = [character for character in like if character.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return made.upper()
    small = bool(letters) and letters[0].islower()
    return made if small else made.capitalize()


def person(value: str, draw: Draw) -> str | None:
    """Return a name of as many words, capitals as they were; what stands between the words stays."""
    made: list[str] = []
    current = ""
    for piece in [*pieces(value), Piece("", " ")]:
        if piece.is_alphanumeric or (current and piece.char in _APOSTROPHES) or not piece.char:
            current += piece.char
            continue
        if current:
            made.append(cased(word(draw), current))
            current = ""
        made.append(piece.raw)
    return "".join(made)


def user(value: str, draw: Draw) -> str | None:
    """Return one word that may stand in a path, in an address and in an identifier."""
    at = "@" if value.startswith("@") else ""
    return at + cased(word(draw), value)


def street(value: str, draw: Draw) -> str | None:
    """Return a number and a street that is nowhere, on one line: ``12 Qxabidefok Street``."""
    joint = _JOINED.search(value)
    if joint is None:
        return cased(word(draw), "Aa")
    return joint[0].join((str(1 + draw.below(999)), word(draw).capitalize(), "Street"))
