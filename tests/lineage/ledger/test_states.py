"""Daily state tables: only what is news is recorded, and no order of tables ever leaks."""

import gzip
import itertools
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.keys.vault import Vault
from lineage.ledger.lines import RejectReason, is_cut_short
from lineage.ledger.states import StateTable
from lineage.ledger.store import Ledger
from policies.consent import VALID, ConsentEvent, ConsentStatus, status_at
from policies.consent_event import CLAIM, EVERYONE
from policies.person_link import PersonLink

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PURPOSE = "train_ai_system.finetune"
ROOT = "train_ai_system"


def at(day: int) -> datetime:
    return datetime(2026, 5, day, tzinfo=UTC)


class World:
    """A ledger, a vault, and tables as they are delivered."""

    def __init__(self, directory, url, vault):
        self.directory, self.vault, self.ledger = directory, vault, Ledger.open(url)
        self._numbers = itertools.count()

    def person(self, name="ada", tenant="acme"):
        return self.vault.data_subject_id(tenant, name)

    def table(self, day, rows, *, whole=False, data=None, name=None):
        """Import a table: states by name of person, or rows as they stand."""
        listed = [row(*one) for one in rows.items()] if isinstance(rows, dict) else rows
        path = self.directory / (name or f"{next(self._numbers)}.jsonl")
        path.write_bytes(data or "".join(json.dumps(one) + "\n" for one in listed).encode())
        table = StateTable(path, date(2026, 5, day), whole, is_cut_short(path))
        return self.ledger.add_states(table, self.vault, NOW + timedelta(seconds=next(self._numbers)))

    def says(self, day, state, person="ada", **more):
        who = person if person == EVERYONE else self.person(person)
        fields = {"purposes": (ROOT,), "effective_at": at(day), "recorded_at": at(day), **more}
        event = ConsentEvent(
            event_id=f"e-{next(self._numbers)}", tenant="acme", data_subject_id=who, state=state, **fields
        )
        self.ledger.add_consents([event])

    def status(self, name="ada", purpose=PURPOSE, when=NOW):
        told = [one for one in self.ledger.consents() if one.data_subject_id in (self.person(name), EVERYONE)]
        return status_at(told, purpose, when, NOW + timedelta(days=1)).status.value

    def reasons(self, result):
        return {reason.value: count for reason, count in result.account.reasons.items()}


def row(person, state, **more):
    return {"tenant": "acme", "data_subject_id": person, "state": state, "purposes": [ROOT], **more}


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    return Vault.open(tmp_path_factory.mktemp("vault") / "keys", seed=1)


@pytest.fixture
def world(tmp_path, vault, url):
    return World(tmp_path, url, vault)


def test_a_table_records_what_changes_and_takes_effect_at_the_beginning_of_its_day(world):
    first = world.table(1, {"ada": "given", "bob": "refused"})
    assert (first.added.new, first.unchanged) == (2, 0)
    assert (world.status(), world.status("bob")) == ("given", "refused")
    assert {event.effective_at for event in world.ledger.consents()} == {at(1)}
    assert {event.method for event in world.ledger.consents()} == {"state-table"}

    second = world.table(2, {"ada": "withdrawn", "bob": "refused"})
    assert (second.added.new, second.unchanged) == (1, 1)
    assert world.status() == "withdrawn"
    assert world.table(3, {"ada": "given", "bob": "refused"}).added.new == 1
    assert world.status() == "given"


def test_the_same_table_again_says_nothing_new(world):
    rows = {"ada": "given", "bob": "refused"}
    world.table(1, {"ada": "refused", "cleo": "given"})
    world.table(2, rows, whole=True)
    before = world.ledger.consents()
    again = world.table(2, rows, whole=True)
    assert (again.added.new, again.missing, again.account.rejected) == (0, 0, [])
    assert world.ledger.consents() == before


def test_csv_says_the_same_as_json_lines(world):
    header = "tenant,data_subject_id,state,purposes,jurisdiction\n"
    data = f"{header}acme,ada,given,{ROOT};{PURPOSE},de\nacme,bob,withdrawn,{ROOT},\n".encode()
    assert world.table(1, {}, data=data, name="states.csv").added.new == 2
    ada = world.ledger.consents(data_subject_id=world.person())[0]
    assert (ada.purposes, ada.jurisdiction) == ((ROOT, PURPOSE), "de")


