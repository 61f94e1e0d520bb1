"""What a change of policy would do in a home: to its records, and to what was published and trained already.

Records are those whose key columns are still there: landed ones, and governed ones whose raw file is gone. A snapshot
is asked about at its own instants, as if the second policy had decided it; so an answer speaks of the policy alone,
and not of what people said since. Nothing is written.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.encrypted import read_encrypted
from lineage.keys.vault import KeyUnavailableError
from lineage.snapshot import Snapshot
from lineage.trace.evidence import Evidence, gather
from pipelines.deployment import Deployment
from pipelines.facts import AsOf, Known, Terms, conclude, draw
from pipelines.landing.landed import landed_batches, tenant_path
from pipelines.policy.change import Changed, Delivered, changed
from policies.document import Policy

NEEDED = (
    "record_id", "source", "tenant", "data_subject_id", "participants", "occurred_at",
    "jurisdiction", "age_band", "source_licence",
)  # fmt: skip
ROWS_AT_ONCE = 250_000
WHOLE = "unit.json"
"""The file that makes a governed part whole: ``governed/<tenant>/<source>/<batch>/<part>/unit.json``."""


@dataclass(frozen=True)
class SnapshotChange:
    """A published snapshot, and what in it the second policy would not have permitted.

    Attributes:
        denied: Records that the second policy denies, by reason.
        already: Those of them that the first policy denies too.
        models: The models that read any of these records, each with how many and in which steps.
    """

    snapshot: str
    records: int
    denied: Mapping[str, int]
    already: int
    models: list[dict[str, Any]]

    @property
    def complies(self) -> bool:
        """Whether the second policy permits all of it."""
        return not self.denied

    def document(self) -> dict[str, Any]:
        """Return the change as JSON can carry it."""
        return {
            "snapshot": self.snapshot,
            "complies": self.complies,
            "records": self.records,
            "denied": sum(self.denied.values()),
            "denied_before_too": self.already,
            "by_reason": dict(self.denied),
            "models": self.models,
        }


@dataclass(frozen=True)
class Difference:
    """What a second policy would do in a home.

    Attributes:
        as_of: The instant the records were decided for.
        pool: The pool they were decided for.
        records: What became of them.
        snapshots: The snapshots that either policy's id decided.
        unread: Files that were passed over, because the key of their tenant is gone, and evidence that does not
            verify: where, and why.
    """

    as_of: AsOf
    pool: str
    records: Changed
    snapshots: tuple[SnapshotChange, ...]
    unread: tuple[Mapping[str, str], ...]

    def document(self) -> dict[str, Any]:
        """Return the difference as JSON can carry it; times RFC 3339, UTC."""
        return self.records.document() | {
            "as_of": rfc3339(self.as_of.effective_at),
            "pool": self.pool,
            "snapshots": [one.document() for one in self.snapshots],
            "unread": [dict(one) for one in self.unread],
        }


def difference(deployment: Deployment, before: Policy, after: Policy, as_of: AsOf, pool: str = "tenant") -> Difference:
    """Decide every record of a home, and every published snapshot, under two policies.

    Args:
        deployment: The home.
        before: The first policy.
        after: The second one.
        as_of: The instant that records are decided for; snapshots are decided for their own.
        pool: ``tenant``, or ``shared`` for what may lie together with other tenants' records.

    Raises:
        LineweightError: A file cannot be read.
    """
    holdings = _Holdings(deployment)
    records = changed(holdings.deliveries(), deployment.known(as_of), before, after, pool, as_of)
    evidence = gather(deployment.warehouse, deployment.home.trusted())
    snapshots = _snapshots(deployment, evidence, before, after)
    return Difference(as_of, pool, records, snapshots, (*holdings.unread, *evidence.unverified))


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────

Place = tuple[str, str]
"""Tenant and source: where all deliveries of a record are."""


class _Holdings:
    """The files that hold key columns: what is landed, and what is governed and landed no more.

    Attributes:
        unread: Those whose tenant's key is gone: where, and why.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.unread: list[dict[str, str]] = []
        self._deployment = deployment
        self._files: dict[Place, list[str]] = defaultdict(list)
        for place, path in _files(deployment):
            try:
                deployment.vault.file_key(place[0], path)
            except KeyUnavailableError as error:
                self.unread.append({"directory": path, "why": str(error)})
            else:
                self._files[place].append(path)

    def deliveries(self) -> Iterator[Delivered]:
        """Yield the key columns of all records; where one stands in several files, these come in one piece."""
        waiting: list[pa.Table] = []
        for place, files in sorted(self._files.items()):
            if self._repeats(place, files):
                tables = [self._table(place, path, NEEDED) for path in files]
                yield Delivered(pa.concat_tables(tables), repeated=True)
                continue
            for path in files:
                waiting.append(self._table(place, path, NEEDED))
                if sum(table.num_rows for table in waiting) >= ROWS_AT_ONCE:
                    yield Delivered(pa.concat_tables(waiting))
                    waiting = []
        if waiting:
            yield Delivered(pa.concat_tables(waiting))

    def _repeats(self, place: Place, files: Sequence[str]) -> bool:
        """Return whether a record stands in several files of a tenant's source."""
        if len(files) == 1:
            return False
        ids = pa.concat_tables([self._table(place, path, ("record_id",)) for path in files])["record_id"]
        return bool(pc.count_distinct(ids).as_py() < len(ids))

    def _table(self, place: Place, path: str, columns: Sequence[str]) -> pa.Table:
        key = self._deployment.vault.file_key(place[0], path)
        return read_encrypted(self._deployment.warehouse, path, key=key, aad=path, columns=columns)


