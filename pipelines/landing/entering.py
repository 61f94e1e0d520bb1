"""Entering landed batches in the ledger: what their flags claim, and that they were landed."""

from collections.abc import Iterable
from datetime import datetime

from lineage.keys.vault import Vault
from lineage.ledger.entries import Batch
from lineage.ledger.store import Ledger
from lineage.warehouse import Warehouse
from pipelines.landing.claims import claims_of
from pipelines.landing.landed import LandResult


def enter(ledger: Ledger, warehouse: Warehouse, vault: Vault, results: Iterable[LandResult], now: datetime) -> None:
    """Enter batches that are not in the ledger yet, exactly once.

    The claims of a batch go in before the batch does. So a batch that is in has all its claims in, and what a
    crash kept out is entered by the next landing, which finds the batch landed and not entered.

    Args:
        ledger: Where they go.
        warehouse: Where the batches lie.
        vault: Opens their claims.
        results: Of a landing, of this one or an earlier one.
        now: The present, UTC: from now on the claims are known.
    """
    for result in results:
        batch = batch_of(result)
        if result.claims and not ledger.has_batch(batch):
            ledger.add_consents(claims_of(warehouse, vault, result, now), imported_at=now)
        ledger.add_batch(batch)


def batch_of(result: LandResult) -> Batch:
    """Return what the ledger keeps of a landed file."""
    return Batch(
        source=result.source,
        batch=result.batch,
        file_name=result.file,
        landed_at=datetime.fromisoformat(result.landed_at),
        records=result.records,
        quarantined=result.quarantined,
        repeated=result.repeated,
        tenants=dict(result.tenants),
        declaration_digest=result.declaration_digest,
    )
