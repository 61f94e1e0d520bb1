"""Consent: what one person said about the use of their records, on two clocks.

``effective_at`` is when a statement binds, ``recorded_at`` when we learned of it. States follow the W3C
Data Privacy Vocabulary and ISO/IEC TS 27560: only *given* and *renewed* are valid for processing, every
other state is heard as a refusal.

The law, for one person, one tenant and one purpose:

- Statements on the purpose or on any purpose above it are heard.
- A refusal at any level applies. A grant lifts refusals that took effect before it, at its own level or
  above; never one made at a more specific level, and never one of the same instant.
- When no refusal stands, the latest grant decides; from its ``expires_at`` on it is *expired*.
- A tie can only lose data: of grants of one instant the one that allows least decides.
- The order of arrival, and hearing the same event twice, change nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from policies.consent_event import VALID, ConsentEvent, ConsentStatus, LegalBasis
from policies.errors import LineweightError
from policies.instants import BEGINNING
from policies.vocabulary import PURPOSES, WITHOUT_DERIVATIVES, covers

__all__ = [
    "PURPOSES",
    "VALID",
    "ConsentEvent",
    "ConsentPeriod",
    "ConsentStatus",
    "LegalBasis",
    "MixedEventsError",
    "covers",
    "status_at",
    "timeline",
]

_NEVER = datetime.max.replace(tzinfo=UTC)


class MixedEventsError(LineweightError):
    """Events of several people, or of several tenants, were asked about as if they were one person's."""

    remedy = "Ask about one person of one tenant at a time."


@dataclass(frozen=True, slots=True)
class ConsentPeriod:
    """A status, the instant from which it holds, and the event that decides it (none: silence)."""

    from_at: datetime
    status: ConsentStatus
    event: ConsentEvent | None


def status_at(events: Iterable[ConsentEvent], purpose: str, at: datetime, known_at: datetime) -> ConsentPeriod:
    """Return the consent in force at an instant, as far as it was known at another.

    This is the law as it reads; ``timeline`` is the same law as a single pass, and agrees with it.

    Args:
        events: One person's events with one tenant, in any order.
        purpose: The purpose asked about, a key of ``PURPOSES``.
        at: The instant asked about, UTC. Events effective after it are ignored.
        known_at: The state of our knowledge, UTC. Events recorded after it are ignored.

    Returns:
        The status in force, since when, and the event that decides; ``UNKNOWN`` where nothing was said.

    Raises:
        MixedEventsError: The events are not one person's with one tenant.
    """
    heard = [said for said in _heard(events, purpose, known_at) if said.event.effective_at <= at]
    grants = [said for said in heard if said.grants]
    refusals = [said for said in heard if not said.grants]
    standing = [refusal for refusal in refusals if not any(_lifts(grant, refusal) for grant in grants)]
    if standing:
        refusal = max(standing, key=lambda said: (said.depth, said.event.effective_at, *said.tie))
        return ConsentPeriod(refusal.event.effective_at, refusal.status, refusal.event)
    if not grants:
        return ConsentPeriod(BEGINNING, ConsentStatus.UNKNOWN, None)
    event = max(grants, key=lambda said: (said.event.effective_at, *said.tie)).event
    if event.expires_at is not None and event.expires_at <= at:
        return ConsentPeriod(event.expires_at, ConsentStatus.EXPIRED, event)
    return ConsentPeriod(event.effective_at, event.state, event)


def timeline(events: Iterable[ConsentEvent], purpose: str, known_at: datetime) -> tuple[ConsentPeriod, ...]:
    """Return how the consent changes over time, as far as it was known at an instant.

    Args:
        events: One person's events with one tenant, in any order.
        purpose: The purpose asked about, a key of ``PURPOSES``.
        known_at: The state of our knowledge, UTC. Events recorded after it are ignored.

    Returns:
        Periods in order of time; each holds until the next, the last one for good. Before the first
        nothing was said: ``UNKNOWN``.

    Raises:
        MixedEventsError: The events are not one person's with one tenant.
    """
    said_at: dict[datetime, list[_Said]] = {}
    for said in _heard(events, purpose, known_at):
        said_at.setdefault(said.event.effective_at, []).append(said)
        if said.grants and said.event.expires_at is not None:
            said_at.setdefault(said.event.expires_at, [])
    periods: list[ConsentPeriod] = []
    refusals: dict[int, _Said] = {}
    grant: _Said | None = None
    for instant in sorted(said_at):
        granted = [said for said in said_at[instant] if said.grants]
        if granted:
            grant = max(granted, key=lambda said: said.tie)
            reach = max(said.depth for said in granted)
            refusals = {depth: said for depth, said in refusals.items() if depth > reach}
        for said in sorted((said for said in said_at[instant] if not said.grants), key=lambda said: said.tie):
            refusals[said.depth] = said
        period = _period(instant, refusals, grant)
        if not periods or (periods[-1].status, periods[-1].event) != (period.status, period.event):
            periods.append(period)
    return tuple(periods)


@dataclass(frozen=True, slots=True)
class _Said:
    """An event as it is heard for one purpose.

    ``depth`` is how specific it is (0: the root purpose); ``tie`` orders what is said at one instant, the
    one that decides last.
    """

    event: ConsentEvent
    status: ConsentStatus
    depth: int
    tie: tuple[Any, ...]

    @property
    def grants(self) -> bool:
        return self.status in VALID


def _heard(events: Iterable[ConsentEvent], purpose: str, known_at: datetime) -> list[_Said]:
    told = list(events)
    if len({(event.tenant, event.data_subject_id) for event in told}) > 1:
        raise MixedEventsError("The events are not those of one person with one tenant.")
    return [
        _said(event, purpose)
        for event in told
        if event.recorded_at <= known_at and any(covers(named, purpose) for named in event.purposes)
    ]


def _said(event: ConsentEvent, purpose: str) -> _Said:
    depth = max(named.count(".") for named in event.purposes if covers(named, purpose))
    status = event.state
    if status in VALID and not event.derivatives and purpose not in WITHOUT_DERIVATIVES:
        status = ConsentStatus.REFUSED
    return _Said(event, status, depth, _tie(event))


def _tie(event: ConsentEvent) -> tuple[Any, ...]:
    """Order events of one instant by how little they allow, and then by their content: a total order."""
    expires_at = event.expires_at or _NEVER
    limited = (bool(event.data_categories), -len(event.data_categories))
    return (_NEVER - expires_at, not event.retroactive, *limited, event.model_dump_json())


def _lifts(grant: _Said, refusal: _Said) -> bool:
    return grant.event.effective_at > refusal.event.effective_at and grant.depth >= refusal.depth


def _period(instant: datetime, refusals: dict[int, _Said], grant: _Said | None) -> ConsentPeriod:
    if refusals:
        refusal = refusals[max(refusals)]
        return ConsentPeriod(instant, refusal.status, refusal.event)
    if grant is None:
        return ConsentPeriod(instant, ConsentStatus.UNKNOWN, None)
    expires_at = grant.event.expires_at
    expired = expires_at is not None and expires_at <= instant
    return ConsentPeriod(instant, ConsentStatus.EXPIRED if expired else grant.event.state, grant.event)
