"""What was collected of a person: by landed file how many records, from when to when, and what of it still stands.

Three columns of encrypted files are read, none of which holds what anybody wrote; only counts and days leave.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.certificates.certificate import Document
from lineage.encrypted import read_encrypted
from lineage.keys.vault import Vault
from lineage.ledger.entries import Batch
from lineage.ledger.store import Ledger
from lineage.people import LANDING, people_path
from lineage.warehouse import Warehouse, WarehouseError

COLUMNS = ("data_subject_id", "participants", "occurred_at")


@dataclass(frozen=True)
class Collected:
    """What is known of the collection of one person's records.

    Attributes:
        controllers: Who decides why and how, as the sources were declared, sorted.
        files: One entry for each landed file with records of theirs that still stand somewhere.
        no_longer_known: Landed files of the tenant whose raw records were removed since, and of which nothing of the
            person was kept: whether they held records of theirs is no longer known.
    """

    controllers: tuple[str, ...]
    files: tuple[Document, ...]
    no_longer_known: int

    def document(self) -> Document:
        """Return the JSON document."""
        return {
            "controllers": list(self.controllers),
            "files": list(self.files),
            "no_longer_known": self.no_longer_known,
        }


@dataclass(frozen=True)
class Collection:
    """Looks for a person's records where they were landed, and where they were kept after that.

    Attributes:
        tenant: The customer the person belongs to.
        ids: All pseudonyms of the person.
    """

    warehouse: Warehouse
    ledger: Ledger
    vault: Vault
    tenant: str
    ids: tuple[str, ...]
    _accounts: dict[str, Document] = field(default_factory=dict)

    def find(self) -> Collected:
        """Return what there is.

        Raises:
            ContentUnreadableError: A file does not open with the tenant's key.
            WarehouseError: An account of a file is damaged.
        """
        files: list[Document] = []
        gone, controllers = 0, set[str]()
        for batch in self._batches():
            account = self._account(f"{LANDING}/{batch.source}/{batch.batch}/batch.json")
            raw, kept = self._raw(batch), self._kept(batch)
            if raw is None and not _any(kept):
                gone += 1
            elif _any(raw) or _any(kept):
                files.append(_entry(batch, account, raw, kept))
                controllers.update(filter(None, [account.get("controller")]))
        return Collected(tuple(sorted(controllers)), tuple(files), gone)

    def _batches(self) -> list[Batch]:
        """Return the landed files with records of the tenant, each once, by source and time of landing."""
        first: dict[tuple[str, str], Batch] = {}
        for batch in self.ledger.batches():
            if batch.tenants.get(self.tenant):
                first.setdefault((batch.source, batch.batch), batch)
        return sorted(first.values(), key=lambda one: (one.source, one.landed_at, one.batch))

    def _raw(self, batch: Batch) -> Document | None:
        """Count the raw records of a landed file; None where they were removed."""
        directory = f"{LANDING}/{batch.source}/{batch.batch}"
        path, people = f"{directory}/{self.tenant}.parquet", people_path(directory, self.tenant)
        if not self.warehouse.exists(path):
            return None
        if self.warehouse.exists(people) and not self._among(self._read(people, ("data_subject_id",))):
            return _counts([])
        return _counts([self._theirs(self._read(path, COLUMNS))])

    def _kept(self, batch: Batch) -> Document:
        """Count the records of a landed file that were kept after governing, redacted."""
        paths = self.warehouse.files(f"governed/{self.tenant}/{batch.source}/{batch.batch}")
        outputs = [str(self._account(path)["output"]) for path in paths if path.endswith("/unit.json")]
        standing = (f"{output}/records.parquet" for output in sorted(outputs))
        return _counts([self._theirs(self._read(path, COLUMNS)) for path in standing if path in paths])

    def _among(self, people: pa.Table) -> bool:
        return bool(pc.any(pc.is_in(people["data_subject_id"], self._wanted)).as_py())

    def _theirs(self, records: pa.Table) -> pa.Table:
        """Return of some records the person's: when, and whether they wrote it."""
        wrote = pc.fill_null(pc.is_in(records["data_subject_id"], self._wanted), False)
        others = records["participants"].combine_chunks()
        named = pc.list_parent_indices(others).filter(pc.is_in(pc.list_flatten(others), self._wanted))
        joins = pc.is_in(pa.array(range(len(records)), pa.int64()), named.cast(pa.int64()))
        table = pa.table({"occurred_at": records["occurred_at"], "wrote": wrote})
        return table.filter(pc.or_(wrote, joins))

    @property
    def _wanted(self) -> pa.Array:
        return pa.array(self.ids, pa.string())

    def _read(self, path: str, columns: Sequence[str]) -> pa.Table:
        key = self.vault.file_key(self.tenant, path)
        return read_encrypted(self.warehouse, path, key=key, aad=path, columns=columns)

    def _account(self, path: str) -> Document:
        if path not in self._accounts:
            self._accounts[path] = _parsed(self.warehouse, path) if self.warehouse.exists(path) else {}
        return self._accounts[path]


def _entry(batch: Batch, account: Document, raw: Document | None, kept: Document) -> Document:
    return {
        "source": batch.source,
        "batch": batch.batch,
        "landed_at": rfc3339(batch.landed_at),
        "categories": sorted(account.get("data_categories", [])),
        "raw": raw,
        "raw_until": account.get("expires_at"),
        "kept": kept,
    }


def _counts(found: Sequence[pa.Table]) -> Document:
    """Count records written and taken part in, with the first and last day (ISO 8601, UTC; None of none)."""
    days = [one for one in map(_days, found) if one is not None]
    wrote = sum(int(pc.sum(one["wrote"]).as_py() or 0) for one in found)
    return {
        "wrote": wrote,
        "takes_part": sum(one.num_rows for one in found) - wrote,
        "from": min((first for first, _ in days), default=None),
        "until": max((last for _, last in days), default=None),
    }


def _days(records: pa.Table) -> tuple[str, str] | None:
    spoken = pc.min_max(records["occurred_at"]).as_py()
    if spoken["min"] is None:
        return None
    first, last = rfc3339(spoken["min"]), rfc3339(spoken["max"])
    return first, last


def _any(counted: Document | None) -> bool:
    return counted is not None and bool(counted["wrote"] or counted["takes_part"])


def _parsed(warehouse: Warehouse, path: str) -> Document:
    try:
        read: Any = json.loads(warehouse.read(path))
    except ValueError as error:
        raise WarehouseError(f"{path}: is no account.") from error
    if not isinstance(read, dict):
        raise WarehouseError(f"{path}: is no account.")
    return read


def governed_accounts(warehouse: Warehouse, tenant: str) -> Iterator[Document]:
    """Yield the account of every governed part of a tenant, in order of path.

    Raises:
        WarehouseError: One is damaged.
    """
    for path in warehouse.files(f"governed/{tenant}"):
        if path.endswith("/unit.json"):
            yield _parsed(warehouse, path)
