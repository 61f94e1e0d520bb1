"""By what a run was admitted, as its training statement names it: the release ticket and the revocation feeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lineage.revocation import feed_name
from lineage.training_statement import Dependency, TrainingStatementError, dependencies

RELEASE_TICKET = "release-ticket"
REVOCATION_FEED = "revocation-feed"
TICKET_FILE = "ticket.dsse.json"
MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class FeedHeeded:
    """A revocation feed that a run read, and the optimizer step from which on it skipped what that revokes."""

    number: int
    digest: str
    from_step: int


def ticket_dependency(label: str, digest: str) -> Dependency:
    """Return how the release ticket of a snapshot is named; ``digest`` is of what was signed."""
    return Dependency(RELEASE_TICKET, f"release:{label}", digest, {"path": TICKET_FILE})


def feed_path(number: int) -> str:
    """Return where a model's directory keeps its copy of a feed."""
    return f"revocations/{feed_name(number)}"


def feed_dependency(label: str, heeded: FeedHeeded, revoked: int) -> Dependency:
    """Return how a revocation feed is named: its digest, and how many records it revokes from which step on."""
    said = {"number": heeded.number, "path": feed_path(heeded.number), "from_step": heeded.from_step}
    annotations = {name: str(value) for name, value in {**said, "revoked": revoked}.items()}
    return Dependency(REVOCATION_FEED, f"revocations:{label}/{heeded.number}", heeded.digest, annotations)


def feeds_heeded(predicate: Mapping[str, Any]) -> list[FeedHeeded]:
    """Return the revocation feeds that a run read, in order.

    Raises:
        TrainingStatementError: An entry is malformed.
    """
    return [
        FeedHeeded(_number(feed, "number"), feed.sha256, _number(feed, "from_step"))
        for feed in dependencies(predicate, REVOCATION_FEED)
    ]


def _number(feed: Dependency, name: str) -> int:
    text = str(feed.annotations.get(name))
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise TrainingStatementError(f"The training statement says no number as {name}.")
    return int(text)
