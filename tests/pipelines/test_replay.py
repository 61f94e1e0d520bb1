"""Replaying: the decisions of a snapshot made again, whatever was recorded since; and what was changed is found."""

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.gates import check_staged
from pipelines.journey import publish_snapshot, stage_snapshot
from pipelines.replaying.difference import Differs
from pipelines.replaying.replay import Replayed, Verdict, replay
from pipelines.snapshots.publish import Published
from tests.commands import lineweight
from tests.pipelines.acme import NOON, SOURCE, Acme, shard_rows
from tests.pipelines.forging import forged, signed_again


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Acme, Published]:
    """Ada and Ben consented, to what they write and kept in the EU; Cleo withdrew after she was governed; Bob never."""
    world = Acme(tmp_path_factory.mktemp("made"), region="eu")
    for tenant in ("acme", "globex"):
        world.agrees(tenant, regions=["eu"])
        for person in ("ada", "ben"):
            said = {"age_band": "adult", "jurisdiction": "de", "data_categories": ["user.content"]}
            world.consents(person, tenant=tenant, **said)
    world.consents("cleo")
    for number in range(3):
        world.says("ada", f"question {number}")
    world.says("ben", "with ada", participants=["ada"])
    world.says("cleo", "changes her mind")
    world.says("bob", "nobody asked me")
    world.says("ada", "theirs", tenant="globex")
    world.delivers()
    world.asks()
    world.lands()
    world.governs()
    world.passes(minutes=30)
    world.consents("cleo", "withdrawn")
    world.passes(minutes=30)
    return world, built(world)


@pytest.fixture
def said(made: tuple[Acme, Published], tmp_path: Path) -> Acme:
    """A copy of that world, to do with what one likes."""
    world = Acme(tmp_path / "home", region="eu")
    shutil.copytree(made[0].home, world.home, dirs_exist_ok=True)
    world.now = made[0].now
    world._events = made[0]._events
    return world


@pytest.fixture
def published(made: tuple[Acme, Published]) -> Published:
    """The snapshot that was built in it: of seven records it denies Cleo's, and Bob's was denied before."""
    return made[1]


def built(world: Acme) -> Published:
    """Build and publish from what is governed already."""
    deployment = world.deployment
    directory = stage_snapshot(deployment, "all")
    check_staged(deployment, directory).require("all")
    return publish_snapshot(deployment, directory)


def replayed(world: Acme) -> Replayed:
    return replay(world.deployment, "all@v1")


def test_a_snapshot_is_reproduced_its_permitted_records_and_its_denied_ones(said: Acme, published: Published):
    again = replayed(said)
    assert again.verdict is Verdict.REPRODUCED
    assert again.differences == ()
    assert (again.permitted, again.denied) == (published.manifest.counts.permitted, 1) == (5, 1)
    [passed_over] = again.not_replayed
    assert passed_over.startswith("Denied when they were governed, before anybody asked for this snapshot: 1 records.")


def test_whatever_is_recorded_later_changes_nothing(said: Acme, published: Published):
    said.passes(days=1)
    said.consents("ada", "withdrawn", effective_at=NOON - timedelta(days=30))
    said.agrees("globex", scope="none", effective_at=NOON - timedelta(days=30))
    assert replayed(said).verdict is Verdict.REPRODUCED


def test_sources_declared_otherwise_and_policies_written_anew_change_nothing(
    said: Acme, published: Published, tmp_path: Path
):
    declared = said.home / "sources" / "support-chat.yaml"
    declared.write_text(declared.read_text().replace("[user.content]", "[user.content, user.biometric]"))
    (said.home / "sources" / "broken.yaml").write_text("this is no declaration")
    stricter = said.deployment.policy("model-training").document() | {"version": 99, "retain_days": 1}
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "model-training.yaml").write_text(json.dumps(stricter))
    said.settings = said.settings.model_copy(update={"policies": tmp_path / "policies", "region": "us"})
    said.passes(days=400)
    assert replayed(said).verdict is Verdict.REPRODUCED


def test_an_event_slipped_in_before_the_instant_is_seen(said: Acme, published: Published):
    said.consents("bob", effective_at=NOON, recorded_at=NOON)
    again = replayed(said)
    assert again.verdict is Verdict.IMPOSSIBLE
    assert "is not the one the snapshot was decided with" in str(again.impossible)
    assert published.manifest.ledger_checkpoint in str(again.impossible)


