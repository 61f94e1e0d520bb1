"""Revocation feeds: the newest speaks, and one that does not verify is not passed over."""

from datetime import timedelta
from typing import Any

import pytest

from lineage.dsse import SignatureRefusedError
from lineage.manifest import SnapshotManifest
from lineage.predicate import PredicateError
from lineage.revocation import REVOCATIONS_PREDICATE, Feed, feeds_directory, latest_feed, lease_of, publish_feed
from lineage.statement import sign_statement, statement_of
from tests.lineage.small_snapshot import AS_OF, SmallWorld, feed_terms


@pytest.fixture
def manifest(world: SmallWorld) -> SnapshotManifest:
    return world.publish()


def latest(world: SmallWorld, manifest: SnapshotManifest) -> Feed | None:
    return latest_feed(world.warehouse, manifest, world.trusted)


def test_a_snapshot_without_a_feed_has_none(world: SmallWorld, manifest: SnapshotManifest):
    assert latest(world, manifest) is None
    assert lease_of(manifest, None) == manifest.lease_expires_at


def test_the_newest_feed_speaks(world: SmallWorld, manifest: SnapshotManifest):
    first = world.revoke(manifest, revoked={"consent-withdrawn": ("r2", "r1"), "region-not-allowed": ("r3",)})
    assert first.revoked == {"r1", "r2", "r3"}
    assert first.said.revoked["consent-withdrawn"] == ("r1", "r2")
    assert latest(world, manifest) == first
    second = world.revoke(manifest, revoked={})
    assert (second.number, second.file_name) == (2, "00002.dsse.json")
    assert latest(world, manifest) == second
    assert [path.rpartition("/")[2] for path in world.warehouse.files("revocations")] == [
        "00001.dsse.json",
        "00002.dsse.json",
    ]


def test_feeds_count_on_beyond_five_digits(world: SmallWorld, manifest: SnapshotManifest):
    feed = world.revoke(manifest)
    world.warehouse.write(f"{feeds_directory(manifest)}/99999.dsse.json", feed.envelope)
    assert world.revoke(manifest).file_name == "100000.dsse.json"
    found = latest(world, manifest)
    assert found is not None
    assert found.number == 100_000


def test_a_feed_renews_the_lease_and_never_shortens_it(world: SmallWorld, manifest: SnapshotManifest):
    later = manifest.lease_expires_at + timedelta(days=30)
    assert lease_of(manifest, world.revoke(manifest, lease_expires_at=later)) == later
    assert lease_of(manifest, world.revoke(manifest, lease_expires_at=AS_OF)) == manifest.lease_expires_at


def test_a_newest_feed_that_does_not_verify_is_not_passed_over(world: SmallWorld, manifest: SnapshotManifest):
    feed = world.revoke(manifest)
    world.warehouse.write(f"{feeds_directory(manifest)}/00002.dsse.json", feed.envelope[:-9])
    with pytest.raises(SignatureRefusedError):
        latest(world, manifest)


def test_a_feed_of_an_unknown_key_is_refused(world: SmallWorld, manifest: SnapshotManifest, tmp_path: Any):
    stranger = SmallWorld(tmp_path / "stranger")
    publish_feed(world.warehouse, manifest, feed_terms(manifest), stranger.vault)
    with pytest.raises(SignatureRefusedError, match="unknown-key"):
        latest(world, manifest)


def test_a_feed_of_another_version_or_manifest_is_refused(world: SmallWorld, manifest: SnapshotManifest):
    feed = world.revoke(manifest)
    second = world.publish(2)
    world.warehouse.write(f"{feeds_directory(second)}/00001.dsse.json", feed.envelope)
    with pytest.raises(PredicateError, match="another snapshot than demo@v2"):
        latest(world, second)
    with pytest.raises(PredicateError, match="another manifest"):
        latest(world, world.publish(1, seed=8))
    with pytest.raises(PredicateError):
        world.revoke(second, snapshot="demo@v1")


@pytest.mark.parametrize(
    "changes",
    [
        {"revoked": {"consent-withdrawn": ["r2", "r1"]}},
        {"revoked": {"consent-withdrawn": ["r1", "r1"]}},
        {"revoked": {"consent-withdrawn": [""]}},
        {"revoked": {"consent-withdrawn": "r1"}},
        {"revoked": ["r1"]},
        {"revoked": None},
        {"lease_expires_at": "2026-09-01T00:00:00Z"},
        {"lease_expires_at": "2026-09-01"},
        {"as_of": None},
        {"policy": {"policy_id": "model-training"}},
        {"ledger_checkpoint": "0"},
        {"further": 1},
    ],
    ids=str,
)
def test_a_signed_feed_that_says_something_else_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, changes: dict[str, Any]
):
    said = feed_terms(manifest).document() | changes
    statement = statement_of({"manifest.json": manifest.digest()}, REVOCATIONS_PREDICATE, said)
    world.warehouse.write(f"{feeds_directory(manifest)}/00001.dsse.json", sign_statement(statement, [world.vault]))
    with pytest.raises(PredicateError):
        latest(world, manifest)


def test_a_ticket_does_not_pass_for_a_feed(world: SmallWorld, manifest: SnapshotManifest):
    world.warehouse.write(f"{feeds_directory(manifest)}/00001.dsse.json", world.release(manifest).envelope)
    with pytest.raises(PredicateError, match="about something else"):
        latest(world, manifest)
