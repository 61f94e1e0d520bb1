"""Publish: shards, then what says they are good, then the manifest, then the signature.

`staging` writes a selection's shards and leaves a draft; nothing of it is visible. `publish` turns a draft that
passed its quality gates into a manifest and a signed statement: a statement that stands is about a snapshot that
is whole.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest, parse_manifest, snapshot_directory
from lineage.statement import sign_statement, snapshot_statement
from lineage.warehouse import Warehouse
from pipelines.snapshots.staging import DRAFT, PublicationRefusedError, read_draft

QUALITY_FILE = "quality.json"


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
            one failed; or nobody measured what may be left in the text.
    """
    draft = read_draft(warehouse, directory)
    if not draft["rows"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in draft["counts"]["denied_by_reason"].items())
        raise PublicationRefusedError(
            f"{directory}: nothing is permitted, so there is nothing to publish ({reasons or 'nothing considered'}).",
            remedy="`lineweight policy explain` says what would be; the ledger and the request decide the rest.",
        )
    if "residual" not in draft["redaction"]:
        remedy = "Stage the snapshot again: lineweight snapshot build."
        raise PublicationRefusedError(f"{directory}: what may be left in its text was not measured.", remedy=remedy)
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
    """Return the version before, if it was asked for in the same words and holds the same for the same reasons."""
    if manifest.version == 1:
        return None
    directory = snapshot_directory(manifest.name, manifest.version - 1)
    data = warehouse.read(f"{directory}/manifest.json")
    before = parse_manifest(data)
    same = ("root", "request", "policy", "inputs", "counts", "as_of", "ledger_checkpoint", "keys")
    redacted_otherwise = before.redaction.digest != manifest.redaction.digest
    if redacted_otherwise or any(getattr(before, name) != getattr(manifest, name) for name in same):
        return None
    return Published(directory, before, _statement_digest(before, data), already=True)


def _statement_digest(manifest: SnapshotManifest, data: bytes) -> str:
    return digest_of(snapshot_statement(manifest, sha256_hex(data)))
