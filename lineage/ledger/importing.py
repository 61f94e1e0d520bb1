"""Taking in consents and agreements from files that others deliver, and never losing a "no".

What a line says is recorded only if all of it can be read. What cannot be read is reported by file, line,
reason and fields, never by value. And it is heard as the least it can mean:

- A consent line that does not name a grant, of a person who can be made out, *suspends* that person:
  state ``invalidated`` on ``train_ai_system``, method ``unreadable-refusal``, effective when the line says,
  else when it was recorded, else now. Only a grant that takes effect later lifts it. Where the line names
  everyone, everyone of the tenant is suspended.
- An agreement line of a tenant who can be made out may be a restriction, whatever scope it names: it
  *suspends* that tenant (scope ``none``) until an agreement that takes effect later.
- In a file that was cut short, what is missing may take back what stands before it: refusals are recorded,
  grants and agreements that allow something are not.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic

from lineage.keys.vault import Vault
from lineage.ledger.fields import PERSON, read_event, read_person, read_tenant
from lineage.ledger.lines import Line, Shape
from lineage.ledger.reading import Event, Reading, RejectedLine, read_events
from lineage.ledger.suspensions import UNREADABLE_REFUSAL, suspended_person, suspended_tenant
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import VALID, ConsentEvent

__all__ = [
    "UNREADABLE_REFUSAL",
    "Imported",
    "RejectedLine",
    "read_agreement_file",
    "read_agreements",
    "read_consent_file",
    "read_consents",
]

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
class Imported(Generic[Event]):
    """What a small file said, all of it at once.

    Attributes:
        events: What to record, suspensions included.
        rejected: The lines that were not taken as they stand.
        suspended: How many of the events are suspensions. The file had
            ``len(events) - suspended + len(rejected)`` lines.
    """

    events: list[Event]
    rejected: list[RejectedLine]
    suspended: int


def read_consents(path: Path, vault: Vault, now: datetime) -> Reading[ConsentEvent]:
    """Read consent events from JSON Lines (``.jsonl``, ``.jsonl.gz``) or CSV (``.csv``, lists with ``;``).

    A line has the fields of ``ConsentEvent``, with the product's own id (or the pseudonym) as
    ``data_subject_id``. ``event_id`` may be left out: it is then made from the content. So may
    ``recorded_at``: it is then ``now``.

    Args:
        path: The file. It is read as the reading is iterated over, in bounded memory.
        vault: Makes the pseudonyms; a tenant seen for the first time gets its key.
        now: The present, UTC. Nothing was recorded after it.

    Raises:
        InputError: The file cannot be read, or a CSV has no usable header; nothing of it may be kept.
        UsageError: ``now`` has no zone.
    """

    def heard(line: Line) -> ConsentEvent | None:
        tenant = read_tenant(line)
        person = None if tenant is None else read_person(line, tenant, vault)
        if person is not None:
            line.fields[PERSON] = person
        event = read_event(line, ConsentEvent)
        if event is not None or tenant is None or person is None or names_a_grant(line):
            return event
        return suspended_person(line, tenant, person, vault)

    return read_events(path, CONSENTS, now, heard, _grants)


def read_agreements(path: Path, now: datetime) -> Reading[AgreementEvent]:
    """Read agreement events, in the same formats; a line has the fields of ``AgreementEvent``.

    ``purposes`` left out are none, ``retention_days`` left out leaves retention to the policy.

    Args:
        path: The file. It is read as the reading is iterated over, in bounded memory.
        now: The present, UTC. Nothing was recorded after it.

    Raises:
        InputError: The file cannot be read, or a CSV has no usable header; nothing of it may be kept.
        UsageError: ``now`` has no zone.
    """

    def heard(line: Line) -> AgreementEvent | None:
        tenant = read_tenant(line)
        line.fields = {"purposes": (), "retention_days": None, **line.fields}
        event = read_event(line, AgreementEvent)
        return suspended_tenant(line, tenant) if event is None and tenant is not None else event

    return read_events(path, AGREEMENTS, now, heard, _agrees)


def read_consent_file(path: Path, vault: Vault, now: datetime) -> Imported[ConsentEvent]:
    """Do as ``read_consents``, all of the file at once."""
    return _whole(read_consents(path, vault, now))


def read_agreement_file(path: Path, now: datetime) -> Imported[AgreementEvent]:
    """Do as ``read_agreements``, all of the file at once."""
    return _whole(read_agreements(path, now))


def names_a_grant(line: Line) -> bool:
    """Return whether a faulty line can be nothing but a grant; one without derivatives is none."""
    return line.fields.get("state") in ("given", "renewed") and line.fields.get("derivatives", True) is True


def _whole(reading: Reading[Event]) -> Imported[Event]:
    events = list(reading)
    return Imported(events, reading.account.rejected, reading.account.suspended)


def _grants(event: ConsentEvent) -> bool:
    return event.state in VALID and event.derivatives


def _agrees(event: AgreementEvent) -> bool:
    return event.scope in (TenantScope.TENANT_ONLY, TenantScope.SHARED)
