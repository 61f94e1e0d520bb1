"""The ledger itself: what it takes in, and what it answers "as known at" an instant."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, Table

from lineage import merkle
from lineage.canonical import canonical_json, digest_of
from lineage.ledger import recording
from lineage.ledger.connecting import LedgerError, connect, refusing, writing
from lineage.ledger.entries import Added, Artifact, Batch
from lineage.ledger.tables import agreement_events, artifacts, batches, consent_events, instant, microseconds
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent


class Ledger:
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
        for events in (consent_events, agreement_events):
            query = sa.select(events.c.digest).where(events.c.recorded_at <= microseconds(known_at))
            digests += [row.digest for row in self._rows(query)]
        return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in sorted(digests)]).hex()

    def add_batch(self, batch: Batch) -> bool:
        """Record a landed batch; return False if the same was recorded before."""
        document = asdict(batch)
        landed_at = document.pop("landed_at")
        row = {
            "source": batch.source,
            "batch": batch.batch,
            "digest": digest_of(document),
            "landed_at": microseconds(landed_at),
            "document": canonical_json(document).decode(),
        }
        with refusing("The batch cannot be recorded"), writing(self._engine) as connection:
            if connection.execute(sa.select(batches.c.sequence).where(batches.c.digest == row["digest"])).first():
                return False
            connection.execute(batches.insert(), row)
        return True

    def batches(self, source: str | None = None) -> list[Batch]:
        """Return the landed batches in the order in which they were recorded."""
        query = sa.select(batches.c.landed_at, batches.c.document).order_by(batches.c.sequence)
        if source is not None:
            query = query.where(batches.c.source == source)
        return [Batch(landed_at=instant(row.landed_at), **json.loads(row.document)) for row in self._rows(query)]

    def add_artifact(self, artifact: Artifact) -> bool:
        """Record a published artifact; return False if it was recorded before.

        Raises:
            LedgerError: Its name and version already stand for other bytes.
        """
        row = asdict(artifact) | {"recorded_at": microseconds(artifact.recorded_at)}
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
        return [_artifact(row) for row in self._rows(query)]

    def _events(self, table: Table, wanted: dict[str, str | None], known_at: datetime | None) -> list[str]:
        query = sa.select(table.c.document).order_by(table.c.effective_at, table.c.recorded_at, table.c.digest)
        for column, value in wanted.items():
            if value is not None:
                query = query.where(table.c[column] == value)
        if known_at is not None:
            query = query.where(table.c.recorded_at <= microseconds(known_at))
        return [row.document for row in self._rows(query)]

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with refusing("The ledger cannot be read"), self._engine.begin() as connection:
            return connection.execute(query).all()


def _artifact(row: sa.Row[Any]) -> Artifact:
    fields = {name: value for name, value in row._mapping.items() if name not in ("sequence", "recorded_at")}
    return Artifact(recorded_at=instant(row.recorded_at), **fields)