@pytest.mark.parametrize(
    ("table", "column", "old", "new"),
    [
        ("consent_events", "document", '"state":"withdrawn"', '"state":"given"'),
        ("agreement_events", "document", '"scope":"shared"', '"scope":"tenant-only"'),
        ("consent_events", "tenant", "acme", "globex"),
        ("consent_events", "data_subject_id", "ds_", "ds_0"),
        ("agreement_events", "effective_at", "1", "2"),
    ],
    ids=["a withdrawal", "an agreement", "whose customer it is", "who said it", "since when"],
)
def test_a_row_of_the_ledger_that_was_changed_is_found_and_named(
    said: Acme, published: Published, table, column, old, new
):
    with sqlite3.connect(said.home / "ledger.db") as connection:
        connection.execute(f"DROP TRIGGER {table}_no_update")
        row, event = connection.execute(
            f"SELECT sequence, event_id FROM {table} WHERE {column} LIKE ? ORDER BY sequence DESC", [f"%{old}%"]
        ).fetchone()
        changed = f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE sequence = ?"
        connection.execute(changed, [old, new, row])
    connection.close()
    again = replayed(said)
    assert again.verdict is Verdict.IMPOSSIBLE
    assert "Events in the ledger are not what was recorded" in str(again.impossible)
    assert f"/{event}" in str(again.impossible)


@pytest.mark.parametrize("file", ["policy.json", "inputs.json", "decisions.json", "leaves", "shards"])
def test_a_file_that_was_changed_is_named(said: Acme, published: Published, file):
    shard = published.manifest.shards[0]
    name = {"leaves": shard.leaves_path, "shards": shard.path}.get(file, file)
    path = said.home / published.directory / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    again = replayed(said)
    assert again.verdict is Verdict.IMPOSSIBLE
    assert name in str(again.impossible)


def test_a_ledger_that_was_lost_is_not_the_one_decided_with(said: Acme, published: Published):
    (said.home / "ledger.db").unlink()
    again = replayed(said)
    assert again.verdict is Verdict.IMPOSSIBLE
    assert (again.permitted, again.denied) == (0, 0)


# ── what somebody with the keys changed, and signed again ───────────────────────────────────────────────────


def test_a_decision_that_was_changed_in_a_leaf_is_found_with_its_record(said: Acme, published: Published):
    decisions = json.loads((said.home / published.directory / "decisions.json").read_bytes())
    denial = next(one for one in decisions if one["effect"] == "deny")
    victim = shard_rows(said, published)[0]["record_id"]

    def changed(rows):
        return [
            row | {"decision_digest": bytes.fromhex(denial["digest"])} if row["record_id"] == victim else row
            for row in rows
        ]

    forged(said, published, changed)
    again = replayed(said)
    assert again.verdict is Verdict.DIFFERS
    [found] = [one for one in again.differences if one.differs is Differs.DECISION]
    assert (found.records, found.record_ids) == (1, (victim,))
    assert (found.was or {})["reason"] == "consent-withdrawn"
    assert (found.now or {})["reason"] == "permitted"
    assert (found.facts or {})["consent_at_use"] == ("withdrawn", "given")


def test_another_consent_event_in_a_leaf_is_found_with_its_record(said: Acme, published: Published):
    victim = shard_rows(said, published)[0]["record_id"]
    forged(said, published, lambda rows: [
        row | {"consent_receipt": bytes(32)} if row["record_id"] == victim else row for row in rows
    ])  # fmt: skip
    [found] = replayed(said).differences
    assert (found.differs, found.records, found.record_ids) == (Differs.RECEIPT, 1, (victim,))


def test_a_decision_stated_more_often_than_it_was_made_is_found(said: Acme, published: Published):
    forged(said, published, decisions=lambda listed: [
        one | {"records": one["records"] + (one["effect"] == "deny")} for one in listed
    ])  # fmt: skip
    [found] = replayed(said).differences
    assert (found.differs, found.records) == (Differs.COUNT, 1)
    assert ((found.was or {})["records"], (found.now or {})["records"]) == (2, 1)


@pytest.mark.parametrize("rubbish", [{"facts": {}}, {"records": "many"}, {"because": "so"}], ids=str)
def test_a_decision_that_is_none_cannot_be_replayed(said: Acme, published: Published, rubbish):
    forged(said, published, decisions=lambda listed: [one | rubbish for one in listed])
    again = replayed(said)
    assert again.verdict is Verdict.IMPOSSIBLE
    assert "decisions.json: is not a list of decisions" in str(again.impossible)


def test_a_policy_that_was_changed_afterwards_decides_otherwise(said: Acme, published: Published):
    forged(said, published, policy=lambda document: document | {"permit": [], "cases": []})
    again = replayed(said)
    assert again.verdict is Verdict.DIFFERS
    found = [one for one in again.differences if one.differs is Differs.DECISION]
    assert sum(one.records for one in found) == again.permitted
    assert {(one.now or {})["reason"] for one in found} == {"no-permit-rule", "participant-not-permitted"}


