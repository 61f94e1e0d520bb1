"""``lineweight policy check, test, explain, schema, diff``: exit codes, tables, JSON, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from policies.document import DOCUMENTS, load_policy
from policies.schema import SCHEMA_FILE
from tests.commands import Ran, lineweight

SHIPPED = (DOCUMENTS / "model-training.yaml").read_text()
STRICTER = SHIPPED.replace("version: 1", "version: 2").replace("retain_days: 730", "retain_days: 365")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go where there is no home, and none of the reader's settings."""
    for name in ("LINEWEIGHT_HOME", "LINEWEIGHT_POLICIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = "a.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def policy(*words: object) -> Ran:
    return lineweight("policy", *words)


# ── check ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_check_shows_the_documents_that_ship_and_makes_no_home():
    said = policy("check")
    assert said.code == 0, said.err
    assert "model-training" in said.out
    assert "decides as it stands" in said.out
    assert list(Path().iterdir()) == []


def test_check_tells_a_machine_the_same():
    told = policy("check", "--json").document
    assert (told["passed"], told["faults"]) == (True, [])
    (one,) = told["policies"]
    assert (one["policy_id"], one["version"], one["passed"]) == ("model-training", 1, True)
    assert {finding["kind"] for finding in one["findings"]} == {"overlap"}


def test_check_takes_the_directory_that_a_home_names_and_paths_before_it():
    written(SHIPPED.replace("policy_id: model-training", "policy_id: mine"), "documents/mine.yaml")
    written("policies: ../documents\n", "home/lineweight.yaml")
    assert [one["policy_id"] for one in policy("check", "--home", "home", "--json").document["policies"]] == ["mine"]
    named = policy("check", DOCUMENTS, "--home", "home", "--json")
    assert [one["policy_id"] for one in named.document["policies"]] == ["model-training"]


def test_every_fault_of_every_file_is_told_at_once_with_file_place_and_remedy():
    written(SHIPPED.replace("version: 1", "version: 1.10").replace("retain_days: 730", "retain: 730"), "all/a.yaml")
    written(SHIPPED.replace("given: {age_band: 13-15}", "given: {age_band: adult}"), "all/b.yaml")
    written("- one\n- two\n", "all/c.yaml")
    said = policy("check", "all", "--json")
    assert said.code == 1
    assert [(fault["file"], fault["path"]) for fault in said.document["faults"]] == [
        ("a.yaml", "version"),
        ("a.yaml", "retain_days"),
        ("a.yaml", "retain"),
        ("c.yaml", "document"),
        ("b.yaml", "cases.10"),
        ("b.yaml", "cases"),
    ]
    assert all(fault["message"] and fault["remedy"] for fault in said.document["faults"])
    assert said.document["faults"][2]["remedy"].endswith("Is retain_days meant?")


def test_check_shows_faults_and_warnings_to_a_person():
    again = "  - id: babies\n    when: {age_band: [under-13]}\n    because: They are small.\n"
    case = "  - name: a baby\n    given: {age_band: under-13}\n    expect: {effect: deny, reason: babies}\n"
    written(SHIPPED.replace("\npermit:", f"{again}\npermit:") + case)
    said = policy("check", "a.yaml")
    assert said.code == 1
    text = " ".join(said.out.split())
    assert "'a baby': expected deny (babies), decided deny (minors)" in text
    assert "rule babies: no case that passes is decided by it" in text
    assert "Warning, model-training: babies never decides: minors decides before it." in text


def test_a_dead_rule_is_a_warning_and_no_fault():
    dead = "  - id: old\n    when: {retention_exceeded: [true]}\n    because: It is old.\n"
    written(SHIPPED.replace("\npermit:", f"{dead}\npermit:"))
    told = policy("check", "a.yaml", "--json").document
    assert {"contradictory", "overlap"} == {finding["kind"] for finding in told["policies"][0]["findings"]}
    assert [fault["path"] for fault in told["faults"]] == ["cases"]  # a rule that never decides can have no case


@pytest.mark.parametrize("what", ["nowhere", "nothing.yaml"])
def test_check_of_what_is_not_there_is_refused(what):
    said = policy("check", what, "--json")
    assert said.code == 1
    assert said.document["faults"]


# ── test ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cases_are_run_and_counted_rule_by_rule():
    said = policy("test", "--json")
    assert said.code == 0
    assert said.document["policies"][0]["coverage"] == {
        "minors": 1,
        "age-unknown": 1,
        "jurisdiction-unknown": 1,
        "consented": 4,
    }
    shown = policy("test", "model-training")
    assert shown.code == 0
    assert "fourteen years old" in shown.out


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("given: {age_band: 13-15}", "given: {age_band: adult}", "FAILED"),
        ("given: {age_band: unknown}", "given: {age_band: 16-17}", "NO CASE"),
    ],
    ids=["a case fails", "a rule has none"],
)
def test_a_case_that_fails_and_a_rule_without_one_exit_1(was, becomes, told):
    written(SHIPPED.replace(was, becomes))
    said = policy("test", "a.yaml")
    assert said.code == 1
    assert told in said.out


# ── explain and schema ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["model-training", "model-training@v1", str(DOCUMENTS / "model-training.yaml")])
def test_explain_says_the_policy_in_sentences(what):
    said = policy("explain", what)
    assert said.code == 0, said.err
    assert "Everything else is denied." in said.out
    told = policy("explain", what, "--json").document
    assert (told["policy"]["version"], told["sentences"][-2]) == (1, "Everything else is denied.")


