"""What lies in the landing area: which batches are whole, where their records are, and what is known of each."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from lineage.canonical import canonical_json
from lineage.people import people_path
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
        people: People of each tenant's records, authors and participants.
        claims: Consent events that the flags of the lines make, of each tenant.
        flags: How many lines claimed each state; how many used a word nobody declared (``unknown-word``), and
            how many grants lie in the future and were dropped (``future``).
        notes: ``empty-source`` where the file holds no line, ``file-refused`` where nothing of it was landed.
        swept_at: When the raw records were removed because their time was over, RFC 3339, UTC; empty while
            they stand. A batch that was swept is not landed again, and not governed again.
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
    people: dict[str, int] = field(default_factory=dict)
    claims: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    swept_at: str = ""
    already: bool = False


def landed(warehouse: Warehouse, source: str, batch: str) -> LandResult | None:
    """Return what became of a batch, or ``None`` if it is not landed, or not whole.

    Of a batch that was swept no raw record is left, and none is missing.

    Raises:
        WarehouseError: Its account is damaged.
    """
    result = account(warehouse, source, batch)
    if result is None or result.swept_at:
        return result
    return result if all(warehouse.exists(path) for path in _files(result)) else None


def landed_batches(warehouse: Warehouse, source: str) -> list[LandResult]:
    """Return the whole batches of a source; one that was cut short is not among them."""
    found = [landed(warehouse, source, batch) for batch in warehouse.directories(f"landing/{source}")]
    return [batch for batch in found if batch is not None]


def account(warehouse: Warehouse, source: str, batch: str) -> LandResult | None:
    """Return a batch's account, or ``None`` if there is none: its landing was cut short, or never began.

    Raises:
        WarehouseError: It is damaged.
    """
    path = batch_path(source, batch)
    if not warehouse.exists(path):
        return None
    try:
        return LandResult(**json.loads(warehouse.read(path)))
    except (ValueError, TypeError) as error:
        raise WarehouseError(f"{path}: is no account of a batch.", remedy=REMEDY) from error


def batch_directory(source: str, batch: str) -> str:
    """Return where a batch lies in the warehouse."""
    return f"landing/{source}/{batch}"


def tenant_path(source: str, batch: str, tenant: str) -> str:
    """Return where a tenant's records of a batch lie; it is the name they are encrypted under, too."""
    return f"{batch_directory(source, batch)}/{tenant}.parquet"


def claims_directory(source: str, batch: str) -> str:
    """Return where the claims of a batch lie: not among its raw records, whose time is over sooner."""
    return f"claims/{source}/{batch}"


def claims_path(source: str, batch: str, tenant: str) -> str:
    """Return where the consent events lie that the flags of a tenant's lines make; also what encrypts them."""
    return f"{claims_directory(source, batch)}/{tenant}.parquet"


def quarantine_path(source: str, batch: str) -> str:
    """Return where the lines of a batch that were set aside are told."""
    return f"quarantine/{source}/{batch}.jsonl"


def batch_path(source: str, batch: str) -> str:
    """Return where a batch's account lies; it is written last."""
    return f"{batch_directory(source, batch)}/{BATCH_FILE}"


def _files(result: LandResult) -> Iterator[str]:
    """Yield what a whole batch consists of, beside its account."""
    directory = batch_directory(result.source, result.batch)
    yield from (tenant_path(result.source, result.batch, tenant) for tenant in result.tenants)
    yield from (people_path(directory, tenant) for tenant in result.people)
    yield from (claims_path(result.source, result.batch, tenant) for tenant in result.claims)


def keep(warehouse: Warehouse, result: LandResult) -> None:
    """Write a batch's account, which makes it whole."""
    document = asdict(result)
    del document["already"]
    warehouse.write(batch_path(result.source, result.batch), canonical_json(document))
