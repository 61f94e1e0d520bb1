"""Raw files in the landing area that are past ``expires_at`` of their batch.

The account of a swept batch stays, with a mark: so that landing the same file again does not bring its records
back, and governing goes on without them. The mark is written first: whatever cuts the removal short, the batch
is either whole or swept. Quarantine notes hold no content and stay.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lineage.canonical import rfc3339
from lineage.warehouse import Warehouse, WarehouseError
from pipelines.landing.landed import BATCH_FILE, LandResult, account, batch_directory, keep, tenant_path
from pipelines.retention.found import Found, Outlived, Where
from policies.instants import read_instant


def find_in_landing(warehouse: Warehouse, at: datetime) -> Found:
    """Return the raw files whose time is over at an instant (UTC)."""
    found = Found(Where.LANDING)
    for source in warehouse.directories("landing"):
        for batch in warehouse.directories(f"landing/{source}"):
            try:
                _look_at(found, warehouse, source, batch, at)
            except WarehouseError as error:
                found.tell(batch_directory(source, batch), error)
    return found


def _look_at(found: Found, warehouse: Warehouse, source: str, batch: str, at: datetime) -> None:
    directory = batch_directory(source, batch)
    standing = warehouse.files(directory)
    if not standing:
        return  # an object store can keep the name of a directory that was removed
    known = account(warehouse, source, batch)
    if known is None:
        raise WarehouseError("Its landing was cut short.", remedy=f"Land its file again, or remove {directory}.")
    expires_at = _expires_at(known, directory)
    files = [path for path in standing if path != f"{directory}/{BATCH_FILE}"]
    sizes = {path: warehouse.size(path) for path in files}
    if not known.swept_at and expires_at > at:
        for path, size in sizes.items():
            found.remains.add(_records(known, path), size)
        return
    rule = "past expires_at of its batch" if not known.swept_at else "swept before, and still here"
    found.outlived += [
        Outlived(
            where=Where.LANDING,
            place=path,
            tenant=_tenant(path),
            sources=(source,),
            records=_records(known, path),
            along=0,
            bytes=size,
            since=expires_at,
            rule=rule,
        )
        for path, size in sizes.items()
    ]
    if files:
        found.removals.append(lambda: _sweep(warehouse, known, files, at))


def _sweep(warehouse: Warehouse, known: LandResult, files: Sequence[str], at: datetime) -> None:
    if not known.swept_at:
        keep(warehouse, replace(known, swept_at=rfc3339(at)))
    for path in files:
        warehouse.delete_file(path)


def _tenant(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _records(known: LandResult, path: str) -> int:
    """Return how many records a file holds: what lies beside a tenant's records, such as whose they are, has none."""
    tenant = _tenant(path)
    return known.tenants.get(tenant, 0) if path == tenant_path(known.source, known.batch, tenant) else 0


def _expires_at(known: LandResult, directory: str) -> datetime:
    try:
        return read_instant(known.expires_at)
    except ValueError as error:
        raise WarehouseError(
            "Its account does not say when it expires.", remedy=f"Land its file again, or remove {directory}."
        ) from error
