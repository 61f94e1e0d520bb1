"""Recording events: each once, and nobody's "no" lost over an id that was used twice."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from lineage.canonical import sha256_hex
from lineage.ledger.entries import Added
from lineage.ledger.tables import instant, microseconds
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import VALID, ConsentEvent
from policies.instants import written
from policies.person_link import PersonLink

Event = TypeVar("Event", ConsentEvent, AgreementEvent, PersonLink)
Key = tuple[str, str]  # tenant, event_id
Document = dict[str, Any]
CHUNK = 500
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False)


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
        table: ``consent_events``, ``agreement_events`` or ``person_links``.
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
            connection.execute(table.insert(), [_row(table, one, heard_at) for one in fresh])
        new, known = new + len(fresh), known + told
        for event in clashing:
            instead = kept(event)
            if instead is None:
                refused.append(event.event_id)
            elif not _held(connection, table, [instead]):
                connection.execute(table.insert(), _row(table, _offered(instead), heard_at))
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


def is_sound(row: sa.Row[Any]) -> bool:
    """Return whether a row of events holds the document that its digest is of, and columns that go with it."""
    if sha256_hex(row.document.encode()) != row.digest:
        return False
    document, columns = json.loads(row.document), row._mapping
    named = ("tenant", "event_id", "data_subject_id", "same_as")
    said = {name: document[name] for name in named if name in columns}
    times = {name: written(instant(columns[name])) for name in ("effective_at", "recorded_at") if name in columns}
    return all(columns[name] == value for name, value in said.items()) and all(
        document[name] == value for name, value in times.items()
    )


def event_bytes(document: Document) -> bytes:
    """Return the canonical bytes of an event's document, ten times as fast as for any document.

    It holds texts, booleans, lists of texts and small whole numbers under ASCII names, and nothing else: those
    the encoder of the standard library writes as RFC 8785 has them.
    """
    return _CANONICAL.encode(document).encode()


class _Offered(NamedTuple):
    """An event on its way in: its canonical document, and the digest of what it says, whenever it was recorded."""

    event: ConsentEvent | AgreementEvent | PersonLink
    written_out: bytes
    said: str


def _offered(event: Event) -> _Offered:
    document = event.document()
    written_out = event_bytes(document)
    # Names are sorted and one follows in every kind of event, so this is the document without that field. No
    # text can hold it: in a text the quotes are escaped.
    when = f'"recorded_at":"{document["recorded_at"]}",'.encode()
    return _Offered(event, written_out, sha256_hex(written_out.replace(when, b"", 1)))


def _sorted_out(chunk: list[Event], held: dict[Key, str]) -> tuple[list[_Offered], int, list[Event]]:
    """Split events into those that are new, the number known, and those whose id stands for another."""
    fresh: list[_Offered] = []
    clashing: list[Event] = []
    known = 0
    for event in chunk:
        offered = _offered(event)
        key, said = (event.tenant, event.event_id), offered.said
        if key not in held:
            held[key] = said
            fresh.append(offered)
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


def _row(table: Table, offered: _Offered, heard_at: int) -> dict[str, Any]:
    event = offered.event
    row = {
        "tenant": event.tenant,
        "event_id": event.event_id,
        "data_subject_id": getattr(event, "data_subject_id", None),
        "same_as": getattr(event, "same_as", None),
        "digest": sha256_hex(offered.written_out),
        "said": offered.said,
        "effective_at": microseconds(event.effective_at),
        "recorded_at": microseconds(event.recorded_at),
        "imported_at": heard_at,
        "document": offered.written_out.decode(),
    }
    return {name: value for name, value in row.items() if name in table.c}


def _own_id(event: Event) -> str:
    return "clash-" + _offered(event).said[:32]


def _chunks(events: Iterable[Event]) -> Iterator[list[Event]]:
    offered = iter(events)
    while chunk := list(islice(offered, CHUNK)):
        yield chunk
