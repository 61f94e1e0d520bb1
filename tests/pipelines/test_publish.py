"""Snapshots: what goes in, in which order, and when anybody can see it."""

import json
from datetime import timedelta

import pytest

from lineage.activation import ActivationError, propose
from lineage.inputs import parse_inputs
from lineage.officers import NamedOfficer
from lineage.snapshot import list_snapshots
from lineage.snapshot_request import parse_request
from lineage.verifying.verify import verify_path
from pipelines.gates import check_staged
from pipelines.journey import publish_snapshot, stage_snapshot
from pipelines.policy.activation import approve
from pipelines.settings import POLICIES
from pipelines.snapshots.asked import NothingGovernedError
from pipelines.snapshots.publish import publish, record_quality
from pipelines.snapshots.staging import PublicationRefusedError
from policies.errors import LineweightError, UsageError
from tests.lineage.officer_homes import DUTIES, OfficerHome
from tests.pipelines.acme import NOON, Acme, shard_rows


@pytest.fixture
def talking(world: Acme) -> Acme:
    """Two tenants that share, three people who agreed, one who did not; five records."""
    world.agrees("acme")
    world.agrees("globex")
    for person, tenant in (("ada", "acme"), ("ben", "acme"), ("cyd", "globex")):
        world.consents(person, tenant=tenant)
        world.says(person, f"hello, this is {person}", tenant=tenant)
    world.says("ada", "and again")
    world.says("dan", "nobody asked me")
    world.delivers()
    world.lands()
    world.asks()
    return world


def test_a_snapshot_holds_what_was_permitted_and_accounts_for_the_rest(talking: Acme):
    published = talking.publishes()
    counts = published.manifest.counts
    assert counts.considered == 5
    assert counts.permitted == 4
    assert counts.denied_by_reason == {"consent-unknown": 1}
    assert {row["tenant"] for row in shard_rows(talking, published)} == {"acme", "globex"}
    assert verify_path(
        talking.home / published.directory, talking.deployment.home.trusted(), vault=talking.deployment.vault
    ).verified


def test_records_lie_by_tenant_then_person_then_id(talking: Acme):
    rows = shard_rows(talking, talking.publishes())
    places = [(row["tenant"], row["data_subject_id"], row["record_id"]) for row in rows]
    assert places == sorted(places)


def test_the_pool_of_one_tenant_holds_no_other(talking: Acme):
    talking.asks("own", pool="globex")
    published = talking.publishes("own")
    assert {row["tenant"] for row in shard_rows(talking, published)} == {"globex"}
    assert published.manifest.counts.considered == 1


def test_a_tenant_only_agreement_keeps_content_out_of_the_shared_pool(talking: Acme):
    talking.agrees("globex", "tenant-only", effective_at=NOON + timedelta(seconds=1))
    talking.passes(minutes=1)
    published = talking.publishes()
    assert {row["tenant"] for row in shard_rows(talking, published)} == {"acme"}
    assert published.manifest.counts.denied_by_reason["tenant-not-shared"] == 1


def test_a_refusal_heard_before_the_instant_counts_and_one_heard_after_does_not(talking: Acme):
    talking.passes(days=10)
    late = {"effective_at": NOON + timedelta(days=1), "recorded_at": NOON + timedelta(days=20)}
    talking.consents("ada", "withdrawn", **late)
    assert talking.publishes().manifest.counts.permitted == 4
    talking.passes(days=11)
    assert talking.publishes().manifest.counts.permitted == 2


def test_the_same_records_for_the_same_reasons_are_not_published_twice(talking: Acme):
    first = talking.publishes()
    again = talking.publishes()
    assert again.already
    assert again.directory == first.directory
    assert [version for _, version, _ in list_snapshots(talking.warehouse)] == [1]


def test_a_new_version_names_the_one_before(talking: Acme):
    first = talking.publishes()
    talking.passes(days=1)
    second = talking.publishes()
    assert second.manifest.version == 2
    assert second.manifest.parent == first.manifest.digest()
    assert second.manifest.root == first.manifest.root, "the same records in the same order have the same root"


def test_the_root_does_not_depend_on_how_the_work_was_cut(tmp_path):
    roots = []
    for place, rows in (("one", 1), ("many", 1_000)):
        world = Acme(tmp_path / place, rows_per_unit=rows, seed=11)
        world.agrees("acme")
        for person in ("ada", "ben"):
            world.consents(person)
            for number in range(30):
                world.says(person, f"question {number} of {person}", conversation=f"{person}-{number}")
        world.delivers()
        world.lands()
        world.asks(shard_rows=25)
        roots.append(world.publishes().manifest.root)
    assert roots[0] == roots[1]