def test_who_is_missing_from_a_whole_table_is_heard_as_unknown_from_that_day(world):
    world.table(1, {"ada": "given", "bob": "given", "cleo": "refused"})
    world.says(1, "given", "dora")
    assert world.table(2, {"bob": "given"}).missing == 0
    assert world.status() == "given"

    result = world.table(3, {"bob": "given"}, whole=True)
    assert result.missing == 2
    assert [world.status(name) for name in ("ada", "bob", "cleo", "dora")] == ["unknown", "given", "refused", "unknown"]
    assert world.status(when=at(2)) == "given"
    assert world.table(4, {"ada": "given", "bob": "given"}, whole=True).added.new == 1
    assert world.status() == "given"


def test_a_person_with_two_ids_is_not_missing_under_one_of_them(world):
    world.table(1, {"ada": "given", "old-ada": "given"})
    link = {"data_subject_id": world.person(), "same_as": world.person("old-ada"), "tenant": "acme"}
    world.ledger.add_links([PersonLink(event_id="l", effective_at=at(1), recorded_at=at(1), **link)])
    assert world.table(2, {"ada": "given"}, whole=True).missing == 0


def test_an_older_table_gives_refusals_only_and_its_grants_are_reported(world):
    world.table(5, {"ada": "refused", "bob": "given", "cleo": "given"})
    late = world.table(3, {"ada": "given", "bob": "withdrawn", "cleo": "given", "dora": "given"})

    assert world.reasons(late) == {"older-than-newest-table": 3}
    assert [world.status(name) for name in ("ada", "bob", "cleo", "dora")] == ["refused", "given", "given", "unknown"]
    assert world.status("bob", when=at(4)) == "withdrawn"
    assert world.table(3, {"cleo": "given"}).added.new == 0


def test_a_table_of_one_tenant_is_not_old_for_another(world):
    world.table(5, {"ada": "refused"})
    other = row("ada", "given") | {"tenant": "globex"}
    assert world.table(3, [other]).added.new == 1


@pytest.mark.parametrize(
    ("person", "more"),
    [
        ("ada", {}),
        (EVERYONE, {}),
        ("ada", {"method": "unreadable-refusal", "state": "invalidated"}),
        ("ada", {"method": CLAIM, "state": "refused"}),
        ("ada", {"state": "given", "derivatives": False}),
    ],
    ids=["their own", "for everyone", "a suspension", "a flag's", "without weights"],
)
def test_a_refusal_that_came_another_way_is_not_lifted_by_a_table(world, person, more):
    world.table(1, {"ada": "given"})
    world.says(2, **{"state": "withdrawn", "person": person} | more)
    refused = world.status()
    finetune = row("ada", "given", purposes=[PURPOSE], derivatives=True)
    result = world.table(3, [finetune])
    assert world.reasons(result) == {"refusal-stands": 1}
    assert world.status() == refused not in VALID

    world.says(4, "given", "ada")
    assert world.table(5, {"ada": "given"}).account.rejected == []
    assert world.status() == "given"


def test_a_refusal_of_a_linked_id_is_not_lifted_by_a_table(world):
    link = {"data_subject_id": world.person(), "same_as": world.person("old-ada"), "tenant": "acme"}
    world.ledger.add_links([PersonLink(event_id="l", effective_at=at(1), recorded_at=at(1), **link)])
    world.says(2, "withdrawn", "old-ada")
    assert world.reasons(world.table(3, {"ada": "given"})) == {"refusal-stands": 1}


def test_a_persons_own_later_grant_stands_beside_a_table_that_says_the_same(world):
    world.says(2, "given", notice_id="training", notice_version="3")
    assert world.table(3, {"ada": "given"}).unchanged == 1
    assert world.table(4, [row("ada", "given", notice_version="4", notice_id="training")]).added.new == 1


def test_a_refusal_of_one_purpose_by_name_is_news_though_all_were_refused(world):
    world.table(1, {"ada": "refused"})
    assert world.table(2, [row("ada", "refused", purposes=[PURPOSE])]).added.new == 1
    world.says(3, "given")
    assert (world.status(), world.status(purpose=ROOT)) == ("refused", "given")


def test_a_table_outweighs_a_claim(world):
    world.says(1, "given", method=CLAIM, expires_at=at(30))
    assert world.table(2, {"ada": "given"}).added.new == 1
    assert world.table(3, {"ada": "refused"}).added.new == 1
    assert world.status() == "refused"


def test_an_expired_grant_is_renewed_by_a_table(world):
    world.says(1, "given", expires_at=at(2))
    assert world.table(3, {"ada": "given"}).added.new == 1
    assert world.status() == "given"


