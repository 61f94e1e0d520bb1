"""What became of the distinct texts of a column, carried to all the places where they stand."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from pipelines.redaction.carriers.columns import Numbers, TextColumn
from pipelines.redaction.outcome import Outcome


class Carried:
    """A column of texts and what became of each.

    Args:
        column: The column.
        outcomes: What became of its distinct texts.
    """

    def __init__(self, column: TextColumn, outcomes: list[Outcome]) -> None:
        self.column = column
        self._outcomes = list(outcomes)
        self._texts = list(column.texts)
        self._fields = list(column.fields)
        self._codes = column.codes.copy()
        self._rows = column.owners.rows

    def where(self, holds: Callable[[Outcome], object]) -> Iterator[tuple[int, int, Outcome]]:
        """Yield row, position and outcome of the texts whose outcome is of a kind, in order."""
        chosen = np.array([bool(holds(outcome)) for outcome in self._outcomes], dtype=bool)
        if not chosen.any():
            return
        for position in np.flatnonzero((self._codes >= 0) & chosen[self._codes]).tolist():
            yield int(self._rows[position]), position, self._outcomes[self._codes[position]]

    def of_row(self, row: int) -> Iterator[tuple[int, str, str, Outcome]]:
        """Yield position, text, field and outcome of the texts of a row."""
        first, last = np.searchsorted(self._rows, (row, row + 1))
        for position in range(int(first), int(last)):
            code = int(self._codes[position])
            text = self._texts[code] if code >= 0 else None
            if text is not None:
                yield position, text, self._fields[code], self._outcomes[code]

    def change(self, position: int, outcome: Outcome) -> None:
        """Let another outcome stand at one place alone."""
        code = self._codes[position]
        self._texts.append(self._texts[code])
        self._fields.append(self._fields[code])
        self._outcomes.append(outcome)
        self._codes[position] = len(self._outcomes) - 1

    def texts(self) -> pa.Array | None:
        """Return what the texts read now, place by place; ``None`` if nothing changed."""
        if all(outcome.redacted is None for outcome in self._outcomes):
            return None
        now = [
            text if outcome.redacted is None else outcome.redacted
            for text, outcome in zip(self._texts, self._outcomes, strict=True)
        ]
        return pa.array(now, pa.string()).take(pa.array(self._codes, mask=self._codes < 0))

    def counted(self) -> tuple[int, int]:
        """Return how many texts there are, and their code points."""
        lengths = np.array([len(text or "") for text in self._texts], dtype=np.int64)
        present: Numbers = self._codes[self._codes >= 0]
        return int(present.size), int(lengths[present].sum()) if present.size else 0
