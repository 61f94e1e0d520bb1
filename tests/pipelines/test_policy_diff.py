"""`policy diff` over a home: what a change of policy would do to its records, snapshots and models."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from lineage.warehouse import Warehouse
from pipelines.deployment import Deployment
from pipelines.policy.difference import difference
from pipelines.settings import Settings
from policies.document import DOCUMENTS, Policy, load_policies
from tests.commands import lineweight
from tests.lineage.traced_world import traced_world
from tests.pipelines.acme import NOON, Acme

(TRAINING,) = load_policies(DOCUMENTS)


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | {"version": 2, "cases": []} | parts)


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


NO_ONE = policy(deny=[rule("nobody", retention_exceeded=[True, False])])
NOT_GERMANY = policy(deny=[*TRAINING.document()["deny"], rule("germany", jurisdiction=["de"])])
TEENAGERS = policy(deny=[one for one in TRAINING.document()["deny"] if one["id"] != "minors"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """Two tenants, adults and one teenager, from two countries; a snapshot of what is permitted."""
    world = Acme(tmp_path_factory.mktemp("world"))
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
    world.consents("tim")
    world.passes(hours=1)
    world.says("ada", "my order is late")
    world.says("ada", "still late", country="fr")
    world.says("ada", "hello", tenant="globex")
    world.says("tim", "school sent me", age="16-17")
    world.says("bob", "nobody asked me")
    world.delivers("one.jsonl")
    world.passes(hours=1)
    world.asks()
    world.lands()
    world.publishes()
    return world


def diff(world: Acme, after: Policy, before: Policy = TRAINING, pool: str = "tenant") -> dict[str, Any]:
    deployment = world.deployment
    return difference(deployment, before, after, deployment.as_of(), pool).document()


def test_a_policy_beside_itself_changes_nothing(world):
    told = diff(world, TRAINING)
    assert told["permitted"] == {"before": 3, "after": 3}
    assert (told["records"], told["gained"]["records"], told["lost"]["records"]) == (5, 0, 0)
    assert [(one["snapshot"], one["complies"], one["denied"]) for one in told["snapshots"]] == [("all@v1", True, 0)]


def test_what_is_lost_is_told_by_reason_tenant_and_jurisdiction(world):
    told = diff(world, NOT_GERMANY)
    assert told["lost"] == {
        "records": 2,
        "by_reason": {"germany": 2},
        "by_tenant": {"acme": 1, "globex": 1},
        "by_jurisdiction": {"de": 2},
    }
    assert told["permitted"] == {"before": 3, "after": 1}
    assert told["denied_for_another_reason"] == 1  # bob, who was never asked, speaks from Germany too


def test_what_is_gained_is_told_by_the_reason_that_no_longer_holds(world):
    told = diff(world, TEENAGERS)
    assert told["gained"]["by_reason"] == {"minors": 1}
    assert told["gained"]["by_tenant"] == {"acme": 1}
    assert told["lost"]["records"] == 0


def test_parameters_that_facts_depend_on_are_heard_under_each_policy(world):
    world.passes(days=40)
    told = diff(world, policy(retain_days=30))
    world.passes(days=-40)
    assert told["lost"]["by_reason"] == {"retention-exceeded": 3}
    other = diff(world, policy(purpose="train_ai_system.evaluation"))
    assert other["lost"]["by_reason"] == {"consent-unknown": 3}


def test_the_pool_asked_about_is_the_one_decided_for(world):
    assert diff(world, NO_ONE, pool="shared")["pool"] == "shared"


def test_a_snapshot_that_would_no_longer_comply_is_named_with_its_records(world):
    (one,) = diff(world, NOT_GERMANY)["snapshots"]
    assert one == {
        "snapshot": "all@v1",
        "complies": False,
        "records": 3,
        "denied": 2,
        "denied_before_too": 0,
        "by_reason": {"germany": 2},
        "models": [],
    }


def test_a_snapshot_is_decided_for_its_own_instants_and_not_for_the_present(world):
    world.passes(days=800)
    told = diff(world, policy(permit=TRAINING.document()["permit"]))
    world.passes(days=-800)
    assert told["permitted"] == {"before": 0, "after": 0}
    assert [one["complies"] for one in told["snapshots"]] == [True]


def test_snapshots_of_other_policies_are_not_asked_about(world):
    others = (policy(policy_id="evaluation"), policy(policy_id="elsewhere"))
    assert diff(world, others[0], others[1])["snapshots"] == []


def test_nothing_is_written(world):
    before = contents(world.home)
    diff(world, NOT_GERMANY)
    assert contents(world.home) == before


def contents(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def test_a_record_delivered_twice_is_counted_once(tmp_path):
    world = Acme(tmp_path)
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late", conversation="talk")
    path = world.delivers("one.jsonl")
    (path.parent / "two.jsonl").write_text(path.read_text() + "\n")
    world.lands()
    told = diff(world, NOT_GERMANY)
    assert (told["records"], told["lost"]["records"]) == (1, 1)


def test_one_delivery_that_is_denied_denies_the_record(tmp_path):
    world = Acme(tmp_path)
    world.agrees("acme")
    world.consents("ada")
    for country, name in (("fr", "one.jsonl"), ("de", "two.jsonl")):
        world.says("ada", "my order is late", conversation="talk", country=country)
        world.delivers(name)
    world.lands()
    told = diff(world, NOT_GERMANY)
    assert told["permitted"] == {"before": 1, "after": 0}
    assert told["lost"]["by_reason"] == {"germany": 1}


def test_a_governed_record_whose_raw_file_is_gone_is_still_counted(tmp_path):
    world = Acme(tmp_path)
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    world.says("bob", "nobody asked me")
    world.delivers()
    world.lands()
    world.governs()
    Warehouse(tmp_path).delete_tree("landing")
    assert diff(world, NOT_GERMANY)["records"] == 1  # of bob's, which was never permitted, nothing is left to decide


def test_the_command_asks_the_home_it_is_given(world, tmp_path):
    document = (DOCUMENTS / "model-training.yaml").read_text().replace("version: 1", "version: 2")
    (tmp_path / "new.yaml").write_text(document.replace("[under-13, 13-15, 16-17]", "[under-13, 13-15]"))
    at = (NOON.replace(hour=14)).isoformat()
    words = ("policy", "diff", "model-training", tmp_path / "new.yaml", "--home", world.home, "--at", at)
    told = lineweight(*words, "--json")
    assert told.code == 0, told.err
    assert told.document["verdict"] == "looser"
    assert told.document["store"]["gained"]["by_reason"] == {"minors": 1}
    shown = lineweight(*words)
    assert "all@v1" in shown.out
    assert "Records gained" in shown.out
    assert lineweight(*words, "--rules-only", "--json").document["store"] is None


def test_a_model_that_read_records_which_would_be_denied_is_named_with_its_steps(tmp_path, monkeypatch):
    traced = traced_world(tmp_path, monkeypatch)
    deployment = Deployment(Settings(home=str(traced.root)))
    told = difference(deployment, TRAINING, NO_ONE, deployment.as_of()).document()
    (one,) = told["snapshots"]
    assert (one["snapshot"], one["denied"]) == ("demo@v1", 10)
    (model,) = one["models"]
    read = traced.consumed(traced.publish()).filter(pc.field("skipped_reason").is_null())
    assert model["records"] == pc.count_distinct(read["record_id"]).as_py()
    assert model["last_step"] == pc.max(read["optimizer_step"]).as_py()


def test_a_snapshot_that_does_not_verify_is_told_and_not_counted(tmp_path, monkeypatch):
    traced = traced_world(tmp_path, monkeypatch)
    statement = traced.root / "snapshots/demo/v1/statement.dsse.json"
    statement.write_bytes(statement.read_bytes().replace(b"payload", b"pAyload", 1))
    deployment = Deployment(Settings(home=str(traced.root)))
    told = difference(deployment, TRAINING, NO_ONE, deployment.as_of()).document()
    assert told["snapshots"] == []
    assert "snapshots/demo/v1" in {one["directory"] for one in told["unread"]}


def test_a_file_whose_key_is_gone_is_told_and_the_others_are_counted(tmp_path):
    world = Acme(tmp_path)
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
        world.says("ada", "hello", tenant=tenant)
    world.delivers()
    world.lands()
    (world.deployment.vault.directory / "tenants" / "globex.key").unlink()
    told = diff(world, NO_ONE)
    assert told["records"] == 1
    assert ["globex" in one["directory"] for one in told["unread"]] == [True]


def test_a_records_id_is_explained_by_the_same_word(world):
    (row, *_) = world.governed_rows()
    said = lineweight("policy", "explain", row["record_id"], "--home", world.home)
    assert said.code == 0, said.err
    assert row["record_id"] in said.out
