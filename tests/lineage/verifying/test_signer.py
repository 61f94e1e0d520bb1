"""Verifying a snapshot whose signer did not tell the truth, without keys and with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage import leaf, merkle
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.encrypted import write_encrypted
from lineage.evidence_table import table_bytes
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.proving.data_subjects import read_data_subjects, stated
from lineage.statement import sign_statement, snapshot_statement
from lineage.verifying.verify import Link, Report
from policies.decision import decide
from policies.document import load_policy
from policies.facts import IN_ORDER
from tests.lineage.harm import DIRECTORY, LEAVES, SHARD, broken, verified
from tests.lineage.small_snapshot import POLICY, SmallWorld, leaves_of, permit, records


def resigned(world: SmallWorld, changes: Callable[[dict[str, Any]], object]) -> SnapshotManifest:
    """Publish, change the manifest and sign it again, as a careless or dishonest pipeline might."""
    document = world.publish().document()
    changes(document)
    manifest = SnapshotManifest.model_validate(document)
    world.sign(manifest)
    return manifest


def with_leaves(world: SmallWorld, leaves: pa.Table, *, root: str | None = None) -> None:
    """Put other leaves into the first shard, and sign all that follows from them."""

    def change(document: dict[str, Any]) -> None:
        shard = document["shards"][0]
        data = table_bytes(leaves, leaf.LEAF_SCHEMA)
        shard["leaves_sha256"] = world.attach(DIRECTORY, LEAVES, data)["sha256"]
        shard["root"] = root or merkle.root(leaf.leaf_hashes(leaves)).hex()
        document["root"] = snapshot_root([entry["root"] for entry in document["shards"]])
        shards = SnapshotManifest.model_validate(document).shards
        document["tenant_roots"] = tenant_roots(shards)
        paths = (f"{DIRECTORY}/{entry.leaves_path}" for entry in shards)
        document["data_subjects"] = stated(read_data_subjects(world.warehouse, paths))

    resigned(world, change)


def honest(world: SmallWorld) -> pa.Table:
    return leaves_of(world.vault, "acme", records(world.vault, "acme"))


def altered(leaves: pa.Table, column: str, values: list[Any], *, seal: bool = True) -> pa.Table:
    place = leaves.schema.get_field_index(column)
    field = leaves.schema.field(column)
    changed = leaves.set_column(place, field, pa.array(values, field.type))
    return leaf.seal(changed) if seal else changed


def test_a_statement_that_says_other_than_its_manifest_is_refused(world: SmallWorld):
    manifest = world.publish()
    statement = snapshot_statement(manifest, manifest.digest())
    statement["predicate"]["purpose"] = "train_ai_system"
    world.warehouse.write(f"{DIRECTORY}/statement.dsse.json", sign_statement(statement, [world.vault]))
    assert broken(verified(world)) == Link.STATEMENT


def test_a_leaf_that_is_not_the_hash_of_its_digests_is_refused(world: SmallWorld):
    leaves = honest(world)
    with_leaves(world, altered(leaves, "consent_receipt", [bytes(32)] * 5, seal=False))
    assert broken(verified(world)) == Link.LEAVES


def test_a_shard_root_that_is_not_that_of_its_leaves_is_refused(world: SmallWorld):
    with_leaves(world, honest(world), root="00" * 32)
    assert broken(verified(world)) == Link.SHARD_ROOTS


def test_leaves_of_another_tenant_are_refused(world: SmallWorld):
    with_leaves(world, altered(honest(world), "tenant_commitment", [leaf.tenant_commitment("globex")] * 5))
    assert broken(verified(world)) == Link.TENANTS


def test_leaves_under_another_policy_are_refused(world: SmallWorld):
    with_leaves(world, altered(honest(world), "policy_digest", [bytes(32)] * 5))
    assert broken(verified(world)) == Link.POLICY


def test_a_policy_file_that_is_not_the_policy_named_is_refused(world: SmallWorld):
    data = POLICY.replace(b"retain_days: 730", b"retain_days: 9999")
    resigned(world, lambda document: document["policy"].update(world.attach(DIRECTORY, "policy.yaml", data)))
    report = verified(world)
    assert broken(report) == Link.POLICY
    assert "its digest is not the manifest's" in report.checks[-1].detail


def test_a_leaf_whose_decision_is_not_listed_as_a_permit_is_refused(world: SmallWorld):
    one = bytes.fromhex(permit()["digest"])
    with_leaves(world, altered(honest(world), "decision_digest", [one] * 4 + [bytes(32)]))
    assert broken(verified(world)) == Link.DECISIONS


def test_roots_counts_and_policy_that_do_not_hold_are_refused(world: SmallWorld):
    cases: list[tuple[Callable[[dict[str, Any]], object], Link]] = [
        (lambda document: document.update(tenant_roots={"acme": "0" * 64}), Link.TENANT_ROOTS),
        (lambda document: document.update(root="0" * 64), Link.SNAPSHOT_ROOT),
        (lambda document: document["counts"].update(considered=99), Link.COUNTS),
        (lambda document: document["policy"].update(version=2), Link.POLICY),
        (lambda document: document["quality"].update(success=False), Link.QUALITY),
        (lambda document: document["shards"][0].update(bytes=1), Link.SHARDS),
        (lambda document: document["shards"][0].update(rows=4), Link.LEAVES_FILES),
    ]
    for change, link in cases:
        resigned(world, change)
        assert broken(verified(world)) == link


def decisions_of(world: SmallWorld, decisions: Any) -> Report:
    data = decisions if isinstance(decisions, bytes) else canonical_json(decisions)
    resigned(world, lambda document: document.update(decisions=world.attach(DIRECTORY, "decisions.json", data)))
    return verified(world)


def decision(**changes: Any) -> dict[str, Any]:
    """A decision listed under its own digest, true or not."""
    stated = {name: value for name, value in permit().items() if name != "digest"} | changes
    return {"digest": digest_of(stated), "records": 10, **stated}


def test_decisions_are_made_again_from_their_facts(world: SmallWorld):
    withdrawn = IN_ORDER.document() | {"consent_at_use": "withdrawn"}
    false = decisions_of(world, [decision(facts=withdrawn)])
    assert broken(false) == Link.DECISIONS
    assert "is not the one the policy makes" in false.checks[-1].detail
    policy = load_policy(POLICY, "policy.yaml")
    denied = decide(policy, type(IN_ORDER)(**withdrawn)).document()
    also_denied = decision(facts=withdrawn, **denied) | {"records": 2}
    uncounted = decisions_of(world, [decision(), also_denied])
    assert broken(uncounted) == Link.DECISIONS
    assert "denies more records than the manifest counts" in uncounted.checks[-1].detail
    counts = {"denied_by_reason": {denied["reason"]: 2}}
    resigned(
        world,
        lambda document: document.update(
            counts=document["counts"] | counts,
            decisions=world.attach(DIRECTORY, "decisions.json", canonical_json([decision(), also_denied])),
        ),
    )
    assert verified(world).verified


@pytest.mark.parametrize(
    ("decisions", "detail"),
    [
        ([], "are not those in the leaves"),
        ([decision() | {"records": 9}], "are not those in the leaves"),
        ([decision() | {"digest": "0" * 64}], "digest is not its own"),
        ([decision(policy="0" * 64)], "by another policy"),
        ([decision(facts=IN_ORDER.document() | {"age_band": "ancient"})], "facts that cannot be"),
        ([decision(facts={})], "is not a list of decisions"),
        ({}, "is not a list of decisions"),
        (b"[", "is not JSON"),
    ],
)
def test_decisions_that_do_not_hold_are_refused(world: SmallWorld, decisions: Any, detail: str):
    report = decisions_of(world, decisions)
    assert broken(report) == Link.DECISIONS
    assert detail in report.checks[-1].detail


# ── content, with keys ──────────────────────────────────────────────────────────────────────────────────────


def with_records(world: SmallWorld, table: pa.Table) -> None:
    """Put other records into the first shard, under the old leaves, and sign it."""

    def change(document: dict[str, Any]) -> None:
        place = f"{DIRECTORY}/{SHARD}"
        write_encrypted(world.warehouse, place, table, key=world.vault.file_key("acme", place), aad=place)
        data = world.warehouse.read(place)
        document["shards"][0].update(sha256=sha256_hex(data), bytes=len(data))

    resigned(world, change)


def changed(table: pa.Table, column: str, values: list[Any]) -> pa.Table:
    place = table.schema.get_field_index(column)
    field = table.schema.field(column)
    return table.set_column(place, field, pa.array(values, field.type))


@pytest.mark.parametrize(
    ("column", "detail"),
    [
        ("messages", "record_commitment"),
        ("data_subject_id", "salt is not in the vault"),
        ("tenant", "another tenant"),
        ("record_id", "row for row"),
    ],
)
def test_content_that_is_not_what_the_leaves_stand_for_is_refused(world: SmallWorld, column: str, detail: str):
    table = records(world.vault, "acme")
    values = {"messages": [[]] * 5, "tenant": ["globex"] * 5}.get(column, [f"ds_{row:032x}" for row in range(5)])
    with_records(world, changed(table, column, values))
    assert verified(world).verified
    report = verified(world, vault=world.vault)
    assert broken(report) == Link.CONTENT
    assert detail in report.checks[-1].detail


def test_a_record_said_to_be_another_persons_is_refused(world: SmallWorld):
    committed = honest(world)["data_subject_commitment"].to_pylist()
    with_leaves(world, altered(honest(world), "data_subject_commitment", [committed[1], *committed[1:]]))
    report = verified(world, vault=world.vault)
    assert broken(report) == Link.CONTENT
    assert "data_subject_commitment" in report.checks[-1].detail


def test_a_record_said_to_come_from_another_file_is_refused(world: SmallWorld):
    with_leaves(world, altered(honest(world), "source_batch_digest", [bytes(32)] * 5))
    report = verified(world, vault=world.vault)
    assert broken(report) == Link.CONTENT
    assert "source_batch_digest" in report.checks[-1].detail


def test_a_policy_kept_as_json_is_a_policy_too(world: SmallWorld):
    data = canonical_json(load_policy(POLICY, "policy.yaml").document())
    resigned(world, lambda document: document["policy"].update(world.attach(DIRECTORY, "policy.json", data)))
    assert Link.POLICY in [check.link for check in verified(world).checks if check.verified]


def test_a_vault_without_the_tenants_key_does_not_verify_content(world: SmallWorld, tmp_path: Path):
    world.publish()
    stranger = Vault.open(tmp_path / "stranger")
    assert broken(verified(world, vault=stranger)) == Link.CONTENT
    assert not stranger.has_tenant("acme")
