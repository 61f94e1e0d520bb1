"""Taking in consents and agreements from files that others deliver, and never losing a "no".

What a line says is recorded only if all of it can be read. What cannot be read is reported by file, line,
reason and fields, never by value. And it is heard as the least it can mean:

- A consent line that does not name a grant, of a person who can be made out, *suspends* that person:
  state ``invalidated`` on ``train_ai_system``, method ``unreadable-refusal``, effective when the line says,
  else when it was recorded, else now. Only a grant that takes effect later lifts it.
- An agreement line of a tenant who can be made out may be a restriction, whatever scope it names: it
  *suspends* that tenant (scope ``none``) until an agreement that takes effect later.
- In a file that was cut short, what is missing may take back what stands before it: refusals are recorded,
  grants and agreements that allow something are not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from lineage.canonical import sha256_hex
from lineage.ledger.fields import PERSON, check_fields, read_event, read_person, read_tenant, read_times
from lineage.ledger.lines import Line, RejectReason, Shape, read_lines
from lineage.vault import Vault
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import VALID, ConsentEvent, ConsentStatus
from policies.errors import UsageError

Event = TypeVar("Event", ConsentEvent, AgreementEvent)

UNREADABLE_REFUSAL = "unreadable-refusal"
CONSENTS = Shape(
    names=frozenset(ConsentEvent.model_fields),
    needed=("tenant", PERSON, "state"),
    lists=frozenset({"purposes", "data_categories"}),
    booleans=frozenset({"retroactive", "derivatives"}),
)
AGREEMENTS = Shape(
    names=frozenset(AgreementEvent.model_fields),
    needed=("tenant", "scope"),
    lists=frozenset({"purposes", "regions"}),
    numbers=frozenset({"retention_days"}),
)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken as it stands.

    Attributes:
        file: Base name of the file.
        line: Counted from 1.
        reason: The first thing wrong with it.
        detail: The fields that are wrong, by name; never a value.
        suspends: Whether it was heard all the same, as a suspension.
    """

    file: str
    line: int
    reason: RejectReason
    detail: str
    suspends: bool = False


@dataclass(frozen=True, slots=True)
class Imported(Generic[Event]):
    """What a file said: every line is an event, or rejected, or rejected and an event that suspends.

    Attributes:
        events: What to record, suspensions included.
        rejected: The lines that were not taken as they stand.
        suspended: How many of the events are suspensions. The file had
            ``len(events) - suspended + len(rejected)`` lines.
    """

    events: list[Event]
    rejected: list[RejectedLine]
    suspended: int


def read_consent_file(path: Path, vault: Vault, now: datetime) -> Imported[ConsentEvent]:
    """Read consent events from JSON Lines (``.jsonl``, ``.jsonl.gz``) or CSV (``.csv``, lists with ``;``).

    A line has the fields of ``ConsentEvent``, with the product's own id (or the pseudonym) as
    ``data_subject_id``. ``event_id`` may be left out: it is then made from the content. So may
    ``recorded_at``: it is then ``now``.

    Args:
        path: The file.
        vault: Makes the pseudonyms; a tenant seen for the first time gets its key.
        now: The present, UTC. Nothing was recorded after it.

    Raises:
        InputError: The file cannot be read, or a CSV has no usable header; nothing is imported.
        UsageError: ``now`` has no zone.
    """

    def heard(line: Line) -> ConsentEvent | None:
        tenant = read_tenant(line)
        person = None if tenant is None else read_person(line, tenant, vault)
        if person is not None:
            line.fields[PERSON] = person
        event = read_event(line, ConsentEvent)
        if event is not None or tenant is None or person is None or _names_a_grant(line):
            return event
        return _suspended_person(line, tenant, person, vault)

    return _import(path, CONSENTS, now, heard)


def read_agreement_file(path: Path, now: datetime) -> Imported[AgreementEvent]:
    """Read agreement events, in the same formats; a line has the fields of ``AgreementEvent``.

    ``purposes`` left out are none, ``retention_days`` left out leaves retention to the policy.

    Args:
        path: The file.
        now: The present, UTC. Nothing was recorded after it.

    Raises:
        InputError: The file cannot be read, or a CSV has no usable header; nothing is imported.
        UsageError: ``now`` has no zone.
    """

    def heard(line: Line) -> AgreementEvent | None:
        tenant = read_tenant(line)
        line.fields = {"purposes": (), "retention_days": None, **line.fields}
        event = read_event(line, AgreementEvent)
        return _suspended_tenant(line, tenant) if event is None and tenant is not None else event

    return _import(path, AGREEMENTS, now, heard)


def _import(path: Path, shape: Shape, now: datetime, heard: Callable[[Line], Event | None]) -> Imported[Event]:
    if now.tzinfo is None:
        raise UsageError("The present instant has no time zone.")
    read: list[tuple[Line, Event | None]] = []
    for line in read_lines(path, shape):
        check_fields(line, shape)
        read_times(line, now)
        read.append((line, None if line.is_cut else heard(line)))
    if read and read[-1][0].is_cut:
        read = [(line, _distrusted(line, event)) for line, event in read]
    events = [event for _, event in read if event is not None]
    rejected = [_rejected(path.name, line, event is not None) for line, event in read if line.faults]
    return Imported(events, rejected, sum(line.suspends for line in rejected))


def _distrusted(line: Line, event: Event | None) -> Event | None:
    """Take from a file that was cut short only what allows nothing."""
    if event is None or not _allows(event):
        return event
    line.fault(RejectReason.FILE_CUT_SHORT)
    return None


def _allows(event: ConsentEvent | AgreementEvent) -> bool:
    if isinstance(event, ConsentEvent):
        return event.state in VALID and event.derivatives
    return event.scope in (TenantScope.TENANT_ONLY, TenantScope.SHARED)


def _names_a_grant(line: Line) -> bool:
    """Return whether a faulty line can be nothing but a grant; one without derivatives is none."""
    return line.fields.get("state") in ("given", "renewed") and line.fields.get("derivatives", True) is True


def _suspended_person(line: Line, tenant: str, person: str, vault: Vault) -> ConsentEvent:
    times = _times(line)
    mark = vault.data_subject_id(tenant, f"{UNREADABLE_REFUSAL} {times['effective_at']} {line.text}")
    return ConsentEvent(
        event_id=f"suspended-{mark.removeprefix('ds_')}",
        tenant=tenant,
        data_subject_id=person,
        state=ConsentStatus.INVALIDATED,
        purposes=("train_ai_system",),
        method=UNREADABLE_REFUSAL,
        **times,
    )


def _suspended_tenant(line: Line, tenant: str) -> AgreementEvent:
    times = _times(line)
    mark = sha256_hex(f"{tenant} {times['effective_at']} {line.text}".encode("utf-8", "surrogatepass"))
    return AgreementEvent(
        event_id=f"suspended-{mark[:32]}",
        tenant=tenant,
        scope=TenantScope.NONE,
        purposes=(),
        retention_days=None,
        **times,
    )


def _times(line: Line) -> dict[str, Any]:
    recorded_at = line.fields["recorded_at"]
    return {"effective_at": line.fields.get("effective_at", recorded_at), "recorded_at": recorded_at}


def _rejected(file: str, line: Line, suspends: bool) -> RejectedLine:
    names = dict.fromkeys(fault.field for fault in line.faults if fault.field)
    return RejectedLine(file, line.number, line.faults[0].reason, ", ".join(names), suspends)
