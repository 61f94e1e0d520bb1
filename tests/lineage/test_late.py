"""Late news: what was used although somebody had said no, told apart by what was known."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.retention import RemovedShard, write_note
from lineage.snapshot import Snapshot
from lineage.trace import trace_late, trace_model, trace_person
from lineage.trace.show_late import show_late
from lineage.training_statement import TrainingRun
from policies.agreement import AgreementEvent
from policies.consent import EVERYONE, ConsentEvent
from policies.person_link import PersonLink
from tests.commands import lineweight
from tests.lineage import small_snapshot
from tests.lineage.harm import flip
from tests.lineage.small_snapshot import AS_OF
from tests.lineage.traced_world import EARLY, HEARD_AT, NOW, WITHDRAWN_AT, TracedWorld, traced_world

DAY = timedelta(days=1)
MODEL = "models/little/run-1"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot decided on 1 June and a model trained that day; on 3 June we hear of a withdrawal of 20 May."""
    root = tmp_path_factory.mktemp("template") / "warehouse"
    with pytest.MonkeyPatch.context() as patches:
        traced_world(root, patches)
    return root


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    return traced_world(Path(shutil.copytree(template, tmp_path / "warehouse")), monkeypatch)


@pytest.fixture
def silent(world: TracedWorld) -> TracedWorld:
    """The world before anybody took anything back."""
    (world.root / "ledger.db").unlink()
    people = [(tenant, world.person(tenant, number)) for tenant in ("acme", "globex") for number in (0, 1)]
    world.ledger.add_consents([world.given(tenant, person) for tenant, person in people])
    world.ledger.add_agreements([agreement(tenant) for tenant in ("acme", "globex")])
    return world


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes the model anew, trained between two instants."""

    def train(world: TracedWorld, started_at: datetime, finished_at: datetime | None = None, **more: Any) -> None:
        times = {"started_at": started_at, "finished_at": finished_at or started_at}
        world.warehouse.delete_tree(MODEL)
        monkeypatch.setattr(small_snapshot, "TrainingRun", lambda **told: TrainingRun(**(told | times)))
        world.train(opened(world).manifest, **more)

    return train


def opened(world: TracedWorld) -> Snapshot:
    return Snapshot.open(world.warehouse, "snapshots/demo/v1", world.trusted)


def agreement(tenant: str, **told: Any) -> AgreementEvent:
    document = {"event_id": f"agreed-{tenant}", "tenant": tenant, "scope": "shared", "purposes": ["train_ai_system"]}
    return AgreementEvent.model_validate(document | {"effective_at": EARLY, "recorded_at": EARLY} | told)


def says(world: TracedWorld, person: str, state: str, tenant: str = "acme", **told: Any) -> ConsentEvent:
    """Record what somebody said with effect from 20 May, heard on 3 June if nothing else is said."""
    times = {"effective_at": WITHDRAWN_AT, "recorded_at": HEARD_AT}
    document = {"event_id": f"{state}-again-{person[-6:]}", "tenant": tenant, "data_subject_id": person, "state": state}
    event = ConsentEvent.model_validate({**document, "purposes": ["train_ai_system"], **times, **told})
    world.ledger.add_consents([event])
    return event


def links(world: TracedWorld, one: str, other: str, recorded_at: datetime, linked: bool = True) -> None:
    link = PersonLink(
        event_id=f"link-{recorded_at:%m%d}",
        tenant="acme",
        data_subject_id=one,
        same_as=other,
        linked=linked,
        effective_at=EARLY,
        recorded_at=recorded_at,
    )
    world.ledger.add_links([link])


def late(world: TracedWorld, at: datetime = NOW, **options: Any) -> dict[str, Any]:
    return trace_late(world.warehouse, world.ledger, world.vault, world.trusted, at, **options)


def after(answer: dict[str, Any]) -> list[tuple[str, list[str], int]]:
    told = answer["used_after_it_was_known"]
    return [(news["event_id"], [model["when"] for model in news["models"]], news["records"]) for news in told]


def before(answer: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    told = answer["used_before_it_was_known"]
    return [(one["event_id"], len(one["snapshots"]), len(one["models"]), one["records"]) for one in told]


# ── known then, or not ──────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_could_know_is_told_as_used_before_it_was_known(world: TracedWorld):
    answer = late(world)
    assert after(answer) == []
    (news,) = answer["used_before_it_was_known"]
    assert (news["event_id"], news["kind"], news["state"]) == ("withdrawn-1", "person", "withdrawn")
    assert (news["effective_at"][:10], news["recorded_at"][:10]) == ("2026-05-20", "2026-06-03")
    assert news["recorded_days_later"] == 14
    assert news["people"] == [world.person("acme", 0)]
    ((snapshot,), (model,)) = news["snapshots"], news["models"]
    assert (snapshot["snapshot"], snapshot["records"]) == ("demo@v1", 3)
    assert (model["model"], model["run"], model["records"], model["readings"]) == ("little", "run-1", 3, 3)
    assert (model["first_step"], model["last_step"]) == (0, 1)
    assert model["record_ids"] == snapshot["record_ids"]


def test_a_model_trained_after_the_refusal_was_known_is_told_first_and_apart(world: TracedWorld, trained):
    trained(world, HEARD_AT)
    answer = late(world)
    assert after(answer) == [("withdrawn-1", ["after-it-was-known"], 3)]
    assert before(answer) == [("withdrawn-1", 1, 0, 3)]
    assert list(answer).index("used_after_it_was_known") < list(answer).index("used_before_it_was_known")


def test_one_instant_before_it_was_known_is_before(world: TracedWorld, trained):
    trained(world, HEARD_AT - timedelta(microseconds=1))
    assert after(late(world)) == []
    assert before(late(world)) == [("withdrawn-1", 1, 1, 3)]


def test_training_that_was_under_way_when_it_became_known_has_to_be_looked_at(world: TracedWorld, trained):
    trained(world, HEARD_AT - DAY, HEARD_AT + DAY)
    assert after(late(world)) == [("withdrawn-1", ["while-it-became-known"], 3)]


def test_records_that_a_feed_made_the_model_skip_were_not_used(world: TracedWorld, trained):
    table = world.consumed(opened(world).manifest)
    rows = table.to_pylist()
    for row in (0, 2, 4):
        rows[row]["skipped_reason"] = "revoked"
    trained(world, HEARD_AT, consumed=table.from_pylist(rows, table.schema))
    assert after(late(world)) == []


def test_a_refusal_heard_at_once_is_told_only_where_a_model_read_on(silent: TracedWorld, trained):
    says(silent, silent.person("globex", 1), "refused", "globex", effective_at=HEARD_AT)
    assert (after(late(silent)), before(late(silent))) == ([], [])
    trained(silent, HEARD_AT)
    assert [records for _, _, records in after(late(silent))] == [2]
    assert before(late(silent)) == []


def test_a_grant_that_had_ended_by_the_time_a_model_read_on_is_told(silent: TracedWorld, trained):
    person = silent.person("acme", 0)
    says(silent, person, "renewed", recorded_at=WITHDRAWN_AT, expires_at=AS_OF + DAY)
    trained(silent, AS_OF + DAY)
    (news,) = late(silent)["used_after_it_was_known"]
    assert (news["state"], news["records"], news["known_at"][:10]) == ("expired", 3, "2026-06-02")


def test_what_was_known_when_the_snapshot_was_decided_is_no_news(silent: TracedWorld, trained):
    says(silent, silent.person("acme", 0), "refused", recorded_at=AS_OF)
    trained(silent, NOW)
    assert (after(late(silent)), before(late(silent))) == ([], [])


def test_whoever_had_refused_before_and_says_so_again_is_no_news(silent: TracedWorld):
    person = silent.person("acme", 0)
    says(silent, person, "refused", recorded_at=WITHDRAWN_AT)
    says(silent, person, "withdrawn", effective_at=WITHDRAWN_AT + DAY)
    assert before(late(silent)) == []


def test_a_consent_that_was_asked_for_anew_is_no_longer_one_and_that_is_news(silent: TracedWorld):
    says(silent, silent.person("acme", 0), "requested")
    (news,) = late(silent)["used_before_it_was_known"]
    assert (news["state"], news["records"]) == ("requested", 3)


def test_a_refusal_that_a_later_grant_lifted_is_no_news(silent: TracedWorld, trained):
    person = silent.person("acme", 0)
    says(silent, person, "refused")
    says(silent, person, "given", effective_at=WITHDRAWN_AT + DAY)
    trained(silent, NOW)
    assert (after(late(silent)), before(late(silent))) == ([], [])


def test_before_the_news_came_there_is_nothing_to_tell(world: TracedWorld):
    assert before(late(world, HEARD_AT - timedelta(microseconds=1))) == []
    assert len(before(late(world, HEARD_AT))) == 1


def test_what_was_made_after_the_instant_asked_about_is_not_asked_about(world: TracedWorld, trained):
    trained(world, NOW)
    assert after(late(world, NOW - DAY)) == []
    assert before(late(world, NOW - DAY)) == [("withdrawn-1", 1, 0, 3)]


def test_only_what_became_known_since_an_instant_can_be_asked_for(world: TracedWorld):
    assert len(before(late(world, since=HEARD_AT))) == 1
    assert before(late(world, since=HEARD_AT + timedelta(microseconds=1))) == []


# ── whose words ─────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_takes_part_in_a_record_takes_it_back_too(silent: TracedWorld):
    says(silent, silent.person("acme", 1), "withdrawn")
    assert [entry[3] for entry in before(late(silent))] == [3]  # two of their own, and one they take part in


def test_a_refusal_for_everyone_concerns_every_record_of_the_tenant_and_no_other(silent: TracedWorld, trained):
    says(silent, EVERYONE, "withdrawn")
    (news,) = late(silent)["used_before_it_was_known"]
    assert (news["kind"], news["records"], news["people"]) == ("everyone", 5, [])
    trained(silent, HEARD_AT)
    assert [records for _, _, records in after(late(silent))] == [5]


def test_a_persons_own_later_grant_lifts_a_refusal_for_everyone_and_others_records_stay_refused(silent: TracedWorld):
    says(silent, EVERYONE, "withdrawn")
    says(silent, silent.person("acme", 0), "given", effective_at=WITHDRAWN_AT + DAY)
    (news,) = late(silent)["used_before_it_was_known"]
    assert news["records"] == 3  # the two of user 1, and the one of user 0 in which user 1 takes part


def test_a_refusal_under_another_id_is_news_from_when_the_two_were_known_to_be_one(silent: TracedWorld, trained):
    other = silent.person("acme", 9)
    says(silent, other, "refused", recorded_at=WITHDRAWN_AT)
    assert before(late(silent)) == []
    links(silent, other, silent.person("acme", 0), HEARD_AT)
    (news,) = late(silent)["used_before_it_was_known"]
    assert (news["records"], news["known_at"][:10]) == (3, "2026-06-03")
    assert news["people"] == [min(other, silent.person("acme", 0))]
    trained(silent, HEARD_AT)
    assert [records for _, _, records in after(late(silent))] == [3]
    links(silent, other, silent.person("acme", 0), HEARD_AT + DAY, linked=False)
    assert before(late(silent)) == []


def test_a_link_known_when_the_snapshot_was_decided_makes_a_later_refusal_by_either_id_news(silent: TracedWorld):
    other = silent.person("acme", 9)
    links(silent, other, silent.person("acme", 0), EARLY)
    says(silent, other, "withdrawn")
    assert [entry[3] for entry in before(late(silent))] == [3]


@pytest.mark.parametrize(
    ("told", "records"),
    [
        ({"scope": "none"}, 5),
        ({"scope": "tenant-only"}, 5),
        ({"purposes": []}, 5),
        ({"purposes": ["train_ai_system.evaluation"]}, 5),
        ({"regions": ["us"]}, 5),
        ({"retention_days": 31}, 0),
        ({"retention_days": 30}, 5),
        ({}, 0),
    ],
    ids=["none", "not shared", "no purpose", "another purpose", "elsewhere", "long enough", "too short", "the same"],
)
def test_an_agreement_that_was_changed_late_concerns_what_it_no_longer_bears(
    silent: TracedWorld, told: dict[str, Any], records: int
):
    changed = {"event_id": "changed", "effective_at": WITHDRAWN_AT, "recorded_at": HEARD_AT}
    silent.ledger.add_agreements([agreement("acme", **(changed | told))])
    assert [(entry[0], entry[3]) for entry in before(late(silent))] == ([("changed", records)] if records else [])


def test_an_agreement_changed_before_a_model_was_trained_was_known(silent: TracedWorld, trained):
    told = {"event_id": "changed", "scope": "none", "effective_at": HEARD_AT, "recorded_at": HEARD_AT}
    silent.ledger.add_agreements([agreement("globex", **told)])
    trained(silent, HEARD_AT)
    (news,) = late(silent)["used_after_it_was_known"]
    assert (news["kind"], news["tenant"], news["state"], news["records"]) == ("agreement", "globex", "scope none", 5)
    assert before(late(silent)) == []


def test_each_record_and_model_is_counted_once_however_many_said_no(silent: TracedWorld, trained):
    says(silent, EVERYONE, "withdrawn")
    says(silent, silent.person("acme", 0), "refused", effective_at=WITHDRAWN_AT + DAY)
    silent.ledger.add_agreements(
        [agreement("acme", event_id="changed", scope="none", effective_at=WITHDRAWN_AT, recorded_at=HEARD_AT)]
    )
    trained(silent, NOW)
    totals = late(silent)["totals"]
    assert totals["after"] == {"news": 3, "people": 1, "snapshots": 0, "models": 1, "records": 5}
    assert totals["before"] == {"news": 3, "people": 1, "snapshots": 1, "models": 0, "records": 5}


# ── the rule is one ─────────────────────────────────────────────────────────────────────────────────────────


def test_asked_about_one_person_the_answer_is_the_same(world: TracedWorld, trained):
    trained(world, HEARD_AT)
    answer = trace_person("acme", "user 0", world.warehouse, world.ledger, world.vault, world.trusted, NOW)
    (mine,), (all_told,) = answer["used_meanwhile"], late(world)["used_after_it_was_known"]
    assert {name: mine[name] for name in ("event_id", "state", "known_at", "records")} == {
        name: all_told[name] for name in ("event_id", "state", "known_at", "records")
    }
    assert (mine["snapshots"], mine["models"]) == (["demo@v1"], [])
    assert mine["models_after_it_was_known"] == ["little/run-1"]


def test_a_person_of_two_ids_is_answered_about_under_both(silent: TracedWorld):
    mine, other = silent.person("acme", 0), silent.person("acme", 1)
    links(silent, mine, other, HEARD_AT)
    says(silent, other, "withdrawn")

    def asked(product_id: str) -> dict[str, Any]:
        where = (silent.warehouse, silent.ledger, silent.vault, silent.trusted)
        return trace_person("acme", product_id, *where, NOW)

    answer = asked("user 0")
    assert answer["also_known_as"] == [other]
    assert answer["snapshots"][0]["records"] == 5
    assert answer["snapshots"][0]["as_participant"] == 0
    assert answer["models"][0]["records"] == 5
    assert [news["records"] for news in answer["used_meanwhile"]] == [5]
    assert [event["data_subject_id"] for event in answer["consent_history"]].count(other) == 2
    named = ("data_subject_id", "also_known_as")
    assert {name: told for name, told in asked("user 1").items() if name not in named} == {
        name: told for name, told in answer.items() if name not in named
    }


def test_what_was_said_for_everyone_stands_in_a_persons_history_and_status(silent: TracedWorld):
    says(silent, EVERYONE, "withdrawn")
    answer = trace_person("acme", "user 0", silent.warehouse, silent.ledger, silent.vault, silent.trusted, NOW)
    assert {entry["status"] for entry in answer["consent"]} == {"withdrawn"}
    assert EVERYONE in [event["data_subject_id"] for event in answer["consent_history"]]
    model = trace_model(silent.warehouse.local_path(MODEL), silent.ledger, silent.trusted, NOW)
    today = {entry["status"]: (entry["records"], entry["people"]) for entry in model["consent_today"]}
    assert today == {"given": (5, 2), "withdrawn": (5, 2)}


def test_people_of_two_ids_are_counted_once_in_a_models_consent_today(silent: TracedWorld):
    links(silent, silent.person("acme", 0), silent.person("acme", 1), HEARD_AT)
    says(silent, silent.person("acme", 1), "withdrawn")
    model = trace_model(silent.warehouse.local_path(MODEL), silent.ledger, silent.trusted, NOW)
    today = {entry["status"]: (entry["records"], entry["people"]) for entry in model["consent_today"]}
    assert today == {"given": (5, 2), "withdrawn": (5, 1)}


# ── what cannot be looked up ────────────────────────────────────────────────────────────────────────────────


def test_content_that_was_removed_hides_who_takes_part_and_that_is_told(silent: TracedWorld):
    says(silent, silent.person("acme", 1), "withdrawn")
    shard = opened(silent).manifest.shards[0]
    removed = RemovedShard(shard.path, shard.sha256, shard.tenant, shard.rows, 1, "2026-06-01T00:00:00Z", "30 days")
    write_note(silent.warehouse, "snapshots/demo/v1", opened(silent).manifest, [removed], NOW, silent.vault)
    silent.warehouse.delete_file(f"snapshots/demo/v1/{shard.path}")
    answer = late(silent)
    assert [entry[3] for entry in before(answer)] == [2]
    assert "who takes part in its records is not known" in answer["not_looked_up"][0]
    person = trace_person("acme", "user 1", silent.warehouse, silent.ledger, silent.vault, silent.trusted, NOW)
    assert person["snapshots"][0]["records"] == 2
    assert "not known" in person["not_looked_up"][0]
    assert person["unverified"] == []


def test_people_whose_salt_is_gone_cannot_be_found_and_are_counted(world: TracedWorld):
    (world.root / "keys/tenants/acme.key").unlink()
    answer = late(world)
    assert before(answer) == []
    assert any("no salt is held of 1 of the 1 people" in sentence for sentence in answer["not_looked_up"])


def test_evidence_that_does_not_verify_is_named_and_not_followed(world: TracedWorld):
    flip("snapshots/demo/v1/leaves/000-acme.parquet")(world)
    answer = late(world)
    assert before(answer) == []
    assert "snapshots/demo/v1" in [entry["directory"] for entry in answer["unverified"]]


def test_without_a_snapshot_nothing_was_used(world: TracedWorld):
    world.warehouse.delete_tree("snapshots")
    world.warehouse.delete_tree("models")
    answer = late(world)
    assert (after(answer), before(answer), answer["unverified"]) == ([], [], [])


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AS_OF", "HOME", "DATABASE_URL", "KEYS", "TRUST"):
        monkeypatch.delenv(f"LINEWEIGHT_{name}", raising=False)


def test_the_report_says_in_words_what_to_act_on(world: TracedWorld, trained, capsys: pytest.CaptureFixture[str]):
    trained(world, HEARD_AT)
    show_late(late(world))
    told = " ".join(capsys.readouterr().out.split())
    assert "Used after it was known: 1 model read 3 records, against 1 statement. Act on these." in told
    assert "Used before it was known: 3 records in 1 snapshot and 0 models. This was lawful" in told
    assert told.index("Used after it was known") < told.index("Used before it was known")


@pytest.mark.usefixtures("clean")
def test_the_command_answers_as_of_an_instant_and_since_one(world: TracedWorld):
    words = ("trace", "late", "--home", world.root, "--json", "--at", NOW.isoformat())
    assert lineweight(*words).document["totals"]["before"]["news"] == 1
    assert lineweight(*words, "--since", "2026-06-04T00:00:00Z").document["totals"]["before"]["news"] == 0
    wrong = lineweight(*words, "--since", "2026-06-04")
    assert (wrong.code, "--since" in wrong.err) == (2, True)


@pytest.mark.usefixtures("clean")
def test_the_command_exits_1_where_some_evidence_does_not_verify(world: TracedWorld):
    flip(f"{MODEL}/training.dsse.json")(world)
    ran = lineweight("trace", "late", "--home", world.root, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["unverified"]
