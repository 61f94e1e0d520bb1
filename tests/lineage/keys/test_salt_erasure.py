"""Erasing people destroys their salts: whatever the order, everything else goes on to verify, and they are nobody."""

import shutil
import tempfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import leaf, merkle
from lineage.canonical import sha256_hex
from lineage.encrypted import write_encrypted
from lineage.keys.vault import SaltDestroyedError, Vault
from lineage.snapshot import Snapshot
from lineage.trace.person import trace_person
from lineage.verifying.links import Link
from lineage.verifying.verify import verify_path
from tests.lineage.harm import DIRECTORY, broken, verified
from tests.lineage.small_snapshot import TENANTS, SmallWorld, records
from tests.lineage.traced_world import traced_world

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE = list(product(TENANTS, ("user 0", "user 1")))


def erase(world: SmallWorld, tenant: str, product_id: str, at: datetime = NOON) -> None:
    world.vault.destroy_salts(tenant, [world.vault.data_subject_id(tenant, product_id)], at)


def copy_of(untouched: Path, directory: Path) -> SmallWorld:
    """The snapshot and its keys, without the model."""
    root = directory / "warehouse"
    shutil.copytree(untouched / "snapshots", root / "snapshots")
    shutil.copytree(untouched / "keys", root / "keys")
    return SmallWorld(root)


def require_everything_but(world: SmallWorld, erased: set[tuple[str, str]]) -> None:
    """Hold the snapshot against what must be true of it when some people were erased."""
    trusted = world.trusted
    assert verify_path(world.warehouse.local_path(DIRECTORY), trusted).verified
    snapshot = Snapshot.open(world.warehouse, DIRECTORY, trusted)
    for index, shard in enumerate(snapshot.manifest.shards):
        leaves, root = snapshot.leaves(index), bytes.fromhex(shard.root)
        hashes = leaf.leaf_hashes(leaves)
        for row in range(leaves.num_rows):
            proof = merkle.inclusion_proof(hashes, row)
            assert merkle.verify_inclusion(hashes[row], row, len(hashes), proof, root)
        require_openings(world.vault, shard.tenant, leaves, erased)


def require_openings(vault: Vault, tenant: str, leaves: pa.Table, erased: set[tuple[str, str]]) -> None:
    """Each leaf opens with the salt of whoever wrote its record, unless they were erased."""
    table = records(vault, tenant)
    names = {vault.data_subject_id(tenant, name): name for _, name in PEOPLE}
    people = table["data_subject_id"].to_pylist()
    salts = vault.known_salts(tenant, sorted(names))
    assert set(salts) == {person for person, name in names.items() if (tenant, name) not in erased}
    for person, digest, row in zip(people, leaf.record_digests(table), leaves.to_pylist(), strict=True):
        opens = {one for one, salt in salts.items() if row["record_commitment"] == leaf.record_commitment(salt, digest)}
        own = {
            one
            for one, salt in salts.items()
            if row["data_subject_commitment"] == leaf.data_subject_commitment(salt, tenant, person)
        }
        assert opens == own == ({person} & set(salts))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.one_of(st.just("verify"), st.sampled_from(PEOPLE)), max_size=5))
def test_whoever_is_erased_in_whatever_order_everybody_elses_proofs_verify(untouched: Path, turns):
    with tempfile.TemporaryDirectory() as directory:
        world = copy_of(untouched, Path(directory))
        erased: set[tuple[str, str]] = set()
        for turn in (*turns, "verify"):
            if turn == "verify":
                require_everything_but(world, erased)
            else:
                erase(world, *turn)
                erased.add(turn)
        report = verified(world, vault=world.vault)
        assert report.verified
        told = [sentence for sentence in report.not_checked if "salt was destroyed" in sentence]
        assert len(told) == len({tenant for tenant, _ in erased})


def test_with_keys_it_is_said_whose_records_cannot_be_compared_any_more(trained: SmallWorld):
    erase(trained, "acme", "user 1")
    report = verified(trained, vault=trained.vault)
    assert report.verified
    sentence = "Content: 2 records of shards/000-acme.parquet are of people whose salt was destroyed."
    assert sentence in report.not_checked
    assert report.checks[-1].detail.startswith("8 records decrypted")


def publish_another_text(world: SmallWorld, row: int) -> None:
    """Publish a snapshot in whose first shard a record says something else than its leaf stands for."""
    manifest = world.publish()
    shard, table = manifest.shards[0], records(world.vault, "acme")
    place = table.schema.get_field_index("model")
    said = ["builder-2" if number == row else "builder-1" for number in range(table.num_rows)]
    aad = f"{DIRECTORY}/{shard.path}"
    changed = table.set_column(place, table.schema.field(place), pa.array(said))
    write_encrypted(world.warehouse, aad, changed, key=world.vault.file_key("acme", aad), aad=aad)
    data = world.warehouse.read(aad)
    signed = shard.model_copy(update={"sha256": sha256_hex(data), "bytes": len(data)})
    world.sign(manifest.model_copy(update={"shards": (signed, *manifest.shards[1:])}))


def test_after_an_erasure_everybody_elses_content_is_still_compared(world: SmallWorld):
    publish_another_text(world, row=1)
    erase(world, "acme", "user 0")
    report = verified(world, vault=world.vault)
    assert broken(report) == Link.CONTENT
    assert "a record_commitment is not that of its record" in report.checks[-1].detail


def test_a_salt_that_is_missing_and_was_not_destroyed_is_a_broken_link(trained: SmallWorld, tmp_path: Path):
    other = Vault.open(tmp_path / "keys")
    for tenant in TENANTS:
        shutil.copy(trained.root / "keys/master.key", tmp_path / "keys/master.key")
        other.data_subject_id(tenant, "user 0")
    for name in ("signing.key", "signing.pub", "tenants/acme.key", "tenants/globex.key"):
        shutil.copy(trained.root / "keys" / name, tmp_path / "keys" / name)
    report = verified(trained, vault=Vault.open(tmp_path / "keys"))
    assert broken(report) == Link.CONTENT
    assert "salt is not in the vault" in report.checks[-1].detail


def test_nothing_of_an_erased_person_is_published_again(world: SmallWorld):
    erase(world, "acme", "user 0")
    with pytest.raises(SaltDestroyedError):
        world.publish()
    assert not world.warehouse.exists(f"{DIRECTORY}/manifest.json")


def test_a_trace_of_an_erased_person_says_since_when_nothing_can_be_tied_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = traced_world(tmp_path / "warehouse", monkeypatch)

    def asked(name: str) -> tuple[bool, str | None, int]:
        told = trace_person("acme", name, world.warehouse, world.ledger, world.vault, world.trusted, NOON)
        return told["salt_held"], told["salt_destroyed_at"], len(told["snapshots"])

    assert asked("user 0") == (True, None, 1)
    world.vault.destroy_salts("acme", [world.vault.data_subject_id("acme", "user 0")], NOON)
    assert asked("user 0") == (False, "2026-06-01T12:00:00.000000Z", 0)
    assert asked("user 1") == (True, None, 1)
