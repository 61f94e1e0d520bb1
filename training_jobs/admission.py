"""Admission: whether training may begin, and whether it may go on; asked at the start and at every epoch.

Purpose, lease, release ticket and revocation feed are read from the warehouse each time, so that what an
officer refuses or a person takes back while a run is under way is heard at its next epoch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lineage.canonical import rfc3339
from lineage.release import Asked, Ticket, release_standing, require_permitted
from lineage.revocation import Feed, latest_feed, lease_of
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.warehouse import Warehouse
from policies.consent import covers
from policies.errors import LineweightError


class SnapshotNotForTrainingError(LineweightError):
    """A snapshot is genuine but may not be trained on: its lease has ended, or it is for something else."""

    remedy = "Publish a snapshot for this purpose, under the policy and the consents of today, and train on that."


@dataclass(frozen=True, slots=True)
class FeedRead:
    """A feed of revocations, and the optimizer step from which on it was heeded."""

    feed: Feed
    from_step: int


class Admission:
    """Asks whether a run may be trained, and remembers by what it was admitted.

    Args:
        warehouse: Holds tickets and feeds.
        snapshot: What is trained on, opened.
        trusted: Keys, one of which must have signed each feed.
        releasers: Keys, one of which must have signed the ticket.
        asked: What is to be trained.
        clock: Tells the time, UTC.

    Attributes:
        feeds: The feeds read, in order; a further one only where there is news.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        snapshot: Snapshot,
        trusted: Sequence[TrustedKey],
        releasers: Sequence[TrustedKey],
        asked: Asked,
        clock: Callable[[], datetime],
    ) -> None:
        self.feeds: list[FeedRead] = []
        self._tickets: list[Ticket] = []
        self._warehouse = warehouse
        self._manifest = snapshot.manifest
        self._trusted = trusted
        self._releasers = releasers
        self._asked = asked
        self._clock = clock

    @property
    def ticket(self) -> Ticket:
        """The ticket by which the run was first admitted."""
        return self._tickets[0]

    def ask(self, step: int) -> frozenset[str]:
        """Return the ids of records that the newest feed revokes; those may not be read from a step on.

        Raises:
            SnapshotNotForTrainingError: The snapshot is for something else, its lease has ended, or a feed that
                was read is gone.
            NotReleasedError: There is no ticket, or not one for this.
            LineweightError: The newest feed does not verify.
        """
        manifest, now = self._manifest, self._clock()
        if not covers(manifest.purpose, self._asked.purpose):
            fault = f"{manifest.label} is for {manifest.purpose}, not for {self._asked.purpose}."
            raise SnapshotNotForTrainingError(fault)
        ticket = release_standing(self._warehouse, manifest, self._releasers, now)
        require_permitted(ticket, self._asked)
        feed = latest_feed(self._warehouse, manifest, self._trusted)
        self._require_leased(feed, now)
        self._tickets.append(ticket)
        self._note(feed, step)
        return self.feeds[-1].feed.revoked if self.feeds else frozenset()

    def _require_leased(self, feed: Feed | None, now: datetime) -> None:
        ends = lease_of(self._manifest, feed)
        if now >= ends:
            remedy = f"Run `lineweight snapshot refresh {self._manifest.label}`: it hears who withdrew since."
            message = f"The lease of {self._manifest.label} ended at {rfc3339(ends)}."
            raise SnapshotNotForTrainingError(message, remedy=remedy)

    def _note(self, feed: Feed | None, step: int) -> None:
        before = self.feeds[-1].feed if self.feeds else None
        if before is not None and (feed is None or feed.number < before.number):
            remedy = "Restore the revocation feeds of the snapshot from a copy, and train again."
            raise SnapshotNotForTrainingError(f"{before.file_name}: was read, and is gone.", remedy=remedy)
        if before is not None and feed is not None and feed.number == before.number and feed.digest != before.digest:
            raise SnapshotNotForTrainingError(f"{before.file_name}: was read, and is another one now.")
        if feed is not None and (before is None or feed.number > before.number):
            self.feeds.append(FeedRead(feed, step))
