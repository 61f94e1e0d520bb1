"""Staging: the next version's shards and a draft of its manifest; nothing of it is visible."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lineage.canonical import canonical_json, rfc3339, sha256_hex
from lineage.code_version import code_version
from lineage.encrypted import write_encrypted
from lineage.inputs import Inputs
from lineage.keys.vault import Vault
from lineage.manifest import DataSubjects, Shard, snapshot_directory, snapshot_root, tenant_roots
from lineage.proving.data_subjects import read_data_subjects, stated
from lineage.snapshot import newest_version
from lineage.snapshot_request import SHARED
from lineage.warehouse import Warehouse
from pipelines.snapshots.account import Account
from pipelines.snapshots.asked import Asked
from pipelines.snapshots.shards import WORK, BuiltShard, ShardUnit
from pipelines.snapshots.stretches import shards, stretches
from policies.errors import LineweightError

FORMAT = "lineweight.snapshot/v1"
DRAFT = "draft.json"
REQUEST_FILE = "request.json"
POLICY_FILE = "policy.json"
ACTIVATION_FILE = "activation.dsse.json"
INPUTS_FILE = "inputs.json"
DECISIONS_FILE = "decisions.json"

Attached = Mapping[str, Mapping[str, str]]


class PublicationRefusedError(LineweightError):
    """A snapshot was staged but may not be published; nothing of it is visible."""

    remedy = "Read quality.json in the snapshot's directory, correct the cause and build the snapshot again."


@dataclass(frozen=True)
class Plan:
    """What a snapshot will be, before any text is moved.

    Attributes:
        asked: What is asked for; its request says for which purpose and by which policy.
        inputs: What was considered.
        activation: The envelope that put the policy in force; ``None`` where the deployment alone did.
        redaction: What redacted the records: profile, digest, engine.
        ledger_checkpoint: Root over the ledger's events that were known.
    """

    asked: Asked
    inputs: Inputs
    activation: bytes | None
    redaction: Mapping[str, str]
    ledger_checkpoint: str

    @property
    def policy_bytes(self) -> bytes:
        """The policy as canonical JSON: its digest is that of the file kept with the snapshot."""
        return canonical_json(self.asked.policy.document())

    def files(self) -> dict[str, bytes]:
        """Return the files that say what was asked for and decided by, by name."""
        files = {REQUEST_FILE: self.asked.request.to_bytes(), POLICY_FILE: self.policy_bytes}
        files[INPUTS_FILE] = self.inputs.to_bytes()
        return files | ({} if self.activation is None else {ACTIVATION_FILE: self.activation})


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
    name = plan.asked.request.name
    version = _next_version(warehouse, name)
    directory = staged_directory(warehouse, name)
    warehouse.delete_tree(directory)
    account = Account()
    units = list(_units(plan, warehouse, vault, directory, account))
    built = [Shard(**asdict(one)) for one in run(units)]
    warehouse.delete_tree(f"{directory}/{WORK}")
    files = plan.files() | {DECISIONS_FILE: canonical_json(account.decisions)}
    for file, data in files.items():
        warehouse.write(f"{directory}/{file}", data)
    attached = {file: {"path": file, "sha256": sha256_hex(data)} for file, data in files.items()}
    people = stated(read_data_subjects(warehouse, (f"{directory}/{shard.leaves_path}" for shard in built)))
    draft = _draft(plan, version, _parent(warehouse, name, version), built, people, account, attached)
    draft["keys"] = "derived-from-seed" if vault.derived_from_seed else "vault"
    warehouse.write(f"{directory}/{DRAFT}", canonical_json(draft))
    return directory


def _units(plan: Plan, warehouse: Warehouse, vault: Vault, directory: str, account: Account) -> Iterator[ShardUnit]:
    """Yield a unit for each file to write, the rows to take listed for it; what is left out is counted alone."""
    index, policy_digest = 0, sha256_hex(plan.policy_bytes)
    for stretch in stretches(plan.asked):
        account.add(stretch)
        for tenant, split, rows in shards(stretch.rows, plan.asked.request.shard_rows):
            unit = ShardUnit(warehouse, vault, directory, index, tenant, split, policy_digest)
            key = vault.file_key(tenant, unit.selection)
            write_encrypted(warehouse, unit.selection, rows, key=key, aad=unit.selection)
            index += 1
            yield unit


def _draft(
    plan: Plan,
    version: int,
    parent: str | None,
    built: Sequence[Shard],
    people: DataSubjects,
    account: Account,
    attached: Attached,
) -> dict[str, Any]:
    """Return the manifest's document, without the quality results that it still waits for."""
    request, policy, as_of, counts = plan.asked.request, plan.asked.policy, plan.asked.as_of, account.counts()
    return {
        "format": FORMAT,
        "name": request.name,
        "version": version,
        "parent": parent,
        "request": attached[REQUEST_FILE],
        "purpose": request.purpose,
        "pool": {"kind": SHARED if request.tenant is None else "tenant", "tenant": request.tenant},
        "sources": list(request.sources),
        "as_of": {
            "effective_at": rfc3339(as_of.effective_at),
            "recorded_at": rfc3339(as_of.recorded_at),
        },
        "seed": request.seed,
        "shards": [shard.model_dump() for shard in built],
        "tenant_roots": tenant_roots(built),
        "root": snapshot_root([shard.root for shard in built]),
        "rows": counts["permitted"],
        "data_subjects": people.model_dump(),
        "policy": {
            "policy_id": policy.policy_id,
            "version": policy.version,
            "digest": sha256_hex(plan.policy_bytes),
            "activation": attached.get(ACTIVATION_FILE),
            **attached[POLICY_FILE],
        },
        "redaction": dict(plan.redaction),
        "ledger_checkpoint": plan.ledger_checkpoint,
        "inputs": attached[INPUTS_FILE],
        "counts": counts,
        "decisions": attached[DECISIONS_FILE],
        "lease_expires_at": rfc3339(min(datetime.now(UTC), as_of.recorded_at) + timedelta(days=request.lease_days)),
        "created_by": {"code_version": code_version()},
    }


def staged_directory(warehouse: Warehouse, name: str) -> str:
    """Return where the next version of a snapshot is staged."""
    return snapshot_directory(name, _next_version(warehouse, name))


def _next_version(warehouse: Warehouse, name: str) -> int:
    return 1 + newest_version(warehouse, name)


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
