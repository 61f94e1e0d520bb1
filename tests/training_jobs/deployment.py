"""A small deployment to train in: a vault, a warehouse, and a signed snapshot of two tenants' records."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import sha256_hex
from lineage.encrypted import write_encrypted
from lineage.evidence_table import table_bytes
from lineage.keys.vault import Vault
from lineage.leaf import digest_column
from lineage.manifest import Shard, SnapshotManifest, parse_manifest, snapshot_root, tenant_roots
from lineage.proving.data_subjects import data_subjects, stated
from lineage.record import RECORD_SCHEMA, conversation_id, record_id
from lineage.release import Ticket, sign_ticket
from lineage.residual import UNMEASURED
from lineage.revocation import Feed, publish_feed
from lineage.statement import TrustedKey, sign_statement, snapshot_statement
from lineage.warehouse import Warehouse
from tests.lineage.small_snapshot import feed_terms, ticket_terms
from training_jobs.recipe import Recipe
from training_jobs.run import StepReport, TrainedModel

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 2, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LEASE_ENDS = datetime(2099, 1, 1, tzinfo=UTC)
APPS = ("bakery orders", "clinic booking", "gym tracker", "plant diary", "book club", "tool library")
PARTS = ("login page", "search box", "export button", "calendar", "price list", "dark mode")

Messages = list[dict[str, Any]]


def says(role: str, content: str | None, **further: Any) -> dict[str, Any]:
    """One message of ``RECORD_SCHEMA``."""
    blank = {"reasoning": None, "tool_calls": None, "tool_call_id": None}
    return {"role": role, "content": content, **blank, **further}


def exchange(number: int) -> Messages:
    """One interaction; every third calls a tool."""
    chance = random.Random(number)
    app, part = chance.choice(APPS), chance.choice(PARTS)
    asked = says("user", f"Please add a {part} to my {app} app, number {number}.")
    answer = says("assistant", f"Done: the {app} app has a {part} now. Open the preview to try it.")
    if number % 3:
        return [asked, answer]
    call = {"id": "call_1", "name": "write_file", "arguments": f'{{"path": "src/{part}.tsx", "lines": {number}}}'}
    return [asked, says("assistant", None, tool_calls=[call]), says("tool", "written", tool_call_id="call_1"), answer]


@dataclass(frozen=True)
class Deployment:
    """Where tests train: files, keys, and who is trusted."""

    root: Path
    warehouse: Warehouse
    vault: Vault

    @property
    def trusted(self) -> tuple[TrustedKey, ...]:
        return (TrustedKey.from_pem(self.vault.public_key_pem),)

    def publish(self, content: dict[str, list[Messages]], *, release: bool = True, **changes: Any) -> SnapshotManifest:
        """Write, sign and release a snapshot: a shard for each tenant. ``changes`` are to the manifest's document."""
        name, version = changes.pop("name", "small"), changes.pop("version", 1)
        directory = f"snapshots/{name}/v{version}"
        shards = []
        for index, (tenant, interactions) in enumerate(content.items()):
            shards.append(self._shard(directory, index, tenant, interactions))
        manifest = _manifest(name, version, shards, changes)
        self.warehouse.write(f"{directory}/manifest.json", manifest.to_bytes())
        statement = snapshot_statement(manifest, manifest.digest())
        self.warehouse.write(f"{directory}/statement.dsse.json", sign_statement(statement, [self.vault]))
        if release:
            self.release(manifest)
        return manifest

    def release(self, manifest: SnapshotManifest, /, **changes: Any) -> Ticket:
        """Sign a ticket with the deployment's own key, or ``signer``; ``changes`` are to its terms."""
        signer = changes.pop("signer", self.vault)
        terms = ticket_terms(manifest, **{"decided_at": LONG_AGO, "expires_at": LEASE_ENDS, **changes})
        return sign_ticket(self.warehouse, manifest, terms, signer)

    def revoke(self, manifest: SnapshotManifest, /, **changes: Any) -> Feed:
        """Sign the next feed of a snapshot; ``changes`` are to what it says."""
        return publish_feed(self.warehouse, manifest, feed_terms(manifest, **changes), self.vault)

    def _shard(self, directory: str, index: int, tenant: str, interactions: list[Messages]) -> Shard:
        self.vault.data_subject_id(tenant, "first")
        table = _records(tenant, interactions)
        path, leaves_path = f"shards/{index:03}-{tenant}.parquet", f"leaves/{index:03}-{tenant}.parquet"
        aad = f"{directory}/{path}"
        write_encrypted(self.warehouse, aad, table, key=self.vault.file_key(tenant, aad), aad=aad)
        leaves = _leaves(table, tenant)
        self.warehouse.write(f"{directory}/{leaves_path}", table_bytes(leaves, leaf.LEAF_SCHEMA))
        data = self.warehouse.read(aad)
        return Shard(
            path=path,
            tenant=tenant,
            rows=table.num_rows,
            bytes=len(data),
            sha256=sha256_hex(data),
            leaves_path=leaves_path,
            leaves_sha256=sha256_hex(self.warehouse.read(f"{directory}/{leaves_path}")),
            root=merkle.root(leaf.leaf_hashes(leaves)).hex(),
        )

    def train(
        self,
        recipe: Recipe,
        progress: Callable[[StepReport], None] | None = None,
        clock: Callable[[], datetime] = lambda: NOW,
    ) -> TrainedModel:
        from training_jobs.sft import train

        return train(recipe, self.warehouse, self.vault, self.trusted, self.trusted, progress, clock)


