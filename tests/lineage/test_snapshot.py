"""Snapshots as their readers see them: signed, whole, and compared with what was signed at every read."""

import json
import os
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.encrypted import ContentUnreadableError, write_encrypted
from lineage.export import export
from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.manifest import ManifestError
from lineage.record import RECORD_SCHEMA
from lineage.snapshot import Snapshot, SnapshotError, find_snapshot, list_snapshots
from lineage.statement import Refusal, SignatureRefusedError
from lineage.warehouse import Warehouse, WarehouseError
from policies.errors import UsageError
from tests.lineage.small_snapshot import SmallWorld, leaves_of, records

DIRECTORY = "snapshots/demo/v1"
SHARD = f"{DIRECTORY}/shards/000-acme.parquet"
LEAVES = f"{DIRECTORY}/leaves/000-acme.parquet"


def opened(world: SmallWorld, directory: str = DIRECTORY) -> Snapshot:
    return Snapshot.open(world.warehouse, directory, world.trusted)


def test_a_snapshot_gives_its_records_and_their_leaves_row_for_row(world: SmallWorld):
    world.publish()
    snapshot = opened(world)
    expected = records(world.vault, "globex")
    assert snapshot.shard(1, world.vault).equals(expected)
    assert snapshot.shard(1, world.vault, ["record_id"]).column_names == ["record_id"]
    assert snapshot.leaves(1).equals(leaves_of(world.vault, "globex", expected))
    assert snapshot.key_ids == (world.vault.key_id,)


def test_only_whole_snapshots_are_listed_in_order_of_version(world: SmallWorld):
    for version in (1, 2, 10):
        world.publish(version)
    world.warehouse.local_path("snapshots/demo/v2/statement.dsse.json").unlink()
    world.warehouse.write("snapshots/demo/draft/statement.dsse.json", b"{}")
    assert list_snapshots(world.warehouse) == [("demo", 1, DIRECTORY), ("demo", 10, "snapshots/demo/v10")]
    assert find_snapshot(world.warehouse, "demo") == "snapshots/demo/v10"
    assert find_snapshot(world.warehouse, "demo@v1") == DIRECTORY
    with pytest.raises(SnapshotError, match="not a complete snapshot"):
        opened(world, "snapshots/demo/v2")


@pytest.mark.parametrize("label", ["demo@v2", "other", "demo@2", "../demo", ""])
def test_a_snapshot_that_is_not_there_is_said_not_to_be(world: SmallWorld, label: str):
    world.publish()
    with pytest.raises(UsageError):
        find_snapshot(world.warehouse, label)


def test_a_snapshot_signed_by_nobody_we_trust_is_not_opened(world: SmallWorld, tmp_path: Path):
    world.publish()
    stranger = SmallWorld(tmp_path / "stranger")
    with pytest.raises(SignatureRefusedError) as refused:
        Snapshot.open(world.warehouse, DIRECTORY, stranger.trusted)
    assert refused.value.reason is Refusal.UNKNOWN_KEY


def test_another_manifest_under_the_same_statement_is_refused(world: SmallWorld):
    manifest = world.publish()
    other = manifest.model_copy(update={"seed": 8})
    world.warehouse.write(f"{DIRECTORY}/manifest.json", other.to_bytes())
    with pytest.raises(SnapshotError, match="not about this manifest"):
        opened(world)


def test_a_manifest_that_contradicts_itself_is_refused_even_if_signed(world: SmallWorld):
    world.publish(rows=9)
    with pytest.raises(SnapshotError, match="contradicts itself: rows is not"):
        opened(world)


def test_a_manifest_that_is_none_is_refused(world: SmallWorld):
    world.publish()
    world.warehouse.write(f"{DIRECTORY}/manifest.json", b"{}")
    with pytest.raises(ManifestError):
        opened(world)


def test_an_older_version_put_in_place_of_a_newer_is_refused(world: SmallWorld):
    world.publish(1)
    world.publish(2)
    for name in ("manifest.json", "statement.dsse.json"):
        world.warehouse.write(f"snapshots/demo/v2/{name}", world.warehouse.read(f"{DIRECTORY}/{name}"))
    with pytest.raises(SnapshotError, match=r"holds demo@v1"):
        opened(world, "snapshots/demo/v2")


