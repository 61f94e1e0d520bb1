"""Leasing: every record of a published snapshot decided anew, the refused ones named, the lease renewed.

A snapshot never changes; consent does. `refresh` decides its records for the present, on the ledgers of the
present, by the policy of the same id that is in force now, and signs a feed of those that may no longer be used.
A record that was revoked stays revoked in that version, whatever is said later: whoever paused on it cannot
be told to have been wrong, and a consent given again is heard when the next version is built.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from lineage.manifest import AsOf as StatedAsOf
from lineage.manifest import SnapshotManifest
from lineage.record import KEY_COLUMNS
from lineage.revocation import Feed, FeedPolicy, Revocations, latest_feed, publish_feed
from lineage.snapshot import Snapshot
from lineage.snapshot_request import SHARED, parse_request
from lineage.tlog.log import enter_statements
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.governed import parts
from pipelines.snapshots.purposes import decide_for
from pipelines.snapshots.sifting import DENIED_ELSEWHERE
from pipelines.snapshots.stretches import DENY, ROWS_AT_ONCE, left_out
from policies.document import Policy
from policies.errors import LineweightError
from policies.vocabulary import covers

CONTENT_REMOVED = "content-removed"

Revoked = dict[str, list[str]]


class NotRefreshableError(LineweightError):
    """A snapshot's lease cannot be renewed; what may be trained on it stays as it is, until the lease runs out."""

    remedy = "Build a new version with `lineweight snapshot build`, and have that one released."


@dataclass(frozen=True)
class Refreshed:
    """A lease renewed.

    Attributes:
        manifest: The snapshot's.
        feed: What was signed.
        newly: How many records were revoked for which reason, that were not before.
    """

    manifest: SnapshotManifest
    feed: Feed
    newly: Mapping[str, int]

    def document(self) -> dict[str, object]:
        """Return what was done, as JSON values."""
        revoked = {reason: len(records) for reason, records in sorted(self.feed.said.revoked.items())}
        return {
            "snapshot": self.manifest.label,
            "feed": self.feed.number,
            "statement": self.feed.digest,
            "policy": self.feed.said.policy.document(),
            "as_of": self.feed.as_of.model_dump(mode="json"),
            "records": self.manifest.rows,
            "usable": self.manifest.rows - len(self.feed.revoked),
            "revoked": len(self.feed.revoked),
            "revoked_by_reason": revoked,
            "newly_revoked": sum(self.newly.values()),
            "newly_revoked_by_reason": dict(sorted(self.newly.items())),
            "lease_expires_at": self.feed.said.document()["lease_expires_at"],
        }


def refresh(deployment: Deployment, snapshot: Snapshot, now: datetime) -> Refreshed:
    """Decide every record of a snapshot anew, sign a feed of those that no longer pass, and renew the lease.

    Args:
        deployment: Ledgers, declarations and policies as they are.
        snapshot: A published version.
        now: The lease runs from here, UTC, or from the instant up to which the ledger was heard if that is earlier:
            who hears nothing new renews nothing.

    Raises:
        NotRefreshableError: The policy in force now is for something else or asks for other redaction, or the
            instant decided for lies before one that was decided for already.
        UsageError: No policy of that id is in force.
        LineweightError: A shard, a feed or the ledger cannot be read.
    """
    manifest, as_of = snapshot.manifest, deployment.as_of()
    policy = _policy(deployment, manifest)
    before = latest_feed(deployment.warehouse, manifest, deployment.home.trusted())
    _require_later(manifest, before, as_of)
    revoked: Revoked = {} if before is None else {reason: list(ids) for reason, ids in before.said.revoked.items()}
    standing = pa.array(sorted(before.revoked if before else ()), pa.string())
    newly = Counter[str]()
    for refused in _refused(deployment, snapshot, policy, as_of):
        new = refused.filter(pc.invert(pc.is_in(refused["record_id"], standing)))
        for reason, record in zip(new["reason"].to_pylist(), new["record_id"].to_pylist(), strict=True):
            revoked.setdefault(reason, []).append(record)
            newly[reason] += 1
    kept = manifest.request
    days = parse_request(snapshot.file(kept.path, kept.sha256)).lease_days
    said = Revocations(
        snapshot=manifest.label,
        as_of=StatedAsOf(effective_at=as_of.effective_at, recorded_at=as_of.recorded_at),
        ledger_checkpoint=deployment.ledger.checkpoint(as_of.recorded_at),
        policy=FeedPolicy(policy_id=policy.policy_id, version=policy.version, digest=digest_of(policy.document())),
        lease_expires_at=min(now, as_of.recorded_at) + timedelta(days=days),
        revoked={reason: tuple(ids) for reason, ids in sorted(revoked.items())},
    )
    feed = publish_feed(deployment.warehouse, manifest, said, deployment.vault)
    enter_statements(deployment.home, now)
    return Refreshed(manifest, feed, newly)


