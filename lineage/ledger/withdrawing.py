"""Bulk withdrawal: one event by which a tenant takes back the consent of all its people."""

import re
from dataclasses import dataclass
from datetime import datetime

from lineage.ledger.fields import content_id
from lineage.ledger.store import Ledger
from policies.consent import ConsentEvent, ConsentStatus
from policies.consent_event import EVERYONE
from policies.errors import UsageError
from policies.vocabulary import PURPOSES

WITHDRAW_ALL = "withdraw-all"
_TEXT = re.compile(r"[^@]{0,500}")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a bulk withdrawal did.

    Attributes:
        event: What was recorded.
        is_new: Whether it was recorded now; not if the same was recorded before.
        people: People of the tenant in the ledger, all of whom it touches.
    """

    event: ConsentEvent
    is_new: bool
    people: int


def withdraw_all(
    ledger: Ledger, tenant: str, purpose: str, effective_at: datetime, because: str, now: datetime
) -> Withdrawn:
    """Record that a tenant takes back the consent of everyone, for a purpose and all below it.

    The state is ``revoked``: taken back by somebody else than the person (W3C DPV, ``ConsentRevoked``). A grant
    of a person's own that takes effect later lifts it for that person.

    Args:
        ledger: Where it is recorded.
        tenant: A tenant that the ledger knows.
        purpose: A key of ``PURPOSES``.
        effective_at: When it binds, UTC.
        because: Why, for the record; without ``@``, at most 500 characters.
        now: The present, UTC; when it is recorded.

    Raises:
        UsageError: The ledger does not know the tenant, the purpose is not known, or the text must not be kept.
    """
    if purpose not in PURPOSES:
        known = ", ".join(sorted(PURPOSES))
        raise UsageError(f"--purpose: {purpose} is not a known purpose.", remedy=f"Known are {known}.")
    if not _TEXT.fullmatch(because) or not because.isprintable():
        raise UsageError("--because: this text cannot be kept.", remedy="Leave out e-mail addresses; 500 characters.")
    people = ledger.people(tenant)
    if not (people or tenant in _tenants(ledger)):
        remedy = "Check the name. For a tenant still to come, import a consent line about everyone."
        raise UsageError(f"{tenant}: the ledger knows no tenant of this name.", remedy=remedy)
    event = ConsentEvent(
        event_id="-",
        tenant=tenant,
        data_subject_id=EVERYONE,
        state=ConsentStatus.REVOKED,
        purposes=(purpose,),
        expressed_by="tenant",
        method=WITHDRAW_ALL,
        evidence=because,
        effective_at=effective_at,
        recorded_at=now,
    )
    event = event.model_copy(update={"event_id": content_id(event)})
    added = ledger.add_consents([event], imported_at=now)
    return Withdrawn(event, added.new == 1, len(people))


def _tenants(ledger: Ledger) -> set[str]:
    agreed = {event.tenant for event in ledger.agreements()}
    return agreed | {tenant for batch in ledger.batches() for tenant in batch.tenants}
