"""Whether what a model took for a name can be one: no identifier, path, product or word that opens a sentence."""

import functools
import re

from pipelines.redaction.people.features import folded, gazetteer
from pipelines.redaction.people.prose import Kind
from pipelines.redaction.vocabulary import words

_CODE_LIKE = re.compile(r"[\d_/\\=(){}\[\]<>@#$%^*|`~:;+]|[a-z][A-Z]|\.\w\w")
# Words that change case inside and are names all the same: McDonald, DeVito, O'Neil.
_MIXED_NAME = re.compile(r"(?:Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|O['\u2019])[A-Z][a-z]+")
_ENDS_NAME = re.compile(r"['\u2019]s?$|[\t<>`({\[|]| {2,}|\s[-\u2013\u2014]\s|: |['\"]\s?[,)\]]")
_BEFORE = frozenset("@#$/\\_.<`=-")
_AFTER = re.compile(r"[(_=\[`@/\\]|\.\w|:{2}|-[a-z]|:\S|['\u2019]\]")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_COLUMNS = re.compile(r"\S(?: {3,}|\t+)\S")
_DIGIT = re.compile(r"\d")
_SHORTEST, _LONGEST = 2, 80


def is_rare(word: str) -> bool:
    """Return whether a word of four characters or more is neither common nor a technology."""
    return len(word) >= 4 and not is_known(word)


@functools.lru_cache(maxsize=65536)
def is_known(word: str) -> bool:
    """Return whether a word is common at the beginning of sentences and labels, or names a technology."""
    plain = word.strip(".,'\u2019\"").casefold().removesuffix("'s").removesuffix("\u2019s")
    common = words("openers")
    return plain in common or plain in words("technology") or plain.removesuffix("s") in common


def name_within(text: str, start: int, end: int, kind: Kind) -> tuple[int, int] | None:
    """Return the range of the name in what was taken for one, or ``None`` if there is none.

    Args:
        text: The text, as far around the find as it goes.
        start: Where the find begins.
        end: Where the find ends.
        kind: What the find stands in. In the strings and comments of code a single word is no name.
    """
    start, end = _trimmed(text, start, end)
    value = text[start:end]
    if not _SHORTEST <= len(value) <= _LONGEST or _is_part_of_code(text, start, end):
        return None
    parts = value.split()
    if not any(map(_may_be_name, parts)) or (kind is not Kind.PROSE and not any(map(_is_capitalised, parts))):
        return None
    if any(_CODE_LIKE.search(word) and not _MIXED_NAME.fullmatch(word) for word in parts):
        return None
    return (start, end) if kind is Kind.PROSE or len(parts) > 1 else None


@functools.lru_cache(maxsize=65536)
def _may_be_name(word: str) -> bool:
    """Return whether a word is out of the way, or ordinary and a name all the same: Grace, Banks."""
    if is_known(word):
        return False
    plain = folded(word.strip(".,'\u2019\""))
    return plain not in words("ordinary") or plain in gazetteer()


def address_within(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the range of the address in what was taken for one; a row of numbers or of a table is none."""
    start, end = _stripped(text, start, end)
    spelt = _LETTERS.findall(text, start, end)
    if not spelt or _COLUMNS.search(text, start, end):
        return None
    return (start, end) if len(spelt) > 1 or _DIGIT.search(text, start, end) else None


def _is_capitalised(word: str) -> bool:
    return word[:1].isupper()


def _is_part_of_code(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in _BEFORE or bool(_AFTER.match(text, end))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range without a possessive, quotes, and anything from a tab or a mark of code onward."""
    start, end = _stripped(text, start, end)
    cut = _ENDS_NAME.search(text[start:end])
    return _stripped(text, start, start + cut.start()) if cut else (start, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    value = text[start:end]
    bare = value.lstrip(" \t\r\n\"'`*-\u2013\u2014.,:;!?|>#")
    start += len(value) - len(bare)
    return start, start + len(bare.rstrip(" \t\r\n\"'`*-\u2013\u2014,:;!?|"))
