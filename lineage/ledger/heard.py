"""Of whom a ledger has heard: tenants and people, counted by the database."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lineage.ledger.tables import consent_events, microseconds
from policies.consent_event import EVERYONE


class PeopleHeard(ABC):
    """The part of a ledger that tells of whom it has heard. Everyone of a tenant is nobody in particular."""

    def people(self, tenant: str, *, imported_at: datetime | None = None) -> list[str]:
        """Return the people of a tenant of whom a consent event is recorded, sorted.

        Args:
            tenant: The tenant.
            imported_at: Only those of whom an event was imported at this instant, UTC.
        """
        found = self._distinct(consent_events.c.data_subject_id, imported_at, consent_events.c.tenant == tenant)
        return [person for person in found if person != EVERYONE]

    def heard_of(self, known_at: datetime) -> Iterator[tuple[str, str, int]]:
        """Yield each tenant and person (or everyone) with consent events known at an instant, and their number."""
        said = consent_events.c
        query = sa.select(said.tenant, said.data_subject_id, sa.func.count().label("events"))
        query = query.where(said.recorded_at <= microseconds(known_at))
        for row in self._rows(query.group_by(said.tenant, said.data_subject_id)):
            yield row.tenant, row.data_subject_id, row.events

    def first_heard(self, tenant: str, imported_at: datetime) -> int:
        """Return of how many people of a tenant nothing was recorded before an import, which was at this instant."""
        said = consent_events.c
        people = sa.select(said.data_subject_id).where(said.tenant == tenant, said.data_subject_id != EVERYONE)
        first = people.group_by(said.data_subject_id).having(sa.func.min(said.imported_at) == microseconds(imported_at))
        return len(self._rows(first))

    def tenants(self, *, imported_at: datetime | None = None) -> list[str]:
        """Return the tenants of whose people a consent event is recorded, sorted; or was imported at an instant."""
        return self._distinct(consent_events.c.tenant, imported_at)

    def _distinct(self, column: sa.Column[str], imported_at: datetime | None, *where: Any) -> list[str]:
        query = sa.select(column).where(*where).distinct()
        if imported_at is not None:
            query = query.where(consent_events.c.imported_at == microseconds(imported_at))
        return sorted(row[0] for row in self._rows(query))

    @abstractmethod
    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Return what the ledger's database answers."""
