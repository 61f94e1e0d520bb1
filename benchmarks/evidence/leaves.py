"""Leaves by the million: real digests of nothing, as many people and shards as asked."""

import os
from collections.abc import Iterator

import pyarrow as pa

from benchmarks.published import DIGEST, Place, permit
from lineage import leaf
from lineage.manifest import SnapshotManifest, snapshot_directory

RECORDS_OF_A_PERSON = 20


def random_leaves(rows: int, tenant: str, begin: int) -> pa.Table:
    """Return sealed leaves of ``rows`` records of a tenant, ordered by person; what they stand for never was."""
    decision = permit()
    people = leaf.digest_column(os.urandom(32 * -(-rows // RECORDS_OF_A_PERSON)))
    whose = pa.array([row // RECORDS_OF_A_PERSON for row in range(rows)])

    def same(hexadecimal: str) -> pa.Array:
        return pa.repeat(pa.scalar(bytes.fromhex(hexadecimal), leaf.DIGEST), rows)

    columns = {
        "record_id": pa.array([f"r{begin + row:032x}" for row in range(rows)]),
        "record_commitment": leaf.digest_column(os.urandom(32 * rows)),
        "data_subject_commitment": people.take(whose),
        "tenant_commitment": same(leaf.tenant_commitment(tenant).hex()),
        "source_batch_digest": same(DIGEST),
        "consent_receipt": people.take(whose),
        "decision_digest": same(decision["digest"]),
        "policy_digest": same(decision["policy"]),
        "redaction_digest": leaf.digest_column(os.urandom(32 * rows)),
    }
    return leaf.seal(pa.table(columns))


def publish_leaves(place: Place, name: str, rows: int, shard_rows: int, tenants: tuple[str, ...]) -> SnapshotManifest:
    """Write and sign a snapshot of ``rows`` leaves in shards of ``shard_rows``, the tenants in turn."""
    directory = snapshot_directory(name, 1)
    for tenant in tenants:
        place.vault.data_subject_id(tenant, "first")
    shards = [
        place.write_leaves(directory, index, tenant, random_leaves(size, tenant, begin))
        for index, tenant, begin, size in _cut(rows, shard_rows, tenants)
    ]
    return place.sign(name, shards)


def _cut(rows: int, shard_rows: int, tenants: tuple[str, ...]) -> Iterator[tuple[int, str, int, int]]:
    for index, begin in enumerate(range(0, rows, shard_rows)):
        yield index, tenants[index % len(tenants)], begin, min(shard_rows, rows - begin)
