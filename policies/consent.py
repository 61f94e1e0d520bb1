"""Consent: what one person said about the use of their records, on two clocks.

``effective_at`` is when a statement binds, ``recorded_at`` when we learned of it. States follow the W3C
Data Privacy Vocabulary and ISO/IEC TS 27560: only *given* and *renewed* are valid for processing, every
other state is heard as a refusal.

The law, for one person, one tenant and one purpose:

- Statements on the purpose or on any purpose above it are heard. So is what is said for ``EVERYONE`` of the
  tenant, and what the person said under any other of their ids.
- A refusal at any level applies. A grant lifts refusals that took effect before it, at its own level or
  above; never one made at a more specific level, and never one of the same instant.
- Of the refusals that stand, one said outright decides before one that only lacks an answer (unknown,
  requested, deferred): to ask again takes no "no" back. Among those, the most specific one decides, and
  then the latest.
- A claim is a flag that was copied into a log. Its grant fills silence and nothing else: from the instant at
  which anything else was said, it is not heard. It lifts no refusal and prolongs no grant. Its refusal is
  heard like any other.
- When no refusal stands, the latest grant decides; from its ``expires_at`` on it is *expired*.
- A tie can only lose data: of grants of one instant the one that allows least decides.
- The order of arrival, and hearing the same event twice, change nothing.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from policies.consent_event import EVERYONE, UNANSWERED, VALID, ConsentEvent, ConsentStatus, LegalBasis
from policies.errors import LineweightError
from policies.instants import BEGINNING
from policies.vocabulary import AGES_BY_HOW_LITTLE_THEY_ALLOW, PURPOSES, WITHOUT_DERIVATIVES, covers

__all__ = [
    "EVERYONE",
    "PURPOSES",
    "UNANSWERED",
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

    remedy = "Ask about one person of one tenant at a time; name all their ids if they have more than one."


@dataclass(frozen=True, slots=True)
class ConsentPeriod:
    """A status, the instant from which it holds, and the event that decides it (none: silence)."""

    from_at: datetime
    status: ConsentStatus
    event: ConsentEvent | None


def status_at(
    events: Iterable[ConsentEvent],
    purpose: str,
    at: datetime,
    known_at: datetime,
    people: Set[str] | None = None,
) -> ConsentPeriod:
    """Return the consent in force at an instant, as far as it was known at another.

    This is the law as it reads; ``timeline`` is the same law as a single pass, and agrees with it.

    Args:
        events: One person's events with one tenant, in any order, and those for ``EVERYONE`` of the tenant.
        purpose: The purpose asked about, a key of ``PURPOSES``.
        at: The instant asked about, UTC. Events effective after it are ignored.
        known_at: The state of our knowledge, UTC. Events recorded after it are ignored.
        people: All ids of the person, where they have more than one (``person_link.representatives``).

    Returns:
        The status in force, since when, and the event that decides; ``UNKNOWN`` where nothing was said.

    Raises:
        MixedEventsError: The events are not one person's with one tenant.
    """
    heard = [said for said in _heard(events, purpose, known_at, people) if said.event.effective_at <= at]
    if not all(said.fills_silence for said in heard):
        heard = [said for said in heard if not said.fills_silence]
    grants = [said for said in heard if said.grants]
    refusals = [said for said in heard if not said.grants]
    standing = [refusal for refusal in refusals if not any(_lifts(grant, refusal) for grant in grants)]
    if standing:
        refusal = _last(standing, lambda said: (said.outright, said.depth, said.event.effective_at, *said.tie))
        return ConsentPeriod(refusal.event.effective_at, refusal.status, refusal.event)
    if not grants:
        return ConsentPeriod(BEGINNING, ConsentStatus.UNKNOWN, None)
    event = _last(grants, lambda said: (said.event.effective_at, *said.tie)).event
    if event.expires_at is not None and event.expires_at <= at:
        return ConsentPeriod(event.expires_at, ConsentStatus.EXPIRED, event)
    return ConsentPeriod(event.effective_at, event.state, event)


def timeline(
    events: Iterable[ConsentEvent], purpose: str, known_at: datetime, people: Set[str] | None = None
) -> tuple[ConsentPeriod, ...]:
    """Return how the consent changes over time, as far as it was known at an instant.

    Args:
        events: One person's events with one tenant, in any order, and those for ``EVERYONE`` of the tenant.
        purpose: The purpose asked about, a key of ``PURPOSES``.
        known_at: The state of our knowledge, UTC. Events recorded after it are ignored.
        people: All ids of the person, where they have more than one.

    Returns:
        Periods in order of time; each holds until the next, the last one for good. Before the first
        nothing was said: ``UNKNOWN``.

    Raises:
        MixedEventsError: The events are not one person's with one tenant.
    """
    said_at: dict[datetime, list[_Said]] = {}
    for said in _heard(events, purpose, known_at, people):
        said_at.setdefault(said.event.effective_at, []).append(said)
        if said.grants and said.event.expires_at is not None:
            said_at.setdefault(said.event.expires_at, [])
    periods: list[ConsentPeriod] = []
    refusals: dict[tuple[bool, int], _Said] = {}
    grant: _Said | None = None
    silence = True
    for instant in sorted(said_at):
        if silence and not all(said.fills_silence for said in said_at[instant]):
            silence = False
        granted = [said for said in said_at[instant] if said.grants and (silence or not said.fills_silence)]
        if granted:
            grant = _last(granted, lambda said: said.tie)
            reach = max(said.depth for said in granted)
            refusals = {level: said for level, said in refusals.items() if said.depth > reach}
        refused = [said for said in said_at[instant] if not said.grants]
        for level in {said.level for said in refused}:
            refusals[level] = _last([said for said in refused if said.level == level], lambda said: said.tie)
        period = _period(instant, refusals, grant)
        if not periods or (periods[-1].status, periods[-1].event) != (period.status, period.event):
            periods.append(period)
    return tuple(periods)


@dataclass(frozen=True, slots=True)
class _Said:
    """An event as it is heard for one purpose; ``depth`` is how specific it is (0: the root purpose)."""

    event: ConsentEvent
    status: ConsentStatus
    depth: int

    @property
    def grants(self) -> bool:
        return self.status in VALID

    @property
    def fills_silence(self) -> bool:
        """Whether this is heard only where nothing else was said."""
        return self.grants and self.event.is_claim

    @property
    def outright(self) -> bool:
        return self.status not in UNANSWERED

    @property
    def level(self) -> tuple[bool, int]:
        return self.outright, self.depth

    @property
    def tie(self) -> tuple[Any, ...]:
        """Order what is said at one instant by how little it allows, what allows least last."""
        event = self.event
        lasts = _NEVER - (event.expires_at or _NEVER)
        limited = (bool(event.data_categories), -len(event.data_categories))
        return (lasts, not event.retroactive, *limited, AGES_BY_HOW_LITTLE_THEY_ALLOW.index(event.age_band))


def _heard(events: Iterable[ConsentEvent], purpose: str, known_at: datetime, people: Set[str] | None) -> list[_Said]:
    told = list(events)
    named = {event.data_subject_id for event in told} - {EVERYONE}
    one_person = len(named) <= 1 if people is None else named <= people
    if not one_person or len({event.tenant for event in told}) > 1:
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
    return _Said(event, status, depth)


def _last(said: list[_Said], order: Callable[[_Said], tuple[Any, ...]]) -> _Said:
    """Return the last in an order; of those that are equal in it, the one with the greatest receipt."""
    greatest = max(order(one) for one in said)
    equal = [one for one in said if order(one) == greatest]
    return equal[0] if len(equal) == 1 else max(equal, key=lambda one: one.event.receipt())


def _lifts(grant: _Said, refusal: _Said) -> bool:
    return grant.event.effective_at > refusal.event.effective_at and grant.depth >= refusal.depth


def _period(instant: datetime, refusals: dict[tuple[bool, int], _Said], grant: _Said | None) -> ConsentPeriod:
    if refusals:
        refusal = refusals[max(refusals)]
        return ConsentPeriod(instant, refusal.status, refusal.event)
    if grant is None:
        return ConsentPeriod(instant, ConsentStatus.UNKNOWN, None)
    expires_at = grant.event.expires_at
    expired = expires_at is not None and expires_at <= instant
    return ConsentPeriod(instant, ConsentStatus.EXPIRED if expired else grant.event.state, grant.event)
