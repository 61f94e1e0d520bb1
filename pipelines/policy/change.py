"""What a change of policy does to records: columns in, counts out, a batch at a time.

Facts depend on a policy by a few terms. Two policies of the same terms share the facts, and only the decisions are
made twice. Nothing is said of a record but which pair of decisions it has; pairs are few, and are counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts import AsOf, Drawn, Known, Terms, draw_batches
from pipelines.facts.verdicts import Verdict, Verdicts
from policies.document import Policy

GROUPS = ("reason", "tenant", "jurisdiction")

CHANGED_SCHEMA = pa.schema(
    [
        pa.field("gained", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("tenant", pa.string(), nullable=False),
        pa.field("jurisdiction", pa.string(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Delivered:
    """Key columns of records, as `decide_records` takes them.

    Attributes:
        keys: Every delivery of each of its records.
        repeated: Whether a record may stand in it more than once.
    """

    keys: pa.Table | pa.RecordBatch
    repeated: bool = False


@dataclass(frozen=True)
class Changed:
    """What became of some records under a second policy.

    Attributes:
        records: How many there are.
        before, after: How many the first policy permits, and the second.
        otherwise: How many both deny, each for another reason.
        counts: ``CHANGED_SCHEMA``: the records that one permits and the other denies, by the reason for which it does.
    """

    records: int
    before: int
    after: int
    otherwise: int
    counts: pa.Table

    @classmethod
    def total(cls, parts: Iterable["Changed"]) -> "Changed":
        """Return the sum over parts that have no record in common."""
        listed = list(parts)
        counts = pa.concat_tables([CHANGED_SCHEMA.empty_table(), *(part.counts for part in listed)])
        summed = counts.group_by(CHANGED_SCHEMA.names[:-1]).aggregate([("records", "sum")])
        return cls(
            records=sum(part.records for part in listed),
            before=sum(part.before for part in listed),
            after=sum(part.after for part in listed),
            otherwise=sum(part.otherwise for part in listed),
            counts=summed.rename_columns(CHANGED_SCHEMA.names),
        )

    def document(self) -> dict[str, Any]:
        """Return the counts as JSON can carry them, the largest first."""
        return {
            "records": self.records,
            "permitted": {"before": self.before, "after": self.after},
            "denied_for_another_reason": self.otherwise,
            "gained": self._side(gained=True),
            "lost": self._side(gained=False),
        }

    def _side(self, *, gained: bool) -> dict[str, Any]:
        rows = self.counts.filter(pc.equal(self.counts["gained"], gained))
        return {"records": pc.sum(rows["records"]).as_py() or 0} | {f"by_{name}": _by(rows, name) for name in GROUPS}


def changed(
    deliveries: Iterable[Delivered], known: Known, before: Policy, after: Policy, pool: str, as_of: AsOf
) -> Changed:
    """Decide records under two policies for one instant, and count what differs.

    A record that was delivered more than once is permitted if every delivery of it is.

    Args:
        deliveries: The records; no two deliveries have one in common.
        known: The ledgers and declarations.
        before: The first policy.
        after: The second one.
        pool: ``tenant`` or ``shared``.
        as_of: The instant asked about, on both clocks.
    """
    first, second = Verdicts(before), Verdicts(after)
    return Changed.total(
        _changed(delivered, _Side.of(first, one), _Side.of(second, other))
        for delivered, one, other in _drawn(deliveries, known, before, after, pool, as_of)
    )


def _drawn(
    deliveries: Iterable[Delivered], known: Known, before: Policy, after: Policy, pool: str, as_of: AsOf
) -> Iterator[tuple[Delivered, Drawn, Drawn]]:
    """Yield every batch with its facts under either policy: the same ones where their terms are."""
    told, one, other = tee(deliveries, 3)
    first = draw_batches((delivered.keys for delivered in one), known, Terms.of(before), pool, as_of)
    if Terms.of(before) == Terms.of(after):
        yield from ((delivered, drawn, drawn) for delivered, drawn in zip(told, first, strict=True))
        return
    second = draw_batches((delivered.keys for delivered in other), known, Terms.of(after), pool, as_of)
    yield from zip(told, first, second, strict=True)


class _Kind(NamedTuple):
    """What counts of a decision here, and the place it was made for."""

    permitted: bool
    reason: str
    jurisdiction: str


@dataclass(frozen=True)
class _Side:
    """The decisions of one policy: the distinct kinds, and which of them each of ``n`` rows has."""

    kinds: list[_Kind]
    case: npt.NDArray[np.int64]

    @classmethod
    def of(cls, verdicts: Verdicts, drawn: Drawn) -> "_Side":
        made, case = verdicts.of(drawn)
        numbers: dict[_Kind, int] = {}
        kind = [numbers.setdefault(_kind(verdict), len(numbers)) for verdict in made]
        return cls(list(numbers), np.array(kind, np.int64)[case])

    @property
    def permits(self) -> npt.NDArray[np.bool_]:
        """Of the distinct kinds, which permit."""
        return np.array([kind.permitted for kind in self.kinds], bool)

    def of_records(self, record_ids: pa.Array) -> "_Side":
        """Return one decision a record, in order of their ids: one that denies, where there is one."""
        ranked = pa.table(
            {
                "record_id": record_ids,
                "permitted": self.permits[self.case],
                "row": np.arange(len(self.case)),
            }
        ).sort_by([("record_id", "ascending"), ("permitted", "ascending"), ("row", "ascending")])
        first = ranked.group_by("record_id", use_threads=False).aggregate([("row", "first")])["row_first"]
        return _Side(self.kinds, self.case[first.to_numpy()])


def _kind(verdict: Verdict) -> _Kind:
    return _Kind(verdict.permitted, verdict.reason, verdict.document["facts"]["jurisdiction"])


def _changed(delivered: Delivered, first: _Side, second: _Side) -> Changed:
    keys, tenants = delivered.keys, delivered.keys["tenant"]
    if delivered.repeated and pc.count_distinct(keys["record_id"]).as_py() < keys.num_rows:
        first, second = first.of_records(keys["record_id"]), second.of_records(keys["record_id"])
        tenants = _tenant_of_records(keys)
    gains = ~first.permits[:, None] & second.permits[None, :]
    losses = first.permits[:, None] & ~second.permits[None, :]
    pairs = first.case * len(second.kinds) + second.case
    counts = np.bincount(pairs, minlength=gains.size).reshape(gains.shape)
    return Changed(
        records=len(first.case),
        before=int(counts[first.permits].sum()),
        after=int(counts[:, second.permits].sum()),
        otherwise=int(counts[_otherwise(first, second)].sum()),
        counts=_counted(tenants, first, second, gains | losses),
    )


def _tenant_of_records(keys: pa.Table | pa.RecordBatch) -> pa.Array:
    """Return the tenant of each record, in order of their ids; all deliveries of one record are of one tenant."""
    rows = pa.table({"record_id": keys["record_id"], "tenant": keys["tenant"].cast(pa.string())})
    found = rows.sort_by("record_id").group_by("record_id", use_threads=False).aggregate([("tenant", "first")])
    return found["tenant_first"]


def _otherwise(first: _Side, second: _Side) -> npt.NDArray[np.bool_]:
    """Return which pairs of decisions deny for two reasons."""
    reasons, others = (np.array([kind.reason for kind in side.kinds], object) for side in (first, second))
    differ = reasons[:, None] != others[None, :]
    return np.asarray(~first.permits[:, None] & ~second.permits[None, :] & differ, bool)


def _counted(
    tenants: pa.Array | pa.ChunkedArray, first: _Side, second: _Side, differing: npt.NDArray[np.bool_]
) -> pa.Table:
    """Count the rows that one policy permits, by the reason for which the other one does not."""
    rows = np.flatnonzero(differing[first.case, second.case])
    pairs = pa.table(
        {"one": first.case[rows], "other": second.case[rows], "tenant": tenants.take(pa.array(rows)).cast(pa.string())}
    )
    counted = pairs.group_by(["one", "other", "tenant"]).aggregate([([], "count_all")]).to_pylist()
    return pa.Table.from_pylist(
        [_row(first.kinds[row["one"]], second.kinds[row["other"]], row["tenant"], row["count_all"]) for row in counted],
        CHANGED_SCHEMA,
    )


def _row(first: _Kind, second: _Kind, tenant: str, records: int) -> dict[str, Any]:
    denial = first if second.permitted else second
    values = (second.permitted, denial.reason, tenant, denial.jurisdiction, records)
    return dict(zip(CHANGED_SCHEMA.names, values, strict=True))


def _by(rows: pa.Table, name: str) -> dict[str, int]:
    summed = rows.group_by(name).aggregate([("records", "sum")])
    counts = zip(summed[name].to_pylist(), summed["records_sum"].to_pylist(), strict=True)
    return dict(sorted(counts, key=lambda item: (-item[1], item[0])))