@pytest.mark.parametrize("order", [("given", "refused"), ("refused", "given")])
def test_of_two_rows_about_one_person_the_refusal_counts(world, order):
    world.table(1, {"ada": "refused"})
    world.table(2, [row("ada", state) for state in order])
    assert world.status() == "refused"


@pytest.mark.parametrize("fault", [{"state": "gone"}, {"purposes": ["marketing"]}, {"effective_at": "2026-01-01"}])
def test_a_row_that_cannot_be_read_suspends_the_person_from_that_day(world, fault):
    world.table(1, {"ada": "given"})
    result = world.table(2, [row("ada", "refused") | fault])
    assert result.account.suspended == 1
    assert (world.status(), world.status(when=at(1))) == ("invalidated", "given")
    assert world.table(3, {"ada": "given"}).added.new == 1
    assert world.status() == "given"


def test_a_broken_grant_is_only_reported(world):
    result = world.table(1, [row("ada", "given") | {"purposes": ["marketing"]}])
    assert (result.added.new, world.reasons(result)) == (0, {"unknown-purpose": 1})


def test_of_a_table_cut_short_only_refusals_are_heard_and_nobody_is_missing(world):
    world.table(1, {"ada": "given", "bob": "given"})
    rows = [row("bob", "withdrawn"), *(row(f"p-{n}", "given") for n in range(500))]
    data = gzip.compress("".join(json.dumps(one) + "\n" for one in rows).encode())
    result = world.table(2, [], whole=True, data=data[:-300], name="states.jsonl.gz")
    assert (result.added.new, result.missing) == (1, 0)
    assert set(result.account.reasons) == {RejectReason.OLDER_THAN_NEWEST_TABLE, RejectReason.FILE_CUT_SHORT}
    assert (world.status(), world.status("bob")) == ("given", "withdrawn")


def test_an_older_table_still_takes_weights_back(world):
    world.table(5, {"bob": "given"})
    world.says(1, "given")
    result = world.table(3, [row("ada", "given", derivatives=False)])
    assert result.account.suspended == 1
    assert world.status() == "refused"


def test_each_import_is_remembered_once(world):
    for day, rows in ((1, {"ada": "given"}), (2, {"ada": "given"}), (2, {"ada": "given"}), (2, {"ada": "refused"})):
        world.table(day, rows)
    days = [one.version.partition("@")[0] for one in world.ledger.artifacts("state-table")]
    assert days == ["2026-05-01", "2026-05-02", "2026-05-02"]


NAMES = ("ada", "bob", "cleo")
states = st.sampled_from(["given", "given", "refused", "withdrawn", "unknown"])
tables = st.lists(
    st.dictionaries(st.sampled_from(NAMES), states, min_size=1).map(lambda rows: {"zoe": "refused"} | rows),
    min_size=2,
    max_size=4,
)


@given(days=tables, data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_whole_tables_come_only_what_the_newest_says_is_granted(tmp_path_factory, vault, days, data):
    directory = tmp_path_factory.mktemp("tables")
    world = World(directory, f"sqlite:///{directory}/ledger.db", vault)
    order = data.draw(st.permutations(range(len(days))))
    for place in [*order, *data.draw(st.lists(st.sampled_from(order), max_size=2))]:
        world.table(place + 1, days[place], whole=True)
    for name in NAMES:
        if world.status(name) in VALID:
            assert days[-1].get(name) == "given"


@given(days=tables, data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_partial_tables_come_only_what_the_newest_about_a_person_says_is_granted(
    tmp_path_factory, vault, days, data
):
    directory = tmp_path_factory.mktemp("tables")
    world = World(directory, f"sqlite:///{directory}/ledger.db", vault)
    for place in data.draw(st.permutations(range(len(days)))):
        world.table(place + 1, days[place])
    for name in NAMES:
        named = [rows[name] for rows in days if name in rows]
        if world.status(name) in VALID:
            assert named[-1] == "given"


@given(days=tables)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whole_tables_in_order_of_days_say_exactly_what_the_newest_says(tmp_path_factory, vault, days):
    directory = tmp_path_factory.mktemp("tables")
    world = World(directory, f"sqlite:///{directory}/ledger.db", vault)
    for place, rows in enumerate(days):
        world.table(place + 1, rows, whole=True)
    for name in NAMES:
        granted = days[-1].get(name) == "given"
        assert (ConsentStatus(world.status(name)) in VALID) == granted
