"""Where a landed file went, what was decided by a policy, and which models hold records without a consent now."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from lineage.canonical import sha256_hex
from lineage.index.keeping import INDEX
from lineage.snapshot import Snapshot
from lineage.trace import trace_batch, trace_late, trace_policy, trace_withdrawn
from policies.consent import EVERYONE, ConsentStatus
from policies.errors import UsageError
from policies.person_link import PersonLink
from tests.commands import lineweight
from tests.lineage.harm import DIRECTORY, flip
from tests.lineage.index.conftest import Brought
from tests.lineage.small_snapshot import AS_OF
from tests.lineage.traced_world import EARLY, HEARD_AT, NOW, TracedWorld

LOG = sha256_hex(b"the log")
MODEL = "models/little/run-1"


def says(world: TracedWorld, tenant: str, person: str, state: ConsentStatus, **changes: Any) -> None:
    """Record what a person says on the day after the snapshot was decided."""
    said = {"event_id": f"later-{state.value}-{person[-6:]}", "state": state, "data_subject_id": person}
    said |= {"effective_at": AS_OF + timedelta(days=1), "recorded_at": AS_OF + timedelta(days=1)} | changes
    world.ledger.add_consents([world.given(tenant, world.person(tenant, 0)).model_copy(update=said)])


def withdrawn(world: TracedWorld, brought: Brought, at: datetime = NOW) -> dict[str, Any]:
    return trace_withdrawn(world.warehouse, world.ledger, world.vault, world.trusted, at, brought(world))


def counted(answer: dict[str, Any]) -> tuple[int, int, int] | None:
    if not answer["models"]:
        return None
    (model,) = answer["models"]
    return model["records"], model["people"], model["first_step"]


def test_a_landed_file_leads_to_snapshots_models_and_steps(world: TracedWorld, brought: Brought):
    answer = trace_batch(LOG[:6], world.warehouse, world.ledger, world.trusted, brought(world))
    assert (answer["batch"], answer["source"], answer["file"], answer["records_landed"]) == (
        LOG,
        "web",
        "day-1.jsonl",
        10,
    )
    (snapshot,) = answer["snapshots"]
    assert (snapshot["snapshot"], snapshot["policy"], snapshot["records"]) == ("demo@v1", "model-training v1", 10)
    (model,) = answer["models"]
    assert (model["model"], model["records"], model["readings"], model["tokens"]) == ("little", 10, 10, 120)
    assert (model["first_step"], model["last_step"]) == (0, 2)


@pytest.mark.parametrize("asked", ["ffff", LOG[:3], "not-a-digest", LOG + "0"])
def test_what_names_no_landed_file_is_refused(world: TracedWorld, brought: Brought, asked: str):
    with pytest.raises(UsageError):
        trace_batch(asked, world.warehouse, world.ledger, world.trusted, brought(world))


def test_a_beginning_that_two_files_share_is_refused(world: TracedWorld, brought: Brought):
    (known,) = world.ledger.batches()

    world.ledger.add_batch(replace(known, batch=LOG[:40] + "0" * 24, file_name="day-2.jsonl"))
    with pytest.raises(UsageError, match="2 landed files"):
        trace_batch(LOG[:40], world.warehouse, world.ledger, world.trusted, brought(world))
    other = trace_batch(LOG[:40] + "0000", world.warehouse, world.ledger, world.trusted, brought(world))
    assert (other["file"], other["snapshots"], other["models"]) == ("day-2.jsonl", [], [])


def test_a_policy_version_leads_to_snapshots_and_models(world: TracedWorld):
    manifest = Snapshot.open(world.warehouse, DIRECTORY, world.trusted).manifest
    second = manifest.policy.model_copy(update={"version": 2, "digest": "2" * 64})
    world.publish(2, policy=second)
    answer = trace_policy("model-training", world.warehouse, world.trusted)
    told = [
        (version["version"], [one["snapshot"] for one in version["snapshots"]], len(version["models"]))
        for version in answer["versions"]
    ]
    assert told == [(1, ["demo@v1"], 1), (2, ["demo@v2"], 0)]
    (only,) = trace_policy("model-training@v2", world.warehouse, world.trusted)["versions"]
    assert (only["digest"], only["snapshots"][0]["people"]) == ("2" * 64, 4)
    assert trace_policy("another", world.warehouse, world.trusted)["versions"] == []
    with pytest.raises(UsageError):
        trace_policy("model-training@2", world.warehouse, world.trusted)


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (HEARD_AT - timedelta(microseconds=1), None),
        (HEARD_AT, (3, 1, 0)),
    ],
    ids=["before it was known", "when it was known"],
)
def test_a_withdrawal_counts_from_when_it_is_known(
    world: TracedWorld, brought: Brought, at: datetime, found: tuple[int, int, int] | None
):
    answer = withdrawn(world, brought, at)
    assert counted(answer) == found
    assert answer["models_asked_about"] == 1


def test_a_withdrawal_that_came_after_training_is_no_late_news_and_still_counts(world: TracedWorld, brought: Brought):
    says(world, "globex", world.person("globex", 0), ConsentStatus.WITHDRAWN)
    late = trace_late(world.warehouse, world.ledger, world.vault, world.trusted, NOW)
    assert {news["tenant"] for news in late["used_before_it_was_known"]} == {"acme"}
    (model,) = withdrawn(world, brought)["models"]
    assert (model["records"], model["of_records"], model["people"]) == (6, 10, 2)
    assert model["by_status"] == [{"status": "withdrawn", "records": 6, "people": 2}]


@pytest.mark.parametrize(
    ("state", "changes", "found"),
    [
        (ConsentStatus.RENEWED, {}, (3, 1, 0)),
        (ConsentStatus.GIVEN, {"expires_at": NOW}, (5, 2, 0)),
        (ConsentStatus.REFUSED, {"purposes": ("train_ai_system.evaluation",)}, (3, 1, 0)),
        (ConsentStatus.REQUESTED, {}, (5, 2, 0)),
    ],
    ids=["renewed", "given until now", "refused for another purpose", "asked again, and not answered"],
)
def test_what_counts_is_the_consent_for_the_snapshots_purpose(
    world: TracedWorld, brought: Brought, state: ConsentStatus, changes: dict[str, Any], found: tuple[int, int, int]
):
    says(world, "globex", world.person("globex", 1), state, **changes)
    assert counted(withdrawn(world, brought)) == found


def test_who_only_takes_part_counts_too(world: TracedWorld, brought: Brought):
    says(world, "acme", world.person("acme", 1), ConsentStatus.WITHDRAWN)
    assert counted(withdrawn(world, brought)) == (5, 2, 0)
    (model,) = withdrawn(world, brought)["models"]
    assert model["by_status"] == [{"status": "withdrawn", "records": 5, "people": 2}]


def test_what_is_said_under_another_id_counts_and_two_ids_are_one_person(world: TracedWorld, brought: Brought):
    one, other = world.person("acme", 0), world.person("acme", 1)
    link = PersonLink(
        event_id="link-1",
        tenant="acme",
        data_subject_id=one,
        same_as=other,
        linked=True,
        effective_at=EARLY,
        recorded_at=EARLY,
    )
    world.ledger.add_links([link])
    assert counted(withdrawn(world, brought)) == (5, 1, 0)


def test_a_refusal_for_everyone_counts_everybody_but_who_spoke_since(world: TracedWorld, brought: Brought):
    says(world, "acme", EVERYONE, ConsentStatus.REFUSED)
    later = AS_OF + timedelta(days=2)
    says(world, "acme", world.person("acme", 1), ConsentStatus.RENEWED, effective_at=later, recorded_at=later)
    assert counted(withdrawn(world, brought)) == (3, 1, 0)
    says(world, "globex", EVERYONE, ConsentStatus.REFUSED)
    (model,) = withdrawn(world, brought)["models"]
    assert (model["records"], model["people"]) == (8, 3)
    assert model["by_status"] == [{"status": "refused", "records": 8, "people": 3}]


def test_an_unanswered_consent_counts_only_where_a_record_rests_on_consent(
    world: TracedWorld, brought: Brought, monkeypatch: pytest.MonkeyPatch
):
    from lineage import leaf
    from tests.lineage import small_snapshot

    sealed = small_snapshot.leaves_of

    def without_receipts(vault: object, tenant: str, table: pa.Table) -> pa.Table:
        leaves = sealed(vault, tenant, table)
        place = leaves.schema.get_field_index("consent_receipt")
        none = pa.array([leaf.NO_CONSENT_RECEIPT] * len(leaves), leaf.DIGEST)
        return leaf.seal(leaves.set_column(place, leaves.schema.field(place), none))

    monkeypatch.setattr(small_snapshot, "leaves_of", without_receipts)
    world.warehouse.delete_tree("models")
    world.train(world.publish(2))
    says(world, "globex", world.person("globex", 1), ConsentStatus.REQUESTED)
    assert counted(withdrawn(world, brought)) == (3, 1, 0)
    says(world, "globex", world.person("globex", 0), ConsentStatus.REFUSED)
    assert counted(withdrawn(world, brought)) == (6, 2, 0)


def test_whose_salt_was_destroyed_cannot_be_looked_up_and_that_is_said(world: TracedWorld, brought: Brought):
    world.vault.destroy_salts("acme", [world.person("acme", 0)], NOW)
    answer = withdrawn(world, brought)
    assert counted(answer) is None
    assert "no salt is held of 1 of the 1 people" in answer["not_looked_up"][0]


@pytest.mark.parametrize(
    ("path", "where"),
    [("snapshots/demo/v1/leaves/000-acme.parquet", DIRECTORY), (f"{MODEL}/consumption/rank-0.parquet", MODEL)],
)
def test_what_does_not_verify_is_named_and_not_counted(world: TracedWorld, brought: Brought, path: str, where: str):
    world.warehouse.delete_tree(INDEX)
    flip(path)(world)
    answer = withdrawn(world, brought)
    assert counted(answer) is None
    assert where in [entry["directory"] for entry in answer["unverified"]]
    batch = trace_batch(LOG, world.warehouse, world.ledger, world.trusted, brought(world))
    assert batch["models"] == []
    assert batch["unverified"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("withdrawn",), "1 of 1."),
        (("withdrawn", "--full-scan"), "withdrawn (3)"),
        (("withdrawn", "--at", "2026-06-02T00:00:00Z"), "0 of 1."),
        (("batch", LOG[:4]), "day-1.jsonl"),
        (("batch", LOG, "--full-scan"), "little"),
        (("policy", "model-training@v1"), "demo@v1"),
        (("policy", "another"), "No snapshot was decided by it."),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_the_answers_are_told_in_words_and_as_json(world: TracedWorld, words: tuple[str, ...], told: str):
    command, *rest = words
    said = lineweight("trace", command, *rest, "--home", world.root)
    assert (said.code, said.err) == (0, "")
    assert told in " ".join(said.out.split())
    assert lineweight("trace", command, *rest, "--home", world.root, "--json").document["unverified"] == []


def test_evidence_that_does_not_verify_ends_the_commands_with_one(world: TracedWorld):
    flip(f"{MODEL}/training.dsse.json")(world)
    for words in (("withdrawn",), ("batch", LOG), ("policy", "model-training")):
        said = lineweight("trace", *words, "--home", world.root)
        assert said.code == 1
        assert "This answer may be incomplete" in " ".join(said.out.split())
