"""Selecting: every governed record is permitted, denied with its reason, or quarantined, and counted once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.journey import governed_parts
from pipelines.request import SnapshotRequest, load_request
from pipelines.select import DENIED_ELSEWHERE, DUPLICATE, OUTSIDE, NothingGovernedError, Selection, select
from tests.pipelines.acme import NOON, Acme


def selected(world: Acme, parts=None, **more) -> Selection:
    world.asks(**more)
    deployment = world.deployment
    request: SnapshotRequest = load_request(world.home / "requests" / "all.yaml")
    as_of = deployment.as_of()
    return select(
        request,
        governed_parts(deployment) if parts is None else parts,
        deployment.known(as_of),
        deployment.policy("model-training"),
        as_of,
        deployment.warehouse,
        deployment.vault,
    )


@pytest.fixture
def talking(world: Acme) -> Acme:
    """Two tenants that share; Ada and Ben consented, nobody else did."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        for person in ("ada", "ben"):
            world.consents(person, tenant=tenant, effective_at=NOON - timedelta(days=10))
    return world


def governs(world: Acme, name: str = "day.jsonl") -> None:
    world.delivers(name)
    world.lands()
    world.governs()


def adds_up(selection: Selection) -> bool:
    denied = sum(selection.denied_by_reason.values())
    return selection.considered == selection.rows.num_rows + denied + selection.quarantined


def test_every_record_is_accounted_for_once(talking: Acme):
    talking.says("ada", "yes")
    talking.says("dan", "nobody asked me")
    talking.says("ada", "x" * 5_000_000)
    talking.says("ben", "long ago", at=(NOON - timedelta(days=3)).isoformat())
    governs(talking)
    selection = selected(talking, period={"from": NOON.isoformat()})
    assert selection.denied_by_reason == {"consent-unknown": 1, OUTSIDE: 1}
    assert (selection.considered, selection.rows.num_rows, selection.quarantined) == (4, 1, 1)
    assert adds_up(selection)


@pytest.mark.parametrize(
    ("period", "kept"),
    [
        ({"from": NOON}, 3),
        ({"from": NOON + timedelta(hours=1)}, 2),
        ({"to": NOON + timedelta(hours=2)}, 2),
        ({"from": NOON + timedelta(hours=1), "to": NOON + timedelta(hours=2)}, 1),
    ],
    ids=["from the first", "from the second", "up to the third, without it", "the second alone"],
)
def test_a_period_holds_its_first_instant_and_not_its_last(talking: Acme, period, kept):
    for _ in range(3):
        talking.says("ada", "hello")
        talking.passes(hours=1)
    governs(talking)
    selection = selected(talking, period={name: at.isoformat() for name, at in period.items()})
    assert selection.rows.num_rows == kept
    assert adds_up(selection)


def test_what_had_not_happened_yet_is_outside(talking: Acme):
    talking.says("ada", "from the future", at=(NOON + timedelta(days=1)).isoformat())
    governs(talking)
    assert selected(talking).denied_by_reason == {OUTSIDE: 1}


def test_of_two_deliveries_the_earlier_words_are_taken_and_the_latest_outcome(talking: Acme):
    declaration = talking.home / "sources" / "support-chat.yaml"
    outcome = "outcome: {label: {column: result}, signal: build, observed_at: {column: seen}}\n"
    declaration.write_text(declaration.read_text() + outcome)
    for number, (result, seen) in enumerate((("bad", 1), ("good", 3), ("mixed", 2))):
        more = {"conversation": "talk", "result": result, "seen": (NOON + timedelta(hours=seen)).isoformat()}
        talking.says("ada", "build it", **more)
        talking.delivers(f"{number}.jsonl")
    talking.lands()
    talking.governs()
    selection = selected(talking)
    assert selection.denied_by_reason == {DUPLICATE: 2}
    [row] = selection.rows.to_pylist()
    labels = {one["batch"]: one["outcome"]["label"] for one in talking.governed_rows()}
    assert labels[row["batch"]] == "good"


def test_what_one_delivery_denies_no_other_permits(talking: Acme):
    talking.says("dan", "nobody asked me", conversation="talk")
    talking.delivers("first.jsonl")
    talking.says("ada", "nobody asked me", conversation="talk")
    talking.delivers("second.jsonl")
    talking.lands()
    talking.governs()
    selection = selected(talking)
    assert selection.denied_by_reason == {"consent-unknown": 1, DENIED_ELSEWHERE: 1}
    assert selection.rows.num_rows == 0
    assert adds_up(selection)


def test_the_pool_of_a_tenant_considers_no_other(talking: Acme):
    talking.says("ada", "mine")
    talking.says("ada", "theirs", tenant="globex")
    governs(talking)
    selection = selected(talking, pool="globex")
    assert selection.rows["tenant"].to_pylist() == ["globex"]
    assert selection.considered == 1
    assert selected(talking).considered == 2


def test_the_order_is_of_tenant_person_and_record_whatever_the_order_of_the_parts(talking: Acme):
    for number in range(4):
        for person, tenant in (("ben", "globex"), ("ada", "acme"), ("ben", "acme")):
            talking.says(person, f"question {number}", tenant=tenant)
        talking.delivers(f"{number}.jsonl")
    talking.lands()
    talking.governs()
    parts = governed_parts(talking.deployment)
    assert len(parts) > 2
    one, two = selected(talking, parts), selected(talking, parts[::-1])
    assert one.rows == two.rows
    places = [(row["tenant"], row["data_subject_id"], row["record_id"]) for row in one.rows.to_pylist()]
    assert places == sorted(places)


def test_a_shard_holds_one_tenant_and_no_more_rows_than_asked_for(talking: Acme):
    for number in range(5):
        talking.says("ada", f"mine {number}")
    talking.says("ada", "theirs", tenant="globex")
    governs(talking)
    selection = selected(talking)
    shards = [(tenant, rows.num_rows) for tenant, rows in selection.shards(2)]
    assert shards == [("acme", 2), ("acme", 2), ("acme", 1), ("globex", 1)]
    assert all(set(rows["tenant"].to_pylist()) == {tenant} for tenant, rows in selection.shards(2))


def test_records_redacted_by_two_versions_do_not_meet(talking: Acme):
    talking.says("ada", "one")
    talking.says("ada", "two", tenant="globex")
    governs(talking)
    first, second = governed_parts(talking.deployment)
    with pytest.raises(NothingGovernedError, match="different versions"):
        selected(talking, [first, replace(second, redaction="00" * 32)])


def test_records_redacted_otherwise_than_the_policy_asks_are_not_taken(talking: Acme):
    talking.says("ada", "one")
    governs(talking)
    [part] = governed_parts(talking.deployment)
    with pytest.raises(NothingGovernedError, match="asks for the redaction profile strict-pseudonyms") as refused:
        selected(talking, [replace(part, profile="lenient")])
    assert "redaction_profile" in refused.value.remedy


def test_a_source_that_was_not_asked_for_is_not_considered(talking: Acme):
    talking.says("ada", "one")
    governs(talking)
    with pytest.raises(NothingGovernedError, match="nothing is governed of elsewhere"):
        selected(talking, sources=["elsewhere"])
