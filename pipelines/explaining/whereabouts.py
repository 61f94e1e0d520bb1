"""Where one record is: in which log it was landed, what became of it when it was governed, which snapshots hold it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.encrypted import read_encrypted
from lineage.keys.vault import Vault
from lineage.record import KEY_COLUMNS, RECORD_SCHEMA
from lineage.snapshot import Snapshot
from lineage.trace.evidence import gather
from pipelines.deployment import Deployment
from pipelines.governed import parts
from pipelines.journey import landed_results
from pipelines.landing.landed import tenant_path
from pipelines.snapshots.stretches import PERMIT
from policies.errors import LineweightError

KEYS = pa.schema([RECORD_SCHEMA.field(name) for name in KEY_COLUMNS])


class RecordUnknownError(LineweightError):
    """No record of that id is here."""

    remedy = "Take the id from an exported snapshot; what was swept from landing, governed and snapshots is not kept."


@dataclass(frozen=True)
class Holding:
    """A snapshot that holds the record: which of its shards, which row, and the leaf that stands for it."""

    snapshot: Snapshot
    shard: int
    row: int
    leaf: Mapping[str, Any]

    def keys(self, vault: Vault) -> pa.Table:
        """Return the record's row of key columns.

        Raises:
            LineweightError: The shard is not the one signed, or does not open.
        """
        return self.snapshot.shard(self.shard, vault, columns=KEYS.names).slice(self.row, 1).cast(KEYS)


@dataclass(frozen=True)
class Whereabouts:
    """Everywhere the record is.

    Attributes:
        keys: One row of key columns for each delivery of it, from wherever they still are; none where all that
            is left of it is why it was left out.
        landed: The log files it was read from, whose raw records still stand.
        governed: What became of it there: effect (permit, deny, quarantine) and reason.
        holdings: The snapshots that hold it.
        models: The models that read it from them, and in which steps.
        unverified: Evidence that does not verify and was not followed.
    """

    keys: pa.Table
    landed: list[dict[str, Any]]
    governed: list[dict[str, Any]]
    holdings: list[Holding]
    models: list[dict[str, Any]]
    unverified: list[dict[str, str]]


def find_record(deployment: Deployment, record_id: str) -> Whereabouts:
    """Look for a record in the landing area, the governed store and every snapshot.

    Raises:
        RecordUnknownError: It is nowhere.
        LineweightError: A file cannot be read.
    """
    landed = list(_landed(deployment, record_id))
    governed = list(_governed(deployment, record_id))
    evidence = gather(deployment.warehouse, deployment.home.trusted())
    held = [one for _, found in evidence.search(lambda snapshot: _held(snapshot, record_id)) for one in found]
    if not (landed or governed or held):
        raise RecordUnknownError(f"{record_id}: no record of this id is here.")
    rows = [row for row, _ in (*landed, *governed) if row is not None]
    rows += [one.keys(deployment.vault) for one in held]
    deliveries = {row["batch"][0].as_py(): row for row in reversed(rows)}
    return Whereabouts(
        keys=pa.concat_tables([KEYS.empty_table(), *(deliveries[batch] for batch in sorted(deliveries))]),
        landed=[place for _, place in landed],
        governed=[place for _, place in governed],
        holdings=held,
        models=[model for one in held for model in evidence.models_that_read(one.snapshot, [record_id])],
        unverified=evidence.unverified,
    )


Found = tuple[pa.Table | None, dict[str, Any]]


def _landed(deployment: Deployment, record_id: str) -> Iterator[Found]:
    warehouse = deployment.warehouse
    for source in warehouse.directories("landing"):
        for batch in landed_results(deployment, source):
            told = {"source": source, "batch": batch.batch, "file": batch.file, "landed_at": batch.landed_at}
            for tenant in () if batch.swept_at else sorted(batch.tenants):
                row = _row(deployment, tenant, tenant_path(source, batch.batch, tenant), record_id)
                if row is not None:
                    yield row, told | {"tenant": tenant, "line": row["line"][0].as_py()}


def _governed(deployment: Deployment, record_id: str) -> Iterator[Found]:
    for part in parts(deployment.warehouse):
        told = {"source": part.source, "tenant": part.tenant, "batch": part.batch, "part": part.output}
        row = _row(deployment, part.tenant, f"{part.output}/records.parquet", record_id) if part.permitted else None
        if row is not None:
            yield row, told | {"effect": PERMIT, "reason": None}
        elif part.permitted < part.records:
            path = f"{part.output}/left_out.parquet"
            key = deployment.vault.file_key(part.tenant, path)
            left_out = read_encrypted(deployment.warehouse, path, key=key, aad=path)
            for why in left_out.filter(pc.equal(left_out["record_id"], record_id)).to_pylist():
                yield None, told | {"effect": why["effect"], "reason": why["reason"]}


def _row(deployment: Deployment, tenant: str, path: str, record_id: str) -> pa.Table | None:
    """Return the record's row of key columns in a file of one tenant, if it is there."""
    read = partial(read_encrypted, deployment.warehouse, path, key=deployment.vault.file_key(tenant, path), aad=path)
    place = pc.index(read(columns=["record_id"])["record_id"], pa.scalar(record_id)).as_py()
    return None if place < 0 else read(columns=KEYS.names).slice(place, 1).cast(KEYS)


def _held(snapshot: Snapshot, record_id: str) -> list[Holding]:
    found = []
    for index in range(len(snapshot.manifest.shards)):
        leaves = snapshot.leaves(index)
        place = pc.index(leaves["record_id"], pa.scalar(record_id)).as_py()
        if place >= 0:
            found.append(Holding(snapshot, index, place, leaves.slice(place, 1).to_pylist()[0]))
    return found
