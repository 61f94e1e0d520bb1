"""Chance that repeats: every choice in the world is drawn from here."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class Dice(random.Random):
    """A stream of choices that depends on the seed and its label alone.

    Streams with different labels are independent, so that drawing once more in one part of the world
    leaves all the others as they were.
    """

    def __init__(self, seed: int, label: str) -> None:
        super().__init__(f"{seed}:{label}")

    def __new__(cls, seed: int, label: str) -> "Dice":
        """Take the two arguments that ``random.Random`` does not know."""
        return super().__new__(cls)

    def chance(self, probability: float) -> bool:
        """Return true once in ``1 / probability`` times."""
        return self.random() < probability

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Return one of the keys, each as often as its weight says."""
        return self.choices(tuple(weights), tuple(weights.values()))[0]

    def text(self, alphabet: str, length: int) -> str:
        """Return ``length`` characters of an alphabet."""
        return "".join(self.choices(alphabet, k=length))

    def between(self, start: datetime, end: datetime) -> datetime:
        """Return an instant of ``[start, end)``, to the second."""
        return start + timedelta(seconds=self.randrange(max(1, int((end - start).total_seconds()))))

    def working_hour(self, day: datetime) -> datetime:
        """Return an instant of the same day at which people work: mostly between 8 and 20 UTC."""
        hour = self.choices(range(24), (1,) * 6 + (2, 4, 8, 11, 11, 9, 6, 8, 10, 10, 9, 7, 5, 4, 3, 3, 2, 1))[0]
        return day.replace(hour=hour, minute=self.randrange(60), second=self.randrange(60), microsecond=0)

    def some(self, options: Sequence[T], most: int) -> list[T]:
        """Return one to ``most`` different options."""
        return self.sample(options, self.randint(1, min(most, len(options))))
