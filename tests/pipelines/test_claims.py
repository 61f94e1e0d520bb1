"""Flags that were copied into logs become claims: as they land, once, and never more than they are worth."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.people import landed_people
from pipelines.landing.claims import Claims, claims_of
from pipelines.landing.entering import enter
from pipelines.landing.land import LandUnit, land_file
from pipelines.landing.landed import landed
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.interaction import Claim
from pipelines.sources.places import ConsentFlag
from policies.consent import VALID, ConsentEvent, ConsentStatus, status_at
from tests.pipelines.test_land import DECLARED, NOW, World, line, packed

PURPOSE = "train_ai_system.finetune"
FLAG = {
    "column": "settings.training",
    "values": {"true": "given", "false": "refused", "maybe": "deferred"},
    "stale_days": 30,
}
SPOKE = datetime(2026, 1, 1, tzinfo=UTC)


def said(number, flag, day=0, user="ada", **more):
    at = (SPOKE + timedelta(days=day)).isoformat()
    told = {} if flag is None else {"settings": {"training": flag}}
    return line(number, user=user, at=at, others=[], **told, **more)


class Landing(World):
    """A world whose source has a flag, and a ledger that batches are entered in."""

    def __init__(self, root):
        super().__init__(root)
        self.ledger = Ledger.open(f"sqlite:///{root}/ledger.db")

    def land(self, *lines, name="day.jsonl.gz", flag=FLAG, now=NOW):
        result = land_file(self.deliver(packed(*lines), name=name, consent=flag))
        enter(self.ledger, self.warehouse, self.vault, [result], now)
        return result

    def ada(self):
        return self.vault.data_subject_id("acme", "ada")

    def status(self, day):
        told = self.ledger.consents(data_subject_id=self.ada())
        return status_at(told, PURPOSE, SPOKE + timedelta(days=day), NOW + timedelta(days=9)).status.value


@pytest.fixture
def world(tmp_path):
    return Landing(tmp_path)


def test_a_run_of_grants_is_one_event_that_goes_stale(world):
    result = world.land(*(said(number, True, day=number) for number in range(5)))

    [event] = world.ledger.consents()
    assert (event.state.value, event.method, event.expressed_by) == ("given", "log-flag", "product")
    assert (event.effective_at, event.expires_at) == (SPOKE, SPOKE + timedelta(days=34))
    assert (event.recorded_at, event.evidence) == (NOW, f"web/{result.batch}")
    assert (result.claims, result.flags) == ({"acme": 1}, {"given": 5})
    assert [world.status(day) for day in (0, 33, 34)] == ["given", "given", "expired"]


def test_a_gap_longer_than_a_flag_holds_is_not_bridged(world):
    world.land(said(1, True), said(2, True, day=100))
    assert [world.status(day) for day in (0, 29, 30, 99, 100, 130)] == [
        "given", "given", "expired", "expired", "given", "expired",
    ]  # fmt: skip


def test_a_flag_that_says_no_refuses_and_does_not_go_stale(world):
    world.land(said(1, True), said(2, False, day=2), said(3, False, day=4))
    assert [world.status(day) for day in (1, 2, 400)] == ["given", "refused", "refused"]
    assert [event.effective_at - SPOKE for event in world.ledger.consents()] == [timedelta(days=d) for d in (0, 2, 4)]


def test_a_flag_that_says_yes_again_does_not_lift_what_a_flag_refused(world):
    world.land(said(1, False), said(2, True, day=2))
    assert world.status(3) == "refused"


def test_a_word_nobody_declared_is_heard_as_a_refusal_and_counted(world):
    result = world.land(said(1, True), said(2, "opted-out", day=1), said(3, "maybe", day=1, user="bob"))
    assert result.flags == {"deferred": 1, "given": 1, "invalidated": 1, "unknown-word": 1}
    assert world.status(2) == "invalidated"


@pytest.mark.parametrize("flag", [None, "null"])
def test_a_line_without_the_flag_claims_nothing(world, flag):
    spoken = said(1, None) if flag is None else said(1, None, settings={"training": None})
    assert world.land(spoken).claims == {}
    assert world.ledger.consents() == []


def test_a_source_without_a_flag_is_read_as_before(world):
    assert world.land(said(1, True), flag=None).flags == {}
    plain = SourceDeclaration.model_validate(DECLARED)
    assert "consent" not in plain.document()
    assert SourceDeclaration.model_validate(DECLARED | {"consent": FLAG}).digest != plain.digest


def test_a_flag_counts_though_its_interaction_is_too_large_for_a_record(world, monkeypatch):
    monkeypatch.setattr("pipelines.landing.records.MAX_CHARACTERS", 100)
    large = [{"role": "user", "content": "x" * 101}, {"role": "assistant", "content": "y"}]
    result = world.land(said(1, True), said(2, False, day=1, messages=large))
    assert (result.records, result.quarantined) == (1, 1)
    assert world.status(2) == "refused"


def test_a_flag_of_nobody_is_counted_and_claims_nothing(world):
    result = world.land(said(1, True, user=None))
    assert (result.flags, result.claims) == ({"given": 1}, {})


def test_landing_again_and_entering_again_change_nothing(world):
    lines = [said(1, True), said(2, False, day=1)]
    world.land(*lines)
    before = world.ledger.consents()
    again = world.land(*lines, now=NOW + timedelta(days=3))
    assert again.already
    world.land(*lines, flag={**FLAG, "stale_days": 30, "purposes": ["train_ai_system"]})
    assert world.ledger.consents() == before


def test_what_a_crash_kept_out_of_the_ledger_is_entered_by_the_next_landing(world):
    unit = world.deliver(packed(said(1, False)), consent=FLAG)
    land_file(unit)
    assert world.ledger.consents() == []

    result = land_file(unit)
    assert result.already
    enter(world.ledger, world.warehouse, world.vault, [result], NOW)
    assert world.status(1) == "refused"
    assert [batch.batch for batch in world.ledger.batches()] == [result.batch]


def test_claims_outlive_the_raw_records_so_that_a_late_ledger_still_hears_them(world):
    result = land_file(world.deliver(packed(said(1, False)), consent=FLAG))
    for path in world.warehouse.files("landing"):
        world.warehouse.delete_file(path)
    enter(world.ledger, world.warehouse, world.vault, [replace(result, swept_at="2026-07-01T00:00:00Z")], NOW)
    assert world.status(1) == "refused"


def test_landing_anew_leaves_no_claims_of_the_landing_before(world):
    world.land(said(1, True))
    world.land(said(1, True), flag=None)
    assert world.warehouse.files("claims") == []


def test_a_crash_between_the_claims_and_the_batch_enters_nothing_twice(world):
    result = land_file(world.deliver(packed(said(1, False)), consent=FLAG))
    world.ledger.add_consents(claims_of(world.warehouse, world.vault, result, NOW))
    enter(world.ledger, world.warehouse, world.vault, [result], NOW + timedelta(days=1))
    assert [event.recorded_at for event in world.ledger.consents()] == [NOW]


def test_claims_are_known_from_when_the_ledger_has_them(world):
    later = NOW + timedelta(days=2)
    world.land(said(1, True), now=later)
    assert world.ledger.consents(known_at=NOW) == []
    assert len(world.ledger.consents(known_at=later)) == 1


def test_claims_lie_encrypted_beside_the_records_and_a_batch_without_them_is_not_whole(world):
    result = world.land(said(1, True))
    [path] = world.warehouse.files("claims")
    assert world.ada().encode() not in world.warehouse.read(path)
    world.warehouse.delete_file(path)
    assert landed(world.warehouse, "web", result.batch) is None


def test_a_clock_that_is_ahead_grants_nothing_and_refuses_at_once(world):
    future = (NOW - SPOKE).days + 10
    result = world.land(said(1, True, day=future), said(2, False, day=future, user="bob"))
    assert result.flags == {"future": 2, "given": 1, "refused": 1}
    [refusal] = world.ledger.consents()
    assert (refusal.state.value, refusal.effective_at) == ("refused", NOW)


def test_a_claim_lifts_nothing_and_prolongs_nothing_that_the_person_said(world):
    world.land(*(said(number, True, day=number) for number in range(5)))
    at = SPOKE + timedelta(days=1)
    told = {"tenant": "acme", "data_subject_id": world.ada(), "purposes": ("train_ai_system",), "effective_at": at}
    world.ledger.add_consents([ConsentEvent(event_id="late", state="withdrawn", recorded_at=NOW, **told)])
    world.land(said(9, True, day=9), name="next.jsonl.gz")
    assert [world.status(day) for day in (0, 1, 5, 9, 20)] == ["given", *["withdrawn"] * 4]


def test_the_people_of_a_batch_are_counted_and_kept_encrypted(world):
    result = world.land(said(1, True), said(2, True, user="bob"), line(3, user=None, others=["cleo"]))
    assert result.people == {"acme": 3}
    people = landed_people(world.warehouse, world.vault)["acme"].to_pylist()
    assert sorted(people) == sorted(world.vault.data_subject_id("acme", one) for one in ("ada", "bob", "cleo"))
    assert landed_people(world.warehouse, None) == {}


SHAREGPT = {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yes"}]}
ASKED = {"message": {"role": "user", "content": "hi"}, "timestamp": "2026-01-01T00:00:00Z"}
CLAUDE_CODE = {"type": "user", "uuid": "u-1", "sessionId": "s", **ASKED}


@pytest.mark.parametrize(("form", "more"), [("sharegpt", SHAREGPT), ("claude_code", CLAUDE_CODE)])
def test_every_format_hands_the_flag_on(world, form, more):
    told = {"team": "acme", "user": "ada", "others": [], "conversation": "c", "at": "2026-01-01T00:00:00Z"}
    path = world.root / "day.jsonl"
    path.write_text(json.dumps(told | {"settings": {"training": False}} | more))
    declared = SourceDeclaration.model_validate({**DECLARED, "format": form, "consent": FLAG})
    result = land_file(LandUnit(declared, path, world.warehouse, world.vault, NOW))
    assert (result.claims, result.flags) == ({"acme": 1}, {"refused": 1})


def test_a_later_line_that_completes_an_interaction_can_still_refuse(world):
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
    }
    asked = [{"role": "user", "content": "q"}, call]
    done = [*asked, {"role": "tool", "content": "r", "tool_call_id": "1"}, {"role": "assistant", "content": "a"}]
    first = said(1, True, messages=asked)
    second = said(1, False, day=1, messages=done)
    result = world.land(first, second)
    assert result.records == 1
    assert world.status(2) == "refused"


flags = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.sampled_from(["given", "refused", "invalidated"])),
    max_size=12,
)


def events_of(rows, stale_days=5):
    flag = ConsentFlag(column="c", values={"x": "given"}, stale_days=stale_days)
    claims = Claims(flag, "web", "0" * 64, NOW)
    for person, day, state in rows:
        row = {"tenant": "acme", "data_subject_id": "ds_" + person * 32, "occurred_at": SPOKE + timedelta(days=day)}
        claims.add(row, Claim(ConsentStatus(state), True))
    return claims.events().get("acme", [])


@given(rows=flags, data=st.data())
def test_the_order_of_lines_changes_no_event(rows, data):
    assert events_of(data.draw(st.permutations(rows))) == events_of(rows)


@given(rows=flags, day=st.integers(0, 60))
@settings(max_examples=200)
def test_compacted_flags_say_what_each_flag_alone_would(rows, day):
    at = SPOKE + timedelta(days=day)
    for person in "ab":
        mine = [(seen, state) for who, seen, state in rows if who == person and seen <= day]
        refused = any(state != "given" for _, state in mine)
        fresh = any(state == "given" and day < seen + 5 for seen, state in mine)
        told = [event for event in events_of(rows) if event.data_subject_id == "ds_" + person * 32]
        assert (status_at(told, PURPOSE, at, NOW).status in VALID) == (fresh and not refused)


def test_a_vault_is_opened_by_whoever_enters(world):
    result = land_file(world.deliver(packed(said(1, False)), consent=FLAG))
    enter(world.ledger, world.warehouse, Vault.open(world.root / "keys"), [result], NOW)
    assert world.status(1) == "refused"