def test_a_record_delivered_twice_is_published_once(talking: Acme):
    again = {"conversation": "talk-0", "messages": [{"role": "user", "content": "hello, this is ada"}]}
    talking.passes(hours=1)
    talking.says("ada", "", **again)
    talking.delivers("second.jsonl")
    talking.lands()
    counts = talking.publishes().manifest.counts
    assert counts.considered == 6
    assert counts.permitted == 4
    assert counts.denied_by_reason["duplicate-record"] == 1


def test_a_line_that_resends_another_persons_words_does_not_permit_them(talking: Acme):
    said = {"conversation": "meeting", "messages": [{"role": "user", "content": "I never agreed"}]}
    talking.says("dan", "", **said)
    talking.delivers("second.jsonl")
    talking.passes(hours=1)
    talking.says("ada", "", **said)
    talking.delivers("third.jsonl")
    talking.lands()
    counts = talking.publishes().manifest.counts
    assert counts.permitted == 4
    assert counts.denied_by_reason == {"consent-unknown": 2, "denied-in-another-delivery": 1}


def test_what_lies_outside_the_period_is_counted_as_such(talking: Acme):
    talking.passes(days=2)
    talking.says("ada", "the day after tomorrow", conversation="later")
    talking.delivers("second.jsonl")
    talking.lands()
    talking.asks(period={"from": (NOON + timedelta(days=1)).isoformat()})
    counts = talking.publishes().manifest.counts
    assert (counts.permitted, counts.denied_by_reason["outside-period"]) == (1, 4)


def test_where_nothing_is_permitted_nothing_is_published_and_the_reasons_are_told(talking: Acme):
    talking.asks(period={"to": (NOON - timedelta(days=1)).isoformat()})
    with pytest.raises(PublicationRefusedError, match=r"nothing is permitted.*4 outside-period"):
        talking.publishes()
    assert list_snapshots(talking.warehouse) == []


def test_a_request_for_a_source_nobody_declared_is_refused(talking: Acme):
    talking.asks(sources=["support-chat", "unheard-of"])
    with pytest.raises(UsageError, match="no declared source unheard-of"):
        talking.publishes()


def test_a_ledger_that_missed_something_catches_up(talking: Acme):
    (talking.home / "ledger.db").rename(talking.home / "kept.db")
    talking.agrees("acme")
    talking.lands()
    assert [batch.records for batch in talking.deployment.ledger.batches()] == [5]


def staged(world: Acme) -> str:
    world.governs()
    return stage_snapshot(world.deployment, "all")


def test_shards_without_a_manifest_are_not_visible_and_a_rerun_completes(talking: Acme):
    directory = staged(talking)
    (talking.home / directory / "shards" / "left-behind.parquet").write_bytes(b"of a run that was killed")
    assert talking.warehouse.files(f"{directory}/shards")
    assert list_snapshots(talking.warehouse) == []
    published = talking.publishes()
    assert published.directory == directory
    assert not (talking.home / directory / "shards" / "left-behind.parquet").exists()
    assert verify_path(talking.home / directory, talking.deployment.home.trusted()).verified


