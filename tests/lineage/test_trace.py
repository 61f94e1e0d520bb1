"""Tracing: weights lead to consents, people lead to weights, and what does not verify is not followed."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.keys.vault import KeyUnavailableError
from lineage.models import NotVerifiedError
from lineage.record import record_id
from lineage.trace import trace_model, trace_person, trace_record
from lineage.trace.show import show_model, show_person, show_record
from policies.errors import UsageError
from tests.lineage.harm import flip
from tests.lineage.small_snapshot import AS_OF
from tests.lineage.traced_world import EARLY, HEARD_AT, NOW, TracedWorld, traced_world

MODEL = "models/little/run-1"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one snapshot and one model trained on it; each test gets a copy."""
    root = tmp_path_factory.mktemp("template") / "warehouse"
    with pytest.MonkeyPatch.context() as patches:
        traced_world(root, patches)
    return root


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    return traced_world(Path(shutil.copytree(template, tmp_path / "warehouse")), monkeypatch)


def of_model(world: TracedWorld, **options: Any) -> dict[str, Any]:
    return trace_model(world.warehouse.local_path(MODEL), world.ledger, world.trusted, NOW, **options)


def of_person(world: TracedWorld, tenant: str, product_id: str, at: Any = NOW) -> dict[str, Any]:
    return trace_person(tenant, product_id, world.warehouse, world.ledger, world.vault, world.trusted, at)


def of_record(world: TracedWorld, number: int, tenant: str = "acme") -> dict[str, Any]:
    wanted = record_id("web", tenant, f"chat {number}", 0)
    return trace_record(wanted, world.warehouse, world.ledger, world.trusted)


def test_a_model_leads_to_its_records_by_tenant_and_file(world: TracedWorld):
    answer = of_model(world)

    assert (answer["records"], answer["tokens"], answer["optimizer_steps"]) == (10, 120, 3)
    by_source = [(entry["tenant"], entry["source"], entry["files"], entry["records"]) for entry in answer["by_source"]]
    assert by_source == [("acme", "web", 1, 5), ("globex", "web", 1, 5)]
    assert [(entry["file"], entry["records"]) for entry in answer["batches"]] == [("day-1.jsonl", 5)] * 2
    assert [(entry["first_step"], entry["last_step"]) for entry in answer["by_source"]] == [(0, 1), (1, 2)]
    assert answer["policy"]["policy_id"] == "model-training"


def test_a_model_leads_to_the_consents_it_rests_on_and_to_what_became_of_them(world: TracedWorld):
    answer = of_model(world)

    (ground,) = answer["grounds"]
    assert ground == {"legal_basis": "consent", "state": "given", "notice": "privacy 3", "records": 10, "people": 4}
    today = {
        entry["status"]: (entry["permits"], entry["records"], entry["people"]) for entry in answer["consent_today"]
    }
    assert today == {"given": (True, 7, 3), "withdrawn": (False, 3, 1)}


def test_a_receipt_that_the_ledger_does_not_hold_is_told(world: TracedWorld, tmp_path: Path):
    (world.root / "ledger.db").unlink()
    answer = of_model(world)
    assert [(entry["legal_basis"], entry["records"]) for entry in answer["grounds"]] == [
        ("receipt not in this ledger", 10)
    ]
    assert answer["by_source"][0]["source"] is None


def test_skipped_readings_are_counted_and_are_no_readings(world: TracedWorld):
    manifest = world.publish(2)
    consumed = world.consumed(manifest).to_pylist()
    consumed[0]["skipped_reason"] = "no-assistant-turn"
    world.warehouse.delete_tree(MODEL)
    world.train(manifest, consumed=world.consumed(manifest).from_pylist(consumed, world.consumed(manifest).schema))

    answer = of_model(world)
    assert (answer["records"], answer["skipped"]) == (9, 1)
    assert of_record(world, 0)["snapshots"][1]["models"] == []


