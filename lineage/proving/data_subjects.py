"""Who is in a snapshot, by commitment and in order: so that it can be shown of somebody that they are not.

Beside the tree over its records a snapshot has one over the people who wrote them. Its entries are sorted, one a
person::

    entry = data_subject_commitment (32 bytes) ‖ records of that person (u64, big-endian)

The tree is that of RFC 9162. It follows from the leaves alone, so whoever has them can make it again. Whoever has
only the root can be shown that a commitment is in it, by its entry, or that it is not, by the two entries that stand
next to each other where it would have to be.
"""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage import merkle
from lineage.leaf import DIGEST, digest_bytes
from lineage.manifest import DataSubjects
from lineage.warehouse import Warehouse

COMMITMENT = "data_subject_commitment"
DATA_SUBJECT_SCHEMA = pa.schema(
    [pa.field(COMMITMENT, DIGEST, nullable=False), pa.field("records", pa.int64(), nullable=False)]
)


def data_subjects(commitments: Iterable[pa.ChunkedArray | pa.Array]) -> pa.Table:
    """Return who wrote the records of a snapshot: rows of ``DATA_SUBJECT_SCHEMA``, sorted, each person once.

    Args:
        commitments: The column ``data_subject_commitment`` of each leaves file, in any order.
    """
    counted = [_counted(pa.table([column], [COMMITMENT]), "count") for column in commitments]
    added = _counted(pa.concat_tables([DATA_SUBJECT_SCHEMA.empty_table(), *counted]), "sum")
    return added.take(pc.sort_indices(added[COMMITMENT])).combine_chunks()


def read_data_subjects(warehouse: Warehouse, leaves_paths: Iterable[str]) -> pa.Table:
    """Return who wrote the records of leaves files, of which one column is read; whether they are sound is not asked.

    Args:
        warehouse: Where they are.
        leaves_paths: Of all shards of a snapshot, in the warehouse.
    """
    files = (warehouse.open(path) for path in leaves_paths)
    return data_subjects(pq.read_table(file, columns=[COMMITMENT])[COMMITMENT] for file in files)


def stated(table: pa.Table) -> DataSubjects:
    """Return what a manifest says of people: rows of ``DATA_SUBJECT_SCHEMA``, sorted."""
    return DataSubjects(root=merkle.root(tree(table)).hex(), count=table.num_rows)


def entries(table: pa.Table) -> list[bytes]:
    """Return the entries of the tree in order, 40 bytes each."""
    joined = digest_bytes(table[COMMITMENT])
    counts = table["records"].to_pylist()
    return [joined[32 * place : 32 * place + 32] + count.to_bytes(8, "big") for place, count in enumerate(counts)]


def tree(table: pa.Table) -> list[bytes]:
    """Return the leaf hashes of the tree in order, as `merkle.root` and `merkle.inclusion_proof` take them."""
    return [merkle.leaf_hash(entry) for entry in entries(table)]


def _counted(table: pa.Table, how: str) -> pa.Table:
    """Add up by person: rows, or what was counted before."""
    column = COMMITMENT if how == "count" else "records"
    grouped = table.group_by(COMMITMENT).aggregate([(column, how)])
    return pa.table([grouped[COMMITMENT], grouped[f"{column}_{how}"]], schema=DATA_SUBJECT_SCHEMA)
