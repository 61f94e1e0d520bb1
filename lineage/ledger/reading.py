"""One pass over a delivered file: its events as they come, and what became of every line, in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from lineage.ledger.fields import check_fields, read_times
from lineage.ledger.lines import Line, RejectReason, Shape, is_cut_short, read_lines
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent
from policies.errors import InputError, UsageError
from policies.person_link import PersonLink

Event = TypeVar("Event", ConsentEvent, AgreementEvent, PersonLink)

MOST_LISTED = 10_000
"""Rejected lines that are listed one by one; of any more the reasons are counted."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken as it stands.

    Attributes:
        file: Base name of the file.
        line: Counted from 1.
        reason: The first thing wrong with it.
        detail: The fields that are wrong, by name; never a value.
        suspends: Whether it was heard all the same, as a suspension.
    """

    file: str
    line: int
    reason: RejectReason
    detail: str
    suspends: bool = False


@dataclass
class Account:
    """What became of the lines of a file that were read so far.

    Every line is an event, or rejected, or rejected and heard as a suspension.

    Attributes:
        file: Base name of the file.
        lines: Lines that are not blank; what is missing of a file that was cut short counts as one.
        suspended: Lines that were heard as suspensions.
        later: Events that take effect after the present.
        rejected: The first ``MOST_LISTED`` lines that were not taken as they stand.
        reasons: How many lines were not taken, by the first reason of each.
    """

    file: str
    lines: int = 0
    suspended: int = 0
    later: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)
    reasons: Counter[RejectReason] = field(default_factory=Counter)

    def note(self, line: Line) -> None:
        """Count a line, and its first fault if it has any."""
        self.lines += 1
        if not line.faults:
            return
        reason = line.faults[0].reason
        self.reasons[reason] += 1
        self.suspended += line.suspends
        if len(self.rejected) < MOST_LISTED:
            names = dict.fromkeys(fault.field for fault in line.faults if fault.field)
            self.rejected.append(RejectedLine(self.file, line.number, reason, ", ".join(names), line.suspends))


@dataclass
class Reading(Generic[Event]):
    """A file as it is read: iterate once over it for the events to record.

    Attributes:
        account: What became of the lines read so far.
        now: The present, UTC.
        heard: The lines in order, each with the event to record, if there is one.
    """

    account: Account
    now: datetime
    heard: Iterator[tuple[Line, Event | None]]

    def __iter__(self) -> Iterator[Event]:
        for line, event in self.heard:
            line.suspends = line.suspends or bool(line.faults and event is not None)
            self.account.note(line)
            if event is not None:
                self.account.later += event.effective_at > self.now
                yield event


def lines_of(path: Path, shape: Shape, now: datetime, is_cut: bool) -> Iterator[Line]:
    """Yield the lines of a file, what does not read dropped from their fields and noted as faults.

    Args:
        path: The file.
        shape: What its fields are.
        now: The present, UTC. Nothing was recorded after it.
        is_cut: What ``is_cut_short`` said of the file.

    Raises:
        InputError: The file cannot be read, a CSV has no usable header, or the file changed meanwhile.
    """
    for line in read_lines(path, shape):
        if line.is_cut and not is_cut:
            raise InputError(f"{path.name}: changed while it was read.", remedy="Nothing was imported; try again.")
        check_fields(line, shape)
        read_times(line, now)
        yield line


def read_events(
    path: Path,
    shape: Shape,
    now: datetime,
    heard: Callable[[Line], Event | None],
    allows: Callable[[Event], bool],
) -> Reading[Event]:
    """Return a reading of a file; of one that was cut short nothing is taken that allows something.

    Args:
        path: The file.
        shape: What its fields are.
        now: The present, UTC.
        heard: Makes the event of a line, or notes its faults.
        allows: Whether an event allows anything: what is missing of the file may take it back.

    Raises:
        UsageError: ``now`` has no zone.
        InputError: The file cannot be read. While iterating: nothing of it may be kept.
    """
    if now.tzinfo is None:
        raise UsageError("The present instant has no time zone.")
    is_cut = is_cut_short(path)

    def each() -> Iterator[tuple[Line, Event | None]]:
        for line in lines_of(path, shape, now, is_cut):
            event = None if line.is_cut else heard(line)
            if is_cut and event is not None and allows(event):
                line.fault(RejectReason.FILE_CUT_SHORT)
                event = None
            yield line, event

    return Reading(Account(path.name), now, each())
