"""What redaction must reach, and how far it is from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.timing import Figures, figure


@dataclass(frozen=True, slots=True)
class Target:
    """One bar and what was measured against it.

    Attributes:
        what: What is measured, with its unit.
        bar: The least that will do, or the most where ``at_most``.
        measured: What came out; ``None`` where it could not be measured.
        at_most: Less is better.
    """

    what: str
    bar: float
    measured: float | None
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether what was measured will do."""
        if self.measured is None:
            return False
        return self.measured <= self.bar if self.at_most else self.measured >= self.bar

    def row(self) -> tuple[object, ...]:
        """Return the target, its bar, what was measured, and whether it is met or by how much it is missed."""
        bar = f"{'≤' if self.at_most else '≥'} {figure(self.bar)}"
        if self.measured is None:
            return self.what, bar, "", "not measured"
        missed = f"missed by {figure(abs(self.bar - self.measured))}"
        return self.what, bar, figure(self.measured), "met" if self.met else missed


def verdicts(title: str, targets: Iterable[Target]) -> Figures:
    """Return targets as a table."""
    return Figures(title, ("target", "bar", "measured", "verdict"), tuple(target.row() for target in targets))
