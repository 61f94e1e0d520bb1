"""What became of a text: what was found in it, and what it reads now."""

from dataclasses import dataclass
from enum import StrEnum

from pipelines.redaction.operators import Done
from pipelines.redaction.spans import Span


class QuarantineReason(StrEnum):
    """Why a record was not redacted. Stored and counted, so members are never renamed."""

    DETECTOR_FAILED = "detector-failed"
    TEXT_TOO_LONG = "text-too-long"
    TEXT_UNREADABLE = "text-unreadable"
    LANGUAGE_UNSUPPORTED = "language-unsupported"
    BLOB_FOUND = "blob-found"


@dataclass(frozen=True, slots=True)
class Find:
    """One find in a text: ``within`` says where in a document (``#`` and a JSON pointer), ``""`` if it is none."""

    within: str
    span: Span
    done: Done


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a text under one profile and key.

    Attributes:
        redacted: What it reads now; ``None`` if that is what it read before.
        finds: What was found, in order.
        names: Names in it that tell a person wherever they stand again, each with the entity type it was found as.
        reason: Why nothing of it may be passed on; then all else is empty.
    """

    redacted: str | None = None
    finds: tuple[Find, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    reason: QuarantineReason | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes to remember this, roughly."""
        return 120 + 4 * len(self.redacted or "") + 400 * len(self.finds) + 100 * len(self.names)


NOTHING = Outcome()
