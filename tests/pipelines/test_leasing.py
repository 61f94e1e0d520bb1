"""Leasing: a version's records decided anew, the refused ones revoked for good, the lease renewed."""

from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from lineage.revocation import latest_feed
from lineage.snapshot import Snapshot
from pipelines.settings import POLICIES
from pipelines.snapshots.leasing import NotRefreshableError, Refreshed, refresh
from policies.errors import LineweightError, UsageError
from tests.pipelines.acme import NOON, Acme, shard_rows

NOW = datetime(2026, 3, 20, tzinfo=UTC)


@pytest.fixture
def published(world: Acme) -> Acme:
    """Three people of two tenants in ``all@v1``, each with two records."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
    for person, tenant in (("ada", "acme"), ("ben", "acme"), ("cyd", "globex")):
        world.consents(person, tenant=tenant)
        for number in range(2):
            world.says(person, f"question {number} of {person}", tenant=tenant)
    world.delivers()
    world.lands()
    world.asks(lease_days=14)
    world.publishes()
    world.passes(days=1)
    return world


def opened(world: Acme) -> Snapshot:
    return Snapshot.open(world.warehouse, "snapshots/all/v1", world.deployment.home.trusted())


def refreshed(world: Acme, now: datetime = NOW) -> Refreshed:
    return refresh(world.deployment, opened(world), now)


def ids_of(world: Acme, person: str, tenant: str = "acme") -> set[str]:
    wanted = world.deployment.vault.data_subject_id(tenant, person)
    rows = [row for path in world.warehouse.files("snapshots/all/v1/shards") for row in _rows(world, path)]
    return {row["record_id"] for row in rows if row["data_subject_id"] == wanted}


def _rows(world: Acme, path: str):
    return world.opened(path, path.rpartition("-")[2].removesuffix(".parquet")).to_pylist()


def test_where_nobody_withdrew_nothing_is_revoked_and_the_lease_is_renewed(published: Acme):
    done = refreshed(published)
    assert done.feed.revoked == frozenset()
    assert done.feed.lease_expires_at == published.now + timedelta(days=14)
    told = done.document()
    assert (told["records"], told["usable"], told["newly_revoked"], told["feed"]) == (6, 6, 0, 1)


def test_a_lease_runs_from_what_was_heard_not_from_the_day_it_was_asked_for(published: Acme):
    heard = published.now - timedelta(days=1)  # when the version was built; the clock on the wall is far ahead
    assert opened(published).manifest.lease_expires_at == heard + timedelta(days=14)
    assert refreshed(published, published.now - timedelta(hours=1)).feed.lease_expires_at == (
        published.now + timedelta(days=14, hours=-1)
    )


def test_a_withdrawal_revokes_that_persons_records_and_no_others(published: Acme):
    published.consents("ada", "withdrawn")
    done = refreshed(published)
    assert done.feed.said.revoked == {"consent-withdrawn": tuple(sorted(ids_of(published, "ada")))}
    assert done.document()["newly_revoked_by_reason"] == {"consent-withdrawn": 2}
    feed = latest_feed(published.warehouse, opened(published).manifest, published.deployment.home.trusted())
    assert feed is not None
    assert feed.digest == done.feed.digest
    assert feed.said.ledger_checkpoint == published.deployment.ledger.checkpoint(published.now)


def test_what_was_revoked_stays_revoked_also_when_consent_is_given_again(published: Acme):
    published.consents("ada", "withdrawn")
    refreshed(published)
    published.passes(days=1)
    published.consents("ada", "renewed", retroactive=True)
    again = refreshed(published)
    assert again.feed.number == 2
    assert again.feed.revoked == ids_of(published, "ada")
    assert again.document()["newly_revoked"] == 0
    assert published.publishes().manifest.counts.permitted == 6, "the next version hears the consent"


def test_a_record_is_named_once_for_the_reason_it_was_revoked_for_first(published: Acme):
    published.consents("ada", "withdrawn")
    refreshed(published)
    published.passes(days=1)
    published.agrees("acme", "none")
    revoked = refreshed(published).feed.said.revoked
    assert set(revoked["consent-withdrawn"]) == ids_of(published, "ada")
    others = [record for reason, ids in revoked.items() if reason != "consent-withdrawn" for record in ids]
    assert sorted(others) == sorted(ids_of(published, "ben"))


def test_a_delivery_that_names_another_person_revokes(published: Acme):
    [first] = [row for row in published.governed_rows() if row["record_id"] in ids_of(published, "ada")][:1]
    published.says("dan", "question 0 of ada", conversation="talk-0", at=first["occurred_at"].isoformat())
    published.delivers("second.jsonl")
    published.lands()
    published.governs()
    assert refreshed(published).document()["newly_revoked_by_reason"] == {"denied-in-another-delivery": 1}


def test_content_that_was_removed_is_revoked(published: Acme):
    from lineage.retention import RemovedShard, write_note

    snapshot = opened(published)
    shard = snapshot.manifest.shards[0]
    gone = RemovedShard(shard.path, shard.sha256, shard.tenant, shard.rows, 1, "2026-03-01T00:00:00Z", "365 days")
    vault = published.deployment.vault
    write_note(published.warehouse, snapshot.directory, snapshot.manifest, [gone], published.now, vault)
    done = refreshed(published)
    assert done.document()["newly_revoked_by_reason"] == {"content-removed": shard.rows}


def test_only_the_policy_in_force_decides_and_it_must_be_for_the_same(published: Acme, tmp_path):
    def in_force(changed: str, into: str) -> None:
        directory = tmp_path / into.replace(" ", "-").replace(":", "")
        directory.mkdir()
        text = (POLICIES / "model-training.yaml").read_text()
        assert changed in text
        (directory / "model-training.yaml").write_text(text.replace(changed, into))
        published.settings = published.settings.model_copy(update={"policies": directory})

    in_force("redaction_profile: strict-pseudonyms", "redaction_profile: stricter-still")
    with pytest.raises(NotRefreshableError, match=r"asks for stricter-still"):
        refreshed(published)
    in_force("purpose: train_ai_system.finetune", "purpose: train_ai_system.evaluation")
    with pytest.raises(NotRefreshableError, match=r"all@v1 is for train_ai_system\.finetune"):
        refreshed(published)
    in_force("policy_id: model-training", "policy_id: another")
    with pytest.raises(UsageError, match="no policy model-training"):
        refreshed(published)
    trusted = published.deployment.home.trusted()
    assert latest_feed(published.warehouse, opened(published).manifest, trusted) is None


def test_a_version_is_decided_anew_for_what_it_is_for_and_not_for_all_that_the_policy_is_for(world: Acme, tmp_path):
    text = (POLICIES / "model-training.yaml").read_text()
    (tmp_path / "wide").mkdir()
    wide = text.replace("purpose: train_ai_system.finetune", "purpose: train_ai_system")
    (tmp_path / "wide" / "model-training.yaml").write_text(wide)
    world.settings = world.settings.model_copy(update={"policies": tmp_path / "wide"})
    world.agrees("acme")
    world.consents("ada", purposes=["train_ai_system"])
    world.says("ada", "hello")
    world.delivers()
    world.lands()
    world.asks(purpose="train_ai_system.finetune")
    world.publishes()
    world.passes(days=1)
    world.consents("ada", "refused", purposes=["train_ai_system.finetune"])
    assert refreshed(world).document()["newly_revoked_by_reason"] == {"consent-refused": 1}


def test_a_lease_is_not_renewed_by_deciding_for_an_earlier_instant(published: Acme):
    published.consents("ada", "withdrawn")
    refreshed(published)
    published.now = NOON + timedelta(hours=1)
    with pytest.raises(NotRefreshableError, match=r"decided for .* already"):
        refreshed(published)


def test_a_feed_that_does_not_verify_stops_the_next(published: Acme):
    refreshed(published)
    [path] = published.warehouse.files("revocations/all/v1")
    published.warehouse.write(path, b"{}")
    with pytest.raises(LineweightError):
        refreshed(published)


def test_the_records_of_a_version_are_those_of_its_shards(published: Acme):
    again = published.publishes()
    assert {row["record_id"] for row in shard_rows(published, again)} == {
        record
        for path in published.warehouse.files("snapshots/all/v1/leaves")
        for record in pq.read_table(published.home / path)["record_id"].to_pylist()
    }
