"""Verifying a snapshot: it was made as it was asked for, and of what it says."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lineage.canonical import canonical_json
from lineage.inputs import InputsUnreadableError, parse_inputs
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.snapshot_request import RequestUnreadableError, Split, parse_request
from lineage.verifying.verify import Link
from tests.lineage.harm import DIRECTORY, broken, flip, remove, verified
from tests.lineage.small_snapshot import REQUEST, SmallWorld, considered

Changed = Callable[[dict[str, Any]], object]


def rewritten(world: SmallWorld, name: str, change: Changed) -> None:
    """Change a file of the snapshot, and sign a manifest that names it as it is now."""
    path, manifest = f"{DIRECTORY}/{name}.json", world.publish()
    document = json.loads(world.warehouse.read(path))
    change(document)
    attached = world.attach(DIRECTORY, f"{name}.json", canonical_json(document))
    world.sign(SnapshotManifest.model_validate({**manifest.document(), name: attached}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda asked: asked.update(name="other"), "another name"),
        (lambda asked: asked.update(policy="other"), "another policy"),
        (lambda asked: asked.update(purpose="train_ai_system"), "another purpose"),
        (lambda asked: asked.update(pool="acme"), "another pool"),
        (lambda asked: asked.update(sources=["web", "more"]), "another sources"),
        (lambda asked: asked.update(seed=8), "another seed"),
        (lambda asked: asked.update(shard_rows=1), "more records than asked for"),
        (lambda asked: asked.update(sampel=3), "cannot be read: sampel"),
    ],
    ids=["name", "policy", "purpose", "pool", "sources", "seed", "size of files", "unknown word"],
)
def test_a_snapshot_made_otherwise_than_asked_is_refused(world: SmallWorld, change: Changed, fault: str):
    rewritten(world, "request", change)
    report = verified(world)
    assert broken(report) == Link.REQUEST
    assert fault in report.checks[-1].detail


def test_a_part_nobody_asked_for_is_refused(world: SmallWorld):
    manifest = world.publish()
    shards = [shard | {"split": "validation"} for shard in manifest.document()["shards"]]
    world.sign(SnapshotManifest.model_validate({**manifest.document(), "shards": shards}))
    report = verified(world)
    assert broken(report) == Link.REQUEST
    assert "asks for no part validation" in report.checks[-1].detail


def test_a_snapshot_that_was_asked_for_in_parts_verifies(world: SmallWorld):
    split = Split(by="person", parts={"train": 0.5, "validation": 0.5})
    manifest = world.publish()
    first, second = manifest.document()["shards"]
    attached = world.attach(DIRECTORY, "request.json", REQUEST.model_copy(update={"split": split}).to_bytes())
    changed = SnapshotManifest.model_validate(
        {**manifest.document(), "request": attached, "shards": [first, second | {"split": "validation"}]}
    )
    assert (changed.rows_of("train"), changed.rows_of("validation"), changed.rows_of("test")) == (5, 5, 0)
    assert changed.root == snapshot_root([shard.root for shard in changed.shards])
    assert changed.tenant_roots == tenant_roots(changed.shards)
    world.sign(changed)
    assert verified(world).verified


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda said: said["parts"].pop(), "do not add up to the records considered"),
        (lambda said: said["sources"].update(more=said["sources"]["web"]), "other sources than asked for"),
        (lambda said: said["parts"][0].update(source="elsewhere"), "nobody asked for it"),
        (lambda said: said["parts"][0].update(denied=0), "counts do not add up"),
        (lambda said: said["parts"][0].update(redaction="0" * 64), "redacted by another version"),
        (lambda said: said.update(extra=1), "cannot be read: extra"),
    ],
    ids=["a part less", "a source more", "another source", "counts", "redaction", "unknown word"],
)
def test_what_was_considered_must_add_up(world: SmallWorld, change: Changed, fault: str):
    rewritten(world, "inputs", change)
    report = verified(world)
    assert broken(report) == Link.INPUTS
    assert fault in report.checks[-1].detail


@pytest.mark.parametrize(("name", "link"), [("request", Link.REQUEST), ("inputs", Link.INPUTS)])
def test_a_touched_or_missing_file_is_refused_by_its_link(trained: SmallWorld, name: str, link: Link):
    flip(f"{DIRECTORY}/{name}.json")(trained)
    assert broken(verified(trained)) == link
    remove(f"{DIRECTORY}/{name}.json")(trained)
    assert broken(verified(trained)) == link


def test_of_a_policy_that_nobody_activated_it_is_said_that_nobody_did(trained: SmallWorld):
    report = verified(trained)
    assert "Policy: nobody but the deployment itself put this version in force." in report.not_checked


def test_a_request_and_inputs_survive_their_bytes_and_nothing_else_does(world: SmallWorld):
    inputs = considered(world.publish().shards)
    assert parse_request(REQUEST.to_bytes()) == REQUEST
    assert parse_inputs(inputs.to_bytes()) == inputs
    for read, data, refusal in (
        (parse_request, REQUEST.to_bytes(), RequestUnreadableError),
        (parse_inputs, inputs.to_bytes(), InputsUnreadableError),
    ):
        for other in (b"", b"{}", data + b"\n", json.dumps(json.loads(data), indent=1).encode()):
            with pytest.raises(refusal):
                read(other)
