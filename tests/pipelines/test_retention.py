"""Retention: what has outlived its time is found everywhere, and goes as a whole or not at all."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot
from lineage.verifying.verify import Link, Report, verify_path
from lineage.warehouse import Warehouse
from pipelines.governed import Governed, parts
from pipelines.journey import govern_source, governed_parts, land_source, landed_results
from pipelines.retention import Sweep, sweep
from tests.commands import lineweight
from tests.pipelines.acme import NOON, SOURCE, Acme
from tests.pipelines.test_remote import RemoteAcme
from tests.servers import S3Server

MICROSECOND = timedelta(microseconds=1)
AGREED = timedelta(days=60)
LATER = NOON + timedelta(days=50)
PAST_AGREEMENT = NOON + AGREED + MICROSECOND
ALL_GONE = datetime(2040, 1, 1, tzinfo=UTC)


def settle(home: Path) -> Acme:
    """Two tenants, one of which agreed to 60 days; each person spoke at NOON and 50 days later."""
    world = Acme(home, rows_per_unit=2)
    world.agrees("acme", retention_days=AGREED.days)
    world.agrees("globex")
    for tenant in ("acme", "globex"):
        world.consents("ada", tenant=tenant)
        world.says("ada", "write to ada@example.com", tenant=tenant, conversation="first")
    world.passes(days=50)
    for tenant in ("acme", "globex"):
        world.says("ada", "write to bob@example.org", tenant=tenant, conversation="second")
    world.delivers()
    world.asks(shard_rows=1)
    world.asks("staged", pool="acme")
    world.lands()
    world.publishes()
    return world


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with one landed file, two governed parts and one snapshot of four shards."""
    return settle(tmp_path_factory.mktemp("template")).home


@pytest.fixture
def kept(template: Path, tmp_path: Path) -> Acme:
    return copied(template, tmp_path / "home")


def copied(template: Path, home: Path) -> Acme:
    world = Acme(Path(shutil.copytree(template, home)), rows_per_unit=2)
    world.now = LATER
    return world


def swept(world: Acme, at: datetime, apply: bool = True) -> Sweep:
    return sweep(world.deployment, at, apply=apply)


def told(found: Sweep) -> list[tuple[str, str, int, int]]:
    return sorted((one.where.value, one.tenant, one.records, one.along) for one in found.outlived)


def expires_at(world: Acme) -> datetime:
    (batch,) = landed_results(world.deployment, SOURCE)
    return datetime.fromisoformat(batch.expires_at)


def raw_files(world: Acme) -> int:
    return len([path for path in world.warehouse.files("landing") if path.endswith(("acme.parquet", "globex.parquet"))])


def verified(world: Acme, **options: Any) -> Report:
    return verify_path(world.home / "snapshots/all/v1", world.deployment.home.trusted(), **options)


def files(world: Acme) -> dict[str, bytes]:
    return {path: world.warehouse.read(path) for path in world.warehouse.files("")}


# ── what is found ───────────────────────────────────────────────────────────────────────────────────────────


def test_before_its_time_nothing_is_found_and_everything_remains(kept: Acme):
    found = swept(kept, NOON + AGREED)
    assert told(found) == []
    remains = found.document()["remains"]
    assert {where: count["records"] for where, count in remains.items()} == {
        "landing": 4,
        "governed": 4,
        "staged": 0,
        "snapshot": 4,
        "unfinished": 0,
    }


def test_a_record_has_outlived_its_time_one_instant_after_the_agreed_days(kept: Acme):
    found = swept(kept, PAST_AGREEMENT, apply=False)
    assert told(found) == [("governed", "acme", 1, 0), ("snapshot", "acme", 1, 0)]
    assert {one.since for one in found.outlived} == {NOON + AGREED}
    assert {one.rule for one in found.outlived} == {"60 days, agreement a1"}
    assert {one.sources for one in found.outlived} == {(SOURCE,)}


def test_what_is_looked_at_is_outlived_or_remains_and_is_counted_once(kept: Acme):
    for at in (NOON, PAST_AGREEMENT, expires_at(kept), ALL_GONE):
        document = swept(kept, at, apply=False).document()
        for where, records in (("landing", 4), ("governed", 4), ("snapshot", 4)):
            total = document["totals"][where]
            assert total["records"] + total["along"] + document["remains"][where]["records"] == records


