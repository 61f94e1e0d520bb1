"""Blobs: data that is no text, and text that is hidden in base64 (RFC 4648)."""

import base64
import binascii
import re
from collections.abc import Iterator

LEAST = 256  # characters of base64 or hexadecimal from which on a row of them is data
_LEAST_URL = 64

_LINK = re.compile(
    rf"(?i:data:[\w.+-]{{1,60}}/[\w.+-]{{1,80}}(?:;[\w=-]{{1,60}}){{0,3}};base64,)[A-Za-z0-9+/=%_-]{{{_LEAST_URL},}}+"
)
_ROW = re.compile(rf"[A-Za-z0-9+/_-]{{{LEAST},}}+={{0,2}}")
_WRAPPED = re.compile(
    r"(?<![^\s\"'`>])(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]{0,16}){4,}+[A-Za-z0-9+/]{0,76}={0,2}(?![^\s\"'`<-])"
)
_LEAST_LINES = 4
_LINE_CHARS = range(60, 100)  # of a line of wrapped base64, indented or not
_KEY_BLOCK = re.compile(r"KEY(?: BLOCK)?-----\s*\Z")
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_UPPER, _LOWER, _DIGIT = re.compile(r"[A-Z]"), re.compile(r"[a-z]"), re.compile(r"[0-9]")
_FOREIGN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_READABLE = re.compile(r"[\x09\x0a\x0d\x20-\x7e\u00a0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]+")
_SHARE = 0.05  # of control and replacement characters from which on a text is data


def find_blobs(text: str) -> list[tuple[int, int]]:
    """Return the ranges of a text that are data, in order, disjoint: images in links, long base64, binary."""
    if len(text) < _LEAST_URL:
        return []
    if _is_binary(text):
        return [(0, len(text))]
    if len(text) < LEAST and ";base64," not in text:
        return []
    ranges = [match.span() for match in _LINK.finditer(text)] if ";base64," in text else []
    if max(map(len, text.split()), default=0) >= LEAST:
        ranges += [match.span() for match in _ROW.finditer(text) if _looks_random(match.group())]
    if _may_be_wrapped(text):
        ranges += [match.span() for match in _WRAPPED.finditer(text) if _is_wrapped(text, match)]
    return _joined(sorted(ranges))


def hidden_texts(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the ranges of a text that are base64 of readable text, and that text."""
    for match in _ENCODED.finditer(text):
        hidden = _decoded(match.group()) if match.end() - match.start() <= LEAST else None
        if hidden is not None:
            yield match.start(), match.end(), hidden


def _decoded(row: str) -> str | None:
    padded = row.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    try:
        data = base64.b64decode(padded, b"-_" if "-" in row or "_" in row else None, validate=True)
        hidden = data.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return hidden if _READABLE.fullmatch(hidden) else None


def _looks_random(row: str) -> bool:
    if _HEXADECIMAL.fullmatch(row):
        return len(set(row)) >= 12
    return bool(_UPPER.search(row) and _LOWER.search(row) and _DIGIT.search(row)) and len(set(row)) >= 24


def _may_be_wrapped(text: str) -> bool:
    lines = (line for line in text.split("\n") if len(line) in _LINE_CHARS and " " not in line.strip())
    return sum(1 for _ in lines) >= _LEAST_LINES


def _is_wrapped(text: str, match: re.Match[str]) -> bool:
    """Return whether lines are base64 of data; those of a key block are a secret, which rules find whole."""
    before = text[max(0, match.start() - 80) : match.start()]
    return not _KEY_BLOCK.search(before) and _looks_random("".join(match.group().split()))


def _is_binary(text: str) -> bool:
    if "\x00" not in text and "\ufffd" not in text:
        return False
    return len(_FOREIGN.findall(text)) > _SHARE * len(text)


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
