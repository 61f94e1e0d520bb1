"""A signed snapshot of given records, without the journey that leads to one: for what reads snapshots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.encrypted import write_encrypted
from lineage.evidence_table import table_bytes
from lineage.inputs import DeclaredSource, GovernedPart, Inputs
from lineage.keys.vault import Vault
from lineage.manifest import Shard, SnapshotManifest, snapshot_directory, snapshot_root, tenant_roots
from lineage.proving.data_subjects import read_data_subjects, stated
from lineage.residual import UNMEASURED
from lineage.snapshot_request import SnapshotRequest
from lineage.statement import TrustedKey, sign_statement, snapshot_statement
from lineage.warehouse import Warehouse
from policies.decision import decide
from policies.document import DOCUMENTS, load_policy
from policies.facts import IN_ORDER

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
LEASE_ENDS = datetime(2099, 1, 1, tzinfo=UTC)
POLICY = canonical_json(load_policy((DOCUMENTS / "model-training.yaml").read_bytes(), "model-training.yaml").document())
QUALITY = canonical_json({"results": [], "success": True})
DIGEST = sha256_hex(b"a benchmark's")


def permit() -> dict[str, Any]:
    """Return the decision that all records share, with its digest."""
    policy = load_policy(POLICY, "policy.json")
    decided: dict[str, Any] = {"facts": IN_ORDER.document(), "policy": digest_of(policy.document())}
    decided |= decide(policy, IN_ORDER).document()
    return {"digest": digest_of(decided)} | decided


def sealed(vault: Vault, tenant: str, table: pa.Table) -> pa.Table:
    """Return the leaves of ``n`` records, row for row, every digest computed as for a real snapshot."""
    people = table["data_subject_id"].to_pylist()
    salts = vault.salts(tenant, sorted(set(people)))
    committed = {person: leaf.data_subject_commitment(salt, tenant, person) for person, salt in salts.items()}
    decision, rows = permit(), table.num_rows

    def same(hexadecimal: str) -> pa.Array:
        return pa.repeat(pa.scalar(bytes.fromhex(hexadecimal), leaf.DIGEST), rows)

    commitments = [
        leaf.record_commitment(salts[person], digest)
        for person, digest in zip(people, leaf.record_digests(table), strict=True)
    ]
    columns = {
        "record_id": table["record_id"],
        "record_commitment": pa.array(commitments, leaf.DIGEST),
        "data_subject_commitment": pa.array([committed[person] for person in people], leaf.DIGEST),
        "tenant_commitment": same(leaf.tenant_commitment(tenant).hex()),
        "source_batch_digest": pa.array([bytes.fromhex(batch) for batch in table["batch"].to_pylist()], leaf.DIGEST),
        "consent_receipt": same(DIGEST),
        "decision_digest": same(decision["digest"]),
        "policy_digest": same(decision["policy"]),
        "redaction_digest": same(DIGEST),
    }
    return leaf.seal(pa.table(columns))


def request(name: str) -> SnapshotRequest:
    """Return what asks for a snapshot of everything there is."""
    purpose = "train_ai_system.finetune"
    asked = {"name": name, "policy": "model-training", "purpose": purpose, "pool": "shared", "sources": ("web",)}
    return SnapshotRequest.model_validate(asked | {"seed": 7, "shard_rows": 50_000})


def considered(shards: Sequence[Shard]) -> Inputs:
    """Return what the shards were made of: one governed part each, of which everything was permitted."""
    parts = []
    for index, shard in enumerate(shards):
        part: dict[str, Any] = {"output": f"governed/{shard.tenant}/web/{DIGEST}/part-{index:05d}", "batch": DIGEST}
        part |= {"tenant": shard.tenant, "source": "web", "inputs": DIGEST, "redaction": DIGEST}
        part |= {"records": shard.rows, "permitted": shard.rows, "denied": 0, "quarantined": 0}
        parts.append(GovernedPart.model_validate(part))
    declared = DeclaredSource(declaration_digest=DIGEST, data_categories=("user.content",))
    return Inputs(parts=tuple(parts), sources={"web": declared})


@dataclass(frozen=True)
class Place:
    """A warehouse and a vault in a directory of their own."""

    warehouse: Warehouse
    vault: Vault

    @classmethod
    def at(cls, root: Path) -> "Place":
        """Return a place in a directory, with new keys."""
        return cls(Warehouse(root / "warehouse"), Vault.open(root / "keys"))

    @property
    def trusted(self) -> tuple[TrustedKey, ...]:
        """The keys that signed what is here."""
        return (TrustedKey.from_pem(self.vault.public_key_pem),)

    def write_shard(self, directory: str, index: int, tenant: str, records: pa.Table) -> Shard:
        """Write the records, encrypted, and their leaves beside them."""
        self.vault.data_subject_id(tenant, "first")
        path, leaves_path = f"shards/{index:05d}-{tenant}.parquet", f"leaves/{index:05d}-{tenant}.parquet"
        aad = f"{directory}/{path}"
        write_encrypted(self.warehouse, aad, records, key=self.vault.file_key(tenant, aad), aad=aad)
        leaves = sealed(self.vault, tenant, records)
        data, evidence = self.warehouse.read(aad), table_bytes(leaves, leaf.LEAF_SCHEMA)
        self.warehouse.write(f"{directory}/{leaves_path}", evidence)
        return Shard(
            path=path,
            tenant=tenant,
            rows=records.num_rows,
            bytes=len(data),
            sha256=sha256_hex(data),
            leaves_path=leaves_path,
            leaves_sha256=sha256_hex(evidence),
            root=merkle.root(leaf.leaf_hashes(leaves)).hex(),
        )

    def write_leaves(self, directory: str, index: int, tenant: str, leaves: pa.Table) -> Shard:
        """Write leaves, and in the place of the records that they stand for a few bytes: for what looks at leaves."""
        path, leaves_path = f"shards/{index:05d}-{tenant}.parquet", f"leaves/{index:05d}-{tenant}.parquet"
        data, evidence = path.encode(), table_bytes(leaves, leaf.LEAF_SCHEMA)
        self.warehouse.write(f"{directory}/{path}", data)
        self.warehouse.write(f"{directory}/{leaves_path}", evidence)
        return Shard(
            path=path,
            tenant=tenant,
            rows=leaves.num_rows,
            bytes=len(data),
            sha256=sha256_hex(data),
            leaves_path=leaves_path,
            leaves_sha256=sha256_hex(evidence),
            root=merkle.root(leaf.leaf_hashes(leaves)).hex(),
        )

    def publish(self, name: str, content: dict[str, pa.Table]) -> SnapshotManifest:
        """Write and sign version 1 of a snapshot, a shard for each tenant."""
        directory = snapshot_directory(name, 1)
        return self.sign(name, [self.write_shard(directory, place, *one) for place, one in enumerate(content.items())])

    def sign(self, name: str, shards: Sequence[Shard]) -> SnapshotManifest:
        """Write and sign the manifest of version 1 of a snapshot whose shards stand, with all that it names."""
        directory = snapshot_directory(name, 1)
        rows = sum(shard.rows for shard in shards)
        decisions = self._attach(directory, "decisions.json", canonical_json([permit() | {"records": rows}]))
        inputs = self._attach(directory, "inputs.json", considered(shards).to_bytes())
        document: dict[str, Any] = {"name": name, "version": 1, "parent": None, "purpose": "train_ai_system.finetune"}
        document |= {"pool": {"kind": "shared", "tenant": None}, "sources": ("web",), "seed": 7, "rows": rows}
        document |= {"as_of": {"effective_at": AS_OF, "recorded_at": AS_OF}, "lease_expires_at": LEASE_ENDS}
        document |= {"shards": shards, "tenant_roots": tenant_roots(shards), "keys": "vault"}
        people = read_data_subjects(self.warehouse, (f"{directory}/{shard.leaves_path}" for shard in shards))
        document |= {"data_subjects": stated(people)}
        document |= {"root": snapshot_root([shard.root for shard in shards]), "ledger_checkpoint": DIGEST}
        redaction = {"profile": "strict-pseudonyms", "digest": DIGEST, "engine": "none", "residual": UNMEASURED}
        document |= {"redaction": redaction}
        counts = {"considered": rows, "permitted": rows, "denied": 0, "quarantined": 0, "denied_by_reason": {}}
        document |= {"counts": counts, "decisions": decisions, "created_by": {"code_version": "0"}}
        document |= {"request": self._attach(directory, "request.json", request(name).to_bytes()), "inputs": inputs}
        document |= {"quality": self._attach(directory, "quality.json", QUALITY) | {"success": True}}
        policy = {"policy_id": "model-training", "version": 1, "digest": permit()["policy"]}
        document |= {"policy": policy | self._attach(directory, "policy.json", POLICY)}
        manifest = SnapshotManifest.model_validate(document)
        self.warehouse.write(f"{directory}/manifest.json", manifest.to_bytes())
        statement = snapshot_statement(manifest, manifest.digest())
        self.warehouse.write(f"{directory}/statement.dsse.json", sign_statement(statement, [self.vault]))
        return manifest

    def _attach(self, directory: str, path: str, data: bytes) -> dict[str, Any]:
        self.warehouse.write(f"{directory}/{path}", data)
        return {"path": path, "sha256": sha256_hex(data)}
