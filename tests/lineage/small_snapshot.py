"""A small signed snapshot of two tenants, and a model trained on it, made of real files and real keys."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.encrypted import write_encrypted
from lineage.evidence_table import table_bytes
from lineage.inputs import DeclaredSource, GovernedPart, Inputs
from lineage.keys.vault import Vault
from lineage.manifest import Shard, SnapshotManifest, snapshot_directory, snapshot_root, tenant_roots
from lineage.proving.data_subjects import read_data_subjects, stated
from lineage.record import RECORD_SCHEMA, conversation_id, record_id
from lineage.release import Terms, Ticket, Verdict, sign_ticket
from lineage.residual import Canaries, Seen
from lineage.revocation import Feed, FeedPolicy, Revocations, publish_feed
from lineage.snapshot_request import SnapshotRequest
from lineage.statement import TrustedKey, sign_statement, snapshot_statement
from lineage.training_admission import TICKET_FILE, FeedHeeded, feed_dependency, feed_path, ticket_dependency
from lineage.training_statement import (
    Consumption,
    Dependency,
    TrainingRun,
    header_metadata,
    training_predicate,
    training_statement,
)
from lineage.warehouse import Warehouse
from policies.decision import decide
from policies.document import DOCUMENTS, load_policy
from policies.facts import IN_ORDER

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
TENANTS = ("acme", "globex")
POLICY = (DOCUMENTS / "model-training.yaml").read_bytes()
QUALITY = canonical_json({"results": [], "success": True})


REDACTION = sha256_hex(b"profile")
RESIDUAL = {
    "canaries": {"EMAIL_ADDRESS": Canaries.of(40, 40), "PERSON": Canaries.of(40, 31)},
    "second_detector": {
        "detector": "none",
        "records": 10,
        "characters": 20_000,
        "seen": {"EMAIL_ADDRESS": Seen.of(0, 20_000), "PERSON": Seen.of(2, 20_000)},
    },
}
REQUEST = SnapshotRequest(
    name="demo",
    policy="model-training",
    purpose="train_ai_system.finetune",
    pool="shared",
    sources=("web",),
    seed=7,
)


def considered(shards: Sequence[Shard]) -> Inputs:
    """A part for each shard; of the first, two records were denied and one was quarantined."""
    parts = []
    for index, shard in enumerate(shards):
        denied, quarantined = (2, 1) if index == 0 else (0, 0)
        part = {
            "output": f"governed/{shard.tenant}/web/{index}/part-00000",
            "tenant": shard.tenant,
            "source": "web",
            "batch": sha256_hex(b"the log"),
            "inputs": sha256_hex(shard.path.encode()),
            "redaction": REDACTION,
            "records": shard.rows + denied + quarantined,
            "permitted": shard.rows,
            "denied": denied,
            "quarantined": quarantined,
        }
        parts.append(GovernedPart(**part))
    declared = DeclaredSource(declaration_digest=sha256_hex(b"web"), data_categories=("user.content",))
    return Inputs(parts=tuple(parts), sources={"web": declared})


def ticket_terms(snapshot: SnapshotManifest, /, **changes: Any) -> Terms:
    """An approval of everything, in force from the day before ``AS_OF`` on."""
    document = {
        "snapshot": snapshot.label,
        "verdict": Verdict.APPROVED,
        "purpose": snapshot.purpose,
        "may_train": ("*",),
        "base_models": ("*",),
        "max_epochs": 3,
        "decided_at": AS_OF - timedelta(days=1),
        "expires_at": AS_OF + timedelta(days=90),
        "approver": "deployment",
        "because": "",
    }
    return Terms.model_validate(document | changes)


def feed_terms(snapshot: SnapshotManifest, /, **changes: Any) -> Revocations:
    """A feed that revokes nothing, made at ``AS_OF``."""
    policy = {name: getattr(snapshot.policy, name) for name in ("policy_id", "version", "digest")}
    document = {
        "snapshot": snapshot.label,
        "as_of": {"effective_at": AS_OF, "recorded_at": AS_OF},
        "ledger_checkpoint": sha256_hex(b"ledger"),
        "policy": FeedPolicy(**policy),
        "lease_expires_at": snapshot.lease_expires_at,
        "revoked": {},
    }
    return Revocations.model_validate(document | changes)


def message(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content, "reasoning": None, "tool_calls": None, "tool_call_id": None}


def records(vault: Vault, tenant: str, rows: int = 5) -> pa.Table:
    """``rows`` rows of ``RECORD_SCHEMA``, of two people."""
    return pa.Table.from_pylist(
        [
            {
                "record_id": record_id("web", tenant, f"chat {number}", 0),
                "source": "web",
                "batch": sha256_hex(b"the log"),
                "line": number + 1,
                "tenant": tenant,
                "data_subject_id": vault.data_subject_id(tenant, f"user {number % 2}"),
                "participants": [],
                "conversation_id": conversation_id("web", tenant, f"chat {number}"),
                "position": 0,
                "occurred_at": datetime(2026, 5, 1, 12, number, tzinfo=UTC),
                "messages": [message("user", f"Please add page {number}."), message("assistant", "Done.")],
                "model": "builder-1",
                "outcome": {"label": "good", "score": 1.0, "signal": "build", "observed_at": AS_OF},
                "jurisdiction": "de",
                "age_band": "adult",
                "source_licence": "LicenseRef-Proprietary",
                "attributes": [("branch", "main"), ("build", str(number))],
            }
            for number in range(rows)
        ],
        schema=RECORD_SCHEMA,
    )


@functools.cache
def permit() -> dict[str, Any]:
    """The one decision that all records of the small snapshot share."""
    policy = load_policy(POLICY, "policy.yaml")
    decided = {
        "facts": IN_ORDER.document(),
        "policy": digest_of(policy.document()),
        **decide(policy, IN_ORDER).document(),
    }
    return {"digest": digest_of(decided), **decided}


def leaves_of(vault: Vault, tenant: str, table: pa.Table) -> pa.Table:
    """The leaves of some records, row for row."""
    people = table["data_subject_id"].to_pylist()
    salts = vault.salts(tenant, sorted(set(people)))
    digests = leaf.record_digests(table)
    rows = [
        {
            "record_id": record,
            "record_commitment": leaf.record_commitment(salts[person], digest),
            "data_subject_commitment": leaf.data_subject_commitment(salts[person], tenant, person),
            "tenant_commitment": leaf.tenant_commitment(tenant),
            "source_batch_digest": bytes.fromhex(sha256_hex(b"the log")),
            "consent_receipt": bytes.fromhex(sha256_hex(person.encode())),
            "decision_digest": bytes.fromhex(permit()["digest"]),
            "policy_digest": bytes.fromhex(permit()["policy"]),
            "redaction_digest": bytes.fromhex(sha256_hex(b"findings")),
        }
        for record, person, digest in zip(table["record_id"].to_pylist(), people, digests, strict=True)
    ]
    return leaf.seal(pa.Table.from_pylist(rows, schema=leaf.UNSEALED_SCHEMA))


@dataclass
class SmallWorld:
    """A warehouse and a vault. ``publish`` writes a snapshot, ``train`` a model that names it."""

    root: Path
    tenants: Sequence[str] = TENANTS
    warehouse: Warehouse = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.warehouse = Warehouse(self.root)
        self.vault = Vault.open(self.root / "keys")

    @property
    def trusted(self) -> tuple[TrustedKey, ...]:
        return (TrustedKey.from_pem(self.vault.public_key_pem),)

    def publish(self, version: int = 1, **changes: Any) -> SnapshotManifest:
        """Write and sign ``demo``; ``changes`` replace fields of the manifest before it is signed."""
        directory = snapshot_directory("demo", version)
        shards = tuple(self._shard(directory, index, tenant) for index, tenant in enumerate(self.tenants))
        manifest = SnapshotManifest.model_validate({**self._document(directory, version, shards), **changes})
        self.sign(manifest)
        return manifest

    def sign(self, manifest: SnapshotManifest) -> None:
        """Write a manifest and a statement about it, true or not."""
        self.warehouse.write(f"{manifest.directory}/manifest.json", manifest.to_bytes())
        envelope = sign_statement(snapshot_statement(manifest, manifest.digest()), [self.vault])
        self.warehouse.write(f"{manifest.directory}/statement.dsse.json", envelope)

    def attach(self, directory: str, path: str, data: bytes) -> dict[str, str]:
        self.warehouse.write(f"{directory}/{path}", data)
        return {"path": path, "sha256": sha256_hex(data)}

    def release(self, snapshot: SnapshotManifest, /, **changes: Any) -> Ticket:
        """Sign a ticket with the deployment's own key, or ``signer``; ``changes`` are to its terms."""
        signer = changes.pop("signer", self.vault)
        return sign_ticket(self.warehouse, snapshot, ticket_terms(snapshot, **changes), signer)

    def revoke(self, snapshot: SnapshotManifest, /, **changes: Any) -> Feed:
        """Sign the next feed of a snapshot; ``changes`` are to what it says."""
        return publish_feed(self.warehouse, snapshot, feed_terms(snapshot, **changes), self.vault)

    def train(
        self,
        snapshot: SnapshotManifest,
        *,
        consumed: pa.Table | None = None,
        ticket: Ticket | None = None,
        feeds: Sequence[tuple[Feed, int]] = (),
    ) -> Path:
        """Write a model directory whose weights are a few bytes, and sign it; returns the directory.

        ``feeds`` are those the run read, each with the step from which on it was heeded.
        """
        directory = "models/little/run-1"
        ledger = self.consumed(snapshot) if consumed is None else consumed
        data = table_bytes(ledger, CONSUMPTION_SCHEMA)
        recipe = {"snapshot": snapshot.label, "base": "tiny", "steps": 2, "trained_by": "ml"}
        admitted = ticket or self.release(snapshot)
        self.warehouse.write(f"{directory}/{TICKET_FILE}", admitted.envelope)
        taken_in = [Dependency("base-model", "model:tiny", sha256_hex(b"base"))]
        taken_in.append(ticket_dependency(snapshot.label, admitted.digest))
        for feed, from_step in feeds:
            self.warehouse.write(f"{directory}/{feed_path(feed.number)}", feed.envelope)
            taken_in.append(
                feed_dependency(snapshot.label, FeedHeeded(feed.number, feed.digest, from_step), len(feed.revoked))
            )
        self.warehouse.write(f"{directory}/consumption/rank-0.parquet", data)
        self.warehouse.write(f"{directory}/recipe.json", canonical_json(recipe))
        self.warehouse.write(f"{directory}/config.json", b"{}")
        statement = self.warehouse.read(f"{snapshot.directory}/statement.dsse.json")
        self.warehouse.write(f"{directory}/snapshot/manifest.json", snapshot.to_bytes())
        self.warehouse.write(f"{directory}/snapshot/statement.dsse.json", statement)
        predicate = training_predicate(
            TrainingRun(
                run="run-1",
                builder="https://lineweight.dev/training_jobs/sft",
                recipe=recipe,
                internal={"threads": 1, "purpose": snapshot.purpose, "tensors": TENSORS},
                snapshot=snapshot,
                snapshot_statement_digest=digest_of(snapshot_statement(snapshot, snapshot.digest())),
                dependencies=tuple(taken_in),
                consumption=Consumption(
                    "consumption/rank-0.parquet", sha256_hex(data), consumption_root(ledger).hex(), ledger.num_rows
                ),
                started_at=AS_OF,
                finished_at=AS_OF,
                files={"config.json": sha256_hex(b"{}")},
            )
        )
        weights = safetensors(header_metadata(predicate))
        self.warehouse.write(f"{directory}/model.safetensors", weights)
        self.sign_training(directory, predicate, {"model.safetensors": sha256_hex(weights)})
        return self.warehouse.local_path(directory)

    def sign_training(self, directory: str, predicate: Mapping[str, Any], weights: Mapping[str, str]) -> None:
        """Write a training statement, true or not."""
        envelope = sign_statement(training_statement(predicate, weights), [self.vault])
        self.warehouse.write(f"{directory}/training.dsse.json", envelope)

    def consumed(self, snapshot: SnapshotManifest) -> pa.Table:
        """One epoch over a snapshot, as a loader would write it down."""
        rows = []
        for index, shard in enumerate(snapshot.shards):
            table = leaves_of(self.vault, shard.tenant, records(self.vault, shard.tenant))
            for row, entry in enumerate(table.to_pylist()):
                rows.append(
                    {
                        "epoch": 0,
                        "optimizer_step": len(rows) // 4,
                        "micro_step": 0,
                        "shard": index,
                        "row": row,
                        "record_id": entry["record_id"],
                        "leaf": entry["leaf"],
                        "n_tokens": 12,
                        "skipped_reason": None,
                    }
                )
        return pa.Table.from_pylist(rows, schema=CONSUMPTION_SCHEMA)

    def _shard(self, directory: str, index: int, tenant: str) -> Shard:
        table = records(self.vault, tenant)
        path, leaves_path = f"shards/{index:03}-{tenant}.parquet", f"leaves/{index:03}-{tenant}.parquet"
        aad = f"{directory}/{path}"
        write_encrypted(self.warehouse, aad, table, key=self.vault.file_key(tenant, aad), aad=aad)
        leaves = leaves_of(self.vault, tenant, table)
        data = self.warehouse.read(aad)
        return Shard(
            path=path,
            tenant=tenant,
            rows=table.num_rows,
            bytes=len(data),
            sha256=sha256_hex(data),
            leaves_path=leaves_path,
            leaves_sha256=self.attach(directory, leaves_path, table_bytes(leaves, leaf.LEAF_SCHEMA))["sha256"],
            root=merkle.root(leaf.leaf_hashes(leaves)).hex(),
        )

    def _document(self, directory: str, version: int, shards: Sequence[Shard]) -> dict[str, Any]:
        rows = sum(shard.rows for shard in shards)
        decisions = canonical_json([{**permit(), "records": rows}])
        return {
            "name": "demo",
            "version": version,
            "parent": None if version == 1 else sha256_hex(b"the version before"),
            "request": self.attach(directory, "request.json", REQUEST.to_bytes()),
            "purpose": "train_ai_system.finetune",
            "pool": {"kind": "shared", "tenant": None},
            "sources": ("web",),
            "as_of": {"effective_at": AS_OF, "recorded_at": AS_OF},
            "seed": 7,
            "shards": shards,
            "tenant_roots": tenant_roots(shards),
            "root": snapshot_root([shard.root for shard in shards]),
            "rows": rows,
            "data_subjects": stated(
                read_data_subjects(self.warehouse, (f"{directory}/{shard.leaves_path}" for shard in shards))
            ),
            "policy": {
                "policy_id": "model-training",
                "version": 1,
                "digest": permit()["policy"],
                **self.attach(directory, "policy.yaml", POLICY),
            },
            "redaction": {"profile": "strict-pseudonyms", "digest": REDACTION, "engine": "none", "residual": RESIDUAL},
            "ledger_checkpoint": sha256_hex(b"ledger"),
            "inputs": self.attach(directory, "inputs.json", considered(shards).to_bytes()),
            "counts": {
                "considered": rows + 3,
                "permitted": rows,
                "denied": 2,
                "quarantined": 1,
                "denied_by_reason": {"consent-unknown": 2},
            },
            "decisions": self.attach(directory, "decisions.json", decisions),
            "quality": {**self.attach(directory, "quality.json", QUALITY), "success": True},
            "lease_expires_at": datetime(2026, 9, 1, tzinfo=UTC),
            "keys": "vault",
            "created_by": {"code_version": "0.1.0"},
        }


TENSORS = {"model.safetensors": sha256_hex(b"\x01\x02\x03\x04")}


def safetensors(metadata: Mapping[str, str]) -> bytes:
    """One tensor of four bytes, in the format of https://github.com/huggingface/safetensors."""
    tensor = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": dict(metadata), "weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + b"\x01\x02\x03\x04"
