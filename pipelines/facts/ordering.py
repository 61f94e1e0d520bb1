"""Events in order: by whom they concern, then by time, and what is said at one instant by how little it allows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.facts.coding import Column, Numbers, whole

_BITS = 62


def in_order(whose: Numbers, at: Numbers, ties: Callable[[Numbers], Sequence[npt.NDArray[Any]]]) -> Numbers:
    """Return the order of events by whom they concern, then by time, then by ``ties``.

    One sort does nearly all: owner and time are packed into one number, as exactly as they fit. Only events
    whose numbers are equal are compared in full, which spares making the ties of all others.

    Args:
        whose: For each event whom it concerns, a number from 0.
        at: For each event when it took effect, in microseconds.
        ties: Asked for some events, returns columns to order those by, the most important one first.
    """
    if not len(at):
        return np.zeros(0, np.int64)
    after = at - at.min()
    bits = _BITS - int(whose.max()).bit_length()
    packed = (whose << bits) + (after >> max(0, int(after.max()).bit_length() - bits))
    order = np.argsort(packed)
    same = np.diff(packed[order]) == 0
    if same.any():
        tied = np.append(same, False) | np.insert(same, 0, False)
        rows = order[tied]
        order[tied] = rows[np.lexsort((*reversed(ties(rows)), at[rows], whose[rows]))]
    return order


def digest_words(digests: Column) -> list[npt.NDArray[np.uint64]]:
    """Return 32-byte digests as four columns that sort as they do."""
    raw = whole(digests)
    size = raw.type.byte_width
    words = np.frombuffer(raw.buffers()[1], ">u8", len(raw) * size // 8, raw.offset * size)
    return list(words.reshape(len(raw), -1).astype(np.uint64).T)