def test_a_crash_between_manifest_and_signature_leaves_nothing_visible(talking: Acme, monkeypatch):
    directory = staged(talking)
    check_staged(talking.deployment, directory)

    def killed(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("pipelines.snapshots.publish.sign_statement", killed)
        publish_snapshot(talking.deployment, directory)
    assert (talking.home / directory / "manifest.json").exists()
    assert list_snapshots(talking.warehouse) == []
    assert talking.publishes().manifest.version == 1


def test_nothing_is_published_whose_gates_did_not_run(talking: Acme):
    directory = staged(talking)
    with pytest.raises(PublicationRefusedError, match="did not run"):
        publish(talking.warehouse, talking.deployment.vault, directory)
    assert list_snapshots(talking.warehouse) == []


def test_nothing_is_published_that_failed_a_gate(talking: Acme):
    directory = staged(talking)
    record_quality(talking.warehouse, directory, [{"success": False}], success=False)
    with pytest.raises(PublicationRefusedError, match="failed"):
        publish(talking.warehouse, talking.deployment.vault, directory)
    assert list_snapshots(talking.warehouse) == []


def test_personal_data_that_slipped_through_stops_at_the_gate(talking: Acme, monkeypatch):
    from pipelines import govern
    from pipelines.redaction.engine import Redactor
    from pipelines.redaction.profile import load_profile

    vault = talking.deployment.vault
    blind = Redactor(load_profile("strict-pseudonyms"), vault.surrogate_key, tiers=())
    monkeypatch.setattr(govern, "_redactor", lambda *_: blind)
    talking.says("ada", "write to ada.lovelace@analytical-engines.org please")
    talking.delivers("second.jsonl")
    talking.lands()
    with pytest.raises(LineweightError, match="no mail address is left"):
        talking.publishes()
    assert list_snapshots(talking.warehouse) == []


def test_a_request_nobody_filed_and_a_source_nobody_governed_are_refused(talking: Acme):
    with pytest.raises(UsageError, match="no snapshot request"):
        stage_snapshot(talking.deployment, "unheard-of")
    with pytest.raises(NothingGovernedError, match="nothing is governed"):
        stage_snapshot(talking.deployment, "all")


def test_records_redacted_with_another_profile_than_the_policy_asks_for_are_refused(talking: Acme, tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    shipped = (POLICIES / "model-training.yaml").read_text()
    (policies / "model-training.yaml").write_text(
        shipped.replace("redaction_profile: strict-pseudonyms", "redaction_profile: stricter-still")
    )
    talking.settings = talking.settings.model_copy(update={"policies": policies})
    with pytest.raises(NothingGovernedError, match="asks for the redaction profile stricter-still"):
        talking.publishes()


def test_decisions_and_policy_travel_with_the_snapshot(talking: Acme):
    published = talking.publishes()
    directory = talking.home / published.directory
    decisions = json.loads((directory / "decisions.json").read_bytes())
    assert {(one["effect"], one["reason"]): one["records"] for one in decisions} == {("permit", "permitted"): 4}
    assert json.loads((directory / "policy.json").read_bytes())["policy_id"] == "model-training"


def test_what_was_asked_for_and_what_was_considered_travel_with_the_snapshot(talking: Acme):
    talking.asks(lease_days=7, because="To answer faster.")
    published = talking.publishes()
    directory = talking.home / published.directory
    asked = parse_request((directory / "request.json").read_bytes())
    assert (asked.policy, asked.purpose, asked.lease_days) == ("model-training", "train_ai_system.finetune", 7)
    inputs = parse_inputs((directory / "inputs.json").read_bytes())
    assert inputs.considered == published.manifest.counts.considered == 5
    assert {part.tenant: part.denied for part in inputs.parts} == {"acme": 1, "globex": 0}
    assert inputs.categories == {"support-chat": ("user.content",)}
    assert inputs.sources["support-chat"].declaration_digest == talking.deployment.declaration("support-chat").digest


def test_a_changed_request_makes_a_new_version_also_of_the_same_records(talking: Acme):
    first = talking.publishes()
    talking.asks(because="For another reason.")
    second = talking.publishes()
    assert not second.already
    assert second.manifest.root == first.manifest.root
    assert second.manifest.request != first.manifest.request


def test_a_snapshot_in_parts_verifies_and_says_how_large_each_is(talking: Acme):
    for number in range(12):
        talking.says("ada", f"question {number}", conversation=f"talk {number}")
    talking.delivers("second.jsonl")
    talking.lands()
    talking.asks(split={"by": "conversation", "parts": {"train": 0.5, "validation": 0.5}}, shard_rows=4)
    manifest = (published := talking.publishes()).manifest
    assert {shard.split for shard in manifest.shards} == {"train", "validation"}
    assert manifest.rows_of("train") + manifest.rows_of("validation") == manifest.rows == 16
    assert all(shard.rows <= 4 for shard in manifest.shards)
    where = {}
    for shard in manifest.shards:
        for row in talking.opened(f"{published.directory}/{shard.path}", shard.tenant).to_pylist():
            assert where.setdefault(row["conversation_id"], shard.split) == shard.split
    report = verify_path(
        talking.home / published.directory, talking.deployment.home.trusted(), vault=talking.deployment.vault
    )
    assert report.verified


def test_a_policy_that_two_people_put_in_force_travels_with_what_they_signed(talking: Acme, tmp_path):
    people = OfficerHome(tmp_path / "officers")
    named = {name: NamedOfficer(key=people.people / f"{name}.pub", may=may) for name, may in DUTIES.items()}
    policy = talking.deployment.policy("model-training")
    talking.settings = talking.settings.model_copy(update={"officers": named})
    with pytest.raises(ActivationError, match="No policy is in force"):
        talking.publishes()
    home = talking.deployment.home
    propose(home, policy, people.key("maria"), NOON)
    approve(home, policy.policy_id, policy.version, people.key("jonas"), NOON)
    published = talking.publishes()
    kept = published.manifest.policy.activation
    assert kept is not None
    signed = (talking.home / published.directory / kept.path).read_bytes()
    assert signed == talking.warehouse.read(f"policies/model-training/v{policy.version}/activation.dsse.json")
    assert verify_path(talking.home / published.directory, talking.deployment.home.trusted()).verified
