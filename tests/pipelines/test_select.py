"""Selecting: every governed record is permitted, denied with its reason, or quarantined, and counted once."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from lineage.canonical import digest_of
from pipelines.journey import governed_parts
from pipelines.snapshots.asked import NothingGovernedError, ask
from pipelines.snapshots.request import load_request
from pipelines.snapshots.request_checks import resolved
from pipelines.snapshots.select import Selection
from pipelines.snapshots.select import selected as selection_of
from pipelines.snapshots.sifting import DENIED_ELSEWHERE, DUPLICATE, OUTSIDE, OUTSIDE_OUTCOME
from pipelines.snapshots.stretches import shards
from policies.person_link import PersonLink
from tests.pipelines.acme import NOON, Acme


def selected(world: Acme, parts=None, **more) -> Selection:
    world.asks(**more)
    deployment = world.deployment
    request = resolved(load_request(world.home / "requests" / "all.yaml"), deployment.policies, "all.yaml")
    as_of = deployment.as_of()
    asked = ask(
        request,
        governed_parts(deployment) if parts is None else parts,
        deployment.known(as_of),
        deployment.policy("model-training"),
        as_of,
        deployment.warehouse,
        deployment.vault,
    )
    return selection_of(asked.required())


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


def denied(selection: Selection) -> dict[str, int]:
    """How many were denied, at the gate or now, by reason."""
    return selection.account.by("reason", effect="deny")


def adds_up(selection: Selection) -> bool:
    counts = selection.account.counts()
    assert counts["permitted"] == selection.rows.num_rows
    assert counts["denied"] == sum(denied(selection).values())
    return counts["considered"] == counts["permitted"] + counts["denied"] + counts["quarantined"]


def test_every_record_is_accounted_for_once(talking: Acme):
    talking.says("ada", "yes")
    talking.says("dan", "nobody asked me")
    talking.says("ada", "Мой заказ опаздывает, и никто не отвечает на письма. " * 9)
    talking.says("ben", "long ago", at=(NOON - timedelta(days=3)).isoformat())
    governs(talking)
    selection = selected(talking, period={"from": NOON.isoformat()})
    assert denied(selection) == {"consent-unknown": 1, OUTSIDE: 1}
    counts = selection.account.counts()
    assert (counts["considered"], counts["permitted"], counts["quarantined"]) == (4, 1, 1)
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
    assert denied(selected(talking)) == {OUTSIDE: 1}


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
    assert denied(selection) == {DUPLICATE: 2}
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
    assert denied(selection) == {"consent-unknown": 1, DENIED_ELSEWHERE: 1}
    assert selection.rows.num_rows == 0
    assert adds_up(selection)


OUTCOMES = "outcome: {label: {column: result}, signal: build, observed_at: {column: seen}}\n"


def test_only_the_outcomes_asked_for_are_taken_and_what_was_never_observed_is_none_of_them(talking: Acme):
    declaration = talking.home / "sources" / "support-chat.yaml"
    declaration.write_text(declaration.read_text() + OUTCOMES)
    for result in ("good", "bad", "mixed", None):
        talking.says("ada", f"build it, {result}", result=result, seen=NOON.isoformat() if result else None)
    governs(talking)
    selection = selected(talking, outcome={"label": ["good", "mixed"]})
    assert denied(selection) == {OUTSIDE_OUTCOME: 2}
    assert selection.rows.num_rows == 2
    assert adds_up(selection)
    assert selected(talking).rows.num_rows == 4


def test_of_two_deliveries_the_outcome_observed_last_is_the_one_that_is_asked_about(talking: Acme):
    declaration = talking.home / "sources" / "support-chat.yaml"
    declaration.write_text(declaration.read_text() + OUTCOMES)
    for number, result in enumerate(("good", "bad")):
        seen = (NOON + timedelta(hours=number)).isoformat()
        talking.says("ada", "build it", conversation="talk", result=result, seen=seen)
        talking.delivers(f"{number}.jsonl")
    talking.lands()
    talking.governs()
    selection = selected(talking, outcome={"label": ["good"]})
    assert denied(selection) == {DUPLICATE: 1, OUTSIDE_OUTCOME: 1}


def test_people_are_dealt_whole_into_parts_and_a_shard_is_of_one(talking: Acme):
    for number in range(20):
        talking.consents(f"person {number}", effective_at=NOON - timedelta(days=10))
        for talk in range(2):
            talking.says(f"person {number}", f"question {talk}", conversation=f"{number}-{talk}")
    governs(talking)
    selection = selected(talking, split={"by": "person", "parts": {"train": 0.5, "validation": 0.5}}, seed=3)
    rows = selection.rows.to_pylist()
    assert {row["split"] for row in rows} == {"train", "validation"}
    assert len({(row["data_subject_id"], row["split"]) for row in rows}) == 20
    assert selection.account.splits == Counter(row["split"] for row in rows)
    files = [(tenant, split) for tenant, split, _ in shards(selection.rows, 100)]
    assert files == [("acme", "train"), ("acme", "validation")]


def test_who_is_known_under_two_ids_lies_in_one_part(talking: Acme):
    split = {"by": "person", "parts": {"train": 0.5, "validation": 0.5}}
    vault = talking.deployment.vault
    for number in range(12):
        talking.consents(f"person {number}", effective_at=NOON - timedelta(days=10))
        talking.says(f"person {number}", "hello", conversation=f"talk {number}")
    governs(talking)
    ids = [vault.data_subject_id("acme", f"person {number}") for number in range(12)]
    apart = {row["data_subject_id"]: row["split"] for row in selected(talking, split=split).rows.to_pylist()}
    assert len(set(apart.values())) == 2
    clocks = {"effective_at": NOON, "recorded_at": NOON}
    links = [
        PersonLink(event_id=f"l{number}", tenant="acme", data_subject_id=ids[0], same_as=other, **clocks)
        for number, other in enumerate(ids[1:])
    ]
    talking.deployment.ledger.add_links(links, imported_at=NOON)
    together = {row["data_subject_id"]: row["split"] for row in selected(talking, split=split).rows.to_pylist()}
    assert len(together) == 12
    assert len(set(together.values())) == 1


def test_a_request_for_less_than_the_policy_is_for_hears_the_refusal_of_that(talking: Acme):
    talking.consents("ada", purposes=["train_ai_system"], effective_at=NOON - timedelta(days=9))
    talking.consents("ben", purposes=["train_ai_system"], effective_at=NOON - timedelta(days=9))
    talking.says("ada", "hello")
    talking.says("ben", "hello")
    governs(talking)
    wide = talking.deployment.policy("model-training").model_copy(update={"purpose": "train_ai_system"})
    talking.consents("ben", "refused", purposes=["train_ai_system.finetune"])

    def people(purpose: str) -> set[str]:
        talking.asks(purpose=purpose)
        deployment, as_of = talking.deployment, talking.deployment.as_of()
        request = load_request(talking.home / "requests" / "all.yaml")
        parts, known = governed_parts(deployment), deployment.known(as_of)
        found = selection_of(ask(request, parts, known, wide, as_of, deployment.warehouse, deployment.vault))
        assert {decision["policy"] for decision in found.account.decisions} == {digest_of(wide.document())}
        return set(found.rows["data_subject_id"].to_pylist())

    named = {name: talking.deployment.vault.data_subject_id("acme", name) for name in ("ada", "ben")}
    assert people("train_ai_system") == set(named.values())
    assert people("train_ai_system.finetune") == {named["ada"]}


def test_however_few_records_are_decided_at_once_the_selection_is_the_same(talking: Acme, monkeypatch):
    for number in range(6):
        for tenant in ("acme", "globex"):
            talking.says("ada", f"question {number}", tenant=tenant, conversation=f"{tenant} {number}")
            talking.says("dan", f"question {number}", tenant=tenant, conversation=f"{tenant} dan {number}")
    governs(talking)
    whole = selected(talking)
    monkeypatch.setattr("pipelines.snapshots.stretches.ROWS_AT_ONCE", 1)
    cut = selected(talking)
    assert cut.rows == whole.rows
    assert cut.verdicts.sort_by("record_id") == whole.verdicts.sort_by("record_id")
    assert cut.account.decisions == whole.account.decisions
    assert cut.account.counts() == whole.account.counts()


def test_the_pool_of_a_tenant_considers_no_other(talking: Acme):
    talking.says("ada", "mine")
    talking.says("ada", "theirs", tenant="globex")
    governs(talking)
    selection = selected(talking, pool="globex")
    assert selection.rows["tenant"].to_pylist() == ["globex"]
    assert selection.verdicts.num_rows == 1
    assert selected(talking).verdicts.num_rows == 2


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
    files = [(tenant, split, rows.num_rows) for tenant, split, rows in shards(selection.rows, 2)]
    assert files == [("acme", "train", 2), ("acme", "train", 2), ("acme", "train", 1), ("globex", "train", 1)]
    assert all(set(rows["tenant"].to_pylist()) == {tenant} for tenant, _, rows in shards(selection.rows, 2))


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