def _files(deployment: Deployment) -> Iterator[tuple[Place, str]]:
    landed = set[str]()
    for source in deployment.warehouse.directories("landing"):
        for result in landed_batches(deployment.warehouse, source):
            for tenant in () if result.swept_at else result.tenants:
                path = tenant_path(source, result.batch, tenant)
                landed.add(path)
                yield (tenant, source), path
    for path in deployment.warehouse.files("governed"):
        directory, _, name = path.rpartition("/")
        _, tenant, source, batch, *_ = path.split("/")
        if name == WHOLE and tenant_path(source, batch, tenant) not in landed:
            yield (tenant, source), f"{directory}/records.parquet"


# ── snapshots and models ────────────────────────────────────────────────────────────────────────────────────


def _snapshots(deployment: Deployment, evidence: Evidence, before: Policy, after: Policy) -> tuple[SnapshotChange, ...]:
    @lru_cache(maxsize=1)
    def known(as_of: AsOf) -> Known:
        return deployment.known(as_of)

    def change(snapshot: Snapshot) -> list[SnapshotChange]:
        if snapshot.manifest.policy.policy_id not in (before.policy_id, after.policy_id):
            return []
        as_of = _as_of(snapshot)
        return [_snapshot_change(deployment, evidence, snapshot, (before, after), known(as_of), as_of)]

    return tuple(one for _, found in evidence.search(change) for one in found)


def _snapshot_change(
    deployment: Deployment,
    evidence: Evidence,
    snapshot: Snapshot,
    policies: tuple[Policy, Policy],
    known: Known,
    as_of: AsOf,
) -> SnapshotChange:
    shards = range(len(snapshot.manifest.shards))
    keys = pa.concat_tables([snapshot.shard(index, deployment.vault, NEEDED) for index in shards])
    pool = snapshot.manifest.pool.kind
    drawn = {terms: draw(keys, known, terms, pool, as_of) for terms in set(map(Terms.of, policies))}
    first, second = (conclude(drawn[Terms.of(policy)], policy).rows for policy in policies)
    denied = pc.invert(second["permitted"])
    reasons = Counter(second["reason"].filter(denied).to_pylist())
    return SnapshotChange(
        snapshot=snapshot.manifest.label,
        records=keys.num_rows,
        denied=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        already=pc.sum(pc.and_(denied, pc.invert(first["permitted"]))).as_py() or 0,
        models=evidence.models_that_read(snapshot, second["record_id"].filter(denied).to_pylist()),
    )


def _as_of(snapshot: Snapshot) -> AsOf:
    clocks = snapshot.manifest.as_of.model_dump(mode="json")
    return AsOf(*(datetime.fromisoformat(clocks[name]) for name in ("effective_at", "recorded_at")))
