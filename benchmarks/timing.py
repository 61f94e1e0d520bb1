"""How everything here is timed: the contenders take turns, and a median over the rounds is told.

On a machine that does other things too, one contender measured after another tells more about the machine than
about either. So each round runs every contender once, the order turns from round to round, and a ratio is made
within each round before the median is taken.
"""

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work.

    Attributes:
        name: What a reader calls it.
        run: Does the work once; called with the number of the round, from 0.
        work: How much it does each time, by unit: ``{"records": 500, "MB": 0.4}``. Ratios are of the first unit.
    """

    name: str
    run: Callable[[int], object]
    work: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a contender took, in seconds, round by round."""

    name: str
    seconds: tuple[float, ...]
    work: Mapping[str, float]

    @property
    def median_s(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.seconds)

    def rate(self, unit: str) -> float:
        """Units a second, by the median."""
        return self.work[unit] / self.median_s

    def ratio_to(self, other: "Timed") -> float:
        """How many times as fast as another: the median over the rounds of the ratio within each."""
        unit = next(iter(self.work))
        each = [
            (self.work[unit] / mine) / (other.work[unit] / theirs)
            for mine, theirs in zip(self.seconds, other.seconds, strict=True)
        ]
        return statistics.median(each)


@dataclass(frozen=True, slots=True)
class Figures:
    """A table of figures: ``rows`` as wide as ``columns``."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark found: tables for a reader, and every round's seconds for a machine."""

    tables: tuple[Figures, ...]
    timed: Mapping[str, Sequence[Timed]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the outcome as JSON can carry it."""
        return {
            "tables": [
                {"title": one.title, "rows": [dict(zip(one.columns, row, strict=True)) for row in one.rows]}
                for one in self.tables
            ],
            "timed": {
                title: [{"name": one.name, "seconds": list(one.seconds), "work": dict(one.work)} for one in contenders]
                for title, contenders in self.timed.items()
            },
        }


def take_turns(
    contenders: Sequence[Contender], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[Timed]:
    """Run every contender once a round, and return their times in the order given.

    Args:
        contenders: Who runs.
        rounds: How often each does.
        clock: What tells seconds: those on the wall, or ``time.process_time`` for those a processor worked.
    """
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            gc.collect()
            began = clock()
            contender.run(number)
            seconds[contender.name].append(clock() - began)
    return [Timed(one.name, tuple(seconds[one.name]), one.work) for one in contenders]


def as_figures(title: str, timed: Sequence[Timed]) -> Figures:
    """Return times as a table: median, rate in every unit, and how many times as fast as the first contender."""
    units = tuple(timed[0].work)
    rows = [
        (
            one.name,
            figure(one.median_s),
            *(figure(one.rate(unit)) for unit in units),
            f"{figure(one.ratio_to(timed[0]))} x",
        )
        for one in timed
    ]
    return Figures(title, ("", "median s", *(f"{unit}/s" for unit in units), "speed"), tuple(rows))


def figure(value: float) -> str:
    """Write a number with three digits that count: 0.0123, 4.56, 78.9, 12,300."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def machine() -> dict[str, str]:
    """Return what a reader must know of the machine and the day."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "on": datetime.now(UTC).date().isoformat(),
        "load_average": f"{os.getloadavg()[0]:.1f}",
    }
