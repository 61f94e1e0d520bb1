"""Bounds on what was counted in a sample, rounded to the careful side so that anybody gets the same digits.

A share that was found is stated with the least it can be, a rate that was seen with the most, each at 95 % confidence.
"""

import math

_TWO_SIDED = 1.959963984540054  # the 97.5 % quantile of the normal distribution
_ONE_SIDED = 1.6448536269514722  # the 95 % quantile
_DIGITS = 10_000
PER_CHARACTERS = 10_000


def share_at_least(found: int, planted: int) -> float:
    """Return the lower bound of the share that is found: Wilson's score interval at 95 % (Wilson 1927).

    Args:
        found: How many of them were found.
        planted: How many there were; of none nothing is known, which is 0.

    Returns:
        From 0 to 1, four decimals, rounded down.
    """
    if planted == 0:
        return 0.0
    share, square = found / planted, _TWO_SIDED**2
    centre = share + square / (2 * planted)
    spread = _TWO_SIDED * math.sqrt(share * (1 - share) / planted + square / (4 * planted**2))
    return max(0, math.floor((centre - spread) / (1 + square / planted) * _DIGITS)) / _DIGITS


def rate_at_most(seen: int, characters: int) -> float:
    """Return the upper bound of how many there are in 10,000 characters, one-sided at 95 %.

    Where none was seen that is the rule of three (Hanley and Lippman-Hand 1983), else Byar's approximation to the
    limit of a Poisson count (Breslow and Day 1987, section 2.3).

    Args:
        seen: How many were seen.
        characters: In how many characters; in none anything may be, which is 10,000.

    Returns:
        At least 0, four decimals, rounded up.
    """
    if characters == 0:
        return float(PER_CHARACTERS)
    more = seen + 1
    most = 3.0 if seen == 0 else more * (1 - 1 / (9 * more) + _ONE_SIDED / (3 * math.sqrt(more))) ** 3
    return math.ceil(most * PER_CHARACTERS / characters * _DIGITS) / _DIGITS