def test_the_longest_of_the_policies_counts_and_an_agreement_only_shortens_it(kept: Acme, template: Path):
    longest = {one.tenant: one.rule for one in swept(kept, ALL_GONE, apply=False).outlived if one.where == "governed"}
    assert longest == {"acme": "60 days, agreement a1", "globex": "730 days, policy model-training v1"}
    policies = kept.home / "policies"
    policies.mkdir()
    text = (Path(__file__).parents[2] / "policies/documents/model-training.yaml").read_text()
    for days in (10, 1_000):
        renamed = text.replace("policy_id: model-training", f"policy_id: kept-{days}")
        (policies / f"{days}.yaml").write_text(renamed.replace("retain_days: 730", f"retain_days: {days}"))
    kept.settings = kept.settings.model_copy(update={"policies": policies})
    at = NOON + timedelta(days=1_000)
    assert [one.tenant for one in swept(kept, at, apply=False).outlived if one.where == "governed"] == ["acme"]
    rules = {one.rule for one in swept(kept, at + MICROSECOND, apply=False).outlived if one.tenant == "globex"}
    assert "1000 days, policy kept-1000 v1" in rules


def test_what_an_agreement_says_counts_from_when_it_was_known(kept: Acme):
    known_at = NOON + timedelta(days=100)
    kept.agrees("globex", retention_days=10, effective_at=NOON, recorded_at=known_at)
    assert {one.tenant for one in swept(kept, known_at - MICROSECOND, apply=False).outlived} == {"acme"}
    assert {one.tenant for one in swept(kept, known_at, apply=False).outlived} == {"acme", "globex"}


def test_a_snapshot_whose_policy_is_no_longer_in_force_is_held_to_the_version_it_kept(kept: Acme):
    policies = kept.home / "policies"
    policies.mkdir()
    text = (Path(__file__).parents[2] / "policies/documents/model-training.yaml").read_text()
    other = text.replace("policy_id: model-training", "policy_id: other").replace("730", "9000")
    (policies / "other.yaml").write_text(other)
    kept.settings = kept.settings.model_copy(update={"policies": policies})
    found = swept(kept, NOON + timedelta(days=731), apply=False).outlived
    assert {one.rule for one in found if one.tenant == "globex" and one.where == "snapshot"} == {
        "730 days, policy model-training v1"
    }
    assert not [one for one in found if one.tenant == "globex" and one.where == "governed"]


def test_a_snapshot_is_held_to_its_policy_as_it_is_in_force_today(kept: Acme):
    policies = kept.home / "policies"
    policies.mkdir()
    text = (Path(__file__).parents[2] / "policies/documents/model-training.yaml").read_text()
    shorter = text.replace("retain_days: 730", "retain_days: 70").replace("version: 1\n", "version: 2\n", 1)
    (policies / "model-training.yaml").write_text(shorter)
    kept.settings = kept.settings.model_copy(update={"policies": policies})
    found = swept(kept, NOON + timedelta(days=70) + MICROSECOND, apply=False).outlived
    assert {one.rule for one in found if one.tenant == "globex" and one.where == "snapshot"} == {
        "70 days, policy model-training v2"
    }


def test_a_dry_run_changes_nothing(kept: Acme):
    before = files(kept)
    assert told(swept(kept, ALL_GONE, apply=False))
    assert files(kept) == before


def test_a_sweep_that_finds_nothing_changes_nothing(kept: Acme):
    before = files(kept)
    swept(kept, NOON)
    assert files(kept) == before


# ── landing ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_raw_files_go_at_the_instant_they_expire_and_not_before(kept: Acme):
    at = expires_at(kept)
    assert not [one for one in swept(kept, at - MICROSECOND).outlived if one.where == "landing"]
    assert sum(one.records for one in swept(kept, at).outlived if one.where == "landing") == 4
    assert [path.rpartition("/")[2] for path in kept.warehouse.files("landing")] == ["batch.json"]
    assert kept.warehouse.files("quarantine") == []


