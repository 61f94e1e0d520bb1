"""One side of a comparison: a published version, or what a request would give if it were built now."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of, rfc3339
from lineage.inputs import parse_inputs
from lineage.snapshot import Snapshot
from lineage.snapshot_request import SnapshotRequest, parse_request
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.governed import parts
from pipelines.snapshots.asked import Asked, ask
from pipelines.snapshots.considered import ask_for
from pipelines.snapshots.select import Selection, selected
from policies.document import load_policy
from policies.errors import LineweightError

HELD_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("tenant", pa.string()),
        pa.field("split", pa.string()),
        pa.field("redaction_digest", pa.binary(32)),
    ]
)


@dataclass(frozen=True)
class Again:
    """A selection that is made again when it is first looked at: only a difference needs its reasons.

    Attributes:
        asked: What it is a function of; ``None`` where that can no longer be had.
    """

    asked: Asked | None

    @cached_property
    def selection(self) -> Selection | None:
        """The selection, or ``None`` where what it was made from is no longer there."""
        try:
            return None if self.asked is None else selected(self.asked)
        except LineweightError:
            return None

    def gives(self, held: pa.Table) -> bool:
        """Return whether it comes to exactly the records held."""
        if self.selection is None:
            return False
        again = self.selection.rows["record_id"].combine_chunks()
        return len(again) == held.num_rows and bool(pc.all(pc.is_in(held["record_id"], again), min_count=0).as_py())


@dataclass(frozen=True)
class Side:
    """What is compared.

    Attributes:
        label: ``name@v2``, or ``name`` for what would be built now.
        request: What was asked for, its policy and purpose named.
        told: What a person would want to know has changed, beside the records: JSON values by name.
        held: The records, ``HELD_SCHEMA``.
        again: The selection made again, for its reasons.
    """

    label: str
    request: SnapshotRequest
    told: dict[str, Any]
    held: pa.Table
    again: Again


def version_side(deployment: Deployment, snapshot: Snapshot) -> Side:
    """Return a published version: its records from its leaves, its reasons from the ledgers as known then.

    Raises:
        LineweightError: One of its files is not the one signed.
    """
    manifest = snapshot.manifest
    request = parse_request(snapshot.file(manifest.request.path, manifest.request.sha256))
    told = _asked_for(request) | {
        "policy": f"{manifest.policy.policy_id} version {manifest.policy.version}, {manifest.policy.digest}",
        "redaction": f"{manifest.redaction.profile}, {manifest.redaction.digest}",
        "as_of": manifest.as_of.model_dump(mode="json"),
        "ledger_checkpoint": manifest.ledger_checkpoint,
    }
    return Side(manifest.label, request, told, _leaves(snapshot), Again(_asked_then(deployment, snapshot, request)))


def preview_side(deployment: Deployment, name: str) -> Side:
    """Return what a request would give now.

    Raises:
        LineweightError: It cannot be built: no such request, no policy in force, records redacted otherwise.
    """
    as_of = deployment.as_of()
    asked = ask_for(deployment, deployment.request(name), as_of).required()
    policy, part, rows = asked.policy, asked.parts[0], selected(asked).rows
    told = _asked_for(asked.request) | {
        "policy": f"{policy.policy_id} version {policy.version}, {digest_of(policy.document())}",
        "redaction": f"{part.profile}, {part.redaction}",
        "as_of": {"effective_at": rfc3339(as_of.effective_at), "recorded_at": rfc3339(as_of.recorded_at)},
        "ledger_checkpoint": deployment.ledger.checkpoint(as_of.recorded_at),
    }
    return Side(name, asked.request, told, rows.select(HELD_SCHEMA.names).cast(HELD_SCHEMA), Again(asked))


def _asked_for(request: SnapshotRequest) -> dict[str, Any]:
    said = request.document()
    return {name: said[name] for name in said if name not in ("name", "policy", "requested_by", "because")}


def _leaves(snapshot: Snapshot) -> pa.Table:
    found = [HELD_SCHEMA.empty_table()]
    for index, shard in enumerate(snapshot.manifest.shards):
        leaves = snapshot.leaves(index)
        columns = {name: leaves[name] for name in ("record_id", "redaction_digest")}
        columns |= {name: pa.repeat(pa.scalar(getattr(shard, name)), shard.rows) for name in ("tenant", "split")}
        found.append(pa.table({name: columns[name] for name in HELD_SCHEMA.names}).cast(HELD_SCHEMA))
    return pa.concat_tables(found)


def _asked_then(deployment: Deployment, snapshot: Snapshot, request: SnapshotRequest) -> Asked | None:
    """Return what was asked when a version was built, of the parts that were governed then and still are."""
    manifest = snapshot.manifest
    try:
        inputs = parse_inputs(snapshot.file(manifest.inputs.path, manifest.inputs.sha256))
        policy = load_policy(snapshot.file(manifest.policy.path, manifest.policy.sha256), manifest.policy.path)
        as_of = AsOf(manifest.as_of.effective_at, manifest.as_of.recorded_at)
        known = replace(deployment.known(as_of), categories=inputs.categories, region=inputs.region)
        then = {part.output for part in inputs.parts}
        kept = [part for part in parts(deployment.warehouse) if part.output in then]
        return ask(request, kept, known, policy, as_of, deployment.warehouse, deployment.vault)
    except LineweightError:
        return None