@pytest.mark.parametrize(
    ("path", "link"),
    [
        (f"{MODEL}/model.safetensors", "weights"),
        (f"{MODEL}/consumption/rank-0.parquet", "consumption ledger"),
        ("snapshots/demo/v1/leaves/000-acme.parquet", "consumption ⊆ snapshot"),
    ],
)
def test_nothing_is_traced_through_a_broken_chain(world: TracedWorld, path: str, link: str):
    flip(path)(world)
    with pytest.raises(NotVerifiedError, match=link):
        of_model(world)


def test_a_model_is_traced_from_its_weights_and_with_a_snapshot_from_elsewhere(world: TracedWorld, tmp_path: Path):
    weights = world.warehouse.local_path(f"{MODEL}/model.safetensors")
    assert trace_model(weights, world.ledger, world.trusted, NOW)["records"] == 10
    elsewhere = tmp_path / "elsewhere"
    world.warehouse.local_path("snapshots/demo/v1").rename(elsewhere)
    assert of_model(world, snapshot=elsewhere)["records"] == 10
    with pytest.raises(UsageError):
        trace_model(tmp_path / "nothing", world.ledger, world.trusted, NOW)


def test_a_record_leads_to_its_place_its_decision_its_consent_and_its_models(world: TracedWorld):
    (entry,) = of_record(world, 3)["snapshots"]

    assert (entry["snapshot"], entry["tenant"], entry["shard"], entry["row"]) == ("demo@v1", "acme", 0, 3)
    assert (entry["source"], entry["file"]) == ("web", "day-1.jsonl")
    assert entry["decision"]["rule"] == "consented"
    assert entry["consent"]["state"] == "given"
    assert entry["data_subject_id"] == world.person("acme", 1)
    (model,) = entry["models"]
    assert (model["model"], model["run"], model["first_step"], model["last_step"]) == ("little", "run-1", 0, 0)


def test_a_record_that_is_in_no_snapshot_led_nowhere(world: TracedWorld):
    assert of_record(world, 99) == {
        "record_id": record_id("web", "acme", "chat 99", 0),
        "snapshots": [],
        "unverified": [],
    }


def test_a_person_leads_to_snapshots_models_and_steps(world: TracedWorld):
    answer = of_person(world, "globex", "user 0")

    (snapshot,) = answer["snapshots"]
    assert (snapshot["snapshot"], snapshot["records"], snapshot["as_participant"]) == ("demo@v1", 3, 0)
    assert snapshot["shards"] == ["shards/001-globex.parquet"]
    (ground,) = snapshot["grounds"]
    assert (ground["rule"], ground["legal_basis"], ground["records"]) == ("consented", "consent", 3)
    (model,) = answer["models"]
    assert (model["model"], model["records"], model["first_step"], model["last_step"]) == ("little", 3, 1, 2)
    assert answer["used_meanwhile"] == []
    assert answer["tenant_scope"] == "shared"


def test_the_pseudonym_asks_the_same_as_the_products_own_id_and_the_answer_does_not_repeat_that(world: TracedWorld):
    answer = of_person(world, "globex", "user 0")
    assert of_person(world, "globex", world.person("globex", 0)) == answer
    assert "user 0" not in json.dumps(answer)


def test_late_news_is_told_with_all_that_was_used_meanwhile(world: TracedWorld):
    answer = of_person(world, "acme", "user 0")

    (snapshot,) = answer["snapshots"]
    assert (snapshot["status_known_then"], snapshot["status_known_now"]) == ("given", "withdrawn")
    (news,) = answer["used_meanwhile"]
    assert (news["event_id"], news["state"]) == ("withdrawn-1", "withdrawn")
    assert (news["snapshots"], news["models"], news["records"]) == (["demo@v1"], ["little/run-1"], 3)
    assert answer["consent_history"][-1]["recorded_days_later"] == 14
    finetune = next(entry for entry in answer["consent"] if entry["purpose"] == "train_ai_system.finetune")
    assert (finetune["status"], finetune["permits"]) == ("withdrawn", False)


