"""Daily state tables: what a product's books say that everybody's consent is, and what of it is news.

A table says what the state *is* at the beginning of a day, not when anybody said so. So it is heard with care:

- Only what differs from the state in force that day, as known now, is an event. It takes effect at 00:00 UTC.
- A grant of a table lifts what tables refused, and nothing else: it cannot show that it is younger than a
  refusal that came another way (``refusal-stands``).
- A table older than the newest of its tenant gives refusals only (``older-than-newest-table``).
- A row that cannot be read, and is not plainly a grant, suspends the person from that day.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from lineage.keys.vault import Vault
from lineage.ledger.fields import PERSON, content_id, read_event, read_person, read_tenant
from lineage.ledger.importing import CONSENTS, names_a_grant
from lineage.ledger.lines import Line, RejectReason, Shape
from lineage.ledger.reading import lines_of
from lineage.ledger.suspensions import suspended_person
from policies.consent import VALID, ConsentEvent, ConsentStatus, status_at
from policies.vocabulary import PURPOSES

STATE_TABLE = "state-table"
UNREADABLE_STATE = "unreadable-state"
OF_TABLES = frozenset({STATE_TABLE, UNREADABLE_STATE})
SET_BY_THE_TABLE = frozenset({"event_id", "effective_at", "recorded_at", "supersedes", "method"})
STATES = Shape(
    names=CONSENTS.names - SET_BY_THE_TABLE,
    needed=CONSENTS.needed,
    lists=CONSENTS.lists,
    booleans=CONSENTS.booleans,
)
TERMS = STATES.names - {"tenant", "purposes", "evidence"}


@dataclass(frozen=True, slots=True)
class StateTable:
    """A delivered table.

    Attributes:
        path: JSON Lines or CSV; a line has a person's tenant, id, state and purposes, and may have the other
            fields of ``ConsentEvent`` but those the table itself sets (``SET_BY_THE_TABLE``).
        day: The day at whose beginning, 00:00 UTC, it says what the states are.
        is_whole: Whether it holds everybody of the tenants it names: who is missing is heard as ``unknown``.
        is_cut: Whether the file ends before its end (``is_cut_short``).
    """

    path: Path
    day: date
    is_whole: bool
    is_cut: bool

    @property
    def at(self) -> datetime:
        """When what it says takes effect, UTC."""
        return datetime.combine(self.day, time(), UTC)


@dataclass(slots=True)
class Row:
    """A row of a table: who, and what it says. Without a person or an event it says nothing that is heard.

    Attributes:
        stated: The terms that the row itself states.
    """

    line: Line
    tenant: str | None = None
    person: str | None = None
    event: ConsentEvent | None = None
    stated: Set[str] = frozenset()


def rows_of(table: StateTable, vault: Vault, now: datetime) -> Iterator[Row]:
    """Yield the rows of a table, in order, each with its event or its faults.

    Raises:
        InputError: The file cannot be read, a CSV has no usable header, or the file changed meanwhile.
    """
    for line in lines_of(table.path, STATES, now, table.is_cut):
        row = Row(line)
        if not line.is_cut:
            row.stated = TERMS & set(line.fields)
            line.fields |= {"effective_at": table.at, "recorded_at": now, "method": STATE_TABLE}
            row.tenant = read_tenant(line)
            row.person = None if row.tenant is None else read_person(line, row.tenant, vault)
            if row.person is not None:
                line.fields[PERSON] = row.person
            row.event = read_event(line, ConsentEvent)
            if row.event is None and row.tenant and row.person and not names_a_grant(line):
                row.event = suspended_person(line, row.tenant, row.person, vault, UNREADABLE_STATE)
        yield row


def news(
    row: Row, told: Sequence[ConsentEvent], at: datetime, now: datetime, people: Set[str], is_older: bool
) -> ConsentEvent | None:
    """Return what a row says that is not in force already; None, with a fault where it cannot be heard.

    Args:
        row: Of a person who can be made out.
        told: What the ledger holds of the person, under all their ids, and of everyone of the tenant.
        at: When the table takes effect, UTC.
        now: The present, UTC.
        people: The ids of the person, ``EVERYONE`` not among them.
        is_older: Whether a newer table of the tenant was imported before, or what the file lacks may take
            back what it grants: only what allows nothing is heard.
    """
    event = row.event
    if event is None or event.method == UNREADABLE_STATE:
        return event
    if _in_force(row, event, told, at, now, people):
        return None
    if event.state not in VALID:
        return event
    if is_older:
        row.line.fault(RejectReason.OLDER_THAN_NEWEST_TABLE)
    elif _stands_against(event, told, at, now, people):
        row.line.fault(RejectReason.REFUSAL_STANDS)
    else:
        return event
    row.line.suspends = not event.derivatives
    return None if event.derivatives else _refused(event)


def missing(
    tenant: str, person: str, told: Sequence[ConsentEvent], at: datetime, now: datetime, people: Set[str]
) -> ConsentEvent | None:
    """Return what is heard of a person who is missing from a whole table; None if nothing was granted."""
    granted = any(status_at(told, purpose, at, now, people).status in VALID for purpose in PURPOSES)
    if not granted:
        return None
    event = ConsentEvent(
        event_id="-",
        tenant=tenant,
        data_subject_id=person,
        state=ConsentStatus.UNKNOWN,
        purposes=("train_ai_system",),
        method=STATE_TABLE,
        expressed_by="",
        effective_at=at,
        recorded_at=now,
    )
    return event.model_copy(update={"event_id": content_id(event)})


def _in_force(
    row: Row, event: ConsentEvent, told: Sequence[ConsentEvent], at: datetime, now: datetime, people: Set[str]
) -> bool:
    """Return whether the person's own words say this already, for each purpose by name."""
    for purpose in event.purposes:
        period = status_at(told, purpose, at, now, people)
        deciding = period.event
        if deciding is None or deciding.is_claim or purpose not in deciding.purposes:
            return False
        if period.status is ConsentStatus.EXPIRED:
            return False
        if any(getattr(deciding, name) != getattr(event, name) for name in row.stated):
            return False
    return True


def _stands_against(
    grant: ConsentEvent, told: Sequence[ConsentEvent], at: datetime, now: datetime, people: Set[str]
) -> bool:
    """Return whether a refusal stands that this grant of a table cannot lift."""
    otherwise = [event for event in told if event.method not in OF_TABLES or event.state in VALID]
    for purpose in grant.purposes:
        period = status_at(otherwise, purpose, at, now, people)
        if period.event is not None and period.status not in {*VALID, ConsentStatus.EXPIRED}:
            return True
        if grant.derivatives and status_at([*told, grant], purpose, at, now, people).status not in VALID:
            return True
    return False


def _refused(event: ConsentEvent) -> ConsentEvent:
    """Return what is left of a grant without derivatives that is not believed: that it takes back what lasts."""
    refused = event.model_copy(update={"state": ConsentStatus.REFUSED})
    return refused.model_copy(update={"event_id": content_id(refused)})
