"""The documentation does what it says: its commands run, its samples load, its tables name everything there is.

A document's files are written and its blocks played in order, in a directory of its own; ``warehouse`` in it is a
small demo home.
"""

import csv
import json
import subprocess
import sys
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.exports.disclosure import DISCLOSURE_FILE, Disclosure
from lineage.ledger.lines import RejectReason as LedgerReason
from lineage.manifest import SnapshotManifest
from lineage.record import MESSAGE, OUTCOME, RECORD_SCHEMA
from lineage.verifying.links import Link
from lineage.warehouse import Warehouse
from pipelines.redaction.engine import QuarantineReason
from pipelines.redaction.profile import load_profile
from pipelines.redaction.recognizers import load_recognizers
from pipelines.settings import Settings
from pipelines.snapshots.request import load_request
from pipelines.sources import all_formats
from pipelines.sources.declaration import SourceDeclaration, load_declaration
from pipelines.sources.interaction import RejectReason
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import PURPOSES, ConsentEvent, ConsentStatus
from policies.document import Policy, load_policy
from policies.facts import FACT_FIELDS
from policies.reason import Reason
from policies.strict_yaml import parse
from tests.docs.conftest import Run
from tests.docs.reading import (
    DOCUMENTS,
    ROOT,
    Block,
    Command,
    anchors,
    blocks,
    commands,
    links,
    name_of,
    table_rows,
)
from training_jobs.chat import SkipReason
from training_jobs.recipe import Recipe

# Alone on two cores all of it takes under two minutes; the first document waits for the demo to be made.
pytestmark = [pytest.mark.timeout(900)]

DOCS = ROOT / "docs"

NOT_RUN = {
    "make": "makes the environment that the tests run in",
    "source": "changes the reader's shell",
    "dg": "serves pages until it is stopped",
    "python3.11": "makes an environment",
    ".venv/bin/pip": "installs from an index",
}
RUN = ("lineweight", "python")


def _words(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


# ── commands and samples ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_runs_and_every_sample_loads(document: Path, workspace: Path, run: Run):
    _write_files(document, workspace)
    for block in blocks(document):
        if block.language in ("bash", "console"):
            _play(block, workspace, run)
        elif block.language:
            _load(block, workspace)


def test_a_command_that_is_not_run_is_known_and_the_reason_is_stated():
    starts = {command.words[0] for document in DOCUMENTS for block in blocks(document)
              if block.language in ("bash", "console") for command in commands(block)}  # fmt: skip

    assert starts - {*RUN} == {*NOT_RUN}


def _play(block: Block, workspace: Path, run: Run) -> None:
    for command in commands(block):
        if command.words[0] == "python":
            done = subprocess.run([sys.executable, *command.words[1:]], cwd=workspace, check=False, timeout=300)
            assert done.returncode == command.exits, f"{block.place}: {' '.join(command.words)}"
        elif command.words[0] == "lineweight":
            exited = run([_stands_for(word, workspace) for word in command.words[1:]], command.environment)
            assert exited == command.exits, f"{block.place}: {' '.join(command.words)}: exits {exited}"


def _stands_for(word: str, workspace: Path) -> str:
    """Return a word of a command, or what it stands for in a sentence beside it."""
    if word != "RECORD_ID":
        return word
    import pyarrow.parquet as pq

    leaves = sorted((workspace / "warehouse/snapshots/bloom-shared/v1/leaves").glob("*.parquet"))
    return str(pq.read_table(leaves[0])["record_id"][0])


def _write_files(document: Path, directory: Path) -> None:
    for block in blocks(document):
        if block.file is not None:
            path = directory / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + _lease(block), encoding="utf-8")


def _lease(block: Block) -> str:
    """Return the lease of a request that states none: what is decided for the tests' instant is trained on today."""
    return "lease_days: 3650\n" if "\npool: " in block.text and "lease_days:" not in block.text else ""


def _load(block: Block, workspace: Path) -> None:
    match block.language:
        case "yaml":
            _load_yaml(block, workspace)
        case "json":
            json.loads(block.text)
        case "jsonl":
            assert all(isinstance(json.loads(line), dict) for line in block.text.splitlines())
        case "csv":
            header, *rows = csv.reader(block.text.splitlines(), strict=True)
            assert rows, block.place
            assert all(len(row) == len(header) for row in rows), block.place
        case "python":
            _execute(block)
        case other:
            pytest.fail(f"{block.place}: nothing here loads a sample of {other}")


def _execute(block: Block) -> None:
    module = types.ModuleType("sample")
    exec(compile(block.text, block.place, "exec"), module.__dict__)


def _load_yaml(block: Block, workspace: Path) -> None:
    parsed = parse(block.text.encode())
    assert not parsed.faults, f"{block.place}: {parsed.faults}"
    assert block.file is not None, f"{block.place}: say which file this is"
    path = workspace / block.file
    if "source" in parsed.value:
        load_declaration(path)
    elif "policy_id" in parsed.value:
        load_policy(path.read_bytes(), path.name)
    elif "pool" in parsed.value:
        load_request(path)
    elif "entities" in parsed.value:
        load_recognizers(load_profile(path.stem, path.parent), path.parent)
    elif "recognizers" in parsed.value:
        assert parsed.value["recognizers"], f"{block.place}: the profile that names this file loads it"
    elif path.name == DISCLOSURE_FILE:
        Disclosure.of(Warehouse(path.parent))
    else:
        assert path.name == "lineweight.yaml", f"{block.place}: nothing here loads such a document"
        Settings.load(str(path.parent))