@pytest.mark.parametrize(
    ("what", "remedy"),
    [
        ("advertising", "Known: model-training."),
        ("model-training@v2", "Known: model-training@v1."),
        ("Model Training", "Write a file.yaml, an id, or id@v2."),
        ("nothing.yaml", "Correct each place named"),
    ],
)
def test_a_policy_that_is_not_there_is_refused_with_a_remedy(what, remedy):
    said = policy("explain", what)
    assert said.code in (1, 2)
    assert remedy in said.err


def test_the_schema_printed_is_the_one_that_ships():
    said = policy("schema")
    assert (said.code, said.out) == (0, SCHEMA_FILE.read_text())


# ── diff ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_diff_says_the_verdict_its_parameters_and_its_witnesses():
    written(STRICTER)
    said = policy("diff", "model-training", "a.yaml")
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    assert "model-training version 2 is stricter." in text
    assert "permits nothing that model-training version 1 denies" in text
    assert "retention_exceeded: false → true" in text
    assert "of 145,981,440 combinations of facts 0 are gained and 0 lost" in text


def test_diff_tells_a_machine_the_same_and_asks_no_home_that_is_not_there():
    written(STRICTER)
    told = policy("diff", "a.yaml", "model-training", "--json").document
    assert (told["verdict"], told["rules"], told["store"]) == ("looser", "equivalent", None)
    assert [change["name"] for change in told["parameters"]] == ["retain_days"]
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml"]


def test_diff_refuses_a_file_that_is_no_policy_with_all_its_faults():
    written("policy_id: a\n")
    said = policy("diff", "model-training", "a.yaml")
    assert said.code == 1
    assert "a.yaml: version: Field required" in said.err
    assert "a.yaml: cases: Field required" in said.err


def test_a_file_may_be_named_from_anywhere():
    load_policy(written(STRICTER, "deep/inside/b.yml").read_bytes(), "b.yml")
    assert policy("diff", "deep/inside/b.yml", "deep/inside/b.yml", "--json").document["verdict"] == "equivalent"


# ── beside what came into force ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def office() -> str:
    """A home with two officers, who put version 1 of the shipped policy in force."""
    for name, may in (("maria", "author-policies"), ("jonas", "approve-policies")):
        assert lineweight("officer", "new", name, "--out", name, "--may", may).code == 0
    named = "  maria: {key: ../maria/maria.pub, may: [author-policies]}\n"
    named += "  jonas: {key: ../jonas/jonas.pub, may: [approve-policies]}\n"
    written(f"officers:\n{named}", "office/lineweight.yaml")
    in_force(written(SHIPPED, "v1.yaml"), "model-training@v1")
    return "office"


def in_force(document: Path, label: str) -> None:
    assert policy("propose", document, "--key", "maria/maria.key", "--home", "office").code == 0
    assert policy("approve", label, "--key", "jonas/jonas.key", "--home", "office").code == 0


@pytest.mark.parametrize(
    ("version", "days", "code", "standing"),
    [(1, 730, 0, "in-force"), (1, 365, 1, "not proposed"), (2, 365, 0, "not proposed")],
    ids=["what is in force", "changed and not raised", "changed and raised"],
)
def test_a_version_must_rise_when_the_content_changes(office, version, days, code, standing):
    text = SHIPPED.replace("version: 1", f"version: {version}").replace("retain_days: 730", f"retain_days: {days}")
    said = policy("check", written(text), "--home", office, "--json")
    assert said.code == code
    assert [one["standing"] for one in said.document["policies"]] == [standing]
    assert [fault["remedy"] for fault in said.document["faults"]] == ["Raise the version to 2."] * code


def test_a_version_that_was_in_force_before_is_no_fault(office):
    in_force(written(STRICTER), "model-training@v2")
    told = policy("check", "v1.yaml", "--home", office, "--json")
    assert (told.code, told.document["policies"][0]["standing"]) == (0, "superseded")


def test_an_id_is_the_version_in_force_and_any_other_is_named_by_its_number(office):
    in_force(written(STRICTER), "model-training@v2")
    assert policy("explain", "model-training", "--home", office, "--json").document["policy"]["version"] == 2
    assert policy("explain", "model-training@v1", "--home", office, "--json").document["policy"]["version"] == 1
    told = policy("diff", "model-training@v1", "model-training", "--home", office, "--json").document
    assert (told["before"]["version"], told["after"]["version"], told["verdict"]) == (1, 2, "stricter")


def test_a_version_that_does_not_verify_is_a_fault_and_is_not_compared(office):
    envelope = Path("office/policies/model-training/v1/activation.dsse.json")
    envelope.write_bytes(envelope.read_bytes()[:-9])
    told = policy("check", "v1.yaml", "--home", office, "--json")
    assert told.code == 1
    assert told.document["faults"][0]["path"] == "version 1 of the history"
    assert policy("explain", "model-training@v1", "--home", office).code == 2


# ── what is loaded ──────────────────────────────────────────────────────────────────────────────────────────


def test_documents_are_checked_without_a_database_a_framework_or_an_engine():
    heavy = ["sqlalchemy", "duckdb", "dagster", "apache_beam", "torch", "transformers", "pandas"]
    script = (
        "import sys; from typer.testing import CliRunner; from pipelines.cli import app\n"
        "assert CliRunner().invoke(app, ['policy', 'check']).exit_code == 0\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
