"""Instants: aware times in UTC, read without guessing and written in one way."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""The instant before which nothing was ever said."""


def read_instant(value: object) -> datetime:
    """Return an instant in UTC from an aware ``datetime`` or an ISO 8601 text that states its zone.

    Numbers are refused: whether they count seconds or milliseconds cannot be known here.

    Raises:
        ValueError: It is no time, has no zone, or lies outside the years 1 to 9999 in UTC.
    """
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(at, datetime) or at.utcoffset() is None:
            raise ValueError("not a time with a zone; without one it names no instant")
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time between the years 1 and 9999") from error


def written(at: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with microseconds, ending in ``Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


Instant = Annotated[datetime, BeforeValidator(read_instant)]
