"""From the scanner's reports to exactly the spans that searching the whole text with a rule would give.

A match depends on where it begins, and on the text alone. So whoever tries every place where a match may begin, left
to right and past the match before, has what a search of the whole text has. The scanner names those places.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.redaction.rule import Match, Rule
from pipelines.redaction.structured.prefilter import Plan
from pipelines.redaction.tier import DetectorError

TIME_LIMIT_S = 30.0  # for one search; our own expressions need microseconds
_TRY = 16  # what trying one place costs, in code points searched


def ranges(ends: Sequence[int], plan: Plan, text: str) -> Iterator[tuple[int, int]]:
    """Yield disjoint ranges ``first..last`` of places where a match may begin, in order.

    Args:
        ends: Where the scanner reported an end, ascending, in code points of the text.
        plan: The rule's plan.
        text: The text.
    """
    first, last, line, seen = -1, -2, 0, 0
    for end in ends:
        if not math.isinf(plan.most):
            low = max(0, end - int(plan.most))
        elif plan.one_line:
            line, seen = max(line, text.rfind("\n", seen, max(0, end - 1)) + 1), max(0, end - 1)
            low = line
        else:
            low = 0
        if low > last + 1:
            if last >= first:
                yield first, last
            first = low
        last = min(end - plan.least, len(text))
    if last >= first:
        yield first, last


def matches(rule: Rule, plan: Plan, ends: Sequence[int], text: str) -> Iterator[Match]:
    """Yield the matches that a search of the whole text would yield, in order.

    Raises:
        DetectorError: A search did not finish in time.
    """
    compiled = rule.compiled()
    moved = plan.tail if r"\K" in rule.expression else 0  # a match may say that it begins later than it does
    done = 0
    try:
        for low, high in ranges(ends, plan, text):
            place = max(low, done)
            while place <= high:
                match = _next(compiled, plan, text, place, high, moved)
                if match is None:
                    break
                yield match
                place = done = match.end()
    except TimeoutError as error:
        raise DetectorError(f"The rule {rule.name} did not finish in {TIME_LIMIT_S:.0f} s.") from error


def _next(compiled: Any, plan: Plan, text: str, place: int, high: int, moved: float) -> Match | None:
    """Return the first match that begins at ``place`` or later, and by ``high``."""
    stop = high + plan.tail + moved
    if math.isinf(stop):
        stop = len(text)
        if plan.one_line:
            line_end = text.find("\n", high)
            stop = len(text) if line_end < 0 else line_end + 2
        if stop - place > _TRY * (high - place + 1):
            return _next_tried(compiled, text, place, high)
    match = compiled.search(text, place, min(int(stop), len(text)), timeout=TIME_LIMIT_S)
    return match if match is not None and match.start() <= high + moved else None


def _next_tried(compiled: Any, text: str, place: int, high: int) -> Match | None:
    """Return the first match that begins where it may, trying each place: beyond them there is much text."""
    for start in range(place, high + 1):
        match = compiled.match(text, start, timeout=TIME_LIMIT_S)
        if match is not None:
            return match
    return None