def _records(tenant: str, interactions: list[Messages]) -> pa.Table:
    rows = [
        {
            "record_id": record_id("web", tenant, f"chat {number}", 0),
            "source": "web",
            "batch": "ab" * 32,
            "line": number + 1,
            "tenant": tenant,
            "data_subject_id": f"ds_{number % 5:032x}",
            "participants": [],
            "conversation_id": conversation_id("web", tenant, f"chat {number}"),
            "position": 0,
            "occurred_at": AS_OF,
            "messages": messages,
            "model": None,
            "outcome": None,
            "jurisdiction": "de",
            "age_band": "adult",
            "source_licence": "LicenseRef-Proprietary",
            "attributes": [],
        }
        for number, messages in enumerate(interactions)
    ]
    return pa.Table.from_pylist(rows, schema=RECORD_SCHEMA)


def _leaves(table: pa.Table, tenant: str) -> pa.Table:
    salt, zeros = bytes(32), [bytes(32)] * table.num_rows
    columns = {name: pa.array(zeros, pa.binary(32)) for name in leaf.DIGEST_COLUMNS}
    commitments = [leaf.record_commitment(salt, digest) for digest in leaf.record_digests(table)]
    columns["record_commitment"] = pa.array(commitments, pa.binary(32))
    columns["tenant_commitment"] = pa.array([leaf.tenant_commitment(tenant)] * table.num_rows, pa.binary(32))
    return leaf.seal(pa.table({"record_id": table["record_id"], **columns}))


def _manifest(name: str, version: int, shards: list[Shard], changes: dict[str, Any]) -> SnapshotManifest:
    rows = sum(shard.rows for shard in shards)
    digest = "0" * 64
    document = {
        "format": "lineweight.snapshot/v1",
        "name": name,
        "version": version,
        "parent": None if version == 1 else digest,
        "request": {"path": "request.json", "sha256": digest},
        "purpose": "train_ai_system.finetune",
        "pool": {"kind": "shared", "tenant": None},
        "sources": ("web",),
        "as_of": {"effective_at": AS_OF, "recorded_at": AS_OF},
        "seed": 7,
        "shards": shards,
        "tenant_roots": tenant_roots(shards),
        "root": snapshot_root([shard.root for shard in shards]),
        "rows": rows,
        "data_subjects": stated(data_subjects([digest_column(bytes(32) * shard.rows) for shard in shards])),
        "policy": {
            "policy_id": "model-training",
            "version": 1,
            "digest": digest,
            "path": "policy.yaml",
            "sha256": digest,
        },
        "redaction": {"profile": "strict-pseudonyms", "digest": digest, "engine": "none", "residual": UNMEASURED},
        "ledger_checkpoint": digest,
        "inputs": {"path": "inputs.json", "sha256": digest},
        "counts": {
            "considered": rows,
            "permitted": rows,
            "denied": 0,
            "quarantined": 0,
            "denied_by_reason": {},
        },
        "decisions": {"path": "decisions.parquet", "sha256": digest},
        "quality": {"path": "quality.json", "sha256": digest, "success": True},
        "lease_expires_at": LEASE_ENDS,
        "keys": "vault",
        "created_by": {"code_version": "0"},
    }
    manifest = SnapshotManifest.model_validate(document | changes)
    return parse_manifest(manifest.to_bytes())


def small_recipe(**changes: Any) -> Recipe:
    """A recipe that trains in about a second."""
    chosen = {"snapshot": "small@v1", "name": "little", "max_tokens": 96, "vocabulary_size": 400, "threads": 1}
    return Recipe(**{**chosen, **changes})
