"""One record explained: what is known, which rule decided, on whose word, and what would have to be otherwise."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pipelines.explaining.explaining import explain_record
from pipelines.explaining.whereabouts import RecordUnknownError, find_record
from pipelines.facts import decide_records
from pipelines.journey import landed_results
from pipelines.landing.landed import tenant_path
from policies.errors import UsageError
from policies.person_link import PersonLink
from tests.pipelines.acme import NOON, SOURCE, Acme

NOBODY = "r" + 32 * "0"
CONSENTED = {"age_band": "adult", "jurisdiction": "de"}


@pytest.fixture
def talking(world: Acme) -> Acme:
    """Acme agreed to share; Ada and Ben consented, Cleo did not."""
    world.agrees("acme")
    for person in ("ada", "ben"):
        world.consents(person, **CONSENTED)
    return world


def lands(world: Acme) -> None:
    world.delivers(f"{world.now:%Y%m%dT%H%M}.jsonl")
    world.asks()
    world.lands()
    world.governs()


def pseudonym(world: Acme, person: str) -> str:
    return world.deployment.vault.data_subject_id("acme", person)


def record_ids(world: Acme) -> list[str]:
    """Return the ids of all landed records of Acme, in order of time and line."""
    batches = landed_results(world.deployment, SOURCE)
    tables = [world.opened(tenant_path(SOURCE, one.batch, "acme"), "acme") for one in batches]
    rows = [row for table in tables for row in table.to_pylist()]
    return [row["record_id"] for row in sorted(rows, key=lambda row: (row["occurred_at"], row["line"]))]


def explained(world: Acme, place: int = 0) -> dict[str, Any]:
    return explain_record(world.deployment, record_ids(world)[place])


def only_policy(document: dict[str, Any]) -> dict[str, Any]:
    [entry] = document["policies"]
    return entry


def test_who_said_what_when_and_which_rule_decided(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    document = explained(talking)
    assert document["record"]["data_subject_id"] == pseudonym(talking, "ada")
    assert document["agreement"]["event_id"] == "a1"
    entry = only_policy(document)
    assert (entry["effect"], entry["rule"], entry["to_permit"]) == ("permit", "consented", [])
    assert entry["because"].startswith("The person consented")
    for at in ("at_collection", "at_use"):
        assert entry["consent"][at]["status"] == "given"
        assert entry["consent"][at]["event"]["event_id"] == "c2"


def test_a_withdrawal_is_told_with_both_of_its_times_and_what_would_undo_it(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    published = talking.publishes()
    talking.passes(days=9)
    talking.consents("ada", "withdrawn", effective_at=NOON + timedelta(days=1))
    document = explained(talking)
    entry = only_policy(document)
    assert (entry["effect"], entry["reason"], entry["not_in_order"]) == (
        "deny",
        "consent-withdrawn",
        ["consent_at_use"],
    )
    assert entry["to_permit"] == [{"consent_at_use": ["given", "renewed"]}]
    assert entry["consent"]["at_collection"]["status"] == "given"
    event = entry["consent"]["at_use"]["event"]
    assert (event["effective_at"][:10], event["recorded_at"][:10]) == ("2026-03-02", "2026-03-10")

    [held] = document["snapshots"]
    assert (held["snapshot"], held["effect"]) == (published.manifest.label, "permit")
    assert held["changed"] == {"consent_at_use": ["given", "withdrawn"]}
    assert held["consent"]["event_id"] == "c2"
    told = "\n".join(document["sentences"])
    assert "would permit it if this held instead: consent at use is given or renewed." in told
    assert "Since then: consent_at_use was given, is withdrawn." in told


def test_of_somebody_never_asked_it_says_all_that_a_consent_would_bring(talking: Acme):
    talking.says("cleo", "nobody asked me")
    lands(talking)
    entry = only_policy(explained(talking))
    assert entry["reason"] == "consent-unknown"
    [way] = entry["to_permit"]
    assert set(way) == {"consent_at_use", "consent_at_collection", "legal_basis"}
    assert entry["consent"]["at_use"] == {"status": "unknown", "since": None, "event": None}


def test_what_the_change_says_is_true(talking: Acme):
    """Cleo does what is said to be needed, and is permitted."""
    talking.says("cleo", "nobody asked me")
    lands(talking)
    talking.passes(days=1)
    talking.consents("cleo", retroactive=True)
    entry = only_policy(explained(talking))
    assert (entry["effect"], entry["facts"]["consent_at_collection"]) == ("permit", "retroactive")


def test_of_the_others_there_are_numbers_and_no_names(talking: Acme):
    talking.says("ada", "all of us", participants=["ben", "cleo"])
    lands(talking)
    document = explained(talking)
    entry = only_policy(document)
    assert entry["reason"] == "participant-not-permitted"
    assert entry["participants"] == {"people": 2, "permit": 1, "denied_by_reason": {"age-unknown": 1}}
    told = json.dumps(document)
    assert pseudonym(talking, "ben") not in told
    assert pseudonym(talking, "cleo") not in told
    assert "Of the others who take part (2), 1 permit and 1 do not (age-unknown)." in document["sentences"]


def test_a_person_with_two_ids_is_heard_under_both(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    ada, also = pseudonym(talking, "ada"), pseudonym(talking, "ada@home")
    link = {"event_id": "l1", "tenant": "acme", "effective_at": talking.now, "recorded_at": talking.now}
    talking.deployment.ledger.add_links([PersonLink(data_subject_id=ada, same_as=also, **link)])
    talking.passes(days=1)
    talking.consents("ada@home", "withdrawn")
    document = explained(talking)
    assert document["record"]["known_as"] == sorted([ada, also])
    entry = only_policy(document)
    assert (entry["reason"], entry["consent"]["at_use"]["status"]) == ("consent-withdrawn", "withdrawn")


def test_a_withdrawal_for_everybody_is_everybodys(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    talking.passes(days=1)
    talking.consents("ada", "withdrawn", data_subject_id="everyone")
    entry = only_policy(explained(talking))
    assert entry["reason"] == "consent-withdrawn"
    assert entry["consent"]["at_use"]["event"]["event_id"] == "c4"


def test_what_is_told_is_what_the_whole_ledger_decides(talking: Acme):
    ada, also = pseudonym(talking, "ada"), pseudonym(talking, "ada@home")
    link = {"event_id": "l1", "tenant": "acme", "effective_at": talking.now, "recorded_at": talking.now}
    talking.deployment.ledger.add_links([PersonLink(data_subject_id=ada, same_as=also, **link)])
    for person, others in (
        ("ada", []),
        ("ben", []),
        ("cleo", []),
        ("ada@home", ["ben"]),
        ("ben", ["ada@home", "cleo"]),
    ):
        talking.says(person, "hello", participants=others)
    lands(talking)
    talking.passes(days=1)
    talking.consents("ben", "refused", purposes=["train_ai_system"])
    talking.consents("ada", "withdrawn", data_subject_id="everyone")
    talking.passes(hours=1)
    talking.consents("ada@home", **CONSENTED, retroactive=True)
    deployment = talking.deployment
    as_of = deployment.as_of()
    for place, record_id in enumerate(record_ids(talking)):
        entry = only_policy(explained(talking, place))
        keys = find_record(deployment, record_id).keys
        policy = deployment.policy("model-training")
        [decision] = decide_records(keys, deployment.known(as_of), policy, "tenant", as_of).decisions
        assert (entry["facts"], entry["reason"]) == (decision["facts"], decision["reason"])
        assert entry["consent"]["at_use"]["status"] == entry["facts"]["consent_at_use"]


def test_a_pool_of_others_is_another_question(talking: Acme):
    talking.agrees("acme", scope="tenant-only", effective_at=NOON + timedelta(hours=1))
    talking.says("ada", "mine alone")
    talking.passes(days=1)
    lands(talking)
    document = explained(talking)
    entry = only_policy(document)
    assert (entry["effect"], entry["in_shared_pool"]["reason"]) == ("permit", "tenant-not-shared")
    assert "In a pool shared with other tenants it is denied (tenant-not-shared)." in document["sentences"]


def test_where_it_was_left_out_and_why(talking: Acme):
    talking.says("ada", "Мой заказ опаздывает, и никто не отвечает на письма. " * 9)
    talking.says("cleo", "nobody asked me")
    lands(talking)
    [stopped], [denied] = (explained(talking, place)["governed"] for place in (0, 1))
    assert stopped["effect"] == "quarantine"
    assert (denied["effect"], denied["reason"]) == ("deny", "consent-unknown")
    [landed] = explained(talking)["landed"]
    assert (landed["source"], landed["line"]) == (SOURCE, 1)


def test_what_is_in_a_snapshot_alone_is_explained_from_it(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    [record_id] = record_ids(talking)
    talking.publishes()
    for area in ("landing", "governed"):
        talking.warehouse.delete_tree(area)
    document = explain_record(talking.deployment, record_id)
    assert (document["landed"], document["governed"]) == ([], [])
    assert only_policy(document)["rule"] == "consented"
    assert document["snapshots"][0]["snapshot"] == "all@v1"


def test_of_a_denied_record_whose_log_was_swept_only_the_reason_is_left(talking: Acme):
    talking.says("cleo", "nobody asked me")
    lands(talking)
    [record_id] = record_ids(talking)
    talking.warehouse.delete_tree("landing")
    document = explain_record(talking.deployment, record_id)
    assert (document["record"], document["policies"]) == (None, [])
    assert "it was denied, and only its id was kept: consent-unknown." in document["sentences"][0]
    assert "cannot be looked up again" in document["sentences"][-1]


def test_of_two_deliveries_the_one_a_snapshot_takes_is_explained(talking: Acme):
    for number, person in enumerate(("cleo", "ada")):
        more = {"conversation": "talk", "at": (NOON + timedelta(hours=1 - number)).isoformat()}
        talking.says(person, "the same words", **more)
        talking.delivers(f"{number}.jsonl")
    talking.passes(days=1)
    talking.asks()
    talking.lands()
    talking.governs()
    document = explained(talking)
    assert len(document["landed"]) == len(document["governed"]) == 2
    assert document["record"]["data_subject_id"] == pseudonym(talking, "ada")


def test_an_id_that_nobody_has_and_one_that_is_none_are_refused(talking: Acme):
    talking.says("ada", "my order is late")
    lands(talking)
    with pytest.raises(RecordUnknownError, match=NOBODY) as unknown:
        explain_record(talking.deployment, NOBODY)
    assert unknown.value.exit_code == 1
    for wrong in ("ada", "r12", NOBODY.upper(), NOBODY + "\n"):
        with pytest.raises(UsageError, match="r and 32 hexadecimal digits"):
            explain_record(talking.deployment, wrong)


def test_nothing_that_was_said_is_told(talking: Acme):
    talking.says("ada", "a parrot for Zanzibar", answer="A pigeon, perhaps.")
    lands(talking)
    talking.publishes()
    told = json.dumps(explained(talking))
    for word in ("parrot", "Zanzibar", "pigeon", "ada"):
        assert word not in told
