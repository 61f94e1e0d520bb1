"""The journey, stage by stage: what the stages hand to one another, and what they leave in the ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lineage.snapshot import Snapshot, list_snapshots
from pipelines.journey import govern_source, governed_parts, land_source, landed_results
from policies.errors import InputError, UsageError
from tests.pipelines.acme import NOON, SOURCE, Acme, shard_rows


@pytest.fixture
def delivered(world: Acme) -> Acme:
    """One file of two tenants: three records, one line that cannot be read, and one that says nothing new."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
    world.says("ada", "my order is late", conversation="one")
    world.says("ada", "my order is late", conversation="one")
    world.says("ada", "theirs", tenant="globex")
    world.says("bob", "nobody asked me")
    world.says("ada", "when?", at="2026-03-01T12:00:00")
    world.delivers()
    world.asks()
    return world


def test_a_batch_is_in_the_ledger_once_however_often_it_is_landed(delivered: Acme):
    [landed] = delivered.lands()
    [again] = delivered.lands()
    assert again.already
    [batch] = delivered.deployment.ledger.batches(SOURCE)
    assert (batch.batch, batch.records, batch.quarantined) == (landed.batch, 3, 2)
    assert batch.tenants == {"acme": 2, "globex": 1}


def test_every_line_is_landed_or_set_aside_and_every_record_ends_somewhere(delivered: Acme):
    [landed] = delivered.lands()
    assert landed.reasons == {"duplicate-record": 1, "time-without-zone": 1}
    parts = delivered.governs()
    assert sum(part.records for part in parts) == landed.records == 3
    for part in parts:
        assert part.records == part.permitted + sum(part.denied.values()) + sum(part.quarantined.values())
    counts = delivered.publishes().manifest.counts
    assert counts.considered == landed.records == counts.permitted + counts.denied + counts.quarantined


def test_a_batch_without_its_account_is_not_governed(delivered: Acme):
    [landed] = delivered.lands()
    (delivered.home / "landing" / SOURCE / landed.batch / "batch.json").unlink()
    assert landed_results(delivered.deployment, SOURCE) == []
    assert delivered.governs() == []
    assert governed_parts(delivered.deployment) == []


def test_a_part_without_its_account_is_not_published_and_is_made_again(delivered: Acme):
    delivered.lands()
    parts = delivered.governs()
    (delivered.home / parts[0].output / "unit.json").unlink()
    assert len(governed_parts(delivered.deployment)) == len(parts) - 1
    assert delivered.governs() == parts
    assert governed_parts(delivered.deployment) == parts


def test_a_snapshot_is_entered_in_the_ledger_with_its_digests(delivered: Acme):
    delivered.lands()
    published = delivered.publishes()
    delivered.publishes()
    [artifact] = delivered.deployment.ledger.artifacts("snapshot")
    snapshot = Snapshot.open(delivered.warehouse, published.directory, delivered.deployment.home.trusted())
    assert (artifact.name, artifact.version, artifact.directory) == ("all", "v1", published.directory)
    assert artifact.digest == snapshot.manifest_digest
    assert artifact.statement_digest == snapshot.statement_digest == published.statement_digest


def test_two_requests_do_not_disturb_one_another(delivered: Acme):
    delivered.asks("own", pool="acme")
    delivered.lands()
    shared, own = delivered.publishes("all"), delivered.publishes("own")
    assert sorted(name for name, _, _ in list_snapshots(delivered.warehouse)) == ["all", "own"]
    assert set(own.manifest.tenant_roots) == {"acme"}
    mine = [row for row in shard_rows(delivered, shared) if row["tenant"] == "acme"]
    assert shard_rows(delivered, own) == mine


def test_a_source_nobody_declared_is_refused_and_the_known_ones_are_named(delivered: Acme):
    for stage in (land_source, govern_source):
        with pytest.raises(UsageError, match="no declared source elsewhere") as refused:
            stage(delivered.deployment, "elsewhere")
        assert SOURCE in refused.value.remedy


def test_a_declaration_that_names_no_file_is_refused(world: Acme):
    with pytest.raises(InputError, match="names no file that exists"):
        world.lands()


def test_without_an_instant_set_the_present_decides(world: Acme):
    from pipelines.deployment import Deployment

    before = datetime.now(UTC)
    as_of = Deployment(world.settings).as_of()
    assert before <= as_of.effective_at == as_of.recorded_at <= datetime.now(UTC)
    assert world.deployment.as_of().effective_at == NOON


def test_progress_is_told_out_of_the_number_of_files(delivered: Acme):
    delivered.passes(days=1)
    delivered.says("ada", "another day")
    delivered.delivers("second.jsonl")
    told: list[tuple[int, int]] = []
    land_source(delivered.deployment, SOURCE, lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2)


def test_what_is_landed_has_to_go_after_the_days_that_the_settings_say(tmp_path):
    world = Acme(tmp_path, landing_days=3)
    world.says("ada", "hello")
    world.delivers()
    [landed] = world.lands()
    kept = datetime.fromisoformat(landed.expires_at) - datetime.fromisoformat(landed.landed_at)
    assert kept == timedelta(days=3)


def keys_of(value: Any, path: str = "") -> set[str]:
    """Return the paths of a document's keys; names that are data, not form, are a star."""
    if isinstance(value, list):
        return set().union(*(keys_of(one, f"{path}[]") for one in value))
    if not isinstance(value, dict):
        return {path}
    residual = ("redaction.residual.canaries", "redaction.residual.second_detector.seen")
    data = path in ("tenant_roots", "counts.denied_by_reason", *residual)
    return set().union(
        *(keys_of(one, f"{path}.{'*' if data else name}".removeprefix(".")) for name, one in value.items())
    )


def test_a_manifest_says_these_things(delivered: Acme, golden):
    delivered.lands()
    document = delivered.publishes().manifest.document()
    golden("manifest-keys.txt", "\n".join(sorted(keys_of(document))) + "\n")
