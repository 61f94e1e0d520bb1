"""What the tagger sees of a word: its spelling, its shape, and whether it is in the gazetteer of names.

A word is a handful of rows of one table; the network begins with their sum. Words that few texts of the corpus hold
have no row of their own, so the weights spell out nobody's rare name: those are known by their letters alone.
"""

import functools
import unicodedata
from collections.abc import Mapping
from importlib import resources
from zlib import crc32

AFFIXES, TRIGRAMS, SHAPES = 4096, 8192, 256
_STANDINGS = 9  # given 0 to 2, family 0 to 2
_CASES = ("lower", "Title", "UPPER", "miXed", "none")
# The table: shapes, standings by case, affixes, trigrams, then one row for each word of the lexicon.
STANDING_ROWS = range(SHAPES, SHAPES + _STANDINGS * len(_CASES))
_AFFIX_ROWS = STANDING_ROWS.stop
_TRIGRAM_ROWS = _AFFIX_ROWS + AFFIXES
LEXICON_ROWS = _TRIGRAM_ROWS + TRIGRAMS
_LONGEST_SPELT = 16


def folded(word: str) -> str:
    """Return a word in lower case without accents."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))


def word_key(word: str) -> int:
    """Return the 32 bits by which the lexicon knows a word, whatever its case; digits count only by their number."""
    return _hashed("0" * len(word) if word.isdecimal() else word.lower(), 2**32)


def rows_of(word: str, lexicon: Mapping[int, int]) -> list[int]:
    """Return the rows of the table that a word is the sum of.

    Args:
        word: One piece of :func:`pipelines.redaction.people.tokens.pieces`.
        lexicon: The row, from :data:`LEXICON_ROWS` on, of each :func:`word_key` that has one.
    """
    case = _case(word)
    rows = [_hashed(_shape(word, case), SHAPES)]
    own = lexicon.get(word_key(word))
    if own is not None:
        rows.append(own)
    if case != "none":
        plain = folded(word)
        rows.append(STANDING_ROWS[_CASES.index(case) * _STANDINGS + gazetteer().get(plain, 0)])
        rows += _spelling(plain)
    return rows


@functools.cache
def gazetteer() -> Mapping[str, int]:
    """Return the names that are known: three times the standing as a given name plus that as a family name."""
    text = (resources.files(__package__) / "names.txt").read_text("utf-8")
    entries = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name: 3 * int(standing[0]) + int(standing[1]) for name, standing in entries}


def _case(word: str) -> str:
    if not word[0].isalpha():
        return "none"
    if word.islower():
        return "lower"
    if word.isupper():
        return "UPPER" if len(word) > 1 else "Title"
    return "Title" if word[0].isupper() and word[1:].islower() else "miXed"


def _shape(word: str, case: str) -> str:
    """Return the kind of a word: case, length and script; or which mark, line break or count of digits it is."""
    if case != "none":
        script = "" if word.isascii() else unicodedata.name(word[0], "?").split()[0]
        accents = "" if word.isascii() or script != "LATIN" else "+"
        return f"{case}{min(len(word), 9)}{script}{accents}"
    if word.isdecimal():
        return f"digits{min(len(word), 9)}"
    return f"lines{min(word.count(chr(10)), 2)}" if word.isspace() else f"mark{word[:2]}"


def _spelling(plain: str) -> list[int]:
    """Return the rows of the beginning, the endings and the trigrams of a word in lower case."""
    affixes = (f"<{plain[:3]}", f"{plain[-2:]}>", f"{plain[-3:]}>", f"{plain[-4:]}>>")
    rows = [_AFFIX_ROWS + _hashed(affix, AFFIXES) for affix in affixes]
    spelt = f"^{plain[:_LONGEST_SPELT]}$"
    if spelt.isascii():  # the same as below, with one encoding instead of many
        letters = spelt.encode()
        grams = [crc32(gram) % TRIGRAMS for gram in {letters[place : place + 3] for place in range(len(letters) - 2)}]
    else:
        grams = [_hashed(gram, TRIGRAMS) for gram in {spelt[place : place + 3] for place in range(len(spelt) - 2)}]
    return rows + [_TRIGRAM_ROWS + gram for gram in sorted(grams)]


def _hashed(text: str, size: int) -> int:
    return crc32(text.encode("utf-8", "surrogatepass")) % size
