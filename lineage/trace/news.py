"""A piece of news, and everything that was used although of it: told once, however many uses there were."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lineage.canonical import rfc3339
from lineage.trace.turning import Agreed, When
from lineage.trace.words import Words
from policies.consent import EVERYONE, ConsentPeriod

Document = dict[str, Any]
Key = tuple[str, str, str]
NAMES = ("kind", "event_id", "tenant", "state", "effective_at", "recorded_at", "known_at", "recorded_days_later")


@dataclass
class News:
    """What somebody said, and the uses it concerns.

    Attributes:
        said: What is told of it: kind, event, tenant, state and times.
        known_at: Since when it was known that it binds, UTC.
        people: The ids of those whose records it concerns; none where it concerns a whole tenant.
        snapshots: Decided before it was known, although it was in force.
        after, before: Models that read the records after it was known, and before.
    """

    said: Document
    known_at: datetime
    people: set[str] = field(default_factory=set)
    snapshots: list[Document] = field(default_factory=list)
    after: list[Document] = field(default_factory=list)
    before: list[Document] = field(default_factory=list)

    def add_model(self, entry: Document, when: When) -> None:
        """Note that a model read records it concerns."""
        told = self.before if when is When.BEFORE else self.after
        told.append(entry | {"when": when.value})

    def document(self, uses: Iterable[str]) -> Document:
        """Return what is told: the news, whom it concerns, the uses of the kinds named, and how many records."""
        listed = {name: getattr(self, name) for name in uses}
        models = [model for name in ("after", "before") for model in listed.get(name, ())]
        records = {one for use in [*listed.get("snapshots", ()), *models] for one in use["record_ids"]}
        told = {**self.said, "people": sorted(self.people), "records": len(records)}
        told |= {"snapshots": listed["snapshots"]} if "snapshots" in listed else {}
        return told | {"models": models}


def of_person(words: Words, person: str, period: ConsentPeriod, at: datetime) -> tuple[Key, News]:
    """Return the news that a person's consent is no longer what it was, and the key it is told under."""
    event = period.event
    if event is None:  # a link was undone: what another said does not bear their records any more
        said = dict.fromkeys(NAMES) | {"kind": "link", "tenant": words.tenant, "state": period.status.value}
        return ("link", words.tenant, person), News(said, at)
    bound_at = max(period.from_at, words.known_since(person, event))
    said = {
        "kind": "everyone" if event.data_subject_id == EVERYONE else "person",
        "event_id": event.event_id,
        "tenant": words.tenant,
        "state": period.status.value,
        **_times(period.from_at, event.recorded_at, bound_at),
    }
    return ("consent", words.tenant, event.event_id), News(said, bound_at)


def of_agreement(words: Words, agreed: Agreed, at: datetime) -> tuple[Key, News]:
    """Return the news that a tenant's agreement is no longer what it was, and the key it is told under."""
    event = agreed.event
    if event is None:
        said = dict.fromkeys(NAMES) | {"kind": "agreement", "tenant": words.tenant, "state": "unknown"}
        return ("agreement", words.tenant, ""), News(said, at)
    bound_at = max(event.effective_at, event.recorded_at)
    limit = "" if event.retention_days is None else f", {event.retention_days} days"
    said = {
        "kind": "agreement",
        "event_id": event.event_id,
        "tenant": words.tenant,
        "state": f"scope {event.scope.value}{limit}",
        **_times(event.effective_at, event.recorded_at, bound_at),
    }
    return ("agreement", words.tenant, event.event_id), News(said, bound_at)


def _times(effective_at: datetime, recorded_at: datetime, known_at: datetime) -> Document:
    return {
        "effective_at": rfc3339(effective_at),
        "recorded_at": rfc3339(recorded_at),
        "known_at": rfc3339(known_at),
        "recorded_days_later": max((recorded_at - effective_at).days, 0),
    }
