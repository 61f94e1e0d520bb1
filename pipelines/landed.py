"""What lies in the landing area: which batches are whole, where their records are, and what is known of each."""

import json
from dataclasses import asdict, dataclass, field

from lineage.canonical import canonical_json
from lineage.warehouse import Warehouse, WarehouseError

BATCH_FILE = "batch.json"
EMPTY_SOURCE = "empty-source"
FILE_REFUSED = "file-refused"
REMEDY = "Remove the batch from landing/ and land its file again."


@dataclass(frozen=True)
class LandResult:
    """What became of a file, in JSON values; it is kept as ``batch.json``.

    Attributes:
        source: The declared source.
        batch: SHA-256 of the file's bytes, in hexadecimal.
        file: Base name of the file.
        declaration_digest: SHA-256 of the declaration it was read by.
        controller, licence, data_categories: As declared.
        landed_at: RFC 3339, UTC.
        expires_at: When the raw records have to go, RFC 3339, UTC.
        records: Records landed, over all tenants.
        quarantined: Lines and interactions set aside.
        repeated: Interactions met again that the file had held before.
        tenants: Records of each tenant.
        reasons: How many were set aside for each reason.
        notes: ``empty-source`` where the file holds no line, ``file-refused`` where nothing of it was landed.
        already: Whether an earlier landing had done all of it; not part of what is kept.
    """

    source: str
    batch: str
    file: str
    declaration_digest: str
    controller: str
    licence: str
    data_categories: list[str]
    landed_at: str
    expires_at: str
    records: int = 0
    quarantined: int = 0
    repeated: int = 0
    tenants: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    already: bool = False


def landed(warehouse: Warehouse, source: str, batch: str) -> LandResult | None:
    """Return what became of a batch, or ``None`` if it is not landed, or not whole.

    Raises:
        WarehouseError: Its account is damaged.
    """
    path = batch_path(source, batch)
    if not warehouse.exists(path):
        return None
    try:
        result = LandResult(**json.loads(warehouse.read(path)))
    except (ValueError, TypeError) as error:
        raise WarehouseError(f"{path}: is no account of a batch.", remedy=REMEDY) from error
    whole = all(warehouse.exists(tenant_path(source, batch, tenant)) for tenant in result.tenants)
    return result if whole else None


def batch_directory(source: str, batch: str) -> str:
    """Return where a batch lies in the warehouse."""
    return f"landing/{source}/{batch}"


def tenant_path(source: str, batch: str, tenant: str) -> str:
    """Return where a tenant's records of a batch lie; it is the name they are encrypted under, too."""
    return f"{batch_directory(source, batch)}/{tenant}.parquet"


def quarantine_path(source: str, batch: str) -> str:
    """Return where the lines of a batch that were set aside are told."""
    return f"quarantine/{source}/{batch}.jsonl"


def batch_path(source: str, batch: str) -> str:
    """Return where a batch's account lies; it is written last."""
    return f"{batch_directory(source, batch)}/{BATCH_FILE}"


def keep(warehouse: Warehouse, result: LandResult) -> None:
    """Write a batch's account, which makes it whole."""
    document = asdict(result)
    del document["already"]
    warehouse.write(batch_path(result.source, result.batch), canonical_json(document))
