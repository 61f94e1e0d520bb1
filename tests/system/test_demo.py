"""The demo: one command, from logs to weights, and nothing of what must not get out gets out."""

import shutil
from pathlib import Path

import pytest

from lineage.snapshot import list_snapshots
from pipelines.demonstration.demo import MAIN, import_ledgers
from pipelines.demonstration.officers import DUTIES
from pipelines.deployment import Deployment
from pipelines.gates import check_staged
from pipelines.journey import govern_source, land_source, publish_snapshot, stage_snapshot
from pipelines.settings import Settings
from pipelines.world import generate
from pipelines.world.dates import AS_OF
from policies.consent import VALID, status_at
from tests.commands import lineweight
from tests.system.finished import RECORDS, SEED, FinishedDemo, demo_at

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_one_object_is_printed_and_it_says_these_things(demo: FinishedDemo):
    assert demo.said.code == 0, demo.said.err
    document = demo.document
    assert set(document) == {
        "seed", "records", "denied_by_reason", "quarantined_by_reason", "snapshot", "model", "redaction", "verified",
        "seconds",
    }  # fmt: skip
    assert set(document["records"]) == {"landed", "permitted", "denied", "quarantined"}
    assert set(document["snapshot"]) == {"path", "name", "root"}
    assert set(document["redaction"]) == {"planted", "found", "by_type"}
    assert document["seed"] == SEED
    assert Path(document["snapshot"]["path"], "statement.dsse.json").is_file()
    assert Path(document["model"]["path"], "training.dsse.json").is_file()


def test_nothing_is_said_beside_it(demo: FinishedDemo):
    assert demo.said.err == ""


def test_everything_that_came_in_is_accounted_for(demo: FinishedDemo):
    counts = demo.document["records"]
    assert counts["landed"] == counts["permitted"] + counts["denied"] + counts["quarantined"]
    assert counts["landed"] >= RECORDS
    assert counts["permitted"] > 0
    assert sum(demo.document["denied_by_reason"].values()) == counts["denied"]
    assert sum(demo.document["quarantined_by_reason"].values()) == counts["quarantined"]


def test_the_weights_are_verified_and_anybody_with_the_public_keys_can_do_so_too(demo: FinishedDemo):
    assert demo.document["verified"] is True
    officers = [word for name in DUTIES for word in ("--trust", demo.home / f"demo/officers/{name}.pub")]
    words = ("verify", demo.document["model"]["path"], "--trust", demo.home / "keys/signing.pub", "--json")
    said = lineweight(*words, *officers)
    assert said.code == 0
    assert said.document["verified"] is True

    said = lineweight(*words)
    assert said.code == 1
    assert said.document["broken_link"] == "release ticket", "nobody that is trusted here released the snapshot"


def test_the_recall_adds_up_over_the_types(demo: FinishedDemo):
    redaction = demo.document["redaction"]
    for name in ("planted", "found"):
        assert redaction[name] == sum(counts[name] for counts in redaction["by_type"].values())
    assert 0 < redaction["found"] <= redaction["planted"] <= len(demo.planted)
    structured = {kind: counts for kind, counts in redaction["by_type"].items() if kind != "PERSON"}
    assert all(counts["found"] == counts["planted"] for counts in structured.values())


def test_what_is_looked_for_below_is_really_in_what_came_in(demo: FinishedDemo):
    contents = demo.inputs()
    there = [row for row in demo.planted if any(row["value"].encode() in content for content in contents)]
    assert len(there) > len(demo.planted) * 0.9, "but for the few that JSON escapes"


def test_no_planted_value_is_in_any_file_that_came_out(demo: FinishedDemo):
    values = {row["value"].encode(): row["type"] for row in demo.planted}
    assert len(values) > 10
    outputs = list(demo.outputs())
    assert len(outputs) > 20
    for path in outputs:
        content = demo.open_bytes(path)
        leaked = [kind for value, kind in values.items() if value in content]
        assert leaked == [], path.relative_to(demo.home)


def test_no_products_own_id_of_a_person_is_in_any_file_that_came_out(demo: FinishedDemo):
    assert len(demo.people) > 10
    for path in demo.outputs():
        content = demo.open_bytes(path)
        assert not [person for person in demo.people if person in content], path.relative_to(demo.home)


def test_whoever_has_the_keys_reads_no_planted_value_either(demo: FinishedDemo):
    structured = {row["value"]: row["type"] for row in demo.planted if row["type"] != "PERSON"}
    read = list(demo.texts())
    assert {path.split("/")[0] for path, _ in read} == {"governed", "snapshots"}
    for path, text in read:
        assert [kind for value, kind in structured.items() if value in text] == [], path


def test_nothing_is_written_outside_the_home(demo: FinishedDemo):
    assert list((demo.elsewhere / "cwd").iterdir()) == []
    user = demo.elsewhere / "user"
    kept = {path.parent.relative_to(user).as_posix() for path in user.rglob("*") if path.is_file()}
    assert kept <= {".cache/lineweight/hyperscan"}  # compiled expressions, no data
    assert not [path for path in (demo.elsewhere / "tmp").rglob("*") if path.is_file()]


def test_running_it_once_more_changes_nothing_that_it_says(demo: FinishedDemo, tmp_path: Path):
    again = demo_at(Path(shutil.copytree(demo.home, tmp_path / "home")), tmp_path)
    assert again.said.code == 0, again.said.err
    for name in ("records", "denied_by_reason", "quarantined_by_reason", "redaction", "verified"):
        assert again.document[name] == demo.document[name]
    for name in ("name", "root"):
        assert again.document["snapshot"][name] == demo.document["snapshot"][name]
    assert [version for _, version, _ in list_snapshots(again.deployment.warehouse)] == [1, 1]


def root_of(home: Path, seed: int) -> str:
    """Take a world through by its stages, without Dagster, as far as the shared snapshot."""
    world = generate(home / "demo", seed, RECORDS)
    where = {"sources": home / "demo/sources", "requests": home / "demo/requests"}
    deployment = Deployment(Settings(home=str(home), seed=seed, as_of=world.as_of, **where))
    import_ledgers(deployment, world)
    for source in deployment.declarations:
        land_source(deployment, source)
        govern_source(deployment, source)
    directory = stage_snapshot(deployment, MAIN)
    check_staged(deployment, directory)
    return publish_snapshot(deployment, directory).manifest.root


def test_the_root_is_a_function_of_the_seed_wherever_and_however_the_stages_are_run(demo: FinishedDemo, tmp_path: Path):
    assert root_of(tmp_path / "same", SEED) == demo.document["snapshot"]["root"]
    assert root_of(tmp_path / "other", SEED + 1) != demo.document["snapshot"]["root"]


def test_a_directory_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    said = lineweight("demo", "--home", tmp_path, "--json")
    assert said.code == 2
    assert said.out == ""
    assert said.err.splitlines() == [
        f"{tmp_path}: holds something that is not a demo.",
        "Name an empty directory with --home.",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_everybody_whose_words_were_published_consents_at_the_instant_decided_for(demo: FinishedDemo):
    consents = demo.deployment.ledger.consents(known_at=AS_OF)
    files = [rows for path, rows in demo.opened("tenant", "data_subject_id") if path.startswith("snapshots/")]
    people = {(row["tenant"], row["data_subject_id"]) for rows in files for row in rows}
    assert len(people) > 5
    for tenant, person in people:
        said = [event for event in consents if (event.tenant, event.data_subject_id) == (tenant, person)]
        assert status_at(said, "train_ai_system.finetune", AS_OF, AS_OF).status in VALID
