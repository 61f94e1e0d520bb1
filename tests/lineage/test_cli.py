"""The commands: what they print, what they exit with, and what they never do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from lineage.cli import ledger_app, snapshot_app, trace_app, verify
from lineage.dsse import SignatureRefusedError
from lineage.home_settings import HomeSettingsError
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.models import NotVerifiedError
from lineage.record import record_id
from policies.errors import InputError, UsageError
from tests.lineage.harm import flip
from tests.lineage.traced_world import TracedWorld, traced_world

MODEL = "models/little/run-1"
SNAPSHOT = "snapshots/demo/v1"
app = typer.Typer()
app.add_typer(ledger_app, name="ledger")
app.add_typer(snapshot_app, name="snapshot")
app.add_typer(trace_app, name="trace")
app.command("verify")(verify)

CONSENT = {
    "event_id": "e-1",
    "tenant": "acme",
    "data_subject_id": "customer-17",
    "state": "given",
    "purposes": ["train_ai_system"],
    "effective_at": "2026-01-05T10:00:00Z",
    "recorded_at": "2026-01-05T10:00:01Z",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "warehouse"
    with pytest.MonkeyPatch.context() as patches:
        traced_world(root, patches)
    return root


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    return traced_world(Path(shutil.copytree(template, tmp_path / "warehouse")), monkeypatch)


@pytest.fixture(autouse=True)
def _a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str | Path, home: Path | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in (*words, *(("--home", home) if home else ()))])


def answered(*words: str | Path, home: Path) -> dict[str, Any]:
    result = run(*words, "--json", home=home)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_consents_are_imported_once(tmp_path: Path):
    file = written(tmp_path / "consents.jsonl", CONSENT)
    home = tmp_path / "home"
    first, again = (answered("ledger", "import-consents", file, home=home) for _ in range(2))
    assert (first["lines"], first["new"], first["known"]) == (1, 1, 0)
    assert (again["lines"], again["new"], again["known"]) == (1, 0, 1)


def test_an_import_with_an_unreadable_refusal_exits_1_and_suspends(tmp_path: Path):
    file = written(tmp_path / "c.jsonl", CONSENT, CONSENT | {"event_id": "e-2", "state": "Withdrawn"})
    result = run("ledger", "import-consents", file, "--json", home=tmp_path / "home")
    report = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (report["new"], report["suspended"], report["complete"]) == (2, 1, False)
    assert report["rejected"] == [
        {"file": "c.jsonl", "line": 2, "reason": "unknown-state", "detail": "state", "suspends": True}
    ]
    states = [event.state.value for event in Ledger.open(f"sqlite:///{tmp_path}/home/ledger.db").consents()]
    assert sorted(states) == ["given", "invalidated"]
    assert "heard as a suspension" in " ".join(
        run("ledger", "import-consents", file, home=tmp_path / "home").output.split()
    )


def test_an_event_id_used_for_something_else_exits_1(tmp_path: Path):
    home = tmp_path / "home"
    answered("ledger", "import-consents", written(tmp_path / "a.jsonl", CONSENT), home=home)
    changed = written(tmp_path / "b.jsonl", CONSENT | {"retroactive": True})
    result = run("ledger", "import-consents", changed, home=home)
    assert result.exit_code == 1
    assert "e-1" in result.output


def test_agreements_are_imported_and_the_ledger_is_shown(tmp_path: Path):
    file = tmp_path / "agreements.csv"
    file.write_text("tenant,scope,purposes,effective_at\nacme,tenant-only,train_ai_system,2026-01-01T00:00:00Z\n")
    home = tmp_path / "home"
    assert answered("ledger", "import-agreements", file, home=home)["new"] == 1
    answered("ledger", "import-consents", written(tmp_path / "consents.jsonl", CONSENT), home=home)

    shown = answered("ledger", "show", home=home)
    acme = {"tenant": "acme", "scope": "tenant-only", "people": 1, "consent_events": 1, "for_everyone": 0, "links": 0}
    assert shown["tenants"] == [acme | {"people_landed": 0, "people_never_heard": 0, "people_without_records": 1}]
    assert "tenant-only" in run("ledger", "show", home=home).output


def test_the_ledger_may_be_elsewhere(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    file = written(tmp_path / "consents.jsonl", CONSENT)
    assert run("ledger", "import-consents", file, "--database-url", url, home=tmp_path / "home").exit_code == 0
    assert len(Ledger.open(url).consents()) == 1
    assert not (tmp_path / "home" / "ledger.db").exists()


def test_a_home_says_where_its_ledger_and_its_keys_are(world: TracedWorld, tmp_path: Path):
    shutil.move(world.root / "ledger.db", tmp_path / "elsewhere.db")
    shutil.move(world.root / "keys", tmp_path / "vault")
    (world.root / "lineweight.yaml").write_text(
        f"database_url: sqlite:///{tmp_path}/elsewhere.db\nkeys: {tmp_path}/vault\n"
    )

    assert len(answered("ledger", "show", home=world.root)["tenants"]) == 2
    assert answered("trace", "model", "little", home=world.root)["records"] == 10
    assert answered("verify", "demo@v1", home=world.root)["verified"]
    assert not (world.root / "ledger.db").exists()
    assert not (world.root / "keys").exists()


@pytest.mark.parametrize("given", ["option", "environment"])
def test_what_is_given_goes_before_what_a_home_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str):
    home, url = tmp_path / "home", f"sqlite:///{tmp_path}/given.db"
    home.mkdir()
    (home / "lineweight.yaml").write_text(f"database_url: sqlite:///{tmp_path}/said.db\n")
    file = written(tmp_path / "consents.jsonl", CONSENT)
    if given == "environment":
        monkeypatch.setenv("LINEWEIGHT_DATABASE_URL", url)
    assert (
        run(
            "ledger", "import-consents", file, *(("--database-url", url) if given == "option" else ()), home=home
        ).exit_code
        == 0
    )
    assert len(Ledger.open(url).consents()) == 1
    assert not (tmp_path / "said.db").exists()


@pytest.mark.parametrize("words", [("ledger", "show"), ("trace", "model", "little"), ("verify", "demo@v1")])
def test_a_word_in_a_homes_settings_that_is_none_is_refused_by_every_command(
    world: TracedWorld, words: tuple[str, ...]
):
    (world.root / "lineweight.yaml").write_text("databse_url: sqlite:///elsewhere.db\nworkers: 2\n")
    refusal = run(*words, home=world.root).exception
    assert isinstance(refusal, HomeSettingsError)
    assert refusal.faults == ("lineweight.yaml: databse_url: Extra inputs are not permitted",)


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "show"),
        ("trace", "person", "user 0", "--tenant", "acme"),
        ("trace", "model", "little"),
    ],
)
def test_asking_in_a_home_that_is_not_there_makes_none(tmp_path: Path, words: tuple[str, ...]):
    result = run(*words, home=tmp_path / "no-home")
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / "no-home").exists()


@pytest.mark.parametrize("name", ["parquet", "jsonl"])
def test_a_snapshot_is_exported(world: TracedWorld, tmp_path: Path, name: str):
    told = answered("snapshot", "export", "demo", "--to", tmp_path / "out", "--format", name, home=world.root)
    assert told["records"] == 10
    assert len(list((tmp_path / "out").glob(f"*.{name}"))) == 2


def test_a_snapshot_signed_by_a_stranger_is_not_exported(world: TracedWorld, tmp_path: Path):
    stranger = Vault.open(tmp_path / "stranger")
    words = ("snapshot", "export", "demo", "--to", tmp_path / "out", "--trust", stranger.directory / "signing.pub")
    result = run(*words, home=world.root)
    assert isinstance(result.exception, SignatureRefusedError)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("named", ["little", "little/run-1", "path"])
def test_a_model_is_traced_by_name_or_place(world: TracedWorld, named: str):
    model = str(world.warehouse.local_path(MODEL)) if named == "path" else named
    assert answered("trace", "model", model, home=world.root)["records"] == 10


def test_a_model_of_several_runs_must_be_named_with_its_run(world: TracedWorld):
    shutil.copytree(world.root / MODEL, world.root / "models/little/run-2")
    result = run("trace", "model", "little", home=world.root)
    assert isinstance(result.exception, UsageError)
    assert "little/run-1, little/run-2" in result.exception.remedy
    assert isinstance(run("trace", "model", "unheard-of", home=world.root).exception, UsageError)


def test_weights_that_nobody_knows_are_told_so_and_exit_1(world: TracedWorld, tmp_path: Path):
    (tmp_path / "found.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    result = run("trace", "model", tmp_path / "found.safetensors", "--json", home=world.root)
    assert result.exit_code == 1
    told = json.loads(result.stdout)["recognised"]
    assert (told["verdict"], told["model"]) == ("unknown", None)


def test_a_place_without_weights_is_no_model(world: TracedWorld, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    result = run("trace", "model", tmp_path / "empty", home=world.root)
    assert isinstance(result.exception, InputError)
    assert "holds no *.safetensors" in str(result.exception)


def test_a_damaged_model_is_not_traced(world: TracedWorld):
    flip(f"{MODEL}/model.safetensors")(world)
    assert isinstance(run("trace", "model", "little", home=world.root).exception, NotVerifiedError)


def test_a_person_is_traced_as_of_any_instant(world: TracedWorld):
    late = answered("trace", "person", "user 0", "--tenant", "acme", "--at", "2026-07-01T00:00:00Z", home=world.root)
    early = answered("trace", "person", "user 0", "--tenant", "acme", "--at", "2026-06-02T00:00:00Z", home=world.root)
    assert (len(late["used_meanwhile"]), len(early["used_meanwhile"])) == (1, 0)
    result = run("trace", "person", "user 0", "--tenant", "acme", "--at", "2026-07-01", home=world.root)
    assert isinstance(result.exception, UsageError)


def test_an_answer_that_may_be_incomplete_exits_1(world: TracedWorld):
    flip(f"{MODEL}/training.dsse.json")(world)
    wanted = record_id("web", "acme", "chat 0", 0)
    assert run("trace", "person", "user 0", "--tenant", "acme", home=world.root).exit_code == 1
    assert run("trace", "record", wanted, home=world.root).exit_code == 1


def test_a_record_is_traced(world: TracedWorld):
    wanted = record_id("web", "acme", "chat 0", 0)
    assert len(answered("trace", "record", wanted, home=world.root)["snapshots"]) == 1


@pytest.mark.parametrize("artifact", ["demo@v1", "little", SNAPSHOT, MODEL, f"{MODEL}/model.safetensors"])
def test_what_is_whole_verifies(world: TracedWorld, artifact: str):
    place = str(world.root / artifact) if "/" in artifact else artifact
    assert answered("verify", place, home=world.root)["verified"]


def test_verifying_names_the_broken_link_and_exits_1(world: TracedWorld):
    flip(f"{SNAPSHOT}/shards/000-acme.parquet")(world)
    result = run("verify", "demo@v1", "--json", home=world.root)
    assert (result.exit_code, json.loads(result.stdout)["broken_link"]) == (1, "shard files")
    assert "Not verified: the link 'shard files'" in " ".join(run("verify", "demo@v1", home=world.root).output.split())


def test_content_is_compared_when_keys_are_given(world: TracedWorld):
    without = answered("verify", "demo@v1", home=world.root)
    with_keys = answered("verify", "demo@v1", "--keys", world.root / "keys", home=world.root)
    assert [check["link"] for check in with_keys["checks"]] == [
        *(check["link"] for check in without["checks"]),
        "content",
    ]


def test_verifying_trusts_only_the_keys_named_and_needs_one(world: TracedWorld, tmp_path: Path):
    stranger = Vault.open(tmp_path / "stranger")
    result = run("verify", "demo@v1", "--trust", stranger.directory / "signing.pub", "--json", home=world.root)
    assert (result.exit_code, json.loads(result.stdout)["broken_link"]) == (1, "signature")
    alone = shutil.copytree(world.root / SNAPSHOT, tmp_path / "alone")
    result = run("verify", alone, home=tmp_path / "nobody")
    assert isinstance(result.exception, InputError)
    assert "--trust" in result.exception.remedy
    assert not (tmp_path / "nobody").exists()


def test_asking_for_help_loads_nothing_heavy():
    heavy = "('pyarrow', 'sqlalchemy', 'cryptography', 'pydantic', 'duckdb', 'numpy')"
    code = f"import sys, lineage.cli; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_is_no_records_id_is_refused_and_not_taken_for_a_record_nobody_used(world: TracedWorld):
    refused = run("trace", "record", "nonsense", home=world.root)
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.exit_code == 2
