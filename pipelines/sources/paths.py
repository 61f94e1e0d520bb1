"""Values and instants at a dotted path of a line."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.sources.interaction import LineFaultError, RejectReason
from pipelines.sources.places import Moment

ABSENT = object()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = {"s": 1_000_000, "ms": 1_000}


def find(line: Any, path: str) -> Any:
    """Return the value at a dotted path, or ``ABSENT``. A key that holds dots itself is found first."""
    if not isinstance(line, Mapping):
        return ABSENT
    if path in line:
        return line[path]
    head, dot, rest = path.partition(".")
    return find(line[head], rest) if dot and head in line else ABSENT


def required(line: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path.

    Raises:
        LineFaultError: There is none (``missing-column``); null is a value.
    """
    value = find(line, path)
    if value is ABSENT:
        raise LineFaultError(RejectReason.MISSING_COLUMN, path)
    return value


def moment_of(line: Mapping[str, Any], place: Moment) -> datetime:
    """Return an instant in UTC.

    Raises:
        LineFaultError: It is absent, has no zone, or names no instant between 1970 and 9999.
    """
    if place.constant is not None:
        return place.constant
    path = place.column or ""
    value = required(line, path)
    at = _written(value, path) if place.unit is None else _counted(value, place, path)
    if at < EPOCH:
        raise LineFaultError(RejectReason.TIME_UNREADABLE, path)
    return at


def _written(value: Any, path: str) -> datetime:
    if not isinstance(value, str):
        raise LineFaultError(RejectReason.TIME_UNREADABLE, path)
    try:
        at = datetime.fromisoformat(value.strip())
        if at.utcoffset() is None:
            raise LineFaultError(RejectReason.TIME_WITHOUT_ZONE, path)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise LineFaultError(RejectReason.TIME_UNREADABLE, path) from error


def _counted(value: Any, place: Moment, path: str) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LineFaultError(RejectReason.TIME_UNREADABLE, path)
    try:
        elapsed = timedelta(microseconds=round(value * MICROSECONDS[place.unit or "s"]))
        return (place.starting or EPOCH) + elapsed
    except (OverflowError, ValueError) as error:
        raise LineFaultError(RejectReason.TIME_UNREADABLE, path) from error
