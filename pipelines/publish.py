"""Publish: shards, then what says they are good, then the manifest, then the signature.

`stage` writes a selection's shards and leaves a draft; nothing of it is visible. `publish` turns a draft that
passed its quality gates into a manifest and a signed statement: a statement that stands is about a snapshot
that is whole.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lineage.canonical import canonical_json, digest_of, rfc3339, sha256_hex
from lineage.code_version import code_version
from lineage.encrypted import write_encrypted
from lineage.manifest import (
    Shard,
    SnapshotManifest,
    parse_manifest,
    snapshot_directory,
    snapshot_root,
    tenant_roots,
)
from lineage.snapshot import list_snapshots
from lineage.statement import sign_statement, snapshot_statement
from lineage.vault import Vault
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf
from pipelines.request import SHARED, SnapshotRequest
from pipelines.select import SELECTION_SCHEMA, Selection
from pipelines.shards import WORK, BuiltShard, ShardUnit
from policies.document import Policy
from policies.errors import LineweightError

FORMAT = "lineweight.snapshot/v1"
DRAFT = "draft.json"
POLICY_FILE = "policy.json"
DECISIONS_FILE = "decisions.json"
QUALITY_FILE = "quality.json"


class PublicationRefusedError(LineweightError):
    """A snapshot was staged but may not be published; nothing of it is visible."""

    remedy = "Read quality.json in the snapshot's directory, correct the cause and build the snapshot again."


@dataclass(frozen=True)
class Plan:
    """What a snapshot will be, before any text is moved."""

    request: SnapshotRequest
    selection: Selection
    policy: Policy
    as_of: AsOf
    redaction: Mapping[str, str]
    ledger_checkpoint: str

    @property
    def policy_bytes(self) -> bytes:
        """The policy as canonical JSON: its digest is that of the file kept with the snapshot."""
        return canonical_json(self.policy.document())


def stage(
    plan: Plan,
    warehouse: Warehouse,
    vault: Vault,
    run: Callable[[Sequence[ShardUnit]], list[BuiltShard]],
) -> str:
    """Write the next version's shards and its draft, and return its directory; nothing of it is visible.

    What an earlier attempt left behind at the same version is removed first.

    Args:
        plan: What to write.
        warehouse: Where.
        vault: The keys.
        run: Does the units, on whatever there is to run them.
    """
    name = plan.request.name
    version = _next_version(warehouse, name)
    directory = staged_directory(warehouse, name)
    warehouse.delete_tree(directory)
    units = list(_units(plan, warehouse, vault, directory))
    shards = [Shard(**asdict(built)) for built in run(units)]
    warehouse.delete_tree(f"{directory}/{WORK}")
    warehouse.write(f"{directory}/{POLICY_FILE}", plan.policy_bytes)
    warehouse.write(f"{directory}/{DECISIONS_FILE}", canonical_json(list(plan.selection.decisions)))
    warehouse.write(f"{directory}/{DRAFT}", canonical_json(_draft(plan, warehouse, vault, version, shards)))
    return directory


def _units(plan: Plan, warehouse: Warehouse, vault: Vault, directory: str) -> Iterable[ShardUnit]:
    for index, (tenant, rows) in enumerate(plan.selection.shards(plan.request.shard_rows)):
        unit = ShardUnit(warehouse, vault, directory, index, tenant, sha256_hex(plan.policy_bytes))
        key = vault.file_key(tenant, unit.selection)
        write_encrypted(warehouse, unit.selection, rows.cast(SELECTION_SCHEMA), key=key, aad=unit.selection)
        yield unit


def _draft(plan: Plan, warehouse: Warehouse, vault: Vault, version: int, shards: Sequence[Shard]) -> dict[str, Any]:
    """Return the manifest's document, without the quality results that it still waits for."""
    request, selection = plan.request, plan.selection
    directory = snapshot_directory(request.name, version)
    policy_digest = sha256_hex(plan.policy_bytes)
    return {
        "format": FORMAT,
        "name": request.name,
        "version": version,
        "parent": _parent(warehouse, request.name, version),
        "purpose": plan.policy.purpose,
        "pool": {"kind": SHARED, "tenant": None}
        if request.pool == SHARED
        else {"kind": "tenant", "tenant": request.pool},
        "sources": list(request.sources),
        "as_of": {
            "effective_at": rfc3339(plan.as_of.effective_at),
            "recorded_at": rfc3339(plan.as_of.recorded_at),
        },
        "seed": request.seed,
        "shards": [shard.model_dump() for shard in shards],
        "tenant_roots": tenant_roots(shards),
        "root": snapshot_root([shard.root for shard in shards]),
        "rows": selection.rows.num_rows,
        "policy": {
            "policy_id": plan.policy.policy_id,
            "version": plan.policy.version,
            "digest": policy_digest,
            "path": POLICY_FILE,
            "sha256": policy_digest,
        },
        "redaction": dict(plan.redaction),
        "ledger_checkpoint": plan.ledger_checkpoint,
        "counts": {
            "considered": selection.considered,
            "permitted": selection.rows.num_rows,
            "denied": sum(selection.denied_by_reason.values()),
            "quarantined": selection.quarantined,
            "denied_by_reason": dict(selection.denied_by_reason),
        },
        "decisions": {
            "path": DECISIONS_FILE,
            "sha256": sha256_hex(warehouse.read(f"{directory}/{DECISIONS_FILE}")),
        },
        "lease_expires_at": rfc3339(datetime.now(UTC) + timedelta(days=request.lease_days)),
        "keys": "derived-from-seed" if vault.derived_from_seed else "vault",
        "created_by": {"code_version": code_version()},
    }


