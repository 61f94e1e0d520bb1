"""The ``ledger`` commands: what they take in, what they count, and what they exit with."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from lineage.cli import ledger_app
from lineage.home import Home
from lineage.ledger.store import Ledger
from lineage.people import keep_people, people_path
from policies.errors import InputError, UsageError

app = typer.Typer()
app.add_typer(ledger_app, name="ledger")

CONSENT = {
    "tenant": "acme",
    "data_subject_id": "u-1",
    "state": "given",
    "purposes": ["train_ai_system"],
    "effective_at": "2026-01-05T10:00:00Z",
    "recorded_at": "2026-01-05T10:00:01Z",
}
STATE = {"tenant": "acme", "data_subject_id": "u-1", "state": "refused", "purposes": ["train_ai_system"]}


class Desk:
    """A home, and commands run on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(app, ["ledger", *map(str, words), "--home", str(self.home)])

    def answer(self, *words: object, code: int = 0) -> dict[str, Any]:
        result = self.run(*words, "--json")
        assert result.exit_code == code, result.output
        return dict(json.loads(result.stdout))

    def file(self, name: str, *lines: dict[str, Any]) -> Path:
        path = self.root / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def land(self, *people: str) -> None:
        """Let records of these people lie in the landing area."""
        home = Home.at(str(self.home), None, None)
        vault = home.vault()
        ids = [vault.data_subject_id("acme", one) for one in people]
        keep_people(home.warehouse, vault, "acme", people_path("landing/web/b1", "acme"), ids)

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(f"sqlite:///{self.home}/ledger.db")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("COLUMNS", "200")
    return Desk(tmp_path)


def test_an_import_counts_whom_it_speaks_of(desk: Desk):
    desk.land("u-1", "u-3")
    said = desk.file("a.jsonl", CONSENT, CONSENT | {"data_subject_id": "u-2"})
    assert desk.answer("import-consents", said)["people"] == {
        "in_new_events": 2,
        "first_heard": 2,
        "without_records": 1,
    }

    more = desk.file("b.jsonl", CONSENT | {"state": "withdrawn"}, CONSENT | {"data_subject_id": "u-4"})
    assert desk.answer("import-consents", more)["people"] == {
        "in_new_events": 2,
        "first_heard": 1,
        "without_records": 1,
    }
    assert "of 1 for the first time" not in desk.run("import-consents", more).output


def test_the_ledger_shows_who_never_said_anything_and_of_whom_no_record_came(desk: Desk):
    desk.land("u-1", "u-3", "u-5")
    desk.answer("import-consents", desk.file("a.jsonl", CONSENT, CONSENT | {"data_subject_id": "u-2"}))
    [acme] = desk.answer("show")["tenants"]
    assert acme == {
        "tenant": "acme",
        "scope": "no agreement in force",
        "people": 2,
        "people_landed": 3,
        "people_never_heard": 2,
        "people_without_records": 1,
        "consent_events": 2,
        "for_everyone": 0,
        "links": 0,
    }
    assert "never heard" in desk.run("show").output


def test_what_is_not_taken_is_explained_and_counted(desk: Desk):
    lines = [CONSENT | {"purposes": ["marketing"]}] * 2 + [CONSENT | {"recorded_at": "2999-01-01T00:00:00Z"}]
    later = CONSENT | {"effective_at": "2999-01-01T00:00:00Z"}
    report = desk.answer("import-consents", desk.file("a.jsonl", *lines, later), code=1)
    assert {one["reason"]: one["lines"] for one in report["reasons"]} == {
        "recorded-in-the-future": 1,
        "unknown-purpose": 2,
    }
    assert all(one["meaning"] for one in report["reasons"])
    assert (report["rejected_lines"], report["takes_effect_later"]) == (3, 1)
    shown = desk.run("import-consents", desk.file("b.jsonl", *lines)).output
    assert "some clock is ahead" in shown


