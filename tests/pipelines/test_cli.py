"""The command line: what it prints, how it ends, and what it says when it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from tests.commands import ROOT, in_a_process, lineweight
from tests.pipelines.acme import NOON, SOURCE, Acme

HEAVY = (
    "apache_beam",
    "dagster",
    "duckdb",
    "great_expectations",
    "presidio_analyzer",
    "spacy",
    "torch",
    "transformers",
)


def commands() -> list[tuple[str, ...]]:
    """Return every command and group, by its words."""
    from pipelines.cli import app

    def under(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        inner = getattr(command, "commands", {})
        return [words, *(found for name, one in sorted(inner.items()) for found in under(one, (*words, name)))]

    return under(typer.main.get_command(app), ())


@pytest.mark.parametrize("words", commands(), ids=lambda words: "-".join(words) or "lineweight")
def test_what_a_command_says_of_itself_is_this(words, golden, monkeypatch):
    from pipelines.cli import app

    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 100)
    said = CliRunner().invoke(app, [*words, "--help"], prog_name="lineweight", env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert said.exit_code == 0
    golden(f"help/{'-'.join(words) or 'lineweight'}.txt", "\n".join(map(str.rstrip, said.output.splitlines())) + "\n")


def test_help_takes_about_a_second():
    started = os.times()
    said = in_a_process("--help")
    ended = os.times()
    assert said.code == 0
    busy = ended.children_user + ended.children_system - started.children_user - started.children_system
    assert busy < 1.5, f"{busy:.1f} s of processor time"


def test_to_show_help_nothing_heavy_is_loaded():
    listing = f"import sys, pipelines.cli; print([name for name in {HEAVY} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """A home whose records have gone all the way to a snapshot, by commands alone."""
    world = Acme(tmp_path_factory.mktemp("travelled"))
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    world.says("bob", "nobody asked me")
    world.delivers()
    world.asks()
    (world.home / "lineweight.yaml").write_text(f"as_of: {NOON.isoformat()}\n")
    for words in (("land",), ("govern",), ("snapshot", "build", "all")):
        said = lineweight(*words, "--home", world.home, "--json")
        assert said.code == 0, said.err
        assert said.document
    return world


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("source", "formats"), {"formats"}),
        (("source", "list"), {"sources"}),
        (("land",), {"sources"}),
        (("govern", SOURCE), {"sources"}),
        (("snapshot", "build", "all"), {"snapshot", "path", "root", "records", "tenants"}),
        (("snapshot", "list"), {"snapshots"}),
        (("snapshot", "show", "all"), {"root", "counts", "signed_by"}),
        (("verify", "all@v1"), {"verified", "checks", "not_checked"}),
        (("ledger", "show"), set()),
        (("trace", "person", "ada", "--tenant", "acme"), set()),
        (("policy", "check"), set()),
    ],
    ids=lambda words: "-".join(words) if isinstance(words, tuple) else "",
)
def test_with_json_one_object_is_printed_and_nothing_else(travelled: Acme, words, expected):
    where = ("--home", travelled.home) if words[0] != "policy" and words != ("source", "formats") else ()
    said = lineweight(*words, *where, "--json")
    assert said.code == 0, said.err
    assert expected <= set(said.document)
    assert said.err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [(("snapshot", "list"), 0), (("verify", "all@v1"), 0), (("verify", "no-such-thing"), 2), (("land", "--hoem"), 2)],
    ids=["done", "verified", "nothing of that name", "no such option"],
)
def test_a_process_ends_with_the_code_and_keeps_the_streams_apart(travelled: Acme, words, code):
    said = in_a_process(*words, "--home", travelled.home, "--json")
    assert said.code == code
    assert "Traceback" not in said.err
    if code == 0:
        assert said.document
        assert said.err == ""
    else:
        assert said.out == ""
        assert said.err


@pytest.mark.parametrize(
    ("words", "code", "sentence", "remedy"),
    [
        (("land", "elsewhere"), 2, "There is no declared source elsewhere.", f"Known: {SOURCE}."),
        (("govern", "elsewhere"), 2, "There is no declared source elsewhere.", f"Known: {SOURCE}."),
        (("snapshot", "build", "elsewhere"), 2, "There is no snapshot request elsewhere.", "Known: all."),
        (("snapshot", "show", "elsewhere"), 2, "elsewhere", ""),
        (("trace", "person", "ada", "--tenant", "acme", "--at", "noon"), 2, "not a time with a zone", "2026-06-01T00"),
        (("ledger", "import-consents", "absent.jsonl"), 1, "absent.jsonl", ""),
        (("policy", "explain", "elsewhere"), 2, "elsewhere", ""),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_a_sentence_with_a_remedy(travelled: Acme, words, code, sentence, remedy):
    where = () if words[0] == "policy" else ("--home", travelled.home)
    said = lineweight(*words, *where)
    lines = said.err.strip().splitlines()
    assert said.code == code
    assert said.out == ""
    assert sentence in lines[0]
    assert len(lines) == 2, "what is wrong, and what to do about it"
    assert remedy in lines[1]
    assert all(line.endswith(".") for line in lines)


def test_a_home_with_a_wrong_setting_is_refused_with_every_fault(tmp_path: Path):
    (tmp_path / "lineweight.yaml").write_text("workers: 0\nlanding_dayz: 3\n")
    said = lineweight("land", "--home", tmp_path)
    assert said.code == 1
    assert "lineweight.yaml: workers: " in said.err
    assert "lineweight.yaml: landing_dayz: " in said.err
    assert "Traceback" not in said.err


def test_what_is_said_to_a_person_holds_what_a_machine_is_told(travelled: Acme):
    told = json.loads(lineweight("snapshot", "show", "all", "--home", travelled.home, "--json").out)
    shown = lineweight("snapshot", "show", "all", "--home", travelled.home).out
    assert told["root"] in shown
    assert "consent-unknown" in shown
