"""Keeping indices: built once, from verified evidence, sealed by the deployment; built anew where they are stale."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lineage.index.building import offsets_of
from lineage.index.keeping import INDEX, Indexes
from lineage.index.kinds import AUTHOR, PARTICIPANT, digest_words
from lineage.index.of_snapshot import SnapshotIndex
from lineage.leaf import data_subject_commitment
from lineage.manifest import DataSubjects, parse_manifest
from lineage.record import record_id
from lineage.retention import RemovedShard, write_note
from lineage.snapshot import Snapshot
from lineage.trace.evidence import gather
from lineage.trace.indexed import due_indexes
from lineage.warehouse import WarehouseError
from tests.lineage.harm import DIRECTORY, SHARD, flip
from tests.lineage.index.conftest import Brought
from tests.lineage.traced_world import TracedWorld

MODEL = "models/little/run-1"
AT = datetime(2027, 3, 1, tzinfo=UTC)


def due(world: TracedWorld) -> list[str]:
    indexes = Indexes(world.warehouse, world.vault, world.trusted)
    return [one.directory for one in due_indexes(world.warehouse, world.trusted, indexes)]


def opened(world: TracedWorld) -> Snapshot:
    return Snapshot.open(world.warehouse, DIRECTORY, world.trusted)


def index_of(world: TracedWorld, indexes: Indexes) -> SnapshotIndex:
    index = indexes.of_snapshot(opened(world))
    assert index is not None
    return index


def held(world: TracedWorld, indexes: Indexes, tenant: str, number: int) -> list[tuple[int, int, int]]:
    person = world.person(tenant, number)
    salt = world.vault.salt(tenant, person)
    assert salt is not None
    rows = index_of(world, indexes).people(digest_words(data_subject_commitment(salt, tenant, person)))
    return [(int(row["role"]), int(row["first"]), int(row["rows"])) for row in rows]


def files(world: TracedWorld) -> dict[str, bytes]:
    return {path: world.warehouse.read(path) for path in world.warehouse.files(INDEX)}


def test_a_person_is_found_by_commitment_as_author_and_as_participant(world: TracedWorld, brought: Brought):
    assert held(world, brought(world), "acme", 1) == [(AUTHOR, 1, 1), (AUTHOR, 3, 1), (PARTICIPANT, 0, 1)]
    assert held(world, brought(world), "globex", 0) == [(AUTHOR, 5, 1), (AUTHOR, 7, 1), (AUTHOR, 9, 1)]


def test_a_record_a_batch_and_what_a_model_read_are_found(world: TracedWorld, brought: Brought):
    indexes = brought(world)
    index = index_of(world, indexes)
    assert index.records(pa.array([record_id("web", "globex", "chat 2", 0)])).tolist() == [7]
    assert {len(index.batch(digest)) for digest in index.seal.batches} == {10}
    assert len(index.batch("0" * 64)) == 0
    assert len(index.consented) == 10
    (model,) = gather(world.warehouse, world.trusted).models
    of_model = indexes.of_model(model)
    assert of_model is not None
    assert of_model.read.numbers().tolist() == list(range(10))
    assert of_model.readings(np.array([7, 99], np.uint64)).tolist() == [(7, 1, 1, 1, 12)]
    assert offsets_of(opened(world).manifest).tolist() == [0, 5, 10]


def test_no_pseudonym_and_no_id_stands_in_an_index(world: TracedWorld):
    names = [world.person(tenant, number) for tenant in world.tenants for number in (0, 1)]
    names += [record_id("web", "acme", "chat 0", 0), "user 0", "acme", "globex"]
    for path, data in files(world).items():
        assert [name for name in names if name.encode() in data] == [], path


def test_what_was_built_is_not_built_again_and_a_new_snapshot_indexes_itself_alone(
    world: TracedWorld, brought: Brought
):
    before = files(world)
    assert due(world) == []
    world.publish(2)
    assert due(world) == ["snapshots/demo/v2"]
    brought(world)
    assert before.items() <= files(world).items()


def test_the_same_evidence_gives_the_same_bytes(world: TracedWorld, brought: Brought):
    before = files(world)
    world.warehouse.delete_tree(INDEX)
    brought(world)
    assert files(world) == before


def test_a_building_that_was_cut_short_leaves_an_index_that_is_not_believed(world: TracedWorld, brought: Brought):
    complete = files(world)
    world.warehouse.delete_file(f"{INDEX}/{DIRECTORY}/seal.dsse.json")
    world.warehouse.write(f"{INDEX}/{DIRECTORY}/people.rows", b"half")
    assert due(world) == [DIRECTORY]
    brought(world)
    assert files(world) == complete


def test_a_seal_by_another_key_or_over_another_snapshot_is_not_believed(world: TracedWorld, tmp_path: Path):
    world.publish(2)
    first, second = (world.warehouse.local_path(f"{INDEX}/snapshots/demo/v{number}") for number in (1, 2))
    shutil.copytree(first, second)
    assert due(world) == ["snapshots/demo/v2"]
    stranger = TracedWorld(tmp_path / "stranger")
    elsewhere = Indexes(world.warehouse, stranger.vault, world.trusted)
    assert elsewhere.of_snapshot(opened(world)) is None


def test_a_snapshot_that_was_signed_anew_is_indexed_anew(world: TracedWorld):
    manifest = opened(world).manifest
    world.sign(manifest.model_copy(update={"seed": 8}))
    assert due(world) == [DIRECTORY]


def test_a_participant_gets_a_salt_and_whose_was_destroyed_gets_none(world: TracedWorld, brought: Brought):
    person = world.person("acme", 1)
    world.vault.destroy_salts("acme", [person], AT)
    world.warehouse.delete_tree(INDEX)
    indexes = brought(world)
    assert indexes.failed == {}
    assert world.vault.salt("acme", person) is None
    roles = np.concatenate([rows["role"] for rows in index_of(world, indexes).everybody()])
    assert PARTICIPANT not in roles


def test_when_content_is_removed_the_index_forgets_who_took_part(world: TracedWorld, brought: Brought):
    shard = opened(world).manifest.shards[0]
    going = RemovedShard(shard.path, shard.sha256, shard.tenant, shard.rows, 2, "2027-02-01T00:00:00Z", "30 days")
    write_note(world.warehouse, DIRECTORY, opened(world).manifest, [going], AT, world.vault)
    world.warehouse.delete_file(f"{DIRECTORY}/{SHARD}")
    assert due(world) == [DIRECTORY]
    assert held(world, brought(world), "acme", 1) == [(AUTHOR, 1, 1), (AUTHOR, 3, 1)]


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("snapshots/demo/v1/leaves/000-acme.parquet", DIRECTORY),
        ("snapshots/demo/v1/shards/000-acme.parquet", DIRECTORY),
        (f"{MODEL}/consumption/rank-0.parquet", MODEL),
    ],
)
def test_evidence_that_does_not_verify_is_not_indexed(world: TracedWorld, brought: Brought, path: str, directory: str):
    world.warehouse.delete_tree(INDEX)
    flip(path)(world)
    indexes = brought(world)
    assert list(indexes.failed) == [directory]
    assert not world.warehouse.exists(f"{INDEX}/{directory}/seal.dsse.json")


def test_the_people_of_an_index_are_held_against_those_the_manifest_states(world: TracedWorld, brought: Brought):
    manifest = parse_manifest(world.warehouse.read(f"{DIRECTORY}/manifest.json"))
    assert manifest.data_subjects.count == 4
    others = DataSubjects(root="0" * 64, count=4)
    world.sign(manifest.model_copy(update={"data_subjects": others}))
    assert "not those that the manifest states" in str(brought(world).failed[DIRECTORY])


def test_a_model_that_read_where_its_snapshot_has_nothing_is_not_indexed(world: TracedWorld, brought: Brought):
    manifest = opened(world).manifest
    rows = world.consumed(manifest).to_pylist()
    rows[3]["row"] = 5
    world.warehouse.delete_tree(MODEL)
    world.train(manifest, consumed=pa.Table.from_pylist(rows, world.consumed(manifest).schema))
    assert "has none" in str(brought(world).failed[MODEL])


def test_where_nothing_can_be_written_that_is_said(world: TracedWorld, brought: Brought):
    world.warehouse.delete_tree(INDEX)
    (world.root / INDEX).write_bytes(b"a file stands here")
    with pytest.raises(WarehouseError):
        brought(world)
