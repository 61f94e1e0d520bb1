"""Diff: what a snapshot gained and lost against another, each record with the reason of the side that lacks it."""

from datetime import timedelta

import pytest

from lineage.snapshot import Snapshot
from pipelines.snapshots.difference import difference
from pipelines.snapshots.side import preview_side, version_side
from tests.pipelines.acme import NOON, Acme


@pytest.fixture
def talking(world: Acme) -> Acme:
    """Ada and Ben of two tenants; two records each in ``all@v1``; Dan was never asked."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        for person in ("ada", "ben"):
            world.consents(person, tenant=tenant)
            world.says(person, f"hello from {person}", tenant=tenant)
    world.says("dan", "nobody asked me")
    world.delivers()
    world.lands()
    world.asks()
    world.publishes()
    return world


def side(world: Acme, label: str):
    deployment = world.deployment
    if "@" not in label:
        return preview_side(deployment, label)
    path = f"snapshots/{label.replace('@', '/')}"
    return version_side(deployment, Snapshot.open(world.warehouse, path, deployment.home.trusted()))


def compared(world: Acme, first: str, second: str):
    return difference(side(world, first), side(world, second))


def of(rows) -> dict[tuple[str, str], int]:
    return {(row["reason"], row["tenant"]): row["records"] for row in rows}


def test_a_version_does_not_differ_from_itself_nor_from_what_would_be_built_at_its_instant(talking: Acme):
    for second in ("all@v1", "all"):
        told = compared(talking, "all@v1", second)
        assert told["same"]
        assert (told["gained"], told["lost"], told["changed"]) == ([], [], {})
        assert set(told["records"].items()) >= {("from", 4), ("to", 4), ("gained", 0), ("lost", 0)}


def test_a_withdrawal_is_why_a_record_is_lost(talking: Acme):
    talking.passes(days=1)
    talking.consents("ada", "withdrawn")
    told = compared(talking, "all@v1", "all")
    assert of(told["lost"]) == {("consent-withdrawn", "acme"): 1}
    assert told["lost"][0] | {"records": 0} == {
        "reason": "consent-withdrawn", "tenant": "acme", "source": "support-chat", "jurisdiction": "de", "records": 0,
    }  # fmt: skip
    assert told["gained"] == []
    assert set(told["changed"]) == {"as_of", "ledger_checkpoint"}
    assert not told["same"]


def test_between_two_versions_each_loss_and_gain_has_the_reason_of_its_time(talking: Acme):
    talking.passes(days=1)
    talking.consents("ada", "withdrawn")
    talking.consents("dan", retroactive=True)
    talking.publishes()
    told = compared(talking, "all@v1", "all@v2")
    assert of(told["lost"]) == {("consent-withdrawn", "acme"): 1}
    assert of(told["gained"]) == {("consent-unknown", "acme"): 1}
    back = compared(talking, "all@v2", "all@v1")
    assert of(back["gained"]) == of(told["lost"])
    assert of(back["lost"]) == of(told["gained"])


def test_what_was_said_or_governed_later_was_not_there(talking: Acme):
    talking.passes(days=1)
    talking.says("ada", "a day later", conversation="later")
    talking.says("ben", "what was found late", conversation="found", at=NOON.isoformat())
    talking.delivers("second.jsonl")
    talking.lands()
    talking.publishes()
    assert of(compared(talking, "all@v1", "all@v2")["gained"]) == {("not-governed", "acme"): 2}


def test_what_nobody_asked_for_is_told_as_that(talking: Acme):
    talking.asks("own", pool="globex")
    talking.publishes("own")
    told = compared(talking, "all@v1", "own@v1")
    assert of(told["lost"]) == {("tenant-not-in-the-pool", "acme"): 2}
    assert told["changed"]["pool"] == {"from": "shared", "to": "globex"}
    talking.asks("early", period={"to": (NOON - timedelta(days=1)).isoformat()})
    assert of(compared(talking, "all@v1", "early")["lost"]) == {
        ("outside-period", "acme"): 2,
        ("outside-period", "globex"): 2,
    }


def test_another_seed_moves_records_between_parts_and_loses_none(talking: Acme):
    for number in range(20):
        talking.says("ada", f"question {number}", conversation=f"further {number}")
    talking.delivers("second.jsonl")
    talking.lands()
    split = {"by": "conversation", "parts": {"train": 0.5, "validation": 0.5}}
    for name, seed in (("one", 1), ("two", 2)):
        talking.asks(name, split=split, seed=seed)
        talking.publishes(name)
    told = compared(talking, "one@v1", "two@v1")
    assert told["records"]["moved_between_parts"] > 0
    assert (told["gained"], told["lost"], set(told["changed"])) == ([], [], {"seed"})


def test_a_record_of_several_deliveries_is_told_once_and_not_as_a_duplicate(talking: Acme):
    talking.passes(hours=1)
    talking.says("ada", "", conversation="talk-0", messages=[{"role": "user", "content": "hello from ada"}])
    talking.delivers("second.jsonl")
    talking.lands()
    talking.publishes()
    talking.passes(days=1)
    talking.agrees("acme", "tenant-only")
    told = compared(talking, "all@v2", "all")
    assert of(told["lost"]) == {("tenant-not-shared", "acme"): 2}


def test_reasons_that_the_store_no_longer_tells_are_said_to_be_of_today(talking: Acme):
    talking.passes(days=1)
    talking.consents("ada", "withdrawn")
    talking.publishes()
    told = compared(talking, "all@v1", "all@v2")
    assert told["reasons"] == {"all@v1": False, "all@v2": True}, "ada's part was governed anew for the second"
    for path in (talking.home / "governed").rglob("unit.json"):
        path.unlink()
    assert of(compared(talking, "all@v1", "all@v2")["lost"]) == {("not-governed", "acme"): 1}
