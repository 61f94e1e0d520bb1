"""Landing: a delivered file becomes raw records, once, or nothing of it does.

::

    landing/<source>/<batch>/<tenant>.parquet          encrypted under the tenant's key, the path being its name
    landing/<source>/<batch>/<tenant>.people.parquet   who speaks in it: pseudonyms, encrypted likewise
    claims/<source>/<batch>/<tenant>.parquet           what its flags claim about consent, encrypted likewise
    quarantine/<source>/<batch>.jsonl                  every line set aside: where and why, never what
    landing/<source>/<batch>/batch.json                last: a batch that has it is complete

A batch is named by the SHA-256 of the file's bytes. Landing the same file under the same declaration again
does nothing; under another declaration it is landed anew, unless its raw records were swept since. A landing
cut short leaves no ``batch.json``, and the next one begins afresh.
"""

import contextlib
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.canonical import canonical_json, rfc3339
from lineage.encrypted import encrypted_writer
from lineage.keys.vault import Vault
from lineage.people import keep_people, people_path
from lineage.record import RECORD_SCHEMA
from lineage.warehouse import Warehouse
from pipelines.landing.claims import Claims, keep_claims
from pipelines.landing.landed import (
    EMPTY_SOURCE,
    FILE_REFUSED,
    LandResult,
    batch_directory,
    batch_path,
    claims_directory,
    keep,
    landed,
    quarantine_path,
    tenant_path,
)
from pipelines.landing.records import record_batches
from pipelines.sources import format_of
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.interaction import FileFaultError, Rejection
from pipelines.sources.reading import LogFile
from policies.errors import InputError

LANDING_DAYS = 30
READ_BYTES = 1 << 20


class LandingError(InputError):
    """A delivered file cannot be landed, and nothing of it was."""

    remedy = "Check that the file is there, readable and no longer written to, and land it again."


@dataclass(frozen=True)
class LandUnit:
    """One file to land. It pickles: a worker re-opens the vault and the warehouse by their places.

    Attributes:
        declaration: Of the file's source.
        file: The file, on this machine or a mount of it.
        warehouse: Where records go.
        vault: Keys of the tenants; one not met before gets a key.
        landed_at: The present, UTC.
        landing_days: Days that the raw records may be kept.
    """

    declaration: SourceDeclaration
    file: Path
    warehouse: Warehouse
    vault: Vault
    landed_at: datetime
    landing_days: int = LANDING_DAYS


def land_units(
    declared: Mapping[Path, SourceDeclaration],
    warehouse: Warehouse,
    vault: Vault,
    landed_at: datetime,
    landing_days: int = LANDING_DAYS,
) -> list[LandUnit]:
    """Return a unit for every file that the declarations name now, in order of declaration and path.

    Args:
        declared: Declarations by the path they were read from, as ``load_declarations`` returns them.
        warehouse: Where records go.
        vault: Keys of the tenants.
        landed_at: The present, UTC.
        landing_days: Days that the raw records may be kept.
    """
    return [
        LandUnit(declaration, file, warehouse, vault, landed_at, landing_days)
        for path, declaration in declared.items()
        for file in declaration.log_files(path.parent)
    ]


def land_file(unit: LandUnit) -> LandResult:
    """Land one file: all its records, or none where the file as a whole cannot be read.

    A unit that was landed before, under the same declaration, is left as it is. What is written is a
    function of the file, the declaration, the vault and ``landed_at`` alone.

    Raises:
        LandingError: The file is not there, or changed while it was read.
        DeclarationError: Its format is not known.
    """
    stamp = _stamp(unit.file)
    result = _begun(unit, _batch_of(unit.file))
    known = landed(unit.warehouse, unit.declaration.source, result.batch)
    if known is not None and (known.swept_at or known.declaration_digest == result.declaration_digest):
        return replace(known, already=True)
    _clear(unit.warehouse, unit.declaration.source, result.batch)
    try:
        result = _written(unit, result, stamp)
    except FileFaultError as fault:
        result = _refused(unit, result, fault)
    keep(unit.warehouse, result)
    return result


class _Quarantine:
    """Writes every rejection as it comes; where there is none, no file."""

    def __init__(self, warehouse: Warehouse, path: str, stack: contextlib.ExitStack) -> None:
        self._warehouse, self._path, self._stack = warehouse, path, stack
        self._sink: pa.NativeFile | None = None
        self.reasons: Counter[str] = Counter()

    def add(self, rejection: Rejection) -> None:
        if self._sink is None:
            self._sink = self._stack.enter_context(self._warehouse.staged(self._path))
        self._sink.write(canonical_json(asdict(rejection)) + b"\n")
        self.reasons[rejection.reason.value] += 1


