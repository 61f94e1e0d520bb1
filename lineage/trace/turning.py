"""What a use was worth: lawful as far as was known, and what it turned out to be.

A snapshot is decided for an instant, as far as was known at one. Later it may become known that somebody had
said no by then. And a model may be trained on it when the no was long known. The two are not the same: the first
was lawful as far as anybody knew, the second is a mistake that somebody has to act on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeVar

from lineage.manifest import SnapshotManifest
from lineage.models import Model
from lineage.trace.words import Words
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import UNANSWERED, VALID, ConsentPeriod, ConsentStatus, covers
from policies.facts import region_allowed
from policies.instants import read_instant

Standing = TypeVar("Standing")


class When(StrEnum):
    """When a use was made, by what was known; the worst first. Printed for machines, so never renamed."""

    AFTER = "after-it-was-known"
    DURING = "while-it-became-known"
    BEFORE = "before-it-was-known"


@dataclass(frozen=True, slots=True)
class Reading:
    """A use of records: by a snapshot that was decided, or by a model that was trained on one.

    Attributes:
        decided_at: The instant the snapshot was decided for, UTC.
        decided_knowing: As far as was known at this instant, UTC.
        trained_from, trained_until: When a model was trained, UTC; none for the snapshot itself.
    """

    decided_at: datetime
    decided_knowing: datetime
    trained_from: datetime | None = None
    trained_until: datetime | None = None

    @classmethod
    def of(cls, manifest: SnapshotManifest, model: Model | None = None) -> "Reading":
        """Return the use that a snapshot makes of its records, or a model trained on it."""
        as_of = manifest.as_of
        if model is None:
            return cls(as_of.effective_at, as_of.recorded_at)
        trained = (read_instant(model.document()[name]) for name in ("started_at", "finished_at"))
        return cls(as_of.effective_at, as_of.recorded_at, *trained)

    def begun(self, now: datetime) -> bool:
        """Return whether the use was made, or at least begun, at an instant (UTC)."""
        return (self.trained_from or self.decided_knowing) <= now

    def stages(self, now: datetime) -> Iterator[tuple[When, datetime, datetime]]:
        """Yield (when, instant, knowledge) to hold against how things stood when the snapshot was decided.

        Training that was under way when a refusal became known may have read a record before and after: the
        consumption ledger holds no times, so all its readings count as made while it became known.
        """
        if self.trained_from is None or self.trained_until is None:
            yield When.BEFORE, self.decided_at, now
            return
        started, finished = min(self.trained_from, now), min(self.trained_until, now)
        yield When.AFTER, started, started
        yield When.DURING, finished, finished
        yield When.BEFORE, finished, now


def worth(status: ConsentStatus) -> int:
    """Return what a status is worth: 2 permits, 1 leaves it to another legal basis, 0 refuses."""
    return 2 if status in VALID else int(status in UNANSWERED)


def person_turned(
    words: Words, person: str, purpose: str, reading: Reading, now: datetime
) -> tuple[When, ConsentPeriod] | None:
    """Return when a use was made that a person's consent no longer bore, and what was in force instead."""
    return _turned(
        lambda at, known_at: words.consent(person, purpose, at, known_at),
        lambda then, later: worth(later.status) < worth(then.status),
        reading,
        now,
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a tenant's agreement means for a snapshot at an instant.

    Attributes:
        event: The agreement in force, if there is one.
        forbids: Why the snapshot may not be used at all; nothing if it may.
        oldest: The time of the oldest record that may be used, UTC; none if the agreement sets no limit.
    """

    event: AgreementEvent | None
    forbids: frozenset[str]
    oldest: datetime | None


Forbids = Literal["scope", "purpose", "region"]


def agreement_turned(
    words: Words, manifest: SnapshotManifest, region: str | None, reading: Reading, now: datetime
) -> tuple[When, Agreed] | None:
    """Return when a use was made that the tenant's agreement no longer bore, and what was in force instead."""

    def agreed(at: datetime, known_at: datetime) -> Agreed:
        event = words.agreement(at, known_at)
        if event is None or event.retention_days is None:
            return Agreed(event, _forbids(event, manifest, region), None)
        return Agreed(event, _forbids(event, manifest, region), at - timedelta(days=event.retention_days))

    def fell(then: Agreed, later: Agreed) -> bool:
        shorter = _days(later.event) < _days(then.event)
        return bool(later.forbids - then.forbids) or shorter

    return _turned(agreed, fell, reading, now)


def _forbids(event: AgreementEvent | None, manifest: SnapshotManifest, region: str | None) -> frozenset[Forbids]:
    if event is None:
        return frozenset({"scope", "purpose"})
    enough = {TenantScope.SHARED} if manifest.pool.kind == "shared" else {TenantScope.SHARED, TenantScope.TENANT_ONLY}
    faults: dict[Forbids, bool] = {
        "scope": event.scope not in enough,
        "purpose": not any(covers(purpose, manifest.purpose) for purpose in event.purposes),
        "region": not region_allowed(event.regions, region),
    }
    return frozenset(name for name, fault in faults.items() if fault)


def _days(event: AgreementEvent | None) -> float:
    return float("inf") if event is None or event.retention_days is None else event.retention_days


def _turned(
    stand: Callable[[datetime, datetime], Standing],
    fell: Callable[[Standing, Standing], bool],
    reading: Reading,
    now: datetime,
) -> tuple[When, Standing] | None:
    then = stand(reading.decided_at, reading.decided_knowing)
    for when, at, known_at in reading.stages(now):
        later = stand(at, known_at)
        if fell(then, later):
            return when, later
    return None
