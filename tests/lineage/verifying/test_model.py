"""Verifying a model: from its weights down to the records it read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.canonical import digest_of, sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.manifest import SnapshotManifest, parse_manifest
from lineage.statement import open_envelope, sign_statement, snapshot_statement
from lineage.training_statement import header_metadata
from lineage.verifying.verify import Link, verify_path
from policies.errors import UsageError
from tests.lineage.harm import DIRECTORY, LEAVES, SHARD, Harm, broken, flip, put, remove, verified
from tests.lineage.small_snapshot import SmallWorld, safetensors

MODEL = "models/little/run-1"


def test_a_model_verifies_down_to_the_records_it_read(trained: SmallWorld):
    report = verified(trained, MODEL)
    assert report.verified
    links = [check.link for check in report.checks]
    assert links[:11] == [
        Link.ARTIFACT,
        Link.SIGNATURE,
        Link.WEIGHTS,
        Link.HEADER,
        Link.FILES,
        Link.RECIPE,
        Link.CONSUMPTION,
        Link.COPIES,
        Link.TICKET,
        Link.REVOCATIONS,
        Link.SUBSET,
    ]
    assert links[11] == "snapshot: signature"
    assert any(sentence.startswith("Training: it was not run again") for sentence in report.not_checked)
    assert verified(trained, f"{MODEL}/model.safetensors").verified
    with_keys = verified(trained, MODEL, vault=trained.vault)
    assert with_keys.checks[-1].link == "snapshot: content"


@pytest.mark.parametrize(
    ("harm", "link"),
    [
        (remove(f"{MODEL}/training.dsse.json"), Link.SIGNATURE),
        (flip(f"{MODEL}/training.dsse.json"), Link.SIGNATURE),
        (flip(f"{MODEL}/model.safetensors"), Link.WEIGHTS),
        (remove(f"{MODEL}/model.safetensors"), Link.WEIGHTS),
        (put(f"{MODEL}/adapter.safetensors", b""), Link.WEIGHTS),
        (put(f"{MODEL}/config.json", b"{} "), Link.FILES),
        (remove(f"{MODEL}/config.json"), Link.FILES),
        (put(f"{MODEL}/recipe.json", b'{"steps":9}'), Link.RECIPE),
        (put(f"{MODEL}/recipe.json", b"{"), Link.RECIPE),
        (remove(f"{MODEL}/recipe.json"), Link.RECIPE),
        (flip(f"{MODEL}/consumption/rank-0.parquet"), Link.CONSUMPTION),
        (remove(f"{MODEL}/consumption/rank-0.parquet"), Link.CONSUMPTION),
        (remove(f"{MODEL}/snapshot/manifest.json"), Link.COPIES),
        (flip(f"{MODEL}/snapshot/manifest.json"), Link.COPIES),
        (flip(f"{MODEL}/snapshot/statement.dsse.json"), Link.COPIES),
        (flip(f"{DIRECTORY}/manifest.json"), Link.SUBSET),
        (flip(f"{DIRECTORY}/{LEAVES}"), Link.SUBSET),
        (remove(f"{DIRECTORY}/statement.dsse.json"), "snapshot: signature"),
        (flip(f"{DIRECTORY}/{SHARD}"), "snapshot: shard files"),
    ],
)
def test_a_touched_model_is_refused_by_link(trained: SmallWorld, harm: Harm, link: str):
    harm(trained)
    assert broken(verified(trained, MODEL)) == link


def test_a_file_of_weights_without_its_statement_is_not_verified(world: SmallWorld, tmp_path: Path):
    model = world.train(world.publish())
    shutil.copy(model / "model.safetensors", tmp_path / "found.safetensors")
    report = verify_path(tmp_path / "found.safetensors", world.trusted)
    assert broken(report) == Link.SIGNATURE
    assert "training.dsse.json: is missing" in report.checks[-1].detail


def test_a_model_whose_snapshot_is_not_at_hand_is_not_verified_until_it_is(world: SmallWorld, tmp_path: Path):
    model = world.train(world.publish())
    shutil.copytree(model, tmp_path / "copied")
    report = verify_path(tmp_path / "copied", world.trusted)
    assert broken(report) == Link.SUBSET
    assert "name it with --snapshot" in report.checks[-1].detail
    snapshot = world.warehouse.local_path(DIRECTORY)
    assert verify_path(tmp_path / "copied", world.trusted, snapshot=snapshot).verified
    world.publish(2)
    other = world.warehouse.local_path("snapshots/demo/v2")
    assert broken(verify_path(tmp_path / "copied", world.trusted, snapshot=other)) == Link.SUBSET


def first_row(world: SmallWorld, manifest: SnapshotManifest, **changes: Any) -> pa.Table:
    rows = world.consumed(manifest).to_pylist()
    return pa.Table.from_pylist([rows[0] | changes, *rows[1:]], schema=CONSUMPTION_SCHEMA)


@pytest.mark.parametrize(
    "change",
    [{"shard": 2}, {"row": 5}, {"record_id": "r0"}, {"leaf": bytes(32)}],
    ids=str,
)
def test_a_record_consumed_that_is_not_in_the_snapshot_is_refused(world: SmallWorld, change: dict[str, Any]):
    manifest = world.publish()
    world.train(manifest, consumed=first_row(world, manifest, **change))
    assert broken(verified(world, MODEL)) == Link.SUBSET


def restated(world: SmallWorld, change: Callable[[dict[str, Any]], object]) -> None:
    """Sign another training statement over the same files."""
    opened = open_envelope(world.warehouse.read(f"{MODEL}/training.dsse.json"), world.trusted)
    predicate = json.loads(json.dumps(opened.predicate))
    change(predicate)
    world.sign_training(MODEL, predicate, opened.artifacts)


def test_weights_whose_header_names_another_run_are_refused(trained: SmallWorld):
    restated(trained, lambda predicate: predicate["runDetails"]["metadata"].update(invocationId="run-2"))
    report = verified(trained, MODEL)
    assert broken(report) == Link.HEADER
    assert "lineweight.run" in report.checks[-1].detail


def retold(world: SmallWorld, change: Callable[[dict[str, Any]], object]) -> None:
    """Sign another story of the training, and write weights whose header agrees with it."""
    restated(world, change)
    opened = open_envelope(world.warehouse.read(f"{MODEL}/training.dsse.json"), world.trusted)
    weights = safetensors(header_metadata(opened.predicate))
    world.warehouse.write(f"{MODEL}/model.safetensors", weights)
    world.sign_training(MODEL, opened.predicate, {"model.safetensors": sha256_hex(weights)})


def consumed_otherwise(**annotations: str) -> Callable[[dict[str, Any]], object]:
    return lambda predicate: predicate["runDetails"]["byproducts"][0]["annotations"].update(annotations)


def taken_in_otherwise(name: str, **fields: Any) -> Callable[[dict[str, Any]], object]:
    def change(predicate: dict[str, Any]) -> None:
        entries = predicate["buildDefinition"]["resolvedDependencies"]
        next(entry for entry in entries if entry["name"] == name).update(fields)

    return change


@pytest.mark.parametrize(
    ("change", "link", "detail"),
    [
        (consumed_otherwise(root="0" * 64), Link.CONSUMPTION, "root is not the one stated"),
        (consumed_otherwise(rows="9"), Link.CONSUMPTION, "has not the rows"),
        (taken_in_otherwise("snapshot", digest={"sha256": "0" * 64}), Link.COPIES, "manifest is not that"),
        (taken_in_otherwise("snapshot", annotations={"root": "0" * 64}), Link.COPIES, "root is another one"),
        (taken_in_otherwise("snapshot", uri="snapshot:demo@v2"), Link.COPIES, "name is another one"),
        (taken_in_otherwise("snapshot-statement", digest={"sha256": "0" * 64}), Link.COPIES, "statement is another"),
        (taken_in_otherwise("policy", digest={"sha256": "0" * 64}), Link.COPIES, "policy is another one"),
    ],
)
def test_a_training_statement_that_tells_another_story_is_refused(
    trained: SmallWorld, change: Callable[[dict[str, Any]], object], link: Link, detail: str
):
    retold(trained, lambda predicate: None)
    assert verified(trained, MODEL).verified
    retold(trained, change)
    report = verified(trained, MODEL)
    assert broken(report) == link
    assert detail in report.checks[-1].detail


def test_a_copy_of_a_snapshot_whose_statement_says_something_else_is_refused(trained: SmallWorld):
    manifest = parse_manifest(trained.warehouse.read(f"{MODEL}/snapshot/manifest.json"))
    statement = snapshot_statement(manifest, manifest.digest())
    statement["predicate"]["purpose"] = "train_ai_system"
    trained.warehouse.write(f"{MODEL}/snapshot/statement.dsse.json", sign_statement(statement, [trained.vault]))
    retold(trained, taken_in_otherwise("snapshot-statement", digest={"sha256": digest_of(statement)}))
    report = verified(trained, MODEL)
    assert broken(report) == Link.COPIES
    assert "not about this manifest" in report.checks[-1].detail


@pytest.mark.parametrize("weights", [b"", b"\xff" * 64, safetensors({}), (2).to_bytes(8, "little") + b"[]"])
def test_weights_without_the_header_are_refused_even_if_signed(trained: SmallWorld, weights: bytes):
    trained.warehouse.write(f"{MODEL}/model.safetensors", weights)
    opened = open_envelope(trained.warehouse.read(f"{MODEL}/training.dsse.json"), trained.trusted)
    trained.sign_training(MODEL, opened.predicate, {"model.safetensors": sha256_hex(weights)})
    assert broken(verified(trained, MODEL)) == Link.HEADER


def test_a_training_statement_that_leaves_something_out_is_refused(trained: SmallWorld):
    restated(trained, lambda predicate: predicate["buildDefinition"]["resolvedDependencies"].clear())
    assert broken(verified(trained, MODEL)) == Link.HEADER
    restated(trained, lambda predicate: predicate.clear())
    assert broken(verified(trained, MODEL)) == Link.HEADER


def test_a_statement_about_a_snapshot_does_not_pass_for_one_about_training(trained: SmallWorld):
    trained.warehouse.write(f"{MODEL}/training.dsse.json", trained.warehouse.read(f"{DIRECTORY}/statement.dsse.json"))
    assert broken(verified(trained, MODEL)) == Link.SIGNATURE


def test_a_file_beside_the_weights_that_nobody_signed_is_pointed_out(trained: SmallWorld):
    trained.warehouse.write(f"{MODEL}/notes.txt", b"")
    report = verified(trained, MODEL)
    assert report.verified
    assert "Files that the training statement does not name: notes.txt." in report.not_checked


def test_what_is_neither_snapshot_nor_model_is_not_verified(world: SmallWorld, tmp_path: Path):
    assert broken(verify_path(tmp_path, world.trusted)) == Link.ARTIFACT
    (tmp_path / "notes.txt").write_text("")
    assert broken(verify_path(tmp_path / "notes.txt", world.trusted)) == Link.ARTIFACT
    with pytest.raises(UsageError, match="nothing here"):
        verify_path(tmp_path / "absent", world.trusted)
