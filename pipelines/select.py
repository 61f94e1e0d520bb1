"""Select: which governed records make a snapshot, on key columns alone.

Every record of the sources asked for is accounted for: permitted, denied (at the gate, as a duplicate, as
outside the period, by the policy at this instant) or quarantined.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.encrypted import read_encrypted
from lineage.record import KEY_COLUMNS
from lineage.vault import Vault
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf, Known, decide_records
from pipelines.govern import Governed
from pipelines.request import SHARED, SnapshotRequest
from policies.document import Policy
from policies.errors import LineweightError

DENIED_ELSEWHERE = "denied-in-another-delivery"
DUPLICATE = "duplicate-record"
OUTSIDE = "outside-period"

SELECTION_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("tenant", pa.string(), nullable=False),
        pa.field("data_subject_id", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("record_digest", pa.binary(32), nullable=False),
        pa.field("redaction_digest", pa.binary(32), nullable=False),
        pa.field("consent_receipt", pa.binary(32), nullable=False),
        pa.field("decision_digest", pa.binary(32), nullable=False),
    ]
)


class NothingGovernedError(LineweightError):
    """There is nothing to select from."""

    remedy = "Land and govern the sources first: lineweight land, lineweight govern."


@dataclass(frozen=True)
class Selection:
    """What goes into a snapshot, and what does not and why.

    Attributes:
        rows: Permitted records, ``SELECTION_SCHEMA``, ordered by tenant, person and record: so that a
            tenant's records lie together, and a person's within them.
        considered: Records of the sources and pool asked for.
        denied_by_reason: Of those, how many were denied for which reason.
        quarantined: Of those, how many were stopped by redaction.
        decisions: Every distinct decision made now.
        profile: Name of the profile that all of them were redacted with.
        redaction: Digest of that profile with its engine.
    """

    rows: pa.Table
    considered: int
    denied_by_reason: Mapping[str, int]
    quarantined: int
    decisions: Sequence[Mapping[str, Any]]
    profile: str
    redaction: str

    def shards(self, shard_rows: int) -> Iterator[tuple[str, pa.Table]]:
        """Yield (tenant, rows) for each file to write: one tenant each, at most ``shard_rows`` rows."""
        for tenant in sorted(pc.unique(self.rows["tenant"]).to_pylist()):
            of_tenant = self.rows.filter(pc.equal(self.rows["tenant"], tenant))
            for start in range(0, of_tenant.num_rows, shard_rows):
                yield tenant, of_tenant.slice(start, shard_rows)


def select(
    request: SnapshotRequest,
    parts: Sequence[Governed],
    known: Known,
    policy: Policy,
    as_of: AsOf,
    warehouse: Warehouse,
    vault: Vault,
) -> Selection:
    """Decide every governed record of the sources and pool asked for.

    Raises:
        NothingGovernedError: No part of the sources and pool was governed, parts were redacted by different
            versions, or with another profile than the policy asks for.
    """
    asked = [part for part in parts if part.source in request.sources and request.pool in (SHARED, part.tenant)]
    if not asked:
        raise NothingGovernedError(f"{request.name}: nothing is governed of {', '.join(request.sources)}.")
    if len({part.redaction for part in asked}) > 1:
        raise NothingGovernedError(
            f"{request.name}: the records were redacted by different versions of the profile or engine.",
            remedy="Govern the sources again: lineweight govern.",
        )
    if (profile := asked[0].profile) != policy.redaction_profile:
        raise NothingGovernedError(
            f"{request.name}: {policy.policy_id} asks for the redaction profile {policy.redaction_profile}, "
            f"and the records were redacted with {profile}.",
            remedy="Set redaction_profile in lineweight.yaml to the policy's, and govern the sources again.",
        )
    denied = Counter[str]()
    for part in asked:
        denied.update(part.denied)
    keys = pa.concat_tables([_keys(part, warehouse, vault) for part in asked])
    steps: tuple[tuple[str, Callable[[pa.Table], pa.Table]], ...] = (
        (DENIED_ELSEWHERE, lambda rows: _without_denied(rows, asked, warehouse, vault)),
        (DUPLICATE, _first_said),
        (OUTSIDE, lambda rows: _within(rows, request, as_of)),
    )
    for reason, keep in steps:
        kept = keep(keys)
        denied[reason] += keys.num_rows - kept.num_rows
        keys = kept
    decided = decide_records(keys, known, policy, _pool(request), as_of)
    reasons = decided.rows.filter(pc.invert(decided.rows["permitted"]))["reason"]
    denied.update(reasons.to_pylist())
    return Selection(
        rows=_selected(keys, decided.rows),
        considered=sum(part.records for part in asked),
        denied_by_reason={reason: count for reason, count in sorted(denied.items()) if count},
        quarantined=sum(sum(part.quarantined.values()) for part in asked),
        decisions=decided.decisions,
        profile=asked[0].profile,
        redaction=asked[0].redaction,
    )


def _pool(request: SnapshotRequest) -> str:
    return SHARED if request.pool == SHARED else "tenant"


def _keys(part: Governed, warehouse: Warehouse, vault: Vault) -> pa.Table:
    path = f"{part.output}/records.parquet"
    wanted = [*KEY_COLUMNS, "record_digest", "redaction_digest"]
    table = read_encrypted(warehouse, path, key=vault.file_key(part.tenant, path), aad=path, columns=wanted)
    return table.append_column("file", pa.repeat(pa.scalar(path), table.num_rows))


def _first_said(keys: pa.Table) -> pa.Table:
    """Keep one row a record: of several the earliest, then the one whose outcome was observed last.

    Logs are delivered again, longer, and lines resend what was said before. The earliest time is the one at
    which the person spoke; the line that only resends it may name somebody else. Which delivery came first
    does not matter; the batch digest settles what else is equal.
    """
    observed = pc.struct_field(keys["outcome"], "observed_at")
    ranked = pa.table(
        {
            "record_id": keys["record_id"],
            "occurred": keys["occurred_at"],
            "observed": pc.fill_null(observed.cast(pa.int64()), np.iinfo(np.int64).min),
            "batch": keys["batch"],
            "row": pa.array(np.arange(keys.num_rows)),
        }
    ).sort_by(
        [("record_id", "ascending"), ("occurred", "ascending"), ("observed", "descending"), ("batch", "descending")]
    )
    first = ranked.group_by("record_id", use_threads=False).aggregate([("row", "first")])
    return keys.take(first["row_first"].sort())


def _without_denied(keys: pa.Table, parts: Sequence[Governed], warehouse: Warehouse, vault: Vault) -> pa.Table:
    """Keep what was denied in no delivery: one that names another person does not make it permitted."""
    denied = [_denied(part, warehouse, vault) for part in parts if part.denied]
    if not denied:
        return keys
    return keys.filter(pc.invert(pc.is_in(keys["record_id"], pa.chunked_array(denied).combine_chunks())))


def _denied(part: Governed, warehouse: Warehouse, vault: Vault) -> pa.Array:
    path = f"{part.output}/left_out.parquet"
    left_out = read_encrypted(warehouse, path, key=vault.file_key(part.tenant, path), aad=path)
    return left_out.filter(pc.equal(left_out["effect"], "deny"))["record_id"].combine_chunks()


def _within(keys: pa.Table, request: SnapshotRequest, as_of: AsOf) -> pa.Table:
    """Keep what occurred in the period asked for, and not after the instant asked about."""
    instant = keys.schema.field("occurred_at").type
    keep = pc.less_equal(keys["occurred_at"], pa.scalar(as_of.effective_at, instant))
    if request.period.since is not None:
        keep = pc.and_(keep, pc.greater_equal(keys["occurred_at"], pa.scalar(request.period.since, instant)))
    if request.period.until is not None:
        keep = pc.and_(keep, pc.less(keys["occurred_at"], pa.scalar(request.period.until, instant)))
    return keys.filter(keep)


def _selected(keys: pa.Table, decisions: pa.Table) -> pa.Table:
    columns = {name: keys[name] for name in SELECTION_SCHEMA.names if name in keys.column_names}
    columns |= {name: decisions[name] for name in ("consent_receipt", "decision_digest")}
    rows = pa.table(columns).filter(decisions["permitted"]).select(SELECTION_SCHEMA.names).cast(SELECTION_SCHEMA)
    return rows.sort_by([("tenant", "ascending"), ("data_subject_id", "ascending"), ("record_id", "ascending")])
