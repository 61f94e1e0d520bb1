"""The first run on real logs, on a few records of each."""

import json
import re
import resource
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.first_run.__main__ import RESULT, run
from benchmarks.first_run.consents import STORIES, consent_rows, story_of
from benchmarks.first_run.layout import lay_out
from benchmarks.first_run.measured import Measured, StageFailedError, in_own_process
from benchmarks.first_run.report import adds_up
from benchmarks.first_run.stages import STAGES
from benchmarks.first_run.tenants import AS_OF, SHARED, TENANTS, Slice

DATA = Path(__file__).parents[3] / "shared" / "data"
real_logs = pytest.mark.skipif(
    not all((DATA / "logs" / tenant.log).is_file() for tenant in TENANTS),
    reason="the public logs are not beside the repository",
)
STUDY, DEVELOPER, TEAM = TENANTS


def in_this_process(stage: str, about: str, home: Path) -> Measured:
    result = json.loads(json.dumps(STAGES[stage](home, about)))
    return Measured(stage, about, 0.0, 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0.0, result)


@real_logs
@pytest.mark.slow
def test_every_row_of_three_real_logs_is_accounted_for_and_the_weights_answer_for_theirs(tmp_path):
    home = tmp_path / "home"
    told = run(DATA, home, lines=120, do=in_this_process)
    assert list(told["funnel"]) == [tenant.slug for tenant in TENANTS]
    for funnel in told["funnel"].values():
        assert adds_up(funnel)
        assert funnel["rows_in"] > 0
    results = {(one["stage"], one["about"]): one["result"] for one in told["stages"]}
    assert results["verify", SHARED] == results["verify", SHARED] | {"verified": True, "broken_link": None}
    traced = results["trace", SHARED]
    assert {entry["tenant"] for entry in traced["by_source"]} == {STUDY.slug, DEVELOPER.slug}
    assert TEAM.slug not in results["snapshot", SHARED]["tenants"]
    assert results["snapshot", TEAM.slug]["tenants"].keys() == {TEAM.slug}
    for counts in results["residue", SHARED].values():
        assert counts["e-mail"]["left"]["occurrences"] == counts["home directory's user"]["left"]["occurrences"] == 0
    assert json.loads((home / RESULT).read_text()) == told
    assert not re.search(r"/(?:Users|home)/\w|@\w+\.com", json.dumps(told)), "a document of counts holds no value"


@real_logs
def test_a_stage_in_a_process_of_its_own_says_what_it_took(tmp_path):
    lay_out(DATA, tmp_path / "home", lines=5)
    measured = in_own_process("ledger", "", tmp_path / "home")
    assert measured.result["agreements"] == len(TENANTS)
    assert measured.result["rejected"] == 0
    assert measured.seconds > 0
    assert 20 < measured.peak_mib < 2_000


def test_a_stage_that_fails_stops_the_run_with_its_reason(tmp_path):
    with pytest.raises(StageFailedError, match="ledger"):
        in_own_process("ledger", "", tmp_path)


@real_logs
def test_a_slice_holds_whole_lines_of_the_log_as_they_were(tmp_path):
    laid = lay_out(DATA, tmp_path / "one", lines=3)
    again = lay_out(DATA, tmp_path / "two", lines=3)
    assert laid == again
    assert {one["lines"] for one in laid.values()} == {3}
    for tenant in TENANTS:
        files = [tmp_path / name / "logs" / tenant.slug / tenant.log.name for name in ("one", "two")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_home_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(FileExistsError):
        lay_out(DATA, tmp_path)
    assert (tmp_path / "kept").read_text() == "kept"


def test_the_ledger_is_a_function_of_the_ids_and_holds_every_story():
    people = [str(number) for number in range(2_000)]
    rows = list(consent_rows(STUDY, people))
    assert rows == list(consent_rows(STUDY, people))
    stories = {person: story_of(STUDY, person) for person in people}
    assert set(stories.values()) == {story for _, story in STORIES}
    silent = {person for person, story in stories.items() if story == "silent"}
    assert {row["data_subject_id"] for row in rows} == set(people) - silent
    given = sum(story == "given" for story in stories.values()) / len(people)
    assert 0.53 < given < 0.63


def test_the_developer_of_the_whole_app_gave_consent():
    (row,) = consent_rows(DEVELOPER, ["whoever"])
    assert (row["state"], row["age_band"], row["jurisdiction"]) == ("given", "adult", "de")


def test_a_late_withdrawal_took_effect_before_the_instant_and_was_recorded_after_it():
    late = next(str(n) for n in range(2_000) if story_of(STUDY, str(n)) == "withdrawn-recorded-late")
    withdrawn = list(consent_rows(STUDY, [late]))[-1]
    instant = AS_OF.isoformat().replace("+00:00", "Z")
    assert withdrawn["state"] == "withdrawn"
    assert withdrawn["effective_at"] < instant < withdrawn["recorded_at"]
    assert AS_OF - TEAM.asked_at > timedelta(0)


@pytest.mark.parametrize(
    ("first", "held"),
    [
        ("2026-02-08T23:59:59.999Z", False),
        ("2026-02-09T00:00:00.000Z", True),
        ("2026-02-12T23:59:59.999Z", True),
        ("2026-02-13T00:00:00.000Z", False),
    ],
)
def test_a_session_is_in_the_slice_by_its_earliest_time(first, held):
    assert Slice("2026-02-09", "2026-02-13").holds(first) is held
