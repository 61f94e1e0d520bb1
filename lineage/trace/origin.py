"""Where one record came from and what was taken out of it: its line in the delivered file, and its findings.

Both lie in encrypted files, so both need the tenant's key. The findings are held against the leaf: they are those of
the record only if their digest is the leaf's ``redaction_digest``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from lineage.encrypted import read_encrypted
from lineage.inputs import GovernedPart, parse_inputs
from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot
from lineage.warehouse import Warehouse, WarehouseError

FINDINGS = "findings.parquet"
_STATED = ("place", "start", "end", "entity_type", "operator")


def origin_of(
    snapshot: Snapshot, shard: int, row: int, leaf: Mapping[str, Any], warehouse: Warehouse, vault: Vault | None
) -> dict[str, Any]:
    """Return where a record of a snapshot came from, and what redaction found in it.

    Args:
        snapshot: Whose files are compared with what was signed when they are read.
        shard, row: Its place there, from 0.
        leaf: Its row of ``LEAF_SCHEMA``.
        warehouse: Holds the governed store.
        vault: Opens the tenant's files; without it nothing here is known.

    Returns:
        ``line`` in the delivered file (from 1), ``redaction`` with the numbers of values that were replaced and kept by
        type, and ``not_looked_up``: why one of them is ``None``.
    """
    told: dict[str, Any] = {"line": None, "redaction": None, "not_looked_up": []}
    tenant = snapshot.manifest.shards[shard].tenant
    if vault is None or not vault.has_tenant(tenant):
        told["not_looked_up"].append(f"Line and findings: no key of {tenant} is at hand.")
        return told
    try:
        told["line"] = snapshot.shard(shard, vault, columns=["line"])["line"][row].as_py()
    except (ContentRemovedError, KeyUnavailableError, WarehouseError) as error:
        told["not_looked_up"].append(f"Line: {error}")
    told["redaction"] = _redaction(snapshot, tenant, leaf, warehouse, vault)
    if told["redaction"] is None:
        told["not_looked_up"].append("Findings: the governed store has none that are this leaf's any more.")
    return told


def _redaction(
    snapshot: Snapshot, tenant: str, leaf: Mapping[str, Any], warehouse: Warehouse, vault: Vault
) -> dict[str, Any] | None:
    """Return what was found in a record, from the one governed part whose findings are those of its leaf."""
    stated = snapshot.manifest.inputs
    inputs = parse_inputs(snapshot.file(stated.path, stated.sha256))
    batch = leaf["source_batch_digest"].hex()
    for part in inputs.parts:
        if (part.tenant, part.batch) == (tenant, batch):
            findings = _findings(part, str(leaf["record_id"]), warehouse, vault)
            if findings is not None and _digest(part, findings) == leaf["redaction_digest"].hex():
                return _counted(snapshot, findings)
    return None


def _findings(part: GovernedPart, record_id: str, warehouse: Warehouse, vault: Vault) -> list[dict[str, Any]] | None:
    """Return the findings of one record in a governed part; ``None`` where the part is gone."""
    path = f"{part.output}/{FINDINGS}"
    if not warehouse.exists(path):
        return None
    table = read_encrypted(warehouse, path, key=vault.file_key(part.tenant, path), aad=path)
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["record_id"], pa.scalar(record_id))).to_pylist()
    return rows


def _digest(part: GovernedPart, findings: Sequence[Mapping[str, Any]]) -> str:
    """Return the digest that the leaf of a record with such findings names (docs/formats.md, governed part)."""
    done = sorted([finding[name] for name in _STATED] for finding in findings)
    return digest_of({"findings": done, "redactor": part.redaction})


def _counted(snapshot: Snapshot, findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    kept = [one["entity_type"] for one in findings if one["operator"] == "keep"]
    replaced = [one["entity_type"] for one in findings if one["operator"] != "keep"]
    return {
        "profile": snapshot.manifest.redaction.profile,
        "replaced": dict(sorted(Counter(replaced).items())),
        "kept": dict(sorted(Counter(kept).items())),
    }