def staged_directory(warehouse: Warehouse, name: str) -> str:
    """Return where the next version of a snapshot is staged."""
    return snapshot_directory(name, _next_version(warehouse, name))


def _next_version(warehouse: Warehouse, name: str) -> int:
    return 1 + max((version for known, version, _ in list_snapshots(warehouse) if known == name), default=0)


def _parent(warehouse: Warehouse, name: str, version: int) -> str | None:
    """Return the digest of the manifest of the version before."""
    if version == 1:
        return None
    return sha256_hex(warehouse.read(f"{snapshot_directory(name, version - 1)}/manifest.json"))


def read_draft(warehouse: Warehouse, directory: str) -> dict[str, Any]:
    """Return the draft of a staged snapshot.

    Raises:
        PublicationRefusedError: Nothing is staged there.
    """
    path = f"{directory}/{DRAFT}"
    if not warehouse.exists(path):
        raise PublicationRefusedError(f"{directory}: nothing is staged there.", remedy="Stage the snapshot first.")
    return dict(json.loads(warehouse.read(path)))


def record_quality(warehouse: Warehouse, directory: str, results: Sequence[Mapping[str, Any]], success: bool) -> None:
    """Keep the quality gates' results with the staged snapshot; `publish` refuses one without, or with a failure."""
    document = {"success": success, "results": [dict(result) for result in results]}
    warehouse.write(f"{directory}/{QUALITY_FILE}", canonical_json(document))


@dataclass(frozen=True)
class Published:
    """A snapshot that stands.

    Attributes:
        already: The version before holds exactly these records for exactly these reasons; nothing new was
            published.
    """

    directory: str
    manifest: SnapshotManifest
    statement_digest: str
    already: bool


def publish(warehouse: Warehouse, vault: Vault, directory: str) -> Published:
    """Turn a staged snapshot that passed its gates into a published one.

    Raises:
        PublicationRefusedError: Nothing is staged there, nothing was permitted, the gates did not run, or
            one failed.
    """
    draft = read_draft(warehouse, directory)
    if not draft["rows"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in draft["counts"]["denied_by_reason"].items())
        raise PublicationRefusedError(
            f"{directory}: nothing is permitted, so there is nothing to publish ({reasons or 'nothing considered'}).",
            remedy="`lineweight policy explain` says what would be; the ledger and the request decide the rest.",
        )
    manifest = SnapshotManifest.model_validate(draft | {"quality": _quality(warehouse, directory)})
    before = _same_before(warehouse, manifest)
    if before is not None:
        warehouse.delete_tree(directory)
        return before
    data = manifest.to_bytes()
    warehouse.write(f"{directory}/manifest.json", data)
    envelope = sign_statement(snapshot_statement(manifest, sha256_hex(data)), [vault])
    warehouse.write(f"{directory}/statement.dsse.json", envelope)
    warehouse.delete_file(f"{directory}/{DRAFT}")
    return Published(directory, manifest, _statement_digest(manifest, data), already=False)


def _quality(warehouse: Warehouse, directory: str) -> dict[str, Any]:
    path = f"{directory}/{QUALITY_FILE}"
    if not warehouse.exists(path):
        raise PublicationRefusedError(f"{directory}: the quality gates did not run.", remedy="Run them, then publish.")
    data = warehouse.read(path)
    if json.loads(data)["success"] is not True:
        raise PublicationRefusedError(f"{directory}: a quality gate failed.")
    return {"path": QUALITY_FILE, "sha256": sha256_hex(data), "success": True}


def _same_before(warehouse: Warehouse, manifest: SnapshotManifest) -> Published | None:
    """Return the version before, if it holds the same records, for the same reasons, under the same lease terms."""
    if manifest.version == 1:
        return None
    directory = snapshot_directory(manifest.name, manifest.version - 1)
    data = warehouse.read(f"{directory}/manifest.json")
    before = parse_manifest(data)
    same = ("root", "purpose", "pool", "sources", "policy", "counts", "as_of", "ledger_checkpoint")
    if any(getattr(before, name) != getattr(manifest, name) for name in same):
        return None
    return Published(directory, before, _statement_digest(before, data), already=True)


def _statement_digest(manifest: SnapshotManifest, data: bytes) -> str:
    return digest_of(snapshot_statement(manifest, sha256_hex(data)))
