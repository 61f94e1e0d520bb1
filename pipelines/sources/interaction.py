"""What a format makes of a log: interactions, and the lines it could not read with the reason."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypedDict

from policies.consent_event import VALID, ConsentStatus
from policies.errors import InputError


class RejectReason(StrEnum):
    """Why a line was set aside. Stored and counted, so members are never renamed."""

    # The whole file: nothing of it is landed.
    TRUNCATED_GZIP = "truncated-gzip"
    NOT_GZIP = "not-gzip"
    NOT_UTF_8 = "not-utf-8"
    NOT_JSON_LINES = "not-json-lines"
    # One line of it, or one interaction that begins there.
    INVALID_UTF_8 = "invalid-utf-8"
    INVALID_UNICODE = "invalid-unicode"
    MALFORMED_JSON = "malformed-json"
    NOT_AN_OBJECT = "not-an-object"
    TOO_LARGE = "too-large"
    MISSING_COLUMN = "missing-column"
    WRONG_TYPE = "wrong-type"
    TENANT_INVALID = "tenant-invalid"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TIME_UNREADABLE = "time-unreadable"
    UNKNOWN_ROLE = "unknown-role"
    UNKNOWN_EVENT = "unknown-event"
    OUTCOME_UNREADABLE = "outcome-unreadable"
    NO_PERSON_TURN = "no-person-turn"
    DUPLICATE_RECORD = "duplicate-record"


class ToolCall(TypedDict):
    """A tool the model asked for; ``arguments`` is text, most often a JSON object."""

    id: str | None
    name: str | None
    arguments: str | None


class Message(TypedDict):
    """One message, with the fields of ``lineage.record.MESSAGE``."""

    role: str
    content: str | None
    reasoning: str | None
    tool_calls: list[ToolCall] | None
    tool_call_id: str | None


class Outcome(TypedDict):
    """What became of an answer, with the fields of ``lineage.record.OUTCOME``."""

    label: str
    score: float | None
    signal: str | None
    observed_at: datetime | None


class Claim(NamedTuple):
    """A flag about consent, as one line of a log has it.

    Attributes:
        state: What it means; ``invalidated``, a refusal, where the declaration does not know the word.
        is_known: Whether the declaration knows the word.
    """

    state: ConsentStatus
    is_known: bool

    @property
    def refuses(self) -> bool:
        """Whether it is heard as a refusal."""
        return self.state not in VALID


@dataclass(slots=True)
class Interaction:
    """What a person asked and everything that followed until they spoke again.

    Attributes:
        line: Line on which it begins, counted from 1.
        conversation: The log's own id of the conversation, or of a branch of it.
        position: Place in the conversation, counted from 0.
        occurred_at: When the person spoke, UTC.
        messages: System messages may come first, then the person's; at least one is theirs.
        tenant: The customer, a slug.
        person: The product's own id of the person; ``None`` where the log does not say.
        participants: Further people, by the product's own ids, each once.
        model: The model that answered, as logged.
        outcome: What became of the answer.
        jurisdiction: ISO 3166 code in lower case, or ``unknown``.
        age_band: One of ``policies.vocabulary.AGE_BANDS``.
        attributes: What else the log says, as text.
        claim: What the log claims that the person says about consent; ``None`` where it says nothing.
    """

    line: int
    conversation: str
    position: int
    occurred_at: datetime
    messages: list[Message]
    tenant: str
    person: str | None
    participants: tuple[str, ...] = ()
    model: str | None = None
    outcome: Outcome | None = None
    jurisdiction: str = "unknown"
    age_band: str = "unknown"
    attributes: dict[str, str] = field(default_factory=dict)
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line set aside: where and why, never what.

    Attributes:
        file: Base name of the file.
        line: Counted from 1; 0 is the file as a whole.
        reason: Why.
        field: The column at fault, where one is.
    """

    file: str
    line: int
    reason: RejectReason
    field: str = ""


class LineFaultError(InputError):
    """One line cannot be read; the formats raise it and the line goes to quarantine."""

    def __init__(self, reason: RejectReason, column: str = "") -> None:
        super().__init__(f"{reason.value}: {column}" if column else reason.value)
        self.reason = reason
        self.column = column


class FileFaultError(InputError):
    """A file cannot be read as what it should be: nothing of it is landed."""

    def __init__(self, reason: RejectReason, line: int = 0) -> None:
        super().__init__(f"{reason.value} at line {line}" if line else reason.value)
        self.reason = reason
        self.line = line


def message(
    role: str,
    content: str | None = None,
    *,
    reasoning: str | None = None,
    tool_calls: list[ToolCall] | None = None,
    tool_call_id: str | None = None,
) -> Message:
    """Return a message with every field in place."""
    calls = tool_calls or None
    return Message(role=role, content=content, reasoning=reasoning, tool_calls=calls, tool_call_id=tool_call_id)
