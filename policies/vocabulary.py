"""The words that events, facts and documents share, and how each is read.

Purposes are fideslang keys, jurisdictions ISO 3166 codes in lower case. A word outside its list is never
guessed at: readers of events refuse it, readers of facts take it for ``unknown``.
"""

import re
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, StringConstraints

UNKNOWN = "unknown"

PURPOSES: frozenset[str] = frozenset(
    {
        "train_ai_system",
        "train_ai_system.evaluation",
        "train_ai_system.finetune",
        "train_ai_system.preference",
        "train_ai_system.synthetic",
    }
)

WITHOUT_DERIVATIVES: frozenset[str] = frozenset({"train_ai_system.evaluation"})
"""Purposes that make nothing of the records that lasts: no weights, no embeddings, no new text."""

AgeBand = Literal["under-13", "13-15", "16-17", "adult", "unknown"]
AGE_BANDS: tuple[str, ...] = get_args(AgeBand)
"""From youngest to oldest; ``unknown`` last, because any other word says more."""

AGES_BY_HOW_LITTLE_THEY_ALLOW: tuple[str, ...] = ("adult", "unknown", "16-17", "13-15", "under-13")
"""What a tie goes by: the last allows least."""

_JURISDICTION = re.compile(r"[a-z]{2}(-[a-z0-9]{1,3})?", re.ASCII)


def covers(granted: str, asked: str) -> bool:
    """Return whether a dotted key includes another: itself, and everything below it."""
    return asked == granted or asked.startswith(f"{granted}.")


def covers_place(named: str, place: str) -> bool:
    """Return whether a jurisdiction includes another: ``us`` includes ``us-ca``, ``unknown`` only itself."""
    return place == named or place.startswith(f"{named}-")


def known_purpose(text: str) -> str:
    """Return a purpose unchanged.

    Raises:
        ValueError: It is not in ``PURPOSES``.
    """
    if text not in PURPOSES:
        raise ValueError(f"not a known purpose; known are {', '.join(sorted(PURPOSES))}")
    return text


def known_age_band(text: str) -> str:
    """Return an age band unchanged.

    Raises:
        ValueError: It is not in ``AGE_BANDS``.
    """
    if text not in AGE_BANDS:
        raise ValueError(f"not an age band; known are {', '.join(AGE_BANDS)}")
    return text


def known_jurisdiction(text: str) -> str:
    """Return an ISO 3166-1 or 3166-2 code in lower case (``de``, ``us-ca``), or ``unknown``.

    Raises:
        ValueError: It has the shape of neither.
    """
    code = text.strip().lower()
    if code != UNKNOWN and not _JURISDICTION.fullmatch(code):
        raise ValueError("not an ISO 3166 code such as de or us-ca, nor unknown")
    return code


def _in_order(value: object) -> object:
    """Sort and deduplicate a list of words, so that the order of writing changes no digest."""
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(word, str) for word in value):
        return tuple(sorted(set(value)))
    return value


SortedWords = BeforeValidator(_in_order)
Slug = Annotated[str, StringConstraints(strict=True, pattern=r"\A[a-z0-9][a-z0-9-]{0,62}\z")]
EventId = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]
ShortText = Annotated[str, StringConstraints(strict=True, max_length=500)]
DataSubjectId = Annotated[str, StringConstraints(strict=True, pattern=r"\Ads_[0-9a-f]{32}\z")]
