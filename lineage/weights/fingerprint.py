"""Fingerprints of tensors: the values at a fixed pseudo-random sample of places.

Places depend on the number of values alone, so that two tensors of one size are sampled alike wherever they are and
whatever they are called. Anybody can compute them: the place of sample ``i`` in a tensor of ``n`` values is the
SHA-256 of ``lineweight-fingerprint-v1``, 0x00, ``n`` in decimal, 0x00, ``i`` in decimal, as a big-endian number,
modulo ``n``. A tensor of no more values than there are samples is taken whole.
"""

import functools
import hashlib
from collections.abc import Sequence

import numpy as np

from lineage.weights.eight_bits import EIGHT_BITS, rounded
from lineage.weights.tensors import Values

SAMPLES = 512
_LABEL = b"lineweight-fingerprint-v1"


@functools.lru_cache(maxsize=1024)
def places(count: int) -> tuple[int, ...]:
    """Return the places that are sampled of a flattened tensor of ``count`` values."""
    if count <= SAMPLES:
        return tuple(range(count))
    return tuple(
        int.from_bytes(hashlib.sha256(b"%b\0%d\0%d" % (_LABEL, count, index)).digest(), "big") % count
        for index in range(SAMPLES)
    )


def cast(values: Values | Sequence[float], dtype: str) -> Values:
    """Return values as a tensor of another type of float would hold them: rounded to nearest, ties to even.

    Args:
        values: Exact values.
        dtype: ``F64``, ``F32``, ``F16``, ``BF16``, or one of `EIGHT_BITS`.
    """
    exact = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        if dtype == "F64":
            return exact
        if dtype in EIGHT_BITS:
            return rounded(exact, dtype)
        if dtype == "F16":
            return exact.astype(np.float32).astype(np.float16).astype(np.float64)
        single = exact.astype(np.float32)
    if dtype == "F32":
        return single.astype(np.float64)
    bits = single.view(np.uint32)
    upper = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return upper.view(np.float32).astype(np.float64)
