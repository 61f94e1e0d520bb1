"""Every tuple of facts as one number, so that facts are put together by adding columns.

Each fact has a place value and its value's place in ``FACT_SPACE``, as digits have; a jurisdiction, of which there
are too many to list, is spelt in base 37. The least number is that of a record of which nothing can be read.
"""

from functools import lru_cache
from types import MappingProxyType
from typing import Any

from policies.facts import FACT_FIELDS, FACT_SPACE, Facts
from policies.vocabulary import UNKNOWN, known_jurisdiction

_LETTERS = "-abcdefghijklmnopqrstuvwxyz0123456789"
_LONGEST = len("us-xyz")
JURISDICTION = "jurisdiction"


def _place_values() -> dict[str, int]:
    values, size = {}, 1
    for name in FACT_SPACE:
        values[name] = size
        size *= len(FACT_SPACE[name])
    return values | {JURISDICTION: size}


PLACE_VALUES = MappingProxyType(_place_values())
"""What the number grows by from one value of a fact to the next, by fact; jurisdictions come last."""


def part(name: str, value: Any) -> int:
    """Return what a fact adds to the number; of a value that is not of its space, what allows least."""
    return PLACE_VALUES[name] * (_spelt(value) if name == JURISDICTION else place_of(name, value))


def place_of(name: str, value: Any) -> int:
    """Return the place of a value among those of its fact; 0, that of the one that allows least, if it is none."""
    space = FACT_SPACE[name]
    return space.index(value) if value in space else 0


def number_of(facts: Facts) -> int:
    """Return the number of a tuple of facts."""
    return sum(part(name, getattr(facts, name)) for name in FACT_FIELDS)


@lru_cache(maxsize=1 << 16)
def facts_of(number: int) -> Facts:
    """Return the facts of a number."""
    place, rest = divmod(number, PLACE_VALUES[JURISDICTION])
    told: dict[str, Any] = {JURISDICTION: _read(place)}
    for name, space in FACT_SPACE.items():
        rest, value = divmod(rest, len(space))
        told[name] = space[value]
    return Facts(**told)


def _spelt(place: object) -> int:
    """Return a jurisdiction as digits in base 37; 0 for one that is unknown or cannot be read."""
    try:
        code = known_jurisdiction(place) if isinstance(place, str) else UNKNOWN
    except ValueError:
        return 0
    number = 0
    if code != UNKNOWN:
        for letter in code:
            number = number * len(_LETTERS) + _LETTERS.index(letter)
    return number


def _read(number: int) -> str:
    code = ""
    while number:
        number, letter = divmod(number, len(_LETTERS))
        code = _LETTERS[letter] + code
    return code or UNKNOWN
