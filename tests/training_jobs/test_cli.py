"""``lineweight train`` as a person meets it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from policies.errors import UsageError
from tests.training_jobs.deployment import exchange
from training_jobs.cli import main, train_command

APP = typer.Typer()
APP.command("train")(train_command)


@pytest.fixture
def home(deployment):
    deployment.publish({"acme": [exchange(n) for n in range(8)]})
    return str(deployment.root)


def asked(*arguments):
    return CliRunner().invoke(APP, list(arguments))


def test_a_run_answers_with_one_json_object(home):
    result = asked("small", "--name", "little", "--steps", "2", "--threads", "1", "--home", home, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["steps"] == 2
    assert (Path(home) / document["directory"] / "training.dsse.json").exists()


def test_a_key_that_did_not_sign_the_snapshot_is_refused(home, tmp_path_factory):
    from lineage.keys.vault import Vault

    elsewhere = tmp_path_factory.mktemp("elsewhere") / "keys"
    Vault.open(elsewhere)
    result = asked("small", "--name", "little", "--home", home, "--trust", str(elsewhere / "signing.pub"))
    assert "unknown-key" in str(result.exception)
    assert not (Path(home) / "models").exists()


def test_training_never_makes_a_vault(tmp_path):
    result = asked("small", "--name", "little", "--home", str(tmp_path))
    assert isinstance(result.exception, UsageError)
    assert list(tmp_path.iterdir()) == []


def test_a_home_on_another_machine_needs_the_vault_to_be_named():
    result = asked("small", "--name", "little", "--home", "mock://elsewhere")
    assert isinstance(result.exception, UsageError)
    assert "--keys" in result.exception.remedy


def test_the_vault_that_a_home_names_in_its_settings_is_used(home, tmp_path):
    vault = shutil.move(Path(home) / "keys", tmp_path / "vault")
    (Path(home) / "lineweight.yaml").write_text(f"keys: {vault}\n")
    result = asked("small", "--name", "little", "--steps", "1", "--threads", "1", "--home", home, "--json")
    assert result.exit_code == 0, result.output
    assert not (Path(home) / "keys").exists()


def test_the_module_says_a_refusal_in_words(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sft", "small", "--name", "little", "--home", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == UsageError.exit_code
    assert "there is no key vault" in capsys.readouterr().err.replace("\n", " ")


def test_the_command_is_known_without_loading_torch():
    probe = (
        "import sys, training_jobs.cli; print([m for m in ('torch', 'transformers', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
