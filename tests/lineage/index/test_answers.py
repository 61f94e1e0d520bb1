"""Answers by the index: those that reading everything gives, held against the evidence, and no hiding in between."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from lineage.index.keeping import INDEX, Indexes
from lineage.index.kinds import RECORDS
from lineage.index.of_model import ModelIndex, Trained, write_model_index
from lineage.index.of_snapshot import BuiltFrom, SnapshotContent, SnapshotIndex, write_snapshot_index
from lineage.index.seal import write_seal
from lineage.index.table import IndexContradictedError
from lineage.record import record_id
from lineage.retention import RemovedShard, write_note
from lineage.snapshot import Snapshot
from lineage.trace import trace_person, trace_record
from lineage.trace.evidence import gather
from lineage.warehouse import Warehouse
from tests.commands import lineweight
from tests.lineage.harm import DIRECTORY, SHARD, flip
from tests.lineage.index.conftest import Brought
from tests.lineage.traced_world import NOW, TracedWorld
from tests.servers import S3Server

MODEL = "models/little/run-1"
AT = datetime(2027, 3, 1, tzinfo=UTC)


def of_person(world: TracedWorld, tenant: str, number: int, indexes: Indexes | None = None) -> dict[str, Any]:
    ledger, trusted = world.ledger, world.trusted
    return trace_person(tenant, f"user {number}", world.warehouse, ledger, world.vault, trusted, NOW, indexes)


def of_record(world: TracedWorld, tenant: str, number: int, indexes: Indexes | None = None) -> dict[str, Any]:
    wanted = record_id("web", tenant, f"chat {number}", 0)
    return trace_record(wanted, world.warehouse, world.ledger, world.trusted, indexes)


def at_hand(world: TracedWorld) -> tuple[Indexes, SnapshotIndex, ModelIndex]:
    indexes = Indexes(world.warehouse, world.vault, world.trusted)
    snapshot = indexes.of_snapshot(Snapshot.open(world.warehouse, DIRECTORY, world.trusted))

    model = indexes.of_model(gather(world.warehouse, world.trusted).models[0])
    assert snapshot is not None
    assert model is not None
    return indexes, snapshot, model


def test_the_index_gives_the_answers_that_reading_everything_gives(world: TracedWorld, brought: Brought):
    world.publish(2)
    indexes = brought(world)
    for tenant in world.tenants:
        for number in range(3):
            scanned, looked_up = of_person(world, tenant, number), of_person(world, tenant, number, indexes)
            assert json.dumps(looked_up) == json.dumps(scanned)
        for number in range(6):
            scanned, looked_up = of_record(world, tenant, number), of_record(world, tenant, number, indexes)
            assert json.dumps(looked_up) == json.dumps(scanned)


def test_removed_content_is_told_of_as_before(world: TracedWorld, brought: Brought):
    manifest = Snapshot.open(world.warehouse, DIRECTORY, world.trusted).manifest
    shard = manifest.shards[0]
    going = RemovedShard(shard.path, shard.sha256, shard.tenant, shard.rows, 2, "2027-02-01T00:00:00Z", "30 days")
    write_note(world.warehouse, DIRECTORY, manifest, [going], AT, world.vault)
    world.warehouse.delete_file(f"{DIRECTORY}/{SHARD}")
    answer = of_person(world, "acme", 1, brought(world))
    assert answer == of_person(world, "acme", 1)
    assert "Who else takes part" in answer["not_looked_up"][0]


def test_whose_salt_was_destroyed_is_found_by_no_index_and_that_is_said(world: TracedWorld, brought: Brought):
    indexes = brought(world)
    world.vault.destroy_salts("acme", [world.person("acme", 1)], AT)
    looked_up, scanned = of_person(world, "acme", 1, indexes), of_person(world, "acme", 1)
    assert looked_up["snapshots"] == []
    assert "--full-scan" in looked_up["not_looked_up"][0]
    assert [one["as_participant"] for one in scanned["snapshots"]] == [1]
    assert scanned["not_looked_up"] == []


def test_only_shards_and_ledgers_are_read_in_which_the_index_says_that_something_lies(
    world: TracedWorld, brought: Brought
):
    indexes = brought(world)
    flip("snapshots/demo/v1/leaves/000-acme.parquet")(world)
    assert of_person(world, "globex", 0, indexes)["unverified"] == []
    flip(f"{MODEL}/consumption/rank-0.parquet")(world)
    assert of_person(world, "globex", 2, indexes)["unverified"] == []


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("snapshots/demo/v1/leaves/000-acme.parquet", DIRECTORY),
        ("snapshots/demo/v1/shards/000-acme.parquet", DIRECTORY),
        ("snapshots/demo/v1/decisions.json", DIRECTORY),
        ("snapshots/demo/v1/manifest.json", DIRECTORY),
        (f"{MODEL}/consumption/rank-0.parquet", MODEL),
        (f"{MODEL}/training.dsse.json", MODEL),
    ],
)
@pytest.mark.parametrize("when", ["changed since it was indexed", "changed before"])
def test_evidence_that_does_not_verify_is_named_and_not_followed(
    world: TracedWorld, brought: Brought, path: str, where: str, when: str
):
    if when == "changed before":
        world.warehouse.delete_tree(INDEX)
    flip(path)(world)
    answer = of_person(world, "acme", 1, brought(world))
    assert where in [entry["directory"] for entry in answer["unverified"]]
    assert answer["models"] == []


@pytest.mark.parametrize("table", ["people", "records"])
@pytest.mark.parametrize("number", [1, 99], ids=["somebody who is there", "nobody"])
def test_a_byte_changed_in_the_index_is_noticed_whoever_is_asked_about(world: TracedWorld, table: str, number: int):
    flip(f"{INDEX}/{DIRECTORY}/{table}.rows")(world)
    indexes, _, _ = at_hand(world)
    world.vault.salts("acme", [world.person("acme", number)])
    with pytest.raises(IndexContradictedError):
        (of_person if table == "people" else of_record)(world, "acme", number, indexes)


def _hide(world: TracedWorld, hidden: Callable[[Any], Any]) -> Indexes:
    """Build the index without some rows of people, and seal it: what only a holder of the key could do."""
    _, index, _ = at_hand(world)
    people = hidden(next(index.everybody()))
    content = SnapshotContent([people], [next(index._records.all())], index.consented, {})
    built_from = BuiltFrom(index.seal.manifest, index.seal.statement, index.rows, ())
    seal = write_snapshot_index(world.warehouse, f"{INDEX}/{DIRECTORY}", content, built_from)
    write_seal(world.warehouse, f"{INDEX}/{DIRECTORY}", seal, world.vault)
    return at_hand(world)[0]


@pytest.mark.parametrize(
    "hidden",
    [
        lambda rows: rows[rows["first"] != 3],
        lambda rows: rows[rows["first"] != 1],
    ],
    ids=["the later of two records", "the earlier of two records"],
)
def test_an_index_that_leaves_out_a_record_is_noticed_by_the_leaves_it_points_to(world: TracedWorld, hidden):
    with pytest.raises(IndexContradictedError, match="other records of a person"):
        of_person(world, "acme", 1, _hide(world, hidden))


def test_an_index_that_has_a_person_in_another_tenants_shard_is_noticed(world: TracedWorld):
    def moved(rows: Any) -> Any:
        changed = rows.copy()
        changed["first"][rows["first"] >= 5] -= 5
        return changed

    with pytest.raises(IndexContradictedError, match="another's shard"):
        of_person(world, "globex", 0, _hide(world, moved))


def test_an_index_that_has_a_record_where_another_lies_is_noticed(world: TracedWorld):
    _, index, _ = at_hand(world)
    records = next(index._records.all()).copy()
    records["ordinal"] = (records["ordinal"] + 1) % 10
    content = SnapshotContent([next(index.everybody())], [RECORDS.sorted(records)], index.consented, {})
    built_from = BuiltFrom(index.seal.manifest, index.seal.statement, index.rows, ())
    seal = write_snapshot_index(world.warehouse, f"{INDEX}/{DIRECTORY}", content, built_from)
    write_seal(world.warehouse, f"{INDEX}/{DIRECTORY}", seal, world.vault)
    with pytest.raises(IndexContradictedError, match="where another lies"):
        of_record(world, "acme", 1, at_hand(world)[0])


def test_an_index_that_tells_other_steps_than_the_ledger_is_noticed(world: TracedWorld):
    _, _, index = at_hand(world)
    rows = next(index._readings.all()).copy()
    rows["first"] += 1
    trained = Trained(index.seal.statement, index.seal.manifest, index.seal.consumption, index.seal.rows)
    seal = write_model_index(world.warehouse, f"{INDEX}/{MODEL}", [rows], trained)
    write_seal(world.warehouse, f"{INDEX}/{MODEL}", seal, world.vault)
    with pytest.raises(IndexContradictedError, match="ledger"):
        of_person(world, "acme", 1, at_hand(world)[0])


def test_what_a_model_skipped_it_did_not_read(world: TracedWorld, brought: Brought):
    manifest = Snapshot.open(world.warehouse, DIRECTORY, world.trusted).manifest
    rows = world.consumed(manifest).to_pylist()
    rows[0]["skipped_reason"] = "no-assistant-turn"
    world.warehouse.delete_tree(MODEL)
    world.train(manifest, consumed=pa.Table.from_pylist(rows, world.consumed(manifest).schema))
    indexes = brought(world)
    assert of_record(world, "acme", 0, indexes) == of_record(world, "acme", 0)
    assert of_record(world, "acme", 0, indexes)["snapshots"][0]["models"] == []


def test_the_commands_build_the_index_use_it_and_do_without(world: TracedWorld):
    world.warehouse.delete_tree(INDEX)
    asked = ("trace", "person", "user 1", "--tenant", "acme", "--home", world.root, "--json")
    scanned = lineweight(*asked, "--at", "2026-07-01T00:00:00Z", "--full-scan")
    assert not world.warehouse.exists(f"{INDEX}/{DIRECTORY}/seal.dsse.json")
    first, again = (lineweight(*asked, "--at", "2026-07-01T00:00:00Z") for _ in range(2))
    assert world.warehouse.exists(f"{INDEX}/{DIRECTORY}/seal.dsse.json")
    assert (first.code, first.err) == (0, "")
    assert first.out == again.out == scanned.out


def test_a_changed_index_ends_the_command_and_says_what_to_do(world: TracedWorld):
    flip(f"{INDEX}/{DIRECTORY}/people.rows")(world)
    ran = lineweight("trace", "person", "user 1", "--tenant", "acme", "--home", world.root)
    assert ran.code == 1
    assert "not the one that was sealed" in ran.err
    assert "--full-scan" in ran.err


def test_where_no_index_can_be_kept_everything_is_read_and_that_is_said(world: TracedWorld):
    world.warehouse.delete_tree(INDEX)
    (world.root / INDEX).write_bytes(b"a file stands here")
    wanted = record_id("web", "acme", "chat 1", 0)
    ran = lineweight("trace", "record", wanted, "--home", world.root, "--json")
    assert (ran.code, len(ran.document["snapshots"])) == (0, 1)
    assert "No index is kept here" in ran.err
    ran = lineweight("trace", "withdrawn", "--home", world.root, "--json")
    assert (ran.code, len(ran.document["models"])) == (0, 1)


def test_an_index_can_be_kept_in_an_object_store(world: TracedWorld, brought: Brought, s3: S3Server):
    bucket = Warehouse(s3.uri())
    for path in world.warehouse.files(""):
        if path.split("/")[0] in ("snapshots", "models"):
            bucket.write(path, world.warehouse.read(path))
    world.warehouse = bucket
    answer = of_person(world, "acme", 1, brought(world))
    assert answer == of_person(world, "acme", 1)
    assert bucket.exists(f"{INDEX}/{DIRECTORY}/seal.dsse.json")
