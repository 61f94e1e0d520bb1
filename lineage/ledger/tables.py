"""The ledger's tables: events with two clocks, landed batches and published artifacts.

Events are consents, agreements and links between the ids of a person. Beside them stands the transparency log.

An instant is stored as whole microseconds since 1970-01-01T00:00:00Z, so that order is exact on every
database. A document is stored as its canonical JSON, so that its digest can be recomputed from the row.
No row holds a product's own id of a person, or any content.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, UniqueConstraint

REVISION = "0003"
"""The Alembic revision these tables agree with."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

metadata = MetaData()
sequence_type = BigInteger().with_variant(Integer, "sqlite")


def _sequence() -> Column[int]:
    return Column("sequence", sequence_type, primary_key=True, autoincrement=True)


consent_events = Table(
    "consent_events",
    metadata,
    _sequence(),
    Column("tenant", String(64), nullable=False),
    Column("event_id", String(256), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("said", String(64), nullable=False),
    Column("data_subject_id", String(64), nullable=False, index=True),
    Column("effective_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, index=True),
    Column("imported_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant", "event_id", name="consent_events_tenant_event_id"),
)

agreement_events = Table(
    "agreement_events",
    metadata,
    _sequence(),
    Column("tenant", String(64), nullable=False),
    Column("event_id", String(256), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("said", String(64), nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, index=True),
    Column("imported_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant", "event_id", name="agreement_events_tenant_event_id"),
)

person_links = Table(
    "person_links",
    metadata,
    _sequence(),
    Column("tenant", String(64), nullable=False),
    Column("event_id", String(256), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("said", String(64), nullable=False),
    Column("data_subject_id", String(64), nullable=False, index=True),
    Column("same_as", String(64), nullable=False, index=True),
    Column("effective_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, index=True),
    Column("imported_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant", "event_id", name="person_links_tenant_event_id"),
)

batches = Table(
    "batches",
    metadata,
    _sequence(),
    Column("source", String(64), nullable=False, index=True),
    Column("batch", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("landed_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    _sequence(),
    Column("kind", String(16), nullable=False),
    Column("name", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("directory", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("statement_digest", String(64), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("kind", "name", "version", name="artifacts_kind_name_version"),
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("predicate_type", String(256), nullable=False),
    Column("statement", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
)


def microseconds(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970-01-01T00:00:00Z, exactly."""
    return (at - EPOCH) // timedelta(microseconds=1)


def instant(at: int) -> datetime:
    """Return the UTC instant of so many microseconds since 1970-01-01T00:00:00Z."""
    return EPOCH + timedelta(microseconds=at)