def test_the_format_of_the_sources_page_is_one_file_found_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import pipelines.sources
    from lineage.keys.vault import Vault
    from lineage.warehouse import Warehouse
    from pipelines.landing.land import land_file, land_units

    _write_files(DOCS / "sources.md", tmp_path)
    monkeypatch.setattr(
        pipelines.sources, "__path__", [*pipelines.sources.__path__, str(tmp_path / "pipelines/sources")]
    )
    assert "help_threads" in all_formats()

    declared = {tmp_path / "threads/tickets.yaml": load_declaration(tmp_path / "threads/tickets.yaml")}
    warehouse, vault = Warehouse(tmp_path / "home"), Vault.open(tmp_path / "home/keys")
    (unit,) = land_units(declared, warehouse, vault, datetime.now(UTC))
    landed = land_file(unit)
    sys.modules.pop("pipelines.sources.help_threads")

    assert (landed.records, landed.reasons) == (2, {"unknown-role": 1})


# ── tables that name everything ─────────────────────────────────────────────────────────────────────────────


def test_the_records_page_describes_every_column_as_the_schema_does():
    rows = table_rows(DOCS / "records.md", "column")

    assert [(row[0].strip("`"), row[2], row[3]) for row in rows] == [
        (field.name, "yes" if field.nullable else "no", field.metadata[b"about"].decode()) for field in RECORD_SCHEMA
    ]


def test_the_record_of_the_records_page_has_every_column_in_order():
    (sample,) = [json.loads(block.text) for block in blocks(DOCS / "records.md") if block.language == "json"]

    assert list(sample) == RECORD_SCHEMA.names
    assert {name for message in sample["messages"] for name in message} == {field.name for field in MESSAGE}
    assert list(sample["outcome"]) == [field.name for field in OUTCOME]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("records.md", [field.name for field in (*MESSAGE, *OUTCOME)]),
        ("sources.md", SourceDeclaration.model_fields),
        ("sources.md", RejectReason),
        ("sources.md", ["openai_chat", "sharegpt", "claude_code"]),
        ("ledgers.md", ConsentEvent.model_fields),
        ("ledgers.md", AgreementEvent.model_fields),
        ("ledgers.md", ConsentStatus),
        ("ledgers.md", TenantScope),
        ("ledgers.md", LedgerReason),
        ("policies.md", Reason),
        ("policies.md", FACT_FIELDS),
        ("policies.md", Policy.model_fields),
        ("redaction.md", load_profile("strict-pseudonyms").entities),
        ("redaction.md", QuarantineReason),
        ("training.md", SkipReason),
        ("evidence.md", SnapshotManifest.model_fields),
        ("evidence.md", Link),
        ("operations.md", [f"LINEWEIGHT_{name.upper()}" for name in Settings.model_fields]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_names_every(document: str, words):
    text = (DOCS / document).read_text(encoding="utf-8")

    assert [str(word) for word in words if f"`{word}`" not in text] == []


def test_the_ledgers_page_names_every_purpose():
    text = _words("docs/ledgers.md")

    assert all(f"`{purpose}`" in text or f"`.{purpose.rpartition('.')[2]}`" in text for purpose in PURPOSES)


def test_the_training_page_names_the_options_and_their_defaults():
    recipe = Recipe(snapshot="s", name="n")
    rows = {row[0].strip("`"): row[1].strip("`") for row in table_rows(DOCS / "training.md", "option")}

    for option in ("batch-size", "learning-rate", "max-tokens", "seed", "threads", "device", "base"):
        assert rows[f"--{option}"] == str(getattr(recipe, option.replace("-", "_")))


def test_the_settings_page_tells_the_defaults():
    rows = {row[0].strip("`"): row[2].strip("`") for row in table_rows(DOCS / "operations.md", "environment")}
    defaults = {name: field.default for name, field in Settings.model_fields.items()}

    for name in ("home", "redaction_profile", "workers", "rows_per_unit", "landing_days", "runner"):
        assert rows[f"LINEWEIGHT_{name.upper()}"] == str(defaults[name])


# ── links ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(document: Path):
    broken = []
    for link in links(document):
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_page_can_be_reached_from_the_readme():
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}

    assert {page for page in DOCS.glob("*.md") if page not in reached} == set()


def test_the_readme_says_in_its_first_screen_what_it_is_for_whom_and_two_commands():
    first = "\n".join(_words("README.md").splitlines()[:20])

    assert all(word in first for word in ("training snapshots", "compliance officer", "data engineer", "ML team"))
    assert "make demo" in first
    assert "make test" in first


def test_a_command_says_how_it_exits():
    block = Block("here", "bash", "A=b lineweight show 'x y'  # exits 2\n\n# nothing\nlineweight \\\n  list\n", None)

    assert list(commands(block)) == [
        Command({"A": "b"}, ["lineweight", "show", "x y"], 2),
        Command({}, ["lineweight", "list"], 0),
    ]
