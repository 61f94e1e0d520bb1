"""Recording a daily state table: in one transaction, and remembered, so that an older one revives nothing."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from lineage.keys.vault import Vault
from lineage.ledger import recording
from lineage.ledger.entries import Added
from lineage.ledger.lines import RejectReason
from lineage.ledger.reading import Account
from lineage.ledger.states import STATE_TABLE, Row, StateTable, missing, news, rows_of
from lineage.ledger.tables import artifacts, consent_events, microseconds, person_links
from policies.consent import VALID, ConsentEvent
from policies.consent_event import EVERYONE
from policies.person_link import PersonLink, representatives
from policies.vocabulary import PURPOSES, covers

Person = tuple[str, str]  # tenant, data_subject_id


@dataclass
class StatesAdded:
    """What became of a table: what its rows changed, and who was missing from it.

    Attributes:
        account: What became of its rows.
        unchanged: Rows that say what is in force already.
        added: What became of the events.
        missing: People with a grant in force who are not in a whole table: heard as ``unknown``.
    """

    account: Account
    unchanged: int = 0
    added: Added = field(default_factory=lambda: Added(0, 0))
    missing: int = 0


def record_states(connection: Connection, table: StateTable, vault: Vault, now: datetime) -> StatesAdded:
    """Record what a table says that is not in force, in a transaction in which nobody else writes.

    Memory grows with the people of the table, about 200 bytes each, and with nothing else.

    Raises:
        InputError: The file cannot be read or changed meanwhile; the transaction has to be undone.
    """
    taking = _Taking(connection, table, vault, now)
    rows = rows_of(table, vault, now)
    while chunk := list(islice(rows, recording.CHUNK)):
        taking.take(chunk)
    if table.is_whole and not table.is_cut:
        for tenant in sorted(taking.newest):
            taking.miss(tenant)
    _remember(connection, table, sorted(taking.newest), now)
    return taking.result


class _Taking:
    """A table on its way in: whom it named, whom it refused, and what it is older than."""

    def __init__(self, connection: Connection, table: StateTable, vault: Vault, now: datetime) -> None:
        self._connection, self._table, self._vault, self._now = connection, table, vault, now
        self._ids = _ids_of_people(connection, now)
        self._seen: set[Person] = set()
        self._refused: set[tuple[str, str, str]] = set()
        self.newest: dict[str, date] = {}
        self.result = StatesAdded(Account(table.path.name))

    def take(self, rows: list[Row]) -> None:
        """Record what some rows say."""
        told = self._told((row.tenant, row.person) for row in rows if row.tenant and row.person)
        events: list[ConsentEvent] = []
        for row in rows:
            event = self._heard(row, told)
            row.line.suspends = row.line.suspends or bool(row.line.faults and event is not None)
            self.result.account.note(row.line)
            self.result.unchanged += event is None and not row.line.faults
            if event is not None and row.tenant and row.person:
                told[row.tenant, row.person].append(event)
                events.append(event)
        self._record(events)

    def miss(self, tenant: str) -> None:
        """Record as unknown who has a grant in force and is not in the table under any of their ids."""
        query = sa.select(consent_events.c.data_subject_id).where(consent_events.c.tenant == tenant).distinct()
        held = iter([row.data_subject_id for row in self._connection.execute(query)])
        while chunk := list(islice(held, recording.CHUNK)):
            absent = [one for one in chunk if one != EVERYONE and self._seen.isdisjoint(self._all_ids(tenant, one))]
            told = self._told((tenant, person) for person in absent)
            found = [
                missing(tenant, one, told[tenant, one], self._table.at, self._now, self._people(tenant, one))
                for one in absent
            ]
            unknown = [event for event in found if event is not None]
            self.result.missing += len(unknown)
            self._record(unknown)

    def _heard(self, row: Row, told: Mapping[Person, list[ConsentEvent]]) -> ConsentEvent | None:
        if row.tenant is None:
            return None
        is_older = self._is_older(row.tenant)
        if row.person is None:
            return None
        self._seen.add((row.tenant, row.person))
        if self._is_refused_in_this_table(row, row.tenant, row.person):
            row.line.fault(RejectReason.REFUSAL_STANDS)
            return None
        people = self._people(row.tenant, row.person)
        return news(row, told[row.tenant, row.person], self._table.at, self._now, people, is_older)

    def _is_refused_in_this_table(self, row: Row, tenant: str, person: str) -> bool:
        """Return whether a grant meets a refusal in the rows before it; a refusal is noted for those after it."""
        if row.event is None:
            return False
        who = (tenant, min(self._people(tenant, person)))
        if row.event.state not in VALID:
            self._refused |= {(*who, purpose) for purpose in row.event.purposes}
            return False
        above = {over for over in PURPOSES for granted in row.event.purposes if covers(over, granted)}
        return any((*who, purpose) in self._refused for purpose in above)

    def _is_older(self, tenant: str) -> bool:
        if tenant not in self.newest:
            self.newest[tenant] = _newest(self._connection, tenant)
        return self._table.is_cut or self._table.day < self.newest[tenant]

    def _all_ids(self, tenant: str, person: str) -> list[Person]:
        return [(tenant, one) for one in self._people(tenant, person)]

    def _people(self, tenant: str, person: str) -> frozenset[str]:
        return self._ids.get((tenant, person), frozenset({person}))

    def _told(self, people: Iterable[Person]) -> dict[Person, list[ConsentEvent]]:
        """Return what is recorded of people, under all their ids, and of everyone of their tenants."""
        asked: dict[str, set[str]] = defaultdict(set)
        for tenant, person in people:
            asked[tenant].add(person)
        told: dict[Person, list[ConsentEvent]] = {}
        for tenant, persons in asked.items():
            wanted = {one for person in persons for one in self._people(tenant, person)} | {EVERYONE}
            by_id = _events(self._connection, tenant, wanted)
            for person in persons:
                ids = self._people(tenant, person) | {EVERYONE}
                told[tenant, person] = [event for one in ids for event in by_id.get(one, ())]
        return told

    def _record(self, events: list[ConsentEvent]) -> None:
        more = recording.record(self._connection, consent_events, events, recording.kept_consent, self._now)
        so_far = self.result.added
        self.result.added = Added(
            so_far.new + more.new, so_far.known + more.known, so_far.kept + more.kept, so_far.refused + more.refused
        )


def _events(connection: Connection, tenant: str, ids: set[str]) -> dict[str, list[ConsentEvent]]:
    found: dict[str, list[ConsentEvent]] = defaultdict(list)
    held = consent_events.c
    remaining: Iterator[str] = iter(sorted(ids))
    while some := list(islice(remaining, recording.CHUNK)):
        query = sa.select(held.document).where(held.tenant == tenant, held.data_subject_id.in_(some))
        for row in connection.execute(query):
            event = ConsentEvent.model_validate_json(row.document)
            found[event.data_subject_id].append(event)
    return found


def _ids_of_people(connection: Connection, now: datetime) -> dict[Person, frozenset[str]]:
    """Return all ids of every person who has more than one."""
    query = sa.select(person_links.c.document)
    links = [PersonLink.model_validate_json(row.document) for row in connection.execute(query)]
    groups: dict[Person, set[str]] = defaultdict(set)
    named = representatives(links, now)
    for (tenant, one), representative in named.items():
        groups[tenant, representative].add(one)
    return {
        (tenant, one): frozenset(groups[tenant, representative] | {representative})
        for (tenant, one), representative in named.items()
    }


def _newest(connection: Connection, tenant: str) -> date:
    """Return the day of the newest table imported for a tenant; the first of all days if there is none."""
    query = sa.select(artifacts.c.version).where(artifacts.c.kind == STATE_TABLE, artifacts.c.name == tenant)
    days = [date.fromisoformat(row.version.partition("@")[0]) for row in connection.execute(query)]
    return max(days, default=date.min)


def _remember(connection: Connection, table: StateTable, tenants: Iterable[str], now: datetime) -> None:
    """Note for each tenant that the table was imported, once."""
    with table.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    version = f"{table.day.isoformat()}@{digest[:16]}"
    for tenant in tenants:
        named = [artifacts.c.kind == STATE_TABLE, artifacts.c.name == tenant, artifacts.c.version == version]
        if connection.execute(sa.select(artifacts.c.sequence).where(*named)).first() is None:
            row = {"kind": STATE_TABLE, "name": tenant, "version": version, "directory": table.path.name}
            row |= {"digest": digest, "statement_digest": digest}
            connection.execute(artifacts.insert(), row | {"recorded_at": microseconds(now)})
