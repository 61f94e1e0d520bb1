"""Where in a text people may be named: its prose, and the strings and comments of its code.

Identifiers are no names, and a network that is shown them sees people in them. So every line is taken either for
prose or for code, by how many marks of code and how many small words of English it holds; code gives only what it
quotes and what its comments say.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from pipelines.redaction.vocabulary import words

LONGEST = 2000
OVERLAP = 100


class Kind(StrEnum):
    """What a piece of a text is."""

    PROSE = "prose"
    COMMENT = "comment"
    STRING = "string"
    WHOLE = "whole"  # prose and code alike


class Piece(NamedTuple):
    """Code points ``start`` up to, not including, ``end`` of a text, and what they are."""

    start: int
    end: int
    kind: Kind


_LINE = re.compile(r"[^\r\n]+")
_FENCE = re.compile(r"[ \t>]{0,40}(?:`{3,9}|~{3,9})[ \t]{0,4}(\w*)")
# What stands beside a fence around text that is no code, or may be either.
_NOT_CODE = frozenset(["", "console", "email", "log", "markdown", "md", "output", "plain", "plaintext", "text", "txt"])
# Line numbers as tools print them before a line of a file, and the sign of a line in a patch.
_MARGIN = re.compile(r"[ \t]{0,40}(?:\d{1,6}(?:\u2192|\t|\|[ ]|:[ ])|[-+]{1,3}(?=[ \t\w]))?[ \t]{0,200}")
_MARKS = re.compile(r"[{}\[\]()=;<>|\\&*$^~_]")
_KEYWORDS = (
    r"import|from \S+ import|package|using|def|class|return|const|let|var|function|export|public|private|protected|"
    r"static|async|await|elif|else|try|except|finally|raise|throw|yield|pass|struct|enum|interface|type|func|fn|impl|"
    r"SELECT|INSERT|UPDATE|DELETE|CREATE|FROM|WHERE|JOIN|LEFT|INNER|GROUP BY|ORDER BY|sudo|npm|pip|git|cd|brew|docker|"
    r"curl"
)
_CODE_LINE = re.compile(
    rf"(?:{_KEYWORDS})\b|@[\w.]+(?:\(|\s*$)|#include|#!|</?\w|[\w.]+\(|[}}\])]|at \w+\.|File \"|\$ |>>> |\.\.\. |"
    r"(?:[\w.<>\[\]]{1,40}\s){0,2}[\w.\[\]]{1,40}\s?[+*/-]?=\s|[\[{(][\"'{\[(]|[\"'][\w -]{1,40}[\"']\s?:|"
    r"(?:if|for|while|with|case|when|match)\s.{1,200}[:{]\s*$"
)
# What a line of code without any mark of code begins with, however short it is.
_BARE_CODE = re.compile(
    r"(?:import|from \S+ import|class|return|raise|yield|def|package|using|cd|npm|pip|git|sudo)\s\S+"
)
_SENTENCE_END = re.compile(r"[.?!:][\"')\]]?\s*$")
_COMMENT = r"(?<![\w&\"'])\#|(?<![:\w\"'])//|/\*|(?<!\S)--|(?<!\S)[%;]|<!--|^[ \t]{0,40}\*"
_QUOTED_OR_COMMENT = re.compile(
    r"\"\"\"(?P<block>[^\"\n]{2,2000})(?:\"\"\")?|'''(?P<block2>[^'\n]{2,2000})(?:''')?|"
    r"\"(?P<double>(?:[^\"\\\n]|\\.){2,400})\"|(?<!\w)'(?P<single>(?:[^'\\\n]|\\.){2,400})'|"
    r"`(?P<tick>[^`\\\n]{2,400})`|>(?P<text>[^<>{}=();\n]{2,400})</|"
    rf"(?:{_COMMENT})[ \t/*!#-]{{0,20}}(?P<comment>.{{3,2000}})"
)
_NAME_SHAPE = re.compile(r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W\d_]|[^\W\d_]{2}[ ,]+[^\W\d_]{2}")
_BETWEEN = re.compile(
    r"(?<=[^\s.]{2}[.!?])(?<!(?i:\bmr|\bms|\bdr|\bst|\bjr|\bsr|\bvs|\bno)\.)(?<!(?i:mrs|rof|e\.g|i\.e)\.)"
    r"[\"'\u201d)\]]?[ \t]+(?=[\"'\u201c(\[]?[^\W_a-z])"
)
_WRAPPED = 50


def pieces(text: str) -> list[Piece]:
    """Return the pieces of a text that may name people, in order of their beginning.

    Lines of prose that follow each other are one piece of at most ``LONGEST`` code points. Only what is longer in a
    single line is given in pieces that overlap, by ``OVERLAP`` at most. Takes time in proportion to the text.
    """
    return list(_joined(_lines(text), text))


def whole(text: str) -> list[Piece]:
    """Return all of a text, in windows where it is longer than ``LONGEST``."""
    return [Piece(start, end, Kind.WHOLE) for start, end in _windows(text, 0, len(text)) if start < end]


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the sentences in a piece of prose.

    A line that is shorter than a wrapped one, or ends a sentence, ends with itself.
    """
    for line_start, line_end in _unwrapped(text, start, end):
        at = line_start
        for gap in _BETWEEN.finditer(text, line_start, line_end):
            yield at, gap.start()
            at = gap.end()
        if at < line_end:
            yield at, line_end