def test_a_swept_batch_does_not_come_back_when_its_file_is_landed_again(kept: Acme):
    swept(kept, expires_at(kept))
    (again,) = land_source(kept.deployment, SOURCE)
    assert again.already
    assert again.records == 4
    declaration = kept.home / "sources" / "support-chat.yaml"
    declaration.write_text(declaration.read_text().replace("ACME GmbH", "ACME AG"))
    land_source(kept.deployment, SOURCE)
    assert not [path for path in kept.warehouse.files("landing") if path.endswith(".parquet")]


def test_what_was_governed_of_a_swept_batch_stays_and_is_still_selected(kept: Acme):
    # Raw files expire by the clock of this machine, which is far ahead of this world's.
    before_it_expires, then = expires_at(kept) - MICROSECOND, expires_at(kept)
    swept(kept, before_it_expires)
    standing = governed_parts(kept.deployment)
    swept(kept, then)
    assert govern_source(kept.deployment, SOURCE) == []
    assert governed_parts(kept.deployment) == standing
    assert sum(part.records for part in standing) == 4
    kept.says("ada", "another day", tenant="globex")
    kept.delivers("second.jsonl")
    land_source(kept.deployment, SOURCE)
    assert sum(part.records for part in govern_source(kept.deployment, SOURCE)) == 1
    assert kept.publishes().manifest.counts.considered == 5


@pytest.mark.parametrize(
    "damage",
    [b"", b"{}", b"[]", b'{"source": 1}', None],
    ids=["empty", "no fields", "a list", "other fields", "missing"],
)
def test_a_batch_whose_account_is_damaged_is_told_and_not_swept(kept: Acme, damage: bytes | None):
    (batch,) = landed_results(kept.deployment, SOURCE)
    account = kept.home / "landing" / SOURCE / batch.batch / "batch.json"
    account.unlink() if damage is None else account.write_bytes(damage)
    found = swept(kept, ALL_GONE)
    assert [one["place"] for one in found.unread] == [f"landing/{SOURCE}/{batch.batch}"]
    assert raw_files(kept) == 2


def test_an_account_that_does_not_say_when_it_expires_is_told_and_not_swept(kept: Acme):
    (batch,) = landed_results(kept.deployment, SOURCE)
    account = kept.home / "landing" / SOURCE / batch.batch / "batch.json"
    account.write_text(json.dumps(json.loads(account.read_text()) | {"expires_at": "2026-04-01T00:00:00"}))
    assert [one["where"] for one in swept(kept, ALL_GONE).unread] == ["landing"]
    assert raw_files(kept) == 2


# ── governed ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_part_is_written_anew_without_what_is_too_old_and_its_account_adds_up(kept: Acme):
    (before,) = [part for part in governed_parts(kept.deployment) if part.tenant == "acme"]
    others = [part for part in governed_parts(kept.deployment) if part.tenant != "acme"]
    swept(kept, PAST_AGREEMENT)
    (after,) = [part for part in governed_parts(kept.deployment) if part.tenant == "acme"]

    assert (before.permitted, before.denied, before.redacted) == (2, {}, 2)
    assert (after.permitted, after.denied, after.redacted) == (1, {"retention-exceeded": 1}, 1)
    assert after.records == before.records == after.permitted + sum(after.denied.values())
    assert after.entities == {"EMAIL_ADDRESS": 1}
    assert (after.inputs, after.redaction) == (before.inputs, before.redaction)
    (record,) = kept.opened(f"{after.output}/records.parquet", "acme").to_pylist()
    assert record["occurred_at"] == LATER
    (finding,) = kept.opened(f"{after.output}/findings.parquet", "acme").to_pylist()
    assert finding["record_id"] == record["record_id"]
    (gone,) = kept.opened(f"{after.output}/left_out.parquet", "acme").to_pylist()
    assert (gone["effect"], gone["reason"]) == ("deny", "retention-exceeded")
    assert others == [part for part in governed_parts(kept.deployment) if part.tenant != "acme"]


