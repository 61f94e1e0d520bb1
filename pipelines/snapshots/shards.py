"""Shards: permitted text moved once, from the governed store into files of one tenant, with leaves beside them."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage import merkle
from lineage.canonical import sha256_hex
from lineage.encrypted import read_encrypted, write_encrypted
from lineage.keys.vault import Vault
from lineage.leaf import data_subject_commitment, leaf_hashes, record_commitment, seal, tenant_commitment
from lineage.record import RECORD_SCHEMA
from lineage.warehouse import Warehouse
from policies.errors import LineweightError

WORK = "work"


class SelectionNotMetError(LineweightError):
    """The governed store does not hold exactly the records that were selected."""

    remedy = "Govern the sources again, then build the snapshot again."


@dataclass(frozen=True)
class ShardUnit:
    """One file to write: which tenant's rows of which split, in which order."""

    warehouse: Warehouse
    vault: Vault
    directory: str
    index: int
    tenant: str
    split: str
    policy_digest: str

    @property
    def name(self) -> str:
        """The shard's name: its place in the manifest, and its tenant."""
        return f"{self.index:05d}-{self.tenant}"

    @property
    def selection(self) -> str:
        """Where the rows to take are listed."""
        return f"{self.directory}/{WORK}/{self.name}.parquet"


@dataclass(frozen=True)
class BuiltShard:
    """A shard as the manifest lists it."""

    path: str
    tenant: str
    rows: int
    bytes: int
    sha256: str
    leaves_path: str
    leaves_sha256: str
    root: str
    split: str


def build_shard(unit: ShardUnit) -> BuiltShard:
    """Write one shard and its leaves.

    Raises:
        SelectionNotMetError: A record that was selected is not in the governed store, or is there twice.
        LineweightError: A file does not open.
    """
    warehouse, vault = unit.warehouse, unit.vault
    key = vault.file_key(unit.tenant, unit.selection)
    chosen = read_encrypted(warehouse, unit.selection, key=key, aad=unit.selection)
    records = _moved(unit, chosen)
    path, leaves_path = f"shards/{unit.name}.parquet", f"leaves/{unit.name}.parquet"
    aad = f"{unit.directory}/{path}"
    write_encrypted(warehouse, aad, records, key=vault.file_key(unit.tenant, aad), aad=aad)
    leaves = seal(_digests(unit, chosen))
    with warehouse.staged(f"{unit.directory}/{leaves_path}") as sink:
        pq.write_table(leaves, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    data = warehouse.read(aad)
    return BuiltShard(
        path=path,
        tenant=unit.tenant,
        rows=records.num_rows,
        bytes=len(data),
        sha256=sha256_hex(data),
        leaves_path=leaves_path,
        leaves_sha256=sha256_hex(warehouse.read(f"{unit.directory}/{leaves_path}")),
        root=merkle.root(leaf_hashes(leaves)).hex(),
        split=unit.split,
    )


def _moved(unit: ShardUnit, chosen: pa.Table) -> pa.Table:
    """Return the chosen records' rows of ``RECORD_SCHEMA``, in the order chosen."""
    found = []
    for file in sorted(pc.unique(chosen["file"]).to_pylist()):
        key = unit.vault.file_key(unit.tenant, file)
        table = read_encrypted(unit.warehouse, file, key=key, aad=file, columns=RECORD_SCHEMA.names)
        wanted = chosen.filter(pc.equal(chosen["file"], file))["record_id"]
        found.append(table.filter(pc.is_in(table["record_id"], wanted.combine_chunks())))
    records = pa.concat_tables(found)
    place = pc.index_in(chosen["record_id"], records["record_id"].combine_chunks())
    if place.null_count or records.num_rows != chosen.num_rows:
        raise SelectionNotMetError(f"{unit.directory}: shard {unit.name}: records selected are missing or doubled.")
    return records.take(place.combine_chunks()).cast(RECORD_SCHEMA)


def _digests(unit: ShardUnit, chosen: pa.Table) -> pa.Table:
    """Return the leaves' digests, row for row of the shard."""
    people = chosen["data_subject_id"].to_pylist()
    salts = unit.vault.salts(unit.tenant, sorted(set(people)))
    committed = {person: data_subject_commitment(salt, unit.tenant, person) for person, salt in salts.items()}
    digests = chosen["record_digest"].to_pylist()

    def same(value: bytes) -> pa.Array:
        return pa.repeat(pa.scalar(value, pa.binary(32)), chosen.num_rows)

    return pa.table(
        {
            "record_id": chosen["record_id"],
            "record_commitment": pa.array(
                [record_commitment(salts[person], digest) for person, digest in zip(people, digests, strict=True)],
                pa.binary(32),
            ),
            "data_subject_commitment": pa.array([committed[person] for person in people], pa.binary(32)),
            "tenant_commitment": same(tenant_commitment(unit.tenant)),
            "source_batch_digest": pa.array(
                [bytes.fromhex(batch) for batch in chosen["batch"].to_pylist()], pa.binary(32)
            ),
            "consent_receipt": chosen["consent_receipt"],
            "decision_digest": chosen["decision_digest"],
            "policy_digest": same(bytes.fromhex(unit.policy_digest)),
            "redaction_digest": chosen["redaction_digest"],
        }
    )