def _unwrapped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the lines of a piece, those joined that an editor has wrapped."""
    begin = start
    before: re.Match[str] | None = None
    for line in _LINE.finditer(text, start, end):
        if before is not None and not _is_wrapped(text, before, line):
            yield begin, before.end()
            before = None
        if before is None:
            begin = line.start()
        before = line
    if before is not None:
        yield begin, before.end()


def _is_wrapped(text: str, line: re.Match[str], following: re.Match[str]) -> bool:
    start, end = line.span()
    long = end - start >= _WRAPPED
    return long and not _SENTENCE_END.search(text, end - 3, end) and text[following.start()].isalnum()


def _lines(text: str) -> Iterator[Piece]:
    """Yield what each line of a text gives, line by line."""
    fence, end_of_code = "", -1
    for line in _LINE.finditer(text):
        mark = _FENCE.match(text, line.start(), line.end())
        if mark:
            fence = "" if fence else mark.group(1).lower() or "text"
            continue
        for start, end in _windows(text, *line.span()):
            inner = _MARGIN.match(text, start, end).end()  # type: ignore[union-attr]  # it matches the empty text
            fenced = fence not in _NOT_CODE
            follows = end_of_code >= 0 and text.count("\n", end_of_code, start) < 2
            if inner == end:
                continue
            if not _is_code(text[inner:end], fenced, follows):
                yield Piece(inner, end, Kind.COMMENT if fenced else Kind.PROSE)
                end_of_code = -1
                continue
            if _NAME_SHAPE.search(text, inner, end):
                yield from _quoted(text, inner, end)
            end_of_code = end


def _is_code(line: str, fenced: bool, follows_code: bool) -> bool:
    marks = len(_MARKS.findall(line))
    if not marks and not fenced:
        return bool(_BARE_CODE.match(line)) and line.count(" ") < 6
    begins = bool(_CODE_LINE.match(line))
    sparse = marks * 12 <= len(line) or (not begins and marks * 5 <= len(line))
    if sparse and not fenced and not follows_code:
        return begins and not _SENTENCE_END.search(line, len(line) - 4)
    small = sum(word in words("small_words") for word in line.lower().split())
    return small < 3 or small * 2 < marks


def _quoted(text: str, start: int, end: int) -> Iterator[Piece]:
    for match in _QUOTED_OR_COMMENT.finditer(text, start, end):
        group = match.lastgroup or "text"
        low, high = match.span(group)
        if _NAME_SHAPE.search(text, low, high):
            yield Piece(low, high, Kind.STRING if group in ("double", "single", "tick", "text") else Kind.COMMENT)


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a line as it is, or if it is too long in windows that overlap or meet between two sentences."""
    while end - start > LONGEST:
        limit = start + LONGEST
        full_stop = text.rfind(". ", limit - LONGEST // 2, limit)
        space = text.rfind(" ", limit - OVERLAP, limit)
        cut = full_stop + 2 if full_stop >= 0 else space + 1 if space >= 0 else limit
        yield start, cut
        start = cut if full_stop >= 0 else cut - OVERLAP
    yield start, end


def _joined(lines: Iterator[Piece], text: str) -> Iterator[Piece]:
    """Join lines of the same kind that follow each other without a blank line."""
    held: Piece | None = None
    for line in lines:
        if held is not None and _follows(held, line, text):
            held = Piece(held.start, line.end, held.kind)
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _follows(held: Piece, line: Piece, text: str) -> bool:
    return (
        held.kind is line.kind
        and held.kind is not Kind.STRING
        and held.end < line.start
        and line.end - held.start <= LONGEST
        and text.count("\n", held.end, line.start) == 1
    )