def _policy(deployment: Deployment, manifest: SnapshotManifest) -> Policy:
    policy = deployment.policy(manifest.policy.policy_id)
    if not covers(policy.purpose, manifest.purpose):
        raise NotRefreshableError(
            f"{manifest.label} is for {manifest.purpose}; {policy.policy_id} version {policy.version} is for "
            f"{policy.purpose} alone."
        )
    if policy.redaction_profile != manifest.redaction.profile:
        raise NotRefreshableError(
            f"{manifest.label} was redacted with {manifest.redaction.profile}; {policy.policy_id} version "
            f"{policy.version} asks for {policy.redaction_profile}."
        )
    return policy


def _require_later(manifest: SnapshotManifest, before: Feed | None, as_of: AsOf) -> None:
    """Do nothing if nothing was decided for a later instant: a lease is not renewed by forgetting."""
    last = manifest.as_of if before is None else before.as_of
    if as_of.effective_at < last.effective_at or as_of.recorded_at < last.recorded_at:
        raise NotRefreshableError(
            f"{manifest.label} was decided for {last.recorded_at} already, which is after {as_of.recorded_at}.",
            remedy="Leave `as_of` out of the settings, or set it later.",
        )


def _refused(deployment: Deployment, snapshot: Snapshot, policy: Policy, as_of: AsOf) -> Iterator[pa.Table]:
    """Yield record_id and reason of every record that does not pass, a stretch of shards at a time."""
    manifest, known = snapshot.manifest, deployment.known(as_of)
    pool = SHARED if manifest.pool.tenant is None else "tenant"
    for keys in _keys(deployment, snapshot):
        rows = decide_for(manifest.purpose, keys, known, policy, pool, as_of).rows
        elsewhere = pc.is_in(keys["record_id"], _denied_when_governed(deployment, manifest, keys))
        reason = pc.if_else(elsewhere, DENIED_ELSEWHERE, pa.scalar(None, pa.string()))
        reason = pc.if_else(rows["permitted"], reason, rows["reason"])
        yield pa.table({"record_id": keys["record_id"], "reason": reason}).filter(pc.is_valid(reason))
    for index, shard in enumerate(manifest.shards):
        if shard.path in snapshot.removed:
            ids = snapshot.leaves_file(index)["record_id"]
            yield pa.table({"record_id": ids, "reason": pa.repeat(pa.scalar(CONTENT_REMOVED), len(ids))})


def _denied_when_governed(deployment: Deployment, manifest: SnapshotManifest, keys: pa.Table) -> pa.Array:
    """Return the ids of what the gate denied of the same sources and tenants: another delivery may name somebody."""
    tenants = set(pc.unique(keys["tenant"]).to_pylist())
    asked = [part for part in parts(deployment.warehouse) if part.source in manifest.sources and part.denied]
    found = [left_out(deployment.warehouse, deployment.vault, part) for part in asked if part.tenant in tenants]
    denied = [rows.filter(pc.equal(rows["effect"], DENY))["record_id"].combine_chunks() for rows in found]
    return pa.concat_arrays([pa.array([], pa.string()), *denied])


def _keys(deployment: Deployment, snapshot: Snapshot) -> Iterator[pa.Table]:
    """Yield the key columns of the records, some shards at a time; of what was removed there are none."""
    held: list[pa.Table] = []
    for index, shard in enumerate(snapshot.manifest.shards):
        if shard.path in snapshot.removed:
            continue
        held.append(snapshot.shard(index, deployment.vault, columns=KEY_COLUMNS))
        if sum(table.num_rows for table in held) >= ROWS_AT_ONCE:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
