"""Recording events: each once, and nobody's "no" lost over an id that was used twice."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from lineage.canonical import canonical_json, digest_of
from lineage.ledger.entries import Added
from lineage.ledger.tables import microseconds
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import VALID, ConsentEvent

Event = TypeVar("Event", ConsentEvent, AgreementEvent)
Key = tuple[str, str]  # tenant, event_id
CHUNK = 500


def record(
    connection: Connection,
    table: Table,
    events: Iterable[Event],
    kept: Callable[[Event], Event | None],
    imported_at: datetime | None = None,
) -> Added:
    """Insert the events that are new, in a transaction in which nobody else writes.

    Two events are the same if everything but ``recorded_at`` agrees: a file delivered again says
    nothing new, and what was known first was known first.

    Args:
        connection: Of a transaction of ``connecting.writing``.
        table: ``consent_events`` or ``agreement_events``.
        events: In any order.
        kept: What to record of an event whose id stands for something else; None to refuse it.
        imported_at: When this ledger heard of them, UTC; now, if not said.
    """
    heard_at = microseconds(imported_at or datetime.now(UTC))
    new = known = 0
    own: list[str] = []
    refused: list[str] = []
    for chunk in _chunks(events):
        fresh, told, clashing = _sorted_out(chunk, _held(connection, table, chunk))
        if fresh:
            connection.execute(table.insert(), [_row(table, event, heard_at) for event in fresh])
        new, known = new + len(fresh), known + told
        for event in clashing:
            instead = kept(event)
            if instead is None:
                refused.append(event.event_id)
            elif not _held(connection, table, [instead]):
                connection.execute(table.insert(), _row(table, instead, heard_at))
                own.append(event.event_id)
            else:
                known += 1
    return Added(new, known, tuple(own), tuple(refused))


def kept_consent(event: ConsentEvent) -> ConsentEvent | None:
    """Return a refusal under an id made from its content; None for a grant.

    A grant without derivatives takes back what lasts, such as weights: it is a refusal here.
    """
    if event.state in VALID and event.derivatives:
        return None
    return event.model_copy(update={"event_id": _own_id(event)})


def kept_agreement(event: AgreementEvent) -> AgreementEvent:
    """Return the event as scope ``none`` under an id made from its content."""
    return event.model_copy(update={"event_id": _own_id(event), "scope": TenantScope.NONE})


def _sorted_out(chunk: list[Event], held: dict[Key, str]) -> tuple[list[Event], int, list[Event]]:
    """Split events into those that are new, the number known, and those whose id stands for another."""
    fresh: list[Event] = []
    clashing: list[Event] = []
    known = 0
    for event in chunk:
        key, said = (event.tenant, event.event_id), _said(event.document())
        if key not in held:
            held[key] = said
            fresh.append(event)
        elif held[key] == said:
            known += 1
        else:
            clashing.append(event)
    return fresh, known, clashing


def _held(connection: Connection, table: Table, events: list[Event]) -> dict[Key, str]:
    """Return what the ids of these events stand for already."""
    ids = {event.event_id for event in events}
    query = sa.select(table.c.tenant, table.c.event_id, table.c.said).where(table.c.event_id.in_(ids))
    return {(row.tenant, row.event_id): row.said for row in connection.execute(query)}


def _row(table: Table, event: Event, heard_at: int) -> dict[str, Any]:
    document = event.document()
    row = {
        "tenant": event.tenant,
        "event_id": event.event_id,
        "data_subject_id": document.get("data_subject_id"),
        "digest": digest_of(document),
        "said": _said(document),
        "effective_at": microseconds(event.effective_at),
        "recorded_at": microseconds(event.recorded_at),
        "imported_at": heard_at,
        "document": canonical_json(document).decode(),
    }
    return {name: value for name, value in row.items() if name in table.c}


def _said(document: dict[str, Any]) -> str:
    """Digest what an event says, whenever it was recorded."""
    return digest_of({name: value for name, value in document.items() if name != "recorded_at"})


def _own_id(event: Event) -> str:
    return "clash-" + _said(event.document())[:32]


def _chunks(events: Iterable[Event]) -> Iterator[list[Event]]:
    offered = iter(events)
    while chunk := list(islice(offered, CHUNK)):
        yield chunk
