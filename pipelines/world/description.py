"""What a generated world holds: its files, its counts, and the two people worth following."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.world.conversation import Conversation
from pipelines.world.people import Person
from pipelines.world.planted import Plant
from pipelines.world.stories import STORIES


@dataclass(frozen=True)
class Followed:
    """A person whose withdrawal the demo follows.

    Attributes:
        tenant: The customer, a slug.
        product_id: The product's own id of the person.
        about: The story in one sentence.
        withdrawn_at: From when the withdrawal binds, UTC.
        recorded_at: When the ledger's owner learned of it, UTC.
        interactions: How often the person speaks.
        interactions_before: How often before the withdrawal binds.
    """

    tenant: str
    product_id: str
    about: str
    withdrawn_at: datetime
    recorded_at: datetime
    interactions: int
    interactions_before: int


@dataclass(frozen=True)
class Counts:
    """How much there is of what. An interaction is what lands as one record.

    Attributes:
        by_story: Interactions by the story of the person who speaks; ``nobody`` where none is known.
        people: People by story.
        planted: Planted values by type.
        carriers: Planted values by carrier.
        spoiled: Lines that cannot land, by what is wrong with them.
    """

    interactions: int
    conversations: int
    by_source: Mapping[str, int]
    by_tenant: Mapping[str, int]
    by_story: Mapping[str, int]
    people: Mapping[str, int]
    consents: int
    planted: Mapping[str, int]
    carriers: Mapping[str, int]
    spoiled: Mapping[str, int]


@dataclass(frozen=True)
class World:
    """Where everything lies, and what is worth following.

    Attributes:
        directory: The root; all other paths are under it.
        declarations: ``sources/*.yaml``.
        logs: The log files, in all sources.
        consents: ``consents.jsonl`` and ``consents.csv``.
        agreements: ``agreements.csv``.
        requests: ``requests/*.yaml``: the shared pool first, then one tenant's own.
        planted: ``planted.jsonl``.
        as_of: The instant to ask about, on both clocks, UTC.
        withdrew_late: Consented, used in a snapshot as of ``as_of``, and withdrew before it; heard after it.
        withdrew_in_time: Withdrew before ``as_of``, known the same day.
    """

    directory: Path
    seed: int
    declarations: tuple[Path, ...]
    logs: tuple[Path, ...]
    consents: tuple[Path, ...]
    agreements: Path
    requests: tuple[Path, ...]
    planted: Path
    as_of: datetime
    withdrew_late: Followed
    withdrew_in_time: Followed
    counts: Counts

    @property
    def sources(self) -> Path:
        """The directory of the declarations."""
        return self.directory / "sources"

    @property
    def main_request(self) -> str:
        """Name of the request for the shared pool, which the demo trains on."""
        return self.requests[0].stem

    @property
    def withdrawn_person(self) -> tuple[str, str]:
        """Tenant and product id of the person whose withdrawal came late."""
        return self.withdrew_late.tenant, self.withdrew_late.product_id


def counted(
    talks: Sequence[Conversation],
    everybody: Iterable[Person],
    consents: int,
    plants: Iterable[Plant],
    spoiled: Mapping[str, int],
) -> Counts:
    """Count a world."""
    planted = list(plants)
    turns = [talk for talk in talks for _ in talk.turns]
    return Counts(
        interactions=len(turns),
        conversations=len(talks),
        by_source=_counts(talk.source for talk in turns),
        by_tenant=_counts(talk.tenant for talk in turns),
        by_story=_counts(talk.person.story if talk.person else "nobody" for talk in turns),
        people=_counts(person.story for person in everybody),
        consents=consents,
        planted=_counts(plant.type for plant in planted),
        carriers=_counts(plant.carrier for plant in planted),
        spoiled=spoiled,
    )


def followed(person: Person, talks: Iterable[Conversation], withdrawn_at: datetime, recorded_at: datetime) -> Followed:
    """Return what the demo tells of a person."""
    spoke_at = [turn.at for talk in talks if talk.person == person for turn in talk.turns]
    return Followed(
        tenant=person.tenant.slug,
        product_id=person.product_id,
        about=STORIES[person.story].about,
        withdrawn_at=withdrawn_at,
        recorded_at=recorded_at,
        interactions=len(spoke_at),
        interactions_before=sum(at < withdrawn_at for at in spoke_at),
    )


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
