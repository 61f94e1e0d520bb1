"""A conversation as it happened, before any product writes it down in its own format."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pipelines.world.apps import App
from pipelines.world.people import Person


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: ``label`` good, bad or mixed, and the sign it was read from."""

    label: str
    score: float
    signal: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One use of a tool: a file read or written, or a command run."""

    tool: Literal["read", "write", "run"]
    path: str
    text: str
    result: str


@dataclass(slots=True)
class Turn:
    """What a person asked, and everything until they spoke again.

    Attributes:
        change: Name of what is asked for, a ``wording.Change``.
        objection: What the person did to the tool in the middle: refused it, stopped it, or corrected it.
    """

    at: datetime
    change: str
    request: str
    answer: str
    steps: list[Step] = field(default_factory=list)
    outcome: Outcome | None = None
    objection: Literal["", "refused", "interrupted", "edited"] = ""


@dataclass(slots=True)
class Conversation:
    """Turns of one person about one application.

    Attributes:
        id: The product's own id.
        person: Who speaks; ``None`` where nobody was signed in.
        participants: Product ids of others in the conversation.
        root: The folder the application lies in, as paths in the conversation give it.
        last_editor: Who changed the application last, as the product logs it.
        continues: The session that was taken up again; its lines are copied into this one.
    """

    id: str
    source: str
    tenant: str
    person: Person | None
    app: App
    model: str
    started_at: datetime
    turns: list[Turn] = field(default_factory=list)
    participants: list[str] = field(default_factory=list)
    root: str = ""
    last_editor: str = ""
    continues: "Conversation | None" = None

    @property
    def begun_as(self) -> str:
        """The id under which the conversation began; a session taken up again goes on in the first."""
        return self.id if self.continues is None else self.continues.id

    @property
    def length(self) -> int:
        """How many turns there are since it began."""
        return len(self.turns) + (0 if self.continues is None else len(self.continues.turns))
