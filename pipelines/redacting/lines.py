"""Texts as JSON Lines: ``{"id": …, "text": …}`` in, the same redacted with its spans out, line for line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from pipelines.redacting.trying import Trial
from policies.errors import UsageError

_LINES = 500
_CODE_POINTS = 2_000_000


class LineError(UsageError):
    """A line is not a text with an id."""

    remedy = 'Each line is a JSON object such as {"id": "1", "text": "Hello"}, in UTF-8. Lines before it were written.'


def redacted_lines(source: BinaryIO, trial: Trial) -> Iterator[dict[str, Any]]:
    """Yield for each line its ``id``, redacted ``text`` and ``spans``, in order.

    Raises:
        LineError: A line is not an object with an ``id`` (text or a whole number) and a ``text``; those before it
            were yielded. Other fields are passed over.
    """
    for portion in _portions(source):
        identified = [(line["id"], line["text"]) for line in portion if isinstance(line, dict)]
        redacted = trial.redacted([text for _, text in identified])
        for (name, _), tried in zip(identified, redacted, strict=True):
            yield {"id": name} | tried.document()
        if isinstance(portion[-1], LineError):
            raise portion[-1]


def _portions(source: Iterable[bytes]) -> Iterator[list[dict[str, Any] | LineError]]:
    """Yield lines some at a time, each read; an error is the last thing yielded."""
    portion: list[dict[str, Any] | LineError] = []
    size = 0
    for number, data in enumerate(source, start=1):
        if not data.strip():
            continue
        line = _read(data, number)
        portion.append(line)
        size += len(data)
        if isinstance(line, LineError):
            break
        if len(portion) >= _LINES or size >= _CODE_POINTS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _read(data: bytes, number: int) -> dict[str, Any] | LineError:
    try:
        line = json.loads(data.decode())
    except UnicodeDecodeError as error:
        return LineError(f"Line {number}: byte {error.start} is not UTF-8.")
    except (ValueError, RecursionError):
        return LineError(f"Line {number}: not JSON.")
    if not isinstance(line, dict):
        return LineError(f"Line {number}: not a JSON object.")
    if not isinstance(line.get("text"), str):
        return LineError(f"Line {number}: text: not a text.")
    if not isinstance(line.get("id"), str | int) or isinstance(line["id"], bool):
        return LineError(f"Line {number}: id: not a text or a whole number.")
    return line
