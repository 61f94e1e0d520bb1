"""What goes into the ledger beside the events, and what became of the events offered."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the events offered: ``new + known + len(kept) + len(refused)`` is their number.

    Attributes:
        new: Recorded now.
        known: Recorded before with the same content; the first ``recorded_at`` stands.
        kept: Ids that stood for something else, but whose event takes a permission away: it was
            recorded under an id of its own, so that nobody's "no" is lost.
        refused: Ids that stood for something else; their event was not recorded.
    """

    new: int
    known: int
    kept: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """One landed file.

    Attributes:
        batch: SHA-256 of the file's bytes as delivered, in hexadecimal.
        file_name: Base name of the file.
        landed_at: When it was landed, UTC.
        tenants: Records a tenant.
    """

    source: str
    batch: str
    file_name: str
    landed_at: datetime
    records: int
    quarantined: int
    repeated: int
    tenants: dict[str, int]
    declaration_digest: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A snapshot or a model that was published.

    Attributes:
        kind: ``snapshot``, ``model``, ``policy`` or ``state-table``.
        version: ``v1`` of a snapshot, the run of a model.
        directory: Its place in the warehouse.
        digest: SHA-256 of the manifest, or of the first weights file, in hexadecimal.
        statement_digest: SHA-256 of the signed statement, in hexadecimal.
        recorded_at: When it was recorded, UTC.
    """

    kind: str
    name: str
    version: str
    directory: str
    digest: str
    statement_digest: str
    recorded_at: datetime