def test_a_verdict_that_does_not_follow_from_its_own_facts_is_found(said: Acme, published: Published):
    def lied(listed):
        return [
            one | ({"facts": one["facts"] | {"age_band": "16-17"}} if one["effect"] == "permit" else {})
            for one in listed
        ]

    forged(said, published, decisions=lied)
    found = [one for one in replayed(said).differences if one.differs is Differs.VERDICT]
    assert sum(one.records for one in found) == published.manifest.counts.permitted
    assert all((one.now or {})["effect"] == "deny" for one in found)


def test_records_that_the_request_never_asked_for_are_found(said: Acme, published: Published):
    later = (NOON + timedelta(days=1)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    forged(said, published, request=lambda asked: asked | {"period": {"from": later, "to": None}})
    again = {one.differs: one for one in replayed(said).differences}
    assert again[Differs.TAKEN_IN].records == published.manifest.counts.permitted
    assert set(again[Differs.TAKEN_IN].record_ids) <= {row["record_id"] for row in shard_rows(said, published)}
    assert (again[Differs.REASON].was, again[Differs.REASON].now) == (
        {"reason": "outside-period", "records": 0},
        {"reason": "outside-period", "records": 6},
    )


def test_a_record_that_was_left_out_of_the_snapshot_is_found(said: Acme, published: Published):
    dropped = published.manifest.shards[1]
    document = published.manifest.document()
    document |= {"shards": document["shards"][:1], "rows": 4}
    document["counts"] |= {"permitted": 4, "considered": 6}
    signed_again(said, published, document)
    again = {one.differs: one for one in replayed(said).differences}
    assert dropped.tenant == "globex"
    assert again[Differs.LEFT_OUT].records == dropped.rows == 1


# ── what is no longer there to decide ───────────────────────────────────────────────────────────────────────


def test_records_governed_anew_since_are_not_replayed_and_that_is_said(said: Acme, published: Published):
    said.passes(days=1)
    said.consents("ben", "withdrawn")
    said.governs()
    again = replayed(said)
    assert again.verdict is Verdict.REPRODUCED
    assert (again.permitted, again.denied) == (5, 0)
    said_of_them = "cannot be replayed: 1 records. Their part was governed anew since: governed/acme/"
    assert said_of_them in again.not_replayed[1]


def test_a_part_that_is_gone_is_named(said: Acme, published: Published):
    part = json.loads((said.home / published.directory / "inputs.json").read_bytes())["parts"][0]
    said.warehouse.delete_tree(part["output"])
    again = replayed(said)
    assert again.verdict is Verdict.REPRODUCED
    assert f"A governed part is gone: {part['output']}." in again.not_replayed[1]


def test_a_decision_tampered_with_is_found_even_where_the_denied_cannot_be_replayed(said: Acme, published: Published):
    said.warehouse.delete_tree("governed")
    forged(said, published, decisions=lambda listed: [
        one | {"records": one["records"] + (one["effect"] == "permit")} for one in listed
    ])  # fmt: skip
    again = replayed(said)
    assert again.verdict is Verdict.DIFFERS
    assert {one.differs for one in again.differences} == {Differs.COUNT}


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_exits_one_unless_all_is_reproduced(said: Acme, published: Published):
    shown = lineweight("policy", "replay", "all", "--home", said.home)
    assert shown.code == 0
    assert "all@v1 reproduced" in shown.out
    document = lineweight("policy", "replay", "all@v1", "--home", said.home, "--json").document
    assert document["verdict"] == "reproduced"
    assert document["replayed"] == {"permitted": 5, "denied": 1}

    forged(said, published, lambda rows: [row | {"consent_receipt": bytes(32)} for row in rows])
    differs = lineweight("policy", "replay", "all", "--home", said.home)
    assert differs.code == 1
    assert "consent-receipt" in differs.out

    (said.home / published.directory / "policy.json").unlink()
    gone = lineweight("policy", "replay", "all", "--home", said.home, "--json")
    assert gone.code == 1
    assert gone.document["verdict"] == "cannot be replayed"
    assert lineweight("policy", "replay", "other", "--home", said.home).code == 2


def test_nothing_a_person_said_or_is_called_is_in_a_replay(said: Acme, published: Published):
    forged(said, published, lambda rows: [row | {"consent_receipt": bytes(32)} for row in rows])
    told = json.dumps(replayed(said).document())
    for row in shard_rows(said, published):
        assert row["data_subject_id"] not in told
        assert row["messages"][0]["content"] not in told
    assert SOURCE not in told