def test_links_are_imported_and_a_broken_one_suspends_both_people(desk: Desk):
    link = {"tenant": "acme", "data_subject_id": "u-1", "same_as": "u-2"}
    assert desk.answer("import-links", desk.file("a.jsonl", link))["new"] == 1
    assert len(desk.ledger.links()) == 1
    broken = desk.file("b.jsonl", link | {"linked": "perhaps"})
    assert desk.answer("import-links", broken, code=1)["suspended"] == 1
    assert len(desk.ledger.consents()) == 2
    assert "suspension of both people" in desk.run("import-links", broken).output
    assert desk.answer("show")["tenants"][0]["links"] == 1


def test_states_are_imported_and_the_table_is_remembered(desk: Desk):
    table = desk.file("states.jsonl", STATE, STATE | {"data_subject_id": "u-2", "state": "given"})
    first = desk.answer("import-states", table, "--on", "2026-05-02", "--whole")
    assert (first["new"], first["unchanged"], first["missing"]) == (2, 0, 0)
    again = desk.answer("import-states", table, "--on", "2026-05-02", "--whole")
    assert (again["new"], again["unchanged"], again["missing"]) == (0, 2, 0)
    later = desk.file("later.jsonl", STATE)
    assert desk.answer("import-states", later, "--on", "2026-05-03", "--whole")["missing"] == 1
    older = desk.run("import-states", table, "--on", "2026-05-01")
    assert older.exit_code == 1
    assert "older-than-newest-table" in older.output
    shown = desk.run("show").output
    assert "State tables" in shown
    assert "2026-05-03" in shown


def test_a_day_that_is_none_is_a_wrong_call(desk: Desk):
    result = desk.run("import-states", desk.file("states.jsonl", STATE), "--on", "yesterday")
    assert isinstance(result.exception, UsageError)


def test_a_missing_table_leaves_nothing(desk: Desk):
    result = desk.run("import-states", desk.root / "nowhere.jsonl", "--on", "2026-05-01")
    assert isinstance(result.exception, InputError)
    assert desk.ledger.artifacts() == []


WITHDRAW = ("withdraw-all", "acme", "--purpose", "train_ai_system", "--effective-at", "2026-05-20T00:00:00Z")


def test_one_event_withdraws_for_everyone_and_says_how_many_it_touches(desk: Desk):
    desk.answer("import-consents", desk.file("a.jsonl", CONSENT, CONSENT | {"data_subject_id": "u-2"}))
    report = desk.answer(*WITHDRAW, "--because", "contract ended")
    assert (report["people"], report["new"]) == (2, True)
    assert not desk.answer(*WITHDRAW, "--because", "contract ended")["new"]

    [event] = [one for one in desk.ledger.consents() if one.data_subject_id == "everyone"]
    assert (event.state.value, event.evidence, event.expressed_by) == ("revoked", "contract ended", "tenant")
    assert desk.answer("show")["tenants"][0]["for_everyone"] == 1
    assert "touches 2 people" in desk.run(*WITHDRAW).output


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("acmee", "--purpose", "train_ai_system"), "acmee"),
        (("acme", "--purpose", "marketing"), "marketing"),
        (("acme", "--purpose", "train_ai_system", "--because", "asked by jo@example.org"), "--because"),
        (("acme", "--purpose", "train_ai_system", "--because", "x" * 501), "--because"),
    ],
    ids=["a tenant nobody knows", "a purpose nobody knows", "an e-mail address", "too long"],
)
def test_a_withdrawal_that_would_miss_is_refused(desk: Desk, words: tuple[str, ...], what: str):
    desk.answer("import-consents", desk.file("a.jsonl", CONSENT))
    result = desk.run("withdraw-all", *words, "--effective-at", "2026-05-20T00:00:00Z")
    assert isinstance(result.exception, UsageError)
    assert what in str(result.exception)
    assert len(desk.ledger.consents()) == 1
