"""What happens between November and May: who talks to the builder, when and about what."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from pipelines.world.apps import APPS
from pipelines.world.carriers import Planter
from pipelines.world.composing import turn
from pipelines.world.conversation import Conversation
from pipelines.world.dates import AGENT_FROM, AS_OF, LOGS_FROM, LOGS_UNTIL
from pipelines.world.dice import Dice
from pipelines.world.people import Person
from pipelines.world.planted import Plant

WEB, AGENT, SHARE = "bloom-web", "bloom-agent", "bloom-share"
SHARES = {WEB: 0.70, AGENT: 0.18, SHARE: 0.12}
PLANTED = 0.115
"""How many of the interactions carry something that must not be published."""
PLANTED_IN_COLUMNS = {WEB: 0.01, AGENT: 0.04, SHARE: 0}
"""How many conversations have it in what is logged beside the words: a folder, the last editor's address."""

_LENGTHS = {WEB: (1, 1, 1, 2, 2, 3, 4, 5), AGENT: (1, 1, 2, 2, 3, 4), SHARE: (1, 2, 2, 3)}
_MODELS = {WEB: ("bloom-2", "bloom-2", "bloom-2-mini"), AGENT: ("bloom-agent-1",), SHARE: ("bloom-2", "bloom-1")}
_IDS = {WEB: "conv_", SHARE: "shr_"}
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def conversations(seed: int, records: int, people: list[Person]) -> tuple[list[Conversation], list[Plant]]:
    """Return every conversation of the world, and what was planted in them.

    The first two people are those the demo follows: they talk before and after the day they withdraw.

    Args:
        seed: Seed of the world.
        records: How many interactions there are, in all sources together.
        people: Everybody.
    """
    planter = Planter(Dice(seed, "plants"))
    agent, share = (round(records * SHARES[source]) for source in (AGENT, SHARE))
    wanted = {WEB: records - agent - share, AGENT: agent, SHARE: share}
    found = [talk for source, count in wanted.items() for talk in _Talks(seed, source, people, planter).until(count)]
    return found, planter.plants


class _Talks:
    """The conversations of one source."""

    def __init__(self, seed: int, source: str, people: list[Person], planter: Planter) -> None:
        self._dice = Dice(seed, source)
        self._source = source
        self._planter = planter
        self._late, self._in_time = people[:2]
        self._others = [one for one in people[2:] if source != AGENT or one.tenant.has_agents]
        self._activity = [one.activity for one in self._others]
        self._colleagues: dict[str, list[Person]] = {}
        for one in self._others:
            self._colleagues.setdefault(one.tenant.slug, []).append(one)

    def until(self, count: int) -> Iterator[Conversation]:
        """Yield conversations that have ``count`` turns together."""
        number = 0
        for person, days_before, turns in self._followed():
            count -= turns
            talk = self._begun(person, AS_OF - timedelta(days=days_before, minutes=self._dice.randint(240, 900)))
            yield self._told(talk, turns, plants=False)
        while count > 0:
            person = self._dice.choices(self._others, self._activity)[0]
            talk = self._begun(person, self._start(person))
            if number % 150 == 1:
                talk.person = None
            turns = min(count, self._dice.choice(_LENGTHS[self._source]))
            count -= turns
            yield self._told(talk, turns)
            if self._source == AGENT and number % 25 == 10 and count > 0 and talk.started_at.hour < 20:
                count -= 1
                yield self._told(self._taken_up(talk), 1)
            number += 1

    def _followed(self) -> Iterator[tuple[Person, int, int]]:
        """Yield who is followed, how many days before ``AS_OF`` they talk, and how many turns."""
        if self._source == WEB:
            yield from ((self._late, days, 3) for days in (190, 140, 72, 25, 8))
            yield from ((self._in_time, days, 2) for days in (185, 120, 60, 30))
        if self._source == AGENT:
            yield self._late, 50, 2
            yield self._in_time, 55, 1

    def _start(self, person: Person) -> datetime:
        first = max(person.joined_at, AGENT_FROM if self._source == AGENT else LOGS_FROM)
        at = self._dice.working_hour(self._dice.between(first, LOGS_UNTIL))
        return at if at > first else at + timedelta(days=1)

    def _begun(self, person: Person, at: datetime) -> Conversation:
        app = self._dice.choice(APPS)
        made = Conversation(
            id=self._id(),
            source=self._source,
            tenant=person.tenant.slug,
            person=person,
            app=app,
            model=self._dice.choice(_MODELS[self._source]),
            started_at=at,
            root=f"/workspace/{app.key}",
        )
        colleagues = [one for one in self._colleagues.get(made.tenant, ()) if one is not person]
        if self._source == WEB and person.activity and colleagues and self._dice.chance(0.06):
            made.participants = [one.product_id for one in self._dice.some(colleagues, 2)]
        return made

    def _taken_up(self, talk: Conversation) -> Conversation:
        """Return a session that goes on where another ended, two hours later, by the same person."""
        later = talk.started_at + timedelta(hours=2)
        made = Conversation(
            self._id(), talk.source, talk.tenant, talk.person, talk.app, talk.model, later, root=talk.root
        )
        made.continues = talk
        return made

    def _id(self) -> str:
        if self._source == AGENT:
            return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        return _IDS[self._source] + self._dice.text(_ID_ALPHABET, 16)

    def _told(self, talk: Conversation, turns: int, plants: bool = True) -> Conversation:
        voice = talk.person.voice if talk.person else "terse"
        at, before = talk.started_at, [] if talk.continues is None else talk.continues.turns
        uses_tools = self._source == AGENT or (self._source == WEB and self._dice.chance(0.15))
        if plants and talk.continues is None and self._dice.chance(PLANTED_IN_COLUMNS[self._source]):
            self._planter.plant_in_columns(talk)
        for _ in range(turns):
            made = turn(self._dice, talk.app, voice, at, [*before, *talk.turns], uses_tools)
            if self._source == AGENT and self._dice.chance(0.08):
                made.objection = self._dice.choice(("refused", "interrupted", "edited"))
            talk.turns.append(made)
            if plants and self._dice.chance(PLANTED):
                self._planter.plant(talk)
            at += timedelta(seconds=self._dice.randint(120, 1500))
        return talk