def test_before_the_news_came_there_was_nothing_to_tell(world: TracedWorld):
    answer = of_person(world, "acme", "user 0", HEARD_AT - timedelta(microseconds=1))
    assert answer["used_meanwhile"] == []
    assert len(answer["consent_history"]) == 1


def test_a_withdrawal_that_took_effect_after_the_snapshot_overturns_nothing(world: TracedWorld):
    event = world.given("globex", world.person("globex", 0)).model_copy(
        update={
            "event_id": "later",
            "state": "withdrawn",
            "effective_at": AS_OF + timedelta(days=1),
            "recorded_at": NOW,
        }
    )
    world.ledger.add_consents([event])
    answer = of_person(world, "globex", "user 0")
    assert answer["used_meanwhile"] == []
    assert len(answer["models"]) == 1


def test_who_only_takes_part_in_a_record_is_found_too_and_does_not_see_the_others_consent(world: TracedWorld):
    (snapshot,) = of_person(world, "acme", "user 1")["snapshots"]
    assert (snapshot["records"], snapshot["as_participant"]) == (3, 1)
    assert sum(ground["records"] for ground in snapshot["grounds"]) == 2
    assert world.person("acme", 0)[-6:] not in json.dumps(snapshot)


def test_a_person_nobody_heard_of_is_in_nothing(world: TracedWorld):
    answer = of_person(world, "acme", "somebody else")
    assert (answer["snapshots"], answer["models"], answer["consent_history"]) == ([], [], [])
    assert {entry["status"] for entry in answer["consent"]} == {"unknown"}


def test_a_tenant_nobody_heard_of_is_refused_and_gets_no_key(world: TracedWorld):
    with pytest.raises(KeyUnavailableError):
        of_person(world, "initech", "user 0")
    assert not world.vault.has_tenant("initech")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("snapshots/demo/v1/leaves/000-acme.parquet", "snapshots/demo/v1"),
        ("snapshots/demo/v1/decisions.json", "snapshots/demo/v1"),
        ("snapshots/demo/v1/manifest.json", "snapshots/demo/v1"),
        (f"{MODEL}/consumption/rank-0.parquet", MODEL),
        (f"{MODEL}/training.dsse.json", MODEL),
    ],
)
def test_evidence_that_does_not_verify_is_named_and_not_followed(world: TracedWorld, path: str, where: str):
    flip(path)(world)
    answer = of_person(world, "acme", "user 1")
    assert where in [entry["directory"] for entry in answer["unverified"]]
    assert answer["models"] == []


def test_a_model_whose_snapshot_is_gone_makes_the_answer_incomplete(world: TracedWorld):
    world.warehouse.delete_tree("snapshots/demo")
    answer = of_person(world, "acme", "user 1")
    (entry,) = answer["unverified"]
    assert entry["directory"] == MODEL
    assert "demo@v1" in entry["why"]


def test_the_answers_are_told_in_words(world: TracedWorld, capsys: pytest.CaptureFixture[str]):
    show_person(of_person(world, "acme", "user 0"))
    told = " ".join(capsys.readouterr().out.split())
    assert "Withdrawn effective 2026-05-20 00:00 UTC, recorded 2026-06-03 00:00 UTC" in told
    assert "used meanwhile in 1 snapshot, 1 model, 3 records." in told
    show_model(of_model(world))
    assert "It read 10 records" in " ".join(capsys.readouterr().out.split())
    show_record(of_record(world, 0))
    assert "demo@v1" in capsys.readouterr().out
    show_record(of_record(world, 99))
    assert "no published snapshot" in capsys.readouterr().out
    flip(f"{MODEL}/training.dsse.json")(world)
    show_person(of_person(world, "acme", "user 0", EARLY))
    assert "This answer may be incomplete" in " ".join(capsys.readouterr().out.split())
