"""The account of a selection: how many records became what, and why, added up stretch by stretch."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipelines.snapshots.stretches import DENY, PERMIT, QUARANTINE, Stretch

DIMENSIONS = ("effect", "reason", "tenant", "source", "jurisdiction")

Counts = dict[str, Any]


class Account:
    """Counts of everything that was considered; it holds no record."""

    def __init__(self) -> None:
        self._by = Counter[tuple[str, ...]]()
        self._splits = Counter[str]()
        self._decisions: dict[str, dict[str, Any]] = {}

    def add(self, stretch: Stretch) -> None:
        """Add what became of a stretch's records."""
        self._by.update(dict(counted(stretch.verdicts, DIMENSIONS)))
        self._splits.update({split: count for (split,), count in counted(stretch.rows, ("split",))})
        for decision in stretch.decisions:
            known = self._decisions.setdefault(decision["digest"], dict(decision) | {"records": 0})
            known["records"] += decision["records"]

    @property
    def decisions(self) -> list[Mapping[str, Any]]:
        """Every distinct decision, with how often it was made, in order of digest."""
        return [self._decisions[digest] for digest in sorted(self._decisions)]

    @property
    def splits(self) -> dict[str, int]:
        """Permitted records by part."""
        return dict(sorted(self._splits.items()))

    def counts(self) -> Counts:
        """Return the counts as a manifest says them: considered = permitted + denied + quarantined."""
        effects = self.by("effect")
        told = {"permitted": PERMIT, "denied": DENY, "quarantined": QUARANTINE}
        return {
            "considered": sum(effects.values()),
            **{name: effects.get(effect, 0) for name, effect in told.items()},
            "denied_by_reason": self.by("reason", effect=DENY),
        }

    def by(self, dimension: str, *, effect: str | None = None) -> dict[str, int]:
        """Return how many records, of one effect or of all, by one dimension, sorted by name."""
        place, total = DIMENSIONS.index(dimension), Counter[str]()
        for key, count in self._by.items():
            if effect in (None, key[0]):
                total[key[place]] += count
        return dict(sorted(total.items()))

    def became(self, dimension: str) -> dict[str, dict[str, int]]:
        """Return how many records had which effect, by one dimension: ``{"acme": {"permit": 3, "deny": 1}}``."""
        place, total = DIMENSIONS.index(dimension), dict[str, Counter[str]]()
        for key, count in self._by.items():
            total.setdefault(key[place], Counter())[key[0]] += count
        return {name: dict(sorted(total[name].items())) for name in sorted(total)}

    def left_out(self) -> list[dict[str, Any]]:
        """Return what is left out: a row for each effect, reason, tenant, source and jurisdiction that occurs."""
        rows = [dict(zip(DIMENSIONS, key, strict=True)) | {"records": count} for key, count in self._by.items()]
        out = [row for row in rows if row["effect"] != PERMIT]
        return sorted(out, key=lambda row: (-row["records"], *(row[name] for name in DIMENSIONS)))


def counted(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every combination of values that some columns of text have, and how many rows have it."""
    counted = table.group_by(list(columns)).aggregate([([], "count_all")])
    values = (counted[name].to_pylist() for name in columns)
    yield from zip(zip(*values, strict=True), counted["count_all"].to_pylist(), strict=True)
