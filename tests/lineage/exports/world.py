"""A small world to disclose: two decisions, a skipped record, a feed, a ledger that knows everything."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lineage import leaf
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.exports.content import read_content
from lineage.exports.figure import Figures
from lineage.exports.figures import model_figures, snapshot_figures
from lineage.exports.opening import open_snapshot, open_trained
from lineage.ledger.entries import Artifact
from lineage.manifest import SnapshotManifest
from policies.decision import decide
from policies.document import load_policy
from policies.facts import IN_ORDER
from tests.lineage import small_snapshot
from tests.lineage.small_snapshot import AS_OF, POLICY
from tests.lineage.traced_world import TracedWorld, traced_world


class DisclosedWorld(TracedWorld):
    """``demo@v1`` and ``little/run-1``; globex's people are Californians."""

    def snapshot_figures(self, *, keys: bool = True, fewest: int = 1) -> Figures:
        opened = open_snapshot(self.root / "snapshots/demo/v1", self.warehouse, self.trusted)
        content = read_content(opened.snapshot, self.vault if keys else None)
        return snapshot_figures(opened, self.ledger, content, fewest)

    def model_figures(self, *, keys: bool = True, fewest: int = 1) -> Figures:
        opened = open_trained(self.root / "models/little/run-1", self.warehouse, self.trusted)
        content = read_content(opened.snapshot.snapshot, self.vault if keys else None)
        return model_figures(opened, self.ledger, content, fewest)

    def consumed_rows(self) -> list[dict[str, Any]]:
        """What the model read, from its ledger."""
        return pq.read_table(self.root / "models/little/run-1/consumption/rank-0.parquet").to_pylist()

    def consumed(self, snapshot: SnapshotManifest) -> pa.Table:
        """Two epochs, in the second of which a record is skipped."""
        first = super().consumed(snapshot)
        second = first.set_column(0, first.schema.field(0), pa.array([1] * len(first), pa.int32()))
        later = pc.add(first["optimizer_step"], pc.add(pc.max(first["optimizer_step"]), 1))
        second = second.set_column(1, first.schema.field(1), later)
        reasons = pa.array(["too-long", *[None] * (len(first) - 1)], pa.string())
        second = second.set_column(8, first.schema.field(8), reasons)
        return pa.concat_tables([first, second])


def disclosed_world(root: Path, monkeypatch: pytest.MonkeyPatch) -> DisclosedWorld:
    """Make the world."""
    monkeypatch.setattr("tests.lineage.traced_world.TracedWorld", DisclosedWorld)
    settle = TracedWorld.settle

    def settled(world: DisclosedWorld) -> None:
        settle(world)
        second = decided(jurisdiction="us-ca")
        plain_leaves = small_snapshot.leaves_of

        def leaves(vault: object, tenant: str, table: pa.Table) -> pa.Table:
            sealed = plain_leaves(world.vault, tenant, table)
            if tenant != "globex":
                return sealed
            place = sealed.schema.get_field_index("decision_digest")
            digests = pa.array([bytes.fromhex(second["digest"])] * len(sealed), leaf.DIGEST)
            return leaf.seal(sealed.set_column(place, sealed.schema.field(place), digests))

        monkeypatch.setattr(small_snapshot, "leaves_of", leaves)

    monkeypatch.setattr(DisclosedWorld, "settle", settled)
    monkeypatch.setattr(DisclosedWorld, "publish", _publish)
    world = traced_world(root, monkeypatch)
    assert isinstance(world, DisclosedWorld)
    return world


def _publish(world: DisclosedWorld) -> SnapshotManifest:
    decisions = canonical_json([{**decided(), "records": 5}, {**decided(jurisdiction="us-ca"), "records": 5}])
    attached = {"path": "decisions.json", "sha256": sha256_hex(decisions)}
    manifest = TracedWorld.publish(world, decisions=attached)
    world.attach(manifest.directory, attached["path"], decisions)
    world.revoke(manifest, revoked={"consent-withdrawn": ["r" + "0" * 32]})
    statement = world.warehouse.read(f"{manifest.directory}/statement.dsse.json")
    world.ledger.add_artifact(
        Artifact(
            "snapshot", "demo", "v1", manifest.directory, manifest.digest(), digest_of({"s": len(statement)}), AS_OF
        )
    )
    return manifest


def decided(**changes: Any) -> dict[str, Any]:
    """A decision on facts that are in order but for what is said."""
    policy, facts = load_policy(POLICY, "policy.yaml"), replace(IN_ORDER, **changes)
    document = {
        "facts": facts.document(),
        "policy": digest_of(policy.document()),
        **decide(policy, facts).document(),
    }
    return {"digest": digest_of(document), **document}
