"""Quality gates: what a suite refuses, and what it leaves behind."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lineage.record import RECORD_SCHEMA
from pipelines.quality import SUITES, SuiteError, validate

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def said(role, content):
    return {"role": role, "content": content, "reasoning": None, "tool_calls": None, "tool_call_id": None}


def record(number=1, **changed):
    return {
        "record_id": f"r{number:032x}",
        "source": "web",
        "batch": "b" * 64,
        "line": number,
        "tenant": "acme",
        "data_subject_id": "ds_" + "a" * 32,
        "participants": [],
        "conversation_id": "c" + "0" * 32,
        "position": 0,
        "occurred_at": datetime(2026, 1, 2, tzinfo=UTC),
        "messages": [said("user", "Why does it fail?"), said("assistant", "Write to <EMAIL_ADDRESS_1a2b3c4d>.")],
        "model": None,
        "outcome": None,
        "jurisdiction": "de",
        "age_band": "adult",
        "source_licence": "CC0-1.0",
        "attributes": [("branch", "main")],
    } | changed


def table(*records):
    return pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA)


@pytest.mark.parametrize("suite", SUITES)
def test_sound_records_pass(suite):
    result = validate(table(record(1), record(2)), suite, as_of=AS_OF)
    assert result.success
    assert result.failures() == ()
    assert result.rows == 2


def test_no_records_pass():
    assert validate(table(), "snapshot", as_of=AS_OF).success


def test_where_a_repository_lies_is_no_mail_address():
    texts = [said("user", "git@github.com:acme/site.git"), said("assistant", "cloned 'git@gitlab.example.org:~me/x'")]
    assert validate(table(record(1, messages=texts)), "snapshot", as_of=AS_OF).success


@pytest.mark.parametrize(
    ("records", "meaning"),
    [
        ([record(1), record(1)], "no record is there twice"),
        ([record(1), record(2, tenant="other")], "one tenant a file"),
        ([record(1, record_id="7")], "ids have their form"),
        ([record(1, data_subject_id=None)], "every record has a person"),
        ([record(1, data_subject_id="jane@example.org")], "persons are pseudonyms"),
        ([record(1, age_band="12")], "age bands are known words"),
        ([record(1, occurred_at=datetime(2026, 6, 2, tzinfo=UTC))], "nothing is of the future"),
        ([record(1, messages=[said("user", "a"), said("oracle", "b")])], "roles are known words"),
        ([record(1, messages=[said("user", "I am jane@example.org"), said("assistant", "b")])],
         "no mail address is left"),
        ([record(1, attributes=[("by", "jane@example.org")])], "no mail address is left"),
        ([record(1, messages=[said("user", "git@example.org: yes"), said("assistant", "b")])],
         "no mail address is left"),
        ([record(1, messages=[said("user", "key AKIA" + "Q7" * 8), said("assistant", "b")])], "no AWS key id is left"),
        ([record(1, messages=[said("user", "ghp_" + "a1B2" * 9), said("assistant", "b")])], "no GitHub token is left"),
    ],
    ids=["twice", "two tenants", "bad id", "nobody", "raw person", "age", "future", "role", "mail",
        "mail in an attribute", "mail of somebody called git",
         "aws", "github"],
)  # fmt: skip
def test_a_fault_fails_the_suite_and_is_named(records, meaning):
    result = validate(table(*records), "governed", as_of=AS_OF)
    assert not result.success
    failed = {failure["meaning"]: failure["unexpected_count"] for failure in result.failures()}
    assert failed[meaning] >= 1


def test_a_question_without_an_answer_only_warns():
    result = validate(table(record(1, messages=[said("user", "Hello?")])), "governed", as_of=AS_OF)
    assert result.success
    assert [failure["meaning"] for failure in result.failures()] == ["somebody asks and is answered"]


def test_results_carry_counts_and_never_values():
    leaking = record(1, messages=[said("user", "I am jane.unmistakable@example.org"), said("assistant", "b")])
    written = json.dumps(validate(table(leaking), "governed").document())
    assert "unmistakable" not in written


def test_a_table_without_the_columns_is_refused():
    with pytest.raises(SuiteError, match="messages"):
        validate(table(record(1)).drop_columns(["messages"]), "governed")


def test_analytics_are_off_and_no_file_is_left_behind(tmp_path):
    places = {name: tmp_path / name.lower() for name in ("HOME", "TMPDIR", "PWD")}
    for place in places.values():
        place.mkdir()
    check = (
        "import os, socket\n"
        "socket.socket.connect = None\n"
        "from pipelines.quality import validate\n"
        "from lineage.record import RECORD_SCHEMA\n"
        "assert validate(RECORD_SCHEMA.empty_table(), 'governed').success\n"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
    )
    environment = os.environ | {name: str(place) for name, place in places.items()} | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=places["PWD"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {name: list(place.iterdir()) for name, place in places.items()} == {"HOME": [], "TMPDIR": [], "PWD": []}
