"""The ledger itself: what it takes in, and what it answers "as known at" an instant."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Engine, Table

from lineage import merkle
from lineage.keys.vault import Vault
from lineage.ledger import columns, recording
from lineage.ledger.connecting import LedgerError, connect, refusing, writing
from lineage.ledger.entries import Added, Artifact, Batch
from lineage.ledger.heard import PeopleHeard
from lineage.ledger.log_book import LogBook, reading_log, writing_log
from lineage.ledger.made import artifact_row, batch_row, read_artifact, read_batch
from lineage.ledger.state_tables import StatesAdded, record_states
from lineage.ledger.states import StateTable
from lineage.ledger.suspensions import suspended_by_link
from lineage.ledger.tables import (
    agreement_events,
    artifacts,
    batches,
    consent_events,
    microseconds,
    person_links,
)
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent
from policies.person_link import PersonLink

EVENT_TABLES = (consent_events, agreement_events, person_links)


class Ledger(PeopleHeard):
    """Consents, agreements, batches and artifacts: added to, never changed (the database refuses it)."""

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """Open the ledger at an SQLAlchemy URL; a new database gets its tables.

        Raises:
            LedgerError: The database cannot be opened, or is of a later version.
        """
        return cls(url, connect(url))

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Travel to a worker as the URL alone."""
        return Ledger.open, (self.url,)

    def add_consents(self, events: Iterable[ConsentEvent], *, imported_at: datetime | None = None) -> Added:
        """Record consent events, all or none; those known already change nothing.

        An ``event_id`` of a tenant stands for one event for ever. The same id with other content is
        refused; if that event is no grant, it is recorded under an id of its own instead.

        Args:
            events: In any order.
            imported_at: When this ledger heard of them, UTC; now, if not said.
        """
        with refusing("The consents cannot be recorded"), writing(self._engine) as connection:
            return recording.record(connection, consent_events, events, recording.kept_consent, imported_at)

    def add_agreements(self, events: Iterable[AgreementEvent], *, imported_at: datetime | None = None) -> Added:
        """Record agreement events, all or none; those known already change nothing.

        Which of two contents an ``event_id`` stands for is not ours to guess: the first stays, and the
        other is recorded as scope ``none`` under an id of its own.
        """
        with refusing("The agreements cannot be recorded"), writing(self._engine) as connection:
            return recording.record(connection, agreement_events, events, recording.kept_agreement, imported_at)

    def add_links(
        self,
        links: Iterable[PersonLink],
        *,
        suspensions: Sequence[ConsentEvent] = (),
        imported_at: datetime | None = None,
    ) -> Added:
        """Record what links the ids of people, all or none; what is known already changes nothing.

        A link whose ``event_id`` stands for another is refused, and both its people are suspended.

        Args:
            links: In any order.
            suspensions: Consent events to record with them; looked at when all links were.
            imported_at: When this ledger heard of them, UTC; now, if not said.
        """
        clashing: list[PersonLink] = []
        with refusing("The links cannot be recorded"), writing(self._engine) as connection:
            added = recording.record(connection, person_links, links, clashing.append, imported_at)
            suspended = [*suspensions, *(event for link in clashing for event in suspended_by_link(link))]
            recording.record(connection, consent_events, suspended, recording.kept_consent, imported_at)
        return added

    def add_states(self, table: StateTable, vault: Vault, now: datetime) -> StatesAdded:
        """Record what a daily state table changes, all of it or nothing, and remember the table.

        Raises:
            InputError: The file cannot be read, or changed while it was read.
        """
        with refusing("The states cannot be recorded"), writing(self._engine) as connection:
            return record_states(connection, table, vault, now)

    def consents(
        self,
        *,
        tenant: str | None = None,
        data_subject_id: str | None = None,
        known_at: datetime | None = None,
    ) -> list[ConsentEvent]:
        """Return consent events by ``effective_at``, then ``recorded_at``, then receipt.

        Args:
            tenant: Of this tenant alone.
            data_subject_id: Of this person alone.
            known_at: Only events with ``recorded_at`` at or before this instant.
        """
        wanted = {"tenant": tenant, "data_subject_id": data_subject_id}
        return [ConsentEvent.model_validate_json(found) for found in self._events(consent_events, wanted, known_at)]

    def agreements(self, *, tenant: str | None = None, known_at: datetime | None = None) -> list[AgreementEvent]:
        """Return agreement events by ``effective_at``, then ``recorded_at``, then digest."""
        found = self._events(agreement_events, {"tenant": tenant}, known_at)
        return [AgreementEvent.model_validate_json(document) for document in found]

    def links(self, *, tenant: str | None = None, known_at: datetime | None = None) -> list[PersonLink]:
        """Return person links by ``effective_at``, then ``recorded_at``, then digest."""
        found = self._events(person_links, {"tenant": tenant}, known_at)
        return [PersonLink.model_validate_json(document) for document in found]

    def consent_table(self, known_at: datetime | None = None) -> pa.Table:
        """Return the consent events recorded at an instant or before it as ``columns.CONSENT_SCHEMA``."""
        return self._table(consent_events, known_at, columns.read_consents)

    def agreement_table(self, known_at: datetime | None = None) -> pa.Table:
        """Return the agreement events recorded at an instant or before it as ``columns.AGREEMENT_SCHEMA``."""
        return self._table(agreement_events, known_at, columns.read_agreements)

    def link_table(self, known_at: datetime | None = None) -> pa.Table:
        """Return the person links recorded at an instant or before it as ``columns.LINK_SCHEMA``."""
        return self._table(person_links, known_at, columns.read_links)

    def consent_by_receipt(self, receipt: str) -> ConsentEvent | None:
        """Return the consent event whose digest is ``receipt`` (hexadecimal), if the ledger holds it."""
        return self.consents_by_receipt([receipt]).get(receipt)

    def consents_by_receipt(self, receipts: Iterable[str]) -> dict[str, ConsentEvent]:
        """Return the consent events of many receipts (hexadecimal), by receipt; those not held are absent."""
        held: dict[str, ConsentEvent] = {}
        wanted = sorted(set(receipts))
        for start in range(0, len(wanted), recording.CHUNK):
            query = sa.select(consent_events.c.digest, consent_events.c.document).where(
                consent_events.c.digest.in_(wanted[start : start + recording.CHUNK])
            )
            held |= {row.digest: ConsentEvent.model_validate_json(row.document) for row in self._rows(query)}
        return held

    def checkpoint(self, known_at: datetime) -> str:
        """Return the RFC 9162 Merkle root over the sorted digests of all events known at an instant.

        A function of the set of events alone: the order in which they came, and what was recorded
        later, change nothing. Hexadecimal.
        """
        digests: list[str] = []
        for events in EVENT_TABLES:
            query = sa.select(events.c.digest).where(events.c.recorded_at <= microseconds(known_at))
            digests += [row.digest for row in self._rows(query)]
        return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in sorted(digests)]).hex()

    def altered(self, known_at: datetime) -> list[str]:
        """Return the events known at an instant whose row is not the one recorded, as ``tenant/event_id``, sorted.

        A checkpoint is over digests, so a document or a time changed behind the database's back does not show
        in it: here every document is digested, and every column compared with it.
        """
        found = [name for events in EVENT_TABLES for name in self._altered(events, known_at)]
        return sorted(found)

    def _altered(self, events: Table, known_at: datetime) -> list[str]:
        query = sa.select(events).where(events.c.recorded_at <= microseconds(known_at))
        with refusing("The ledger cannot be read"), self._engine.begin() as connection:
            rows = connection.execution_options(yield_per=columns.ROWS).execute(query)
            return [f"{row.tenant}/{row.event_id}" for row in rows if not recording.is_sound(row)]

    def add_batch(self, batch: Batch) -> bool:
        """Record a landed batch; return False if the same was recorded before."""
        row = batch_row(batch)
        with refusing("The batch cannot be recorded"), writing(self._engine) as connection:
            if connection.execute(sa.select(batches.c.sequence).where(batches.c.digest == row["digest"])).first():
                return False
            connection.execute(batches.insert(), row)
        return True

    def has_batch(self, batch: Batch) -> bool:
        """Return whether a landed batch was recorded, whenever it was landed."""
        query = sa.select(batches.c.sequence).where(batches.c.digest == batch_row(batch)["digest"])
        return bool(self._rows(query))

    def batches(self, source: str | None = None) -> list[Batch]:
        """Return the landed batches in the order in which they were recorded."""
        query = sa.select(batches.c.landed_at, batches.c.document).order_by(batches.c.sequence)
        if source is not None:
            query = query.where(batches.c.source == source)
        return [read_batch(row) for row in self._rows(query)]

    def add_artifact(self, artifact: Artifact) -> bool:
        """Record a published artifact; return False if it was recorded before.

        Raises:
            LedgerError: Its name and version already stand for other bytes.
        """
        row = artifact_row(artifact)
        named = [artifacts.c[column] == row[column] for column in ("kind", "name", "version")]
        with refusing("The artifact cannot be recorded"), writing(self._engine) as connection:
            known = connection.execute(sa.select(artifacts).where(*named)).first()
            if known is None:
                connection.execute(artifacts.insert(), row)
                return True
        if (known.digest, known.statement_digest) != (artifact.digest, artifact.statement_digest):
            raise LedgerError(
                f"{artifact.kind} {artifact.name} {artifact.version} is recorded with another digest.",
                remedy="A name and version stand for the same bytes for ever: publish the next version.",
            )
        return False

    def artifacts(self, kind: str | None = None) -> list[Artifact]:
        """Return the published artifacts in the order in which they were recorded."""
        query = sa.select(artifacts).order_by(artifacts.c.sequence)
        if kind is not None:
            query = query.where(artifacts.c.kind == kind)
        return [read_artifact(row) for row in self._rows(query)]

    def reading_log(self) -> AbstractContextManager[LogBook]:
        """Open the transparency log as it is at one moment."""
        return reading_log(self._engine)

    def writing_log(self) -> AbstractContextManager[LogBook]:
        """Open the transparency log to add to it, while nobody else writes."""
        return writing_log(self._engine)

    def _events(self, table: Table, wanted: dict[str, str | None], known_at: datetime | None) -> list[str]:
        query = sa.select(table.c.document).order_by(table.c.effective_at, table.c.recorded_at, table.c.digest)
        for column, value in wanted.items():
            if value is not None:
                query = query.where(table.c[column] == value)
        if known_at is not None:
            query = query.where(table.c.recorded_at <= microseconds(known_at))
        return [row.document for row in self._rows(query)]

    def _table(self, table: Table, known_at: datetime | None, read: columns.Read) -> pa.Table:
        query = sa.select(table.c.document, table.c.digest).order_by(table.c.sequence)
        if known_at is not None:
            query = query.where(table.c.recorded_at <= microseconds(known_at))
        with refusing("The ledger cannot be read"), self._engine.begin() as connection:
            rows = connection.execution_options(yield_per=columns.ROWS).execute(query)
            parts = [read([row[0] for row in part], [row[1] for row in part]) for part in rows.partitions()]
        return pa.concat_tables(parts) if parts else read((), ())

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with refusing("The ledger cannot be read"), self._engine.begin() as connection:
            return connection.execute(query).all()
