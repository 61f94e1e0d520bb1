"""Surrogates of dates of birth: in the same form, of people who would be older than anybody is."""

import re

from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.pieces import plain

YEARS = ("1900", "1901")
_MONTHS = ("january", "february", "march", "april", "may", "june",
           "july", "august", "september", "october", "november", "december")  # fmt: skip
_PART = re.compile(r"(\d+)(st|nd|rd|th)?|[^\W\d_]+")
_ORDINALS = {"1": "st", "2": "nd", "3": "rd"}
_COMPACT = re.compile(r"\d{8}")
_MOST = 12  # every number up to it is a month, and a day of every month


def birth(value: str, draw: Draw) -> str | None:
    """Return a date in 1900 or 1901, written as it was; ``None`` where the year has not four digits."""
    if _COMPACT.fullmatch(value):
        year, rest = draw.choice(YEARS), f"{_upto(draw, 2)}{_upto(draw, 2)}"
        return year + rest if value[:2] in ("18", "19", "20") else rest + year
    if plain(value) != value or sum(len(number) == 4 for number in re.findall(r"\d+", value)) != 1:
        return None
    return _PART.sub(lambda part: _word(part[0], draw) if part[1] is None else _number(part, draw), value)


def _number(part: re.Match[str], draw: Draw) -> str:
    made = draw.choice(YEARS) if len(part[1]) == 4 else _upto(draw, len(part[1]))
    return made if part[2] is None else made.lstrip("0") + _ORDINALS.get(made.lstrip("0"), "th")


def _word(part: str, draw: Draw) -> str:
    known = [month for month in _MONTHS if len(part) >= 3 and month.startswith(part.lower())]
    if not known:
        return part
    made = draw.choice(_MONTHS)
    made = made if part.lower() in _MONTHS and len(part) > 3 else made[:3]
    return made.upper() if part.isupper() else made if part.islower() else made.capitalize()


def _upto(draw: Draw, width: int) -> str:
    """Return a day or month of one or two digits, as many as there were."""
    number = 1 + draw.below(_MOST if width > 1 else 9)
    return f"{number:0{width}}"
