"""``lineweight policy``: exit codes, tables and JSON."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from policies.cli import app
from policies.document import DOCUMENTS, PolicyError
from policies.errors import UsageError

SHIPPED = (DOCUMENTS / "model-training.yaml").read_text()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_check_shows_the_documents_that_ship():
    code, shown = run("check")
    assert code == 0
    assert "model-training" in shown
    assert "passed" in shown


def test_check_tells_a_machine_the_same():
    code, shown = run("check", "--json")
    told = json.loads(shown)
    assert (code, told["passed"]) == (0, True)
    assert [one["policy_id"] for one in told["policies"]] == ["model-training"]


def test_check_fails_when_a_golden_case_does_and_names_it(tmp_path):
    (tmp_path / "a.yaml").write_text(SHIPPED.replace("given: {age_band: 13-15}", "given: {age_band: adult}"))
    code, shown = run("check", str(tmp_path))
    assert code == 1
    assert "FAILED" in shown
    assert "case 'fourteen years old': expected deny (minors), decided permit (permitted)" in " ".join(shown.split())
    assert "rule minors: no case that passes is decided by it" in shown


def test_check_refuses_documents_that_are_not_policies(tmp_path):
    (tmp_path / "a.yaml").write_text(SHIPPED.replace("version: 1", "version: 1.10"))
    with pytest.raises(PolicyError, match=r"a\.yaml: version: Input should be a valid integer"):
        run("check", str(tmp_path))


def test_explain_says_the_policy_in_sentences():
    code, shown = run("explain", "model-training")
    assert code == 0
    assert "Everything else is denied." in shown
    told = json.loads(run("explain", "model-training", "--json")[1])
    assert told["policy"]["version"] == 1
    assert told["sentences"][-2] == "Everything else is denied."


def test_explain_knows_which_policies_there_are(tmp_path):
    with pytest.raises(UsageError) as refused:
        run("explain", "advertising")
    assert refused.value.remedy == "Known are: model-training."


def test_the_room_decides_without_a_database_a_framework_or_an_engine():
    heavy = ["sqlalchemy", "duckdb", "dagster", "apache_beam", "torch", "transformers", "cryptography", "pandas"]
    script = "import policies.cli, sys; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
