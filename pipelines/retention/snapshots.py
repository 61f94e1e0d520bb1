"""Content of snapshots that has outlived the limit of its policy and its tenant's agreement today.

A published snapshot keeps its evidence: a signed note is written, then the shard files that hold such records go
(`lineage.retention`). A version that was staged and never published is nobody's evidence: it goes as a whole.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.encrypted import read_encrypted
from lineage.keys.vault import Vault
from lineage.manifest import Shard
from lineage.retention import RemovedShard, write_note
from lineage.snapshot import ROOT, Snapshot, list_snapshots
from lineage.statement import TrustedKey
from lineage.warehouse import Warehouse
from pipelines.retention.found import Found, Outlived, Where
from pipelines.retention.limits import Limit, Limits
from policies.document import Policy, load_policy
from policies.errors import LineweightError

AGES = ["occurred_at", "source"]


class SnapshotSweep:
    """What it takes to sweep the snapshots of one deployment.

    Args:
        policies: In force, by id. A snapshot whose policy is not among them is held to the version it kept.
        trusted: The keys that may have signed a snapshot or a note.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        vault: Vault,
        limits: Limits,
        policies: dict[str, Policy],
        trusted: Sequence[TrustedKey],
        at: datetime,
    ) -> None:
        self._warehouse, self._vault, self._limits = warehouse, vault, limits
        self._policies, self._trusted, self._at = policies, trusted, at

    def find(self) -> Found:
        """Return the shards of published snapshots that hold records past their limit."""
        found = Found(Where.SNAPSHOT)
        for _, _, directory in list_snapshots(self._warehouse):
            try:
                self._look_at(found, Snapshot.open(self._warehouse, directory, self._trusted))
            except LineweightError as error:
                found.tell(directory, error)
        return found

    def find_staged(self) -> Found:
        """Return the versions that were staged, never published, and hold records no policy could use any more."""
        found = Found(Where.STAGED)
        published = {directory for _, _, directory in list_snapshots(self._warehouse)}
        for name in self._warehouse.directories(ROOT):
            for version in self._warehouse.directories(f"{ROOT}/{name}"):
                if (directory := f"{ROOT}/{name}/{version}") not in published:
                    self._look_at_staged(found, directory)
        return found

    def _look_at(self, found: Found, snapshot: Snapshot) -> None:
        policy = self._policy(snapshot)
        going: list[RemovedShard] = []
        removed_before: list[str] = []
        for index, shard in enumerate(snapshot.manifest.shards):
            path = f"{snapshot.directory}/{shard.path}"
            if shard.path in snapshot.removed:
                if self._warehouse.exists(path):
                    removed_before.append(path)
                    found.outlived.append(self._unfinished(path, shard))
                continue
            try:
                ages = snapshot.shard(index, self._vault, columns=AGES)
            except LineweightError as error:
                found.tell(path, error)
                continue
            limit = self._limits.of_policy(shard.tenant, policy)
            outlived = _outlived(Where.SNAPSHOT, path, shard.tenant, shard.bytes, ages, limit)
            if outlived is None:
                found.remains.add(shard.rows, shard.bytes)
                continue
            found.outlived.append(outlived)
            going.append(_removed(shard, outlived))
        if going or removed_before:
            found.removals.append(partial(self._remove, snapshot, going, removed_before))

    def _remove(self, snapshot: Snapshot, going: Sequence[RemovedShard], removed_before: Sequence[str]) -> None:
        if going:
            write_note(self._warehouse, snapshot.directory, snapshot.manifest, going, self._at, self._vault)
        for path in [*removed_before, *(f"{snapshot.directory}/{shard.path}" for shard in going)]:
            self._warehouse.delete_file(path)

    def _policy(self, snapshot: Snapshot) -> Policy:
        """Return the version of the snapshot's policy that is in force; where none is, the one it kept."""
        stated = snapshot.manifest.policy
        in_force = self._policies.get(stated.policy_id)
        return in_force or load_policy(snapshot.file(stated.path, stated.sha256), stated.path)

    def _unfinished(self, path: str, shard: Shard) -> Outlived:
        size = self._warehouse.size(path)
        rule = "noted as removed, and still here"
        return Outlived(Where.SNAPSHOT, path, shard.tenant, (), 0, shard.rows, size, self._at, rule)

    def _look_at_staged(self, found: Found, directory: str) -> None:
        held = [path for path in self._warehouse.files(f"{directory}/shards") if path.endswith(".parquet")]
        outlived: list[Outlived] = []
        for path in held:
            tenant = path.rpartition("/")[2].removesuffix(".parquet").partition("-")[2]
            size = self._warehouse.size(path)
            try:
                key = self._vault.file_key(tenant, path)
                ages = read_encrypted(self._warehouse, path, key=key, aad=path, columns=AGES)
            except LineweightError as error:
                found.tell(path, error)
                continue
            one = _outlived(Where.STAGED, path, tenant, size, ages, self._limits.of_any_policy(tenant))
            if one is None:
                found.remains.add(ages.num_rows, size)
            else:
                outlived.append(one)
        found.outlived += outlived
        if outlived:
            found.removals.append(partial(self._warehouse.delete_tree, directory))


def _outlived(where: Where, path: str, tenant: str, size: int, ages: pa.Table, limit: Limit) -> Outlived | None:
    """Return what of a file has outlived a limit, if anything has."""
    old = limit.outlived(ages["occurred_at"])
    count = pc.sum(old).as_py() or 0
    if not count:
        return None
    sources = tuple(sorted(pc.unique(ages["source"]).to_pylist()))
    since = limit.since(ages.filter(old)["occurred_at"])
    return Outlived(where, path, tenant, sources, count, ages.num_rows - count, size, since, limit.rule)


def _removed(shard: Shard, outlived: Outlived) -> RemovedShard:
    return RemovedShard(
        path=shard.path,
        sha256=shard.sha256,
        tenant=shard.tenant,
        records=shard.rows,
        outlived=outlived.records,
        outlived_since=rfc3339(outlived.since),
        because=outlived.rule,
    )
