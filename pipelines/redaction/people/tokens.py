"""Text cut into pieces for the tagger: words, numbers, marks and white space, each character in exactly one piece."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

# A run of letters, of digits, of white space; an English ending ('s, 'll); a run of one mark; any other mark.
# No piece is longer than 64 characters, so that no word costs more than that, whatever the text.
_PIECE = re.compile(
    r"[^\W\d_]{1,64}|\d{1,64}|\s{1,64}|['\u2019][a-zA-Z]{1,2}(?![^\W_])"
    r"|-{1,64}|={1,64}|\*{1,64}|#{1,64}|\.{1,64}|_{1,64}|[^\w\s]"
)
EDGE = 0  # the number of what stands beyond a text
SPACE = -1  # the number of a piece of white space without a line break: it becomes no token

Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of several texts in one row, ``n`` in all: everything but white space within a line.

    Before the first text, between two and after the last there are empty places, so that no text is seen from another.

    Attributes:
        words: ``[n]`` numbers of the words, as the numbering given to :func:`tokens` has them; ``EDGE`` where it is
            empty.
        starts: ``[n]`` offsets in the token's own text, in code points.
        ends: ``[n]`` offsets in code points, each beyond the token's last character.
        joints: ``[n]`` 0 to 3: 1 if nothing stands between the token and the one before in its text, plus 2 if nothing
            stands between it and the one after; 0 in empty places.
        ranges: For each text, the places of its first token and beyond its last.
    """

    words: Integers
    starts: Integers
    ends: Integers
    joints: Integers
    ranges: list[tuple[int, int]]


def pieces(text: str) -> list[str]:
    """Return the pieces of a text; joined they are the text again."""
    return _PIECE.findall(text)


def tokens(texts: Sequence[str], number: Callable[[str], int], apart: int) -> Tokens:
    """Return the tokens of texts.

    Args:
        texts: Any texts.
        number: The number of a piece, positive; :data:`SPACE` for one that becomes no token.
        apart: How many empty places there are between texts.
    """
    found = [pieces(text) for text in texts]
    counts = np.fromiter(map(len, found), np.int64, len(found))
    total = int(counts.sum())
    lengths = np.fromiter(map(len, chain.from_iterable(found)), np.int32, total)
    numbers = np.fromiter(map(number, chain.from_iterable(found)), np.int32, total)
    beyond = np.cumsum(lengths, dtype=np.int64)
    owner = np.repeat(np.arange(len(found)), counts)
    sizes = np.bincount(owner, weights=lengths, minlength=len(found)).astype(np.int64)
    ends = (beyond - (np.cumsum(sizes) - sizes)[owner]).astype(np.int32)
    kept = np.flatnonzero(numbers != SPACE)
    places = np.arange(len(kept)) + apart * (owner[kept] + 1)
    touching = (np.diff(kept) == 1) & (np.diff(owner[kept]) == 0)
    joints = np.zeros(len(kept), np.int32)
    joints[1:] += touching
    joints[:-1] += 2 * touching
    row = len(kept) + apart * (len(found) + 1)
    per_text = np.bincount(owner[kept], minlength=len(found))
    last = np.cumsum(per_text) + apart * np.arange(1, len(found) + 1)
    return Tokens(
        _laid(numbers[kept], places, row),
        _laid((ends - lengths)[kept], places, row),
        _laid(ends[kept], places, row),
        _laid(joints, places, row),
        list(zip((last - per_text).tolist(), last.tolist(), strict=True)),
    )


def _laid(values: Integers, places: NDArray[np.int64], row: int) -> Integers:
    """Return a row of zeros (``EDGE`` is one) with values laid in their places."""
    laid = np.zeros(row, np.int32)
    laid[places] = values
    return laid