def test_of_a_swept_part_no_old_file_is_left(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    for part in governed_parts(kept.deployment):
        root = part.output.rpartition("/kept-")[0] or part.output
        standing = {path.removeprefix(f"{root}/").rpartition("/")[2] for path in kept.warehouse.files(root)}
        assert standing == {"unit.json", "gate.parquet", "records.parquet", "findings.parquet", "left_out.parquet"}
        assert len(kept.warehouse.files(root)) == 5


def test_governing_at_the_same_instant_does_not_bring_back_what_was_swept(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    after = governed_parts(kept.deployment)
    assert sorted(govern_source(kept.deployment, SOURCE), key=lambda part: part.output) == after
    assert governed_parts(kept.deployment) == after


def test_a_part_is_swept_again_and_again_as_its_records_grow_old(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    swept(kept, LATER + AGREED + MICROSECOND)
    (part,) = [part for part in governed_parts(kept.deployment) if part.tenant == "acme"]
    assert (part.permitted, part.denied, part.entities) == (0, {"retention-exceeded": 2}, {})
    assert kept.opened(f"{part.output}/records.parquet", "acme").num_rows == 0


def test_a_record_delivered_twice_is_as_old_as_its_earliest_delivery(kept: Acme):
    kept.says("ada", "write to ada@example.com", conversation="first", at=LATER.isoformat())
    kept.delivers("again.jsonl")
    kept.lands()
    kept.governs()
    found = [one for one in swept(kept, PAST_AGREEMENT).outlived if one.where == "governed"]
    assert sorted((one.tenant, one.records) for one in found) == [("acme", 1), ("acme", 1)]
    assert sum(part.permitted for part in governed_parts(kept.deployment) if part.tenant == "acme") == 1


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"output": 1}', None])
def test_a_part_whose_account_is_damaged_is_told_and_not_swept(kept: Acme, damage: bytes | None):
    (part,) = [part for part in governed_parts(kept.deployment) if part.tenant == "acme"]
    account = kept.home / part.output / "unit.json"
    account.unlink() if damage is None else account.write_bytes(damage)
    found = swept(kept, PAST_AGREEMENT)
    assert [one["place"] for one in found.unread] == [part.output]
    assert kept.opened(f"{part.output}/records.parquet", "acme").num_rows == 2


def test_content_that_no_key_opens_is_told_and_not_swept(kept: Acme):
    (kept.home / "keys/tenants/acme.key").unlink()
    found = swept(kept, PAST_AGREEMENT)
    assert sorted(one["where"] for one in found.unread) == ["governed", "snapshot", "snapshot"]
    assert told(found) == []


# ── snapshots ───────────────────────────────────────────────────────────────────────────────────────────────


def test_content_goes_and_the_evidence_still_verifies_and_says_what_was_removed(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    report = verified(kept, vault=kept.deployment.vault)
    assert report.verified, report.broken
    (note,) = [check for check in report.checks if check.link == Link.RETENTION]
    assert note.detail == "content of shards/00000-acme.parquet was removed under retention on 2026-04-30, as signed"
    assert any(sentence.startswith("Content: of shards/00000-acme.parquet") for sentence in report.not_checked)
    assert len(kept.warehouse.files("snapshots/all/v1/shards")) == 3
    assert len(kept.warehouse.files("snapshots/all/v1/leaves")) == 4


def test_the_content_is_refused_with_the_reason_and_the_leaves_are_not(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    deployment = kept.deployment
    snapshot = Snapshot.open(kept.warehouse, "snapshots/all/v1", deployment.home.trusted())
    with pytest.raises(ContentRemovedError, match="removed under retention on 2026-04-30"):
        snapshot.shard(0, deployment.vault)
    assert snapshot.leaves(0).num_rows == 1
    assert snapshot.shard(1, deployment.vault).num_rows == 1


def test_records_that_share_a_file_go_with_it_and_are_counted(kept: Acme):
    kept.asks("wide", pool="acme")
    kept.publishes("wide")
    found = [one for one in swept(kept, PAST_AGREEMENT).outlived if one.place.startswith("snapshots/wide")]
    assert [(one.records, one.along) for one in found] == [(1, 1)]


def test_without_its_signed_note_a_missing_shard_is_a_broken_link(kept: Acme):
    swept(kept, PAST_AGREEMENT)
    kept.warehouse.delete_tree("snapshots/all/v1/retention")
    assert verified(kept).broken.link == Link.LISTING


def test_a_note_that_nobody_trusted_signed_breaks_the_chain(kept: Acme, tmp_path: Path):
    swept(kept, PAST_AGREEMENT)
    (note,) = kept.warehouse.files("snapshots/all/v1/retention")
    data = bytearray(kept.warehouse.read(note))
    data[len(data) // 2] ^= 1
    kept.warehouse.write(note, bytes(data))
    assert verified(kept).broken.link == Link.RETENTION


def test_a_note_about_another_snapshot_excuses_nothing(kept: Acme):
    kept.asks("wide", pool="acme", shard_rows=1)
    kept.publishes("wide")
    swept(kept, PAST_AGREEMENT)
    (note,) = kept.warehouse.files("snapshots/wide/v1/retention")
    (own,) = kept.warehouse.files("snapshots/all/v1/retention")
    kept.warehouse.write(own, kept.warehouse.read(note))
    assert verified(kept).broken.link == Link.RETENTION
    assert told(swept(kept, PAST_AGREEMENT)) == []
    assert "snapshots/all/v1" in [one["place"] for one in swept(kept, PAST_AGREEMENT).unread]


def test_a_snapshot_that_was_staged_and_never_published_goes_as_a_whole(kept: Acme):
    from pipelines.journey import stage_snapshot

    directory = stage_snapshot(kept.deployment, "staged")
    found = swept(kept, PAST_AGREEMENT)
    assert ("staged", "acme", 1, 1) in told(found)
    assert kept.warehouse.files(directory) == []


def test_what_a_process_was_writing_when_it_died_goes_a_day_later(kept: Acme):
    left = kept.home / "landing" / SOURCE / ".staging-0-acme.parquet"
    left.write_bytes(b"half a file")
    died_at = datetime.fromtimestamp(left.stat().st_mtime, UTC)
    assert "unfinished" not in [one.where for one in swept(kept, died_at + timedelta(hours=23)).outlived]
    assert left.exists()
    (found,) = [one for one in swept(kept, died_at + timedelta(hours=25)).outlived if one.where == "unfinished"]
    assert (found.bytes, found.rule) == (11, "never finished writing")
    assert not left.exists()


# ── being cut short, and again ──────────────────────────────────────────────────────────────────────────────


def test_a_second_sweep_finds_nothing_more(kept: Acme):
    at = expires_at(kept)
    assert told(swept(kept, at))
    before = files(kept)
    assert told(swept(kept, at)) == []
    assert files(kept) == before


class CutShortError(BaseException):
    """The process ends here."""


@pytest.fixture
def cut_short(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """Return what makes this process end, in a block, before the ``n``-th change to a warehouse, counted from 0."""

    @contextlib.contextmanager
    def after(changes: int) -> Iterator[None]:
        left = iter(range(changes))

        def counted(change: Callable[..., Any]) -> Callable[..., Any]:
            def changed(*given: Any, **more: Any) -> Any:
                if next(left, None) is None:
                    raise CutShortError
                return change(*given, **more)

            return changed

        with monkeypatch.context() as patches:
            for name in ("staged", "delete_file", "delete_tree"):
                patches.setattr(Warehouse, name, counted(getattr(Warehouse, name)))
            yield

    return after


def outcome(world: Acme) -> tuple[Any, ...]:
    """Return what readers see of a home: parts and their records, shards, batches."""
    standing = parts(world.warehouse)
    shards = [path for path in world.warehouse.files("snapshots") if "/shards/" in path]
    return standing, [kept_of(world, part) for part in standing], shards, landed_results(world.deployment, SOURCE)


def kept_of(world: Acme, part: Governed) -> list[str]:
    return list(world.opened(f"{part.output}/records.parquet", part.tenant)["record_id"].to_pylist())


def test_a_sweep_cut_short_anywhere_leaves_the_old_or_the_new_and_is_finished_by_the_next(
    template: Path, tmp_path: Path, cut_short: Callable[[int], AbstractContextManager[None]]
):
    whole = copied(template, tmp_path / "whole")
    at = max(expires_at(whole), PAST_AGREEMENT)
    before = parts(whole.warehouse)
    swept(whole, at)
    done, changes = False, 0
    while not done:
        world = copied(template, tmp_path / f"cut-{changes}")
        with contextlib.suppress(CutShortError), cut_short(changes):
            swept(world, at)
            done = True

        assert verified(world).verified
        for part in parts(world.warehouse):
            assert len(kept_of(world, part)) == part.permitted
            assert part in before or part in parts(whole.warehouse)
        assert len(landed_results(world.deployment, SOURCE)) == 1
        swept(world, at)
        assert outcome(world) == outcome(whole)
        assert told(swept(world, at, apply=False)) == []
        changes += 1
    assert changes > 10


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AS_OF", "HOME", "POLICIES", "DATABASE_URL", "KEYS"):
        monkeypatch.delenv(f"LINEWEIGHT_{name}", raising=False)
    yield


def test_the_command_shows_what_would_go_by_which_rule_and_says_that_it_is_a_dry_run(kept: Acme):
    ran = lineweight("retention", "sweep", "--home", kept.home, "--at", PAST_AGREEMENT.isoformat())
    assert ran.code == 0, ran.err
    for word in ("60 days, agreement a1", "What would remain", "This is a dry run", "all@v1: support-chat"):
        assert word in ran.out


def test_the_command_removes_only_when_asked_to(kept: Acme):
    words = ("retention", "sweep", "--home", kept.home, "--at", PAST_AGREEMENT.isoformat(), "--json")
    assert lineweight(*words).document["applied"] is False
    assert lineweight(*words, "--apply").document["totals"]["snapshot"]["records"] == 1
    assert lineweight(*words).document["outlived"] == []


def test_nothing_is_removed_for_an_instant_that_has_not_come(kept: Acme):
    before = files(kept)
    ran = lineweight("retention", "sweep", "--home", kept.home, "--at", "2999-01-01T00:00:00Z", "--apply")
    assert ran.code == 2
    assert "lies in the future" in ran.err
    assert files(kept) == before


def test_what_could_not_be_looked_at_makes_the_command_exit_1(kept: Acme):
    (kept.home / "keys/tenants/acme.key").unlink()
    ran = lineweight("retention", "sweep", "--home", kept.home, "--at", NOON.isoformat())
    assert ran.code == 1
    assert "Not looked at: governed/acme" in " ".join(ran.out.split())


def test_a_home_in_which_nothing_is_kept_has_nothing_to_sweep(tmp_path: Path):
    assert lineweight("retention", "sweep", "--home", tmp_path, "--apply", "--json").document["outlived"] == []


def test_a_home_that_is_not_there_is_refused(tmp_path: Path):
    ran = lineweight("retention", "sweep", "--home", tmp_path / "nowhere")
    assert ran.code == 2
    assert "no such home" in ran.err
    assert not (tmp_path / "nowhere").exists()


# ── elsewhere ───────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_trains_on_content_that_was_removed(kept: Acme):
    from training_jobs.dataset import snapshot_texts

    swept(kept, PAST_AGREEMENT)
    deployment = kept.deployment
    snapshot = Snapshot.open(kept.warehouse, "snapshots/all/v1", deployment.home.trusted())
    with pytest.raises(ContentRemovedError, match="removed under retention"):
        list(snapshot_texts(snapshot, deployment.vault))


def test_a_home_in_an_object_store_is_swept_alike(s3: S3Server, tmp_path: Path):
    remote = RemoteAcme(tmp_path, s3.uri())
    remote.agrees("acme", retention_days=AGREED.days)
    remote.consents("ada")
    remote.says("ada", "early", conversation="first")
    remote.passes(days=50)
    remote.says("ada", "late", conversation="second")
    remote.delivers()
    remote.asks(shard_rows=1)
    remote.lands()
    remote.publishes()
    assert told(swept(remote, PAST_AGREEMENT)) == [("governed", "acme", 1, 0), ("snapshot", "acme", 1, 0)]
    snapshot = Snapshot.open(remote.warehouse, "snapshots/all/v1", remote.deployment.home.trusted())
    assert sorted(snapshot.removed) == ["shards/00000-acme.parquet"]
    assert [(part.permitted, part.denied) for part in governed_parts(remote.deployment)] == [
        (1, {"retention-exceeded": 1})
    ]
    assert told(swept(remote, PAST_AGREEMENT)) == []
    swept(remote, expires_at(remote))
    assert [path.rpartition("/")[2] for path in remote.warehouse.files("landing")] == ["batch.json"]