class _TenantFiles:
    """One encrypted file a tenant, opened when its first records come."""

    def __init__(self, unit: LandUnit, batch: str, stack: contextlib.ExitStack) -> None:
        self._unit, self._batch, self._stack = unit, batch, stack
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.rows: Counter[str] = Counter()
        self.people: dict[str, set[str]] = defaultdict(set)

    def write(self, batch: pa.RecordBatch) -> None:
        tenant = batch["tenant"][0].as_py()
        if tenant not in self._writers:
            self._writers[tenant] = self._opened(tenant)
        self._writers[tenant].write_batch(batch)
        self.rows[tenant] += batch.num_rows
        authors, others = batch["data_subject_id"], pc.list_flatten(batch["participants"])
        self.people[tenant].update(one for one in (*authors.to_pylist(), *others.to_pylist()) if one is not None)

    def _opened(self, tenant: str) -> pq.ParquetWriter:
        path = tenant_path(self._unit.declaration.source, self._batch, tenant)
        key = self._unit.vault.file_key(tenant, path, create=True)
        writer = encrypted_writer(self._unit.warehouse, path, RECORD_SCHEMA, key=key, aad=path)
        return self._stack.enter_context(writer)


def _begun(unit: LandUnit, batch: str) -> LandResult:
    declaration = unit.declaration
    return LandResult(
        source=declaration.source,
        batch=batch,
        file=unit.file.name,
        declaration_digest=declaration.digest,
        controller=declaration.controller,
        licence=declaration.licence,
        data_categories=list(declaration.data_categories),
        landed_at=rfc3339(unit.landed_at),
        expires_at=rfc3339(unit.landed_at + timedelta(days=unit.landing_days)),
    )


def _written(unit: LandUnit, result: LandResult, stamp: tuple[int, int]) -> LandResult:
    """Write the tenants' files and the quarantine; they move into place together at the end."""
    with contextlib.ExitStack() as stack:
        files = _TenantFiles(unit, result.batch, stack)
        quarantine = _Quarantine(unit.warehouse, quarantine_path(result.source, result.batch), stack)
        log = LogFile(unit.file, unit.declaration, quarantine.add)
        claims = Claims(unit.declaration.consent, result.source, result.batch, unit.landed_at)
        interactions = format_of(unit.declaration).read(log)
        declared, vault = unit.declaration, unit.vault
        for batch in record_batches(interactions, declared, result.batch, vault, log.reject, claims.add):
            files.write(batch)
        if _stamp(unit.file) != stamp:
            raise LandingError(f"{unit.file.name}: changed while it was read.")
    directory = batch_directory(result.source, result.batch)
    for tenant, people in files.people.items():
        keep_people(unit.warehouse, unit.vault, tenant, people_path(directory, tenant), people)
    return replace(
        result,
        records=files.rows.total(),
        quarantined=quarantine.reasons.total(),
        repeated=log.repeated,
        tenants=dict(sorted(files.rows.items())),
        reasons=dict(sorted(quarantine.reasons.items())),
        people={tenant: len(people) for tenant, people in sorted(files.people.items())},
        claims=keep_claims(unit.warehouse, unit.vault, claims),
        flags=dict(sorted(claims.flags.items())),
        notes=[] if log.lines else [EMPTY_SOURCE],
    )


def _refused(unit: LandUnit, result: LandResult, fault: FileFaultError) -> LandResult:
    """Set the whole file aside, as one entry of the quarantine."""
    with contextlib.ExitStack() as stack:
        quarantine = _Quarantine(unit.warehouse, quarantine_path(result.source, result.batch), stack)
        quarantine.add(Rejection(unit.file.name, fault.line, fault.reason))
    return replace(result, quarantined=1, reasons={fault.reason.value: 1}, notes=[FILE_REFUSED])


def _clear(warehouse: Warehouse, source: str, batch: str) -> None:
    """Remove what an earlier landing left, beginning with what makes it complete."""
    for path in (batch_path(source, batch), quarantine_path(source, batch)):
        warehouse.delete_file(path)
    warehouse.delete_tree(batch_directory(source, batch))
    warehouse.delete_tree(claims_directory(source, batch))


def _batch_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise LandingError(f"{file.name}: cannot be read.") from error


def _stamp(file: Path) -> tuple[int, int]:
    """Return what changes when a file is written to."""
    try:
        found = file.stat()
    except OSError as error:
        raise LandingError(f"{file.name}: cannot be read.") from error
    return found.st_size, found.st_mtime_ns
