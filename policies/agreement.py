"""Agreements: what one tenant allows with the content of its people, on two clocks."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from policies.consent import MixedEventsError
from policies.instants import Instant, written
from policies.vocabulary import EventId, Slug, SortedWords, known_purpose
from policies.written_out import canonical_digest

Purposes = Annotated[tuple[Annotated[str, AfterValidator(known_purpose)], ...], SortedWords]


class TenantScope(StrEnum):
    """How far a tenant's content may go, from least to most. Stored, so members are never renamed."""

    UNKNOWN = "unknown"
    NONE = "none"
    TENANT_ONLY = "tenant-only"
    SHARED = "shared"


SCOPES = tuple(TenantScope)


class AgreementEvent(BaseModel):
    """One agreement, or change of one, with a tenant.

    Attributes:
        purposes: What the tenant agreed to, sorted; none means nothing.
        retention_days: How long records may be used, in days; ``None`` leaves it to the policy.
        regions: Where the content may be kept, sorted; none means the tenant named no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    event_id: EventId
    tenant: Slug
    scope: TenantScope
    purposes: Purposes
    retention_days: Annotated[int, Field(strict=True, gt=0, le=36_500)] | None = None
    regions: Annotated[tuple[EventId, ...], SortedWords] = ()
    effective_at: Instant
    recorded_at: Instant

    def document(self) -> dict[str, Any]:
        """Return the event as JSON can carry it. Times are RFC 3339 in UTC with microseconds."""
        return {
            "event_id": self.event_id,
            "tenant": self.tenant,
            "scope": str(self.scope),
            "purposes": list(self.purposes),
            "retention_days": self.retention_days,
            "regions": list(self.regions),
            "effective_at": written(self.effective_at),
            "recorded_at": written(self.recorded_at),
        }

    def digest(self) -> str:
        """Return the SHA-256 of the document's RFC 8785 bytes, in hexadecimal."""
        return canonical_digest(self.document())


def agreement_at(events: Iterable[AgreementEvent], at: datetime, known_at: datetime) -> AgreementEvent | None:
    """Return the agreement in force at an instant, as far as it was known at another.

    The latest wins; of those of one instant the one that allows least: the narrower scope, then fewer
    purposes, then the shorter retention, then fewer regions. Order of arrival and duplicates change nothing.

    Args:
        events: One tenant's events, in any order.
        at: The instant asked about, UTC. Events effective after it are ignored.
        known_at: The state of our knowledge, UTC. Events recorded after it are ignored.

    Returns:
        The agreement in force, or ``None`` where there is none.

    Raises:
        MixedEventsError: The events are not one tenant's.
    """
    told = list(events)
    if len({event.tenant for event in told}) > 1:
        raise MixedEventsError("The agreements are not those of one tenant.")
    heard = [event for event in told if event.recorded_at <= known_at and event.effective_at <= at]
    if not heard:
        return None
    last = max((event.effective_at, *_little(event)) for event in heard)
    equal = [event for event in heard if (event.effective_at, *_little(event)) == last]
    return equal[0] if len(equal) == 1 else max(equal, key=AgreementEvent.digest)


def _little(event: AgreementEvent) -> tuple[Any, ...]:
    """Order agreements of one instant by how little they allow, what allows least last."""
    unlimited = event.retention_days is None
    return (
        -SCOPES.index(event.scope),
        -len(event.purposes),
        not unlimited,
        -(event.retention_days or 0),
        bool(event.regions),
        -len(event.regions),
    )