def _flip(world: SmallWorld, path: str) -> None:
    data = bytearray(world.warehouse.read(path))
    data[len(data) // 2] ^= 1
    world.warehouse.write(path, bytes(data))


def test_a_changed_shard_is_refused_before_it_is_decrypted(world: SmallWorld):
    world.publish()
    _flip(world, SHARD)
    with pytest.raises(SnapshotError, match=r"000-acme\.parquet: its bytes are not the ones"):
        opened(world).shard(0, world.vault)


def test_changed_leaves_are_refused(world: SmallWorld):
    world.publish()
    _flip(world, LEAVES)
    with pytest.raises(SnapshotError, match=r"000-acme\.parquet: its bytes are not the ones"):
        opened(world).leaves(0)


def test_a_missing_shard_is_said_to_be_missing(world: SmallWorld):
    world.publish()
    world.warehouse.local_path(SHARD).unlink()
    with pytest.raises(WarehouseError, match=r"000-acme\.parquet"):
        opened(world).shard(0, world.vault)


def test_a_signed_shard_that_is_another_file_renamed_does_not_open(world: SmallWorld):
    table = records(world.vault, "acme")
    world.publish()
    elsewhere = "snapshots/demo/v1/shards/999-acme.parquet"
    key = world.vault.file_key("acme", elsewhere)
    write_encrypted(world.warehouse, SHARD, table, key=key, aad=elsewhere)
    shards = [dict(shard) for shard in opened(world).manifest.document()["shards"]]
    shards[0] |= world.attach(DIRECTORY, "shards/000-acme.parquet", world.warehouse.read(SHARD))
    manifest = opened(world).manifest
    world.sign(type(manifest).model_validate({**manifest.document(), "shards": shards}))
    with pytest.raises(ContentUnreadableError):
        opened(world).shard(0, world.vault)


def test_without_the_tenants_key_nothing_is_read_and_no_key_is_made(world: SmallWorld, tmp_path: Path):
    world.publish()
    stranger = Vault.open(tmp_path / "stranger")
    with pytest.raises(KeyUnavailableError, match="no key of tenant acme"):
        opened(world).shard(0, stranger)
    assert not stranger.has_tenant("acme")


def test_a_snapshot_that_was_moved_elsewhere_still_opens(world: SmallWorld, tmp_path: Path):
    world.publish()
    os.rename(world.warehouse.local_path(DIRECTORY), tmp_path / "copied")
    moved = Snapshot.open(Warehouse(tmp_path), "copied", world.trusted)
    assert moved.shard(0, world.vault).num_rows == 5


def test_an_export_to_parquet_holds_every_record_in_order(world: SmallWorld, tmp_path: Path):
    world.publish()
    seen: list[int] = []
    target = tmp_path / "export"
    assert export(opened(world), world.vault, target, progress=seen.append) == 10
    assert seen == [5, 5]
    assert sorted(path.name for path in target.iterdir()) == [
        "000-acme.parquet",
        "001-globex.parquet",
        "manifest.json",
    ]
    table = pq.read_table(target / "000-acme.parquet")
    assert table.equals(records(world.vault, "acme"))
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


def test_an_export_to_json_lines_can_be_read_by_anything(world: SmallWorld, tmp_path: Path):
    world.publish()
    export(opened(world), world.vault, tmp_path / "export", "jsonl")
    lines = (tmp_path / "export/001-globex.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert len(lines) == 5
    assert list(first) == RECORD_SCHEMA.names
    assert first["attributes"] == {"branch": "main", "build": "0"}
    assert first["occurred_at"] == "2026-05-01T12:00:00.000000Z"


def test_an_export_never_writes_over_anything(world: SmallWorld, tmp_path: Path):
    world.publish()
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="something here already"):
        export(opened(world), world.vault, tmp_path)


def test_an_export_that_fails_leaves_nothing(world: SmallWorld, tmp_path: Path):
    world.publish()
    _flip(world, f"{DIRECTORY}/shards/001-globex.parquet")
    places = set(tmp_path.iterdir())
    with pytest.raises(SnapshotError):
        export(opened(world), world.vault, tmp_path / "export")
    assert set(tmp_path.iterdir()) == places


def test_a_shard_with_other_than_the_stated_rows_is_refused(world: SmallWorld):
    manifest = world.publish()
    table = pa.concat_tables([records(world.vault, "acme")] * 2)
    write_encrypted(world.warehouse, SHARD, table, key=world.vault.file_key("acme", SHARD), aad=SHARD)
    document = manifest.document()
    document["shards"][0] |= world.attach(DIRECTORY, "shards/000-acme.parquet", world.warehouse.read(SHARD))
    world.sign(type(manifest).model_validate(document))
    with pytest.raises(SnapshotError, match="number of rows"):
        opened(world).shard(0, world.vault)
