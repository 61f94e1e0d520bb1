"""One byte a code point: how texts are shown to the scanner, so that its offsets are offsets of the text.

ASCII stands for itself. Of the rest a few characters that expressions name have a byte of their own, and all others
share one of four by what they are. A scanner that cannot tell two characters apart finds too much, never too little.
"""

import functools
from typing import Any

import numpy as np
import regex  # type: ignore[import-untyped]

EDGE = 0xFF  # stands before, between and after texts; no expression matches it
WORD, DIGIT, SPACE, OTHER = 0xFB, 0xFC, 0xFD, 0xFE
KINDS = frozenset((WORD, DIGIT, SPACE, OTHER))

# Those that expressions name, and the four that ignoring case makes equal to an ASCII letter.
NAMED = (
    "\u00a0\u2018\u2019\u201c\u201d\u2013\u2014\u2011\u00ba\u00b0\u00aa\u00b7\u00ab\u00bb\u00df\u017f\u212a\u0130\u0131"
)
BYTES = {**{chr(code): code for code in range(128)}, **{one: 0x80 + place for place, one in enumerate(NAMED)}}
PROBE = "".join(BYTES)
WORDLIKE = frozenset(BYTES[one] for one in regex.findall(r"\w", PROBE)) | {WORD, DIGIT}

_LAST = 0x110000


@functools.cache
def kinds() -> Any:
    """Return the byte of every code point, ``uint8[0x110000]``, by what ``regex`` takes it for."""
    table = np.full(_LAST, OTHER, np.uint8)
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, _LAST)]))
    for expression, kind in ((r"\w+", WORD), (r"\d+", DIGIT), (r"\s+", SPACE)):
        for run in regex.finditer(expression, everything):
            first, last = ord(run.group()[0]), ord(run.group()[-1])
            table[first : last + 1] = kind
    table[0xD800:0xE000] = OTHER
    for one, byte in BYTES.items():
        table[ord(one)] = byte
    return table


def shadow(text: str) -> bytes:
    """Return a text with one byte for every code point."""
    if text.isascii():
        return text.encode("ascii")
    return bytes(kinds()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)])
