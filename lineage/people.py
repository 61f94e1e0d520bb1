"""Who speaks in the landed records: one small encrypted file of pseudonyms a tenant and batch.

It stands beside the tenant's records, and goes with them. So it can be counted who of them never said anything
about consent, and of whom consent is known but no record ever came, without reading a record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lineage.encrypted import read_encrypted, write_encrypted
from lineage.keys.vault import Vault
from lineage.warehouse import Warehouse

LANDING = "landing"
SUFFIX = ".people.parquet"
PEOPLE_SCHEMA = pa.schema([("data_subject_id", pa.string())])


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """How the people of a tenant's ledger and of its landed records meet.

    Attributes:
        heard: People of whom a consent event is known.
        landed: People of whom a record lies in the landing area, as author or participant.
        silent: Those of them who never said anything: every record of theirs is denied.
        without_records: People of whom a consent event is known, and no record lies in the landing area.
    """

    heard: int
    landed: int
    silent: int
    without_records: int


def people_path(batch_directory: str, tenant: str) -> str:
    """Return where the people of a tenant's records in a batch are kept."""
    return f"{batch_directory}/{tenant}{SUFFIX}"


def keep_people(warehouse: Warehouse, vault: Vault, tenant: str, path: str, ids: Iterable[str]) -> None:
    """Write the people of a tenant's records in a batch, each once, sorted."""
    table = pa.table({"data_subject_id": sorted(set(ids))}, schema=PEOPLE_SCHEMA)
    write_encrypted(warehouse, path, table, key=vault.file_key(tenant, path, create=True), aad=path)


def landed_people(warehouse: Warehouse, vault: Vault | None) -> dict[str, pa.Array]:
    """Return the people of the landed records by tenant, each once; of a tenant without a key nothing is known.

    Raises:
        ContentUnreadableError: A file does not open with its tenant's key.
    """
    found: dict[str, list[pa.ChunkedArray]] = defaultdict(list)
    for path in warehouse.files(LANDING) if vault is not None else ():
        tenant = path.rpartition("/")[2].removesuffix(SUFFIX)
        if vault is not None and path.endswith(SUFFIX) and vault.has_tenant(tenant):
            rows = read_encrypted(warehouse, path, key=vault.file_key(tenant, path), aad=path)
            found[tenant].append(rows["data_subject_id"])
    return {tenant: pc.unique(pa.chunked_array(chunks, pa.string())) for tenant, chunks in found.items()}


def acquaintance(heard: Iterable[str], landed: Mapping[str, pa.Array], tenant: str) -> Acquaintance:
    """Return how those who were heard and those whose records were landed meet, for one tenant."""
    said = pa.array(heard, pa.string())
    there = landed.get(tenant, pa.array([], pa.string()))
    return Acquaintance(
        heard=len(said),
        landed=len(there),
        silent=len(there) - _both(there, said),
        without_records=len(said) - _both(said, there),
    )


def _both(some: pa.Array, others: pa.Array) -> int:
    return int(pc.sum(pc.is_in(some, others)).as_py() or 0)
