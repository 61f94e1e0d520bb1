"""Floats of 8 bits: E4M3 (no infinity, up to 448) and E5M2, as https://arxiv.org/abs/2209.05433 defines them."""

import functools

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
EIGHT_BITS = ("F8_E4M3", "F8_E5M2")
_MANTISSA = {"F8_E4M3": 3, "F8_E5M2": 2}
_SIGN = 0x80


@functools.cache
def table(dtype: str) -> Values:
    """Return the value of each of the 256 codes."""
    bits = _MANTISSA[dtype]
    bias = (1 << 6 - bits) - 1
    codes = np.arange(128)
    exponent, mantissa = codes >> bits, (codes & (1 << bits) - 1) / (1 << bits)
    held = np.where(exponent == 0, mantissa * 2.0 ** (1 - bias), (1 + mantissa) * 2.0 ** (exponent - bias))
    if dtype == "F8_E4M3":
        held[127] = np.nan
    else:
        held[124], held[125:] = np.inf, np.nan
    return np.concatenate([held, -held])


def rounded(values: Values, dtype: str) -> Values:
    """Return values rounded to nearest, ties to even; what is too large becomes the largest there is."""
    held = table(dtype)[:_SIGN]
    held = held[np.isfinite(held)]
    size = np.minimum(np.abs(values), held[-1])
    above = np.clip(np.searchsorted(held, size), 1, len(held) - 1)
    low, high = size - held[above - 1], held[above] - size
    up = (high < low) | ((high == low) & (above % 2 == 0))
    return np.asarray(np.copysign(np.where(up, held[above], held[above - 1]), values))
