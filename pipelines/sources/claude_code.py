"""Transcripts of Claude Code: a tree of events per session, as the agent writes them or wrapped by a collector.

Events follow their parent, so that what was said after going back to an earlier place is a branch. A session
that resumes another begins with copies of its lines: those are counted as repeated, and what follows them
goes on in the conversation it continues. Lines may interleave sessions; a session is held in memory from its
first line to its last.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.sources.interaction import (
    Interaction,
    LineFaultError,
    Message,
    Outcome,
    RejectReason,
)
from pipelines.sources.lookup import Circumstances, circumstances, conversation_of, identifier
from pipelines.sources.reading import Line, LogFile, SourceFormat, parse_line
from pipelines.sources.transcript import Event, Signal, Speaker, event_in, read_events

ATTRIBUTES = {"cwd": "cwd", "gitBranch": "git_branch", "version": "agent_version"}
JUDGED = {Signal.TOOL_REFUSED: ("bad", -1.0), Signal.INTERRUPTED: ("bad", -1.0), Signal.EDITED: ("mixed", 0.0)}
PRECEDENCE = tuple(Signal)


def read(log: LogFile) -> Iterator[Interaction]:
    """Yield the interactions of each session once its last line is read."""
    ends = _last_lines(log)
    places = _Places()
    sessions: dict[str, _Session] = {}
    for number, line in log.json_lines():
        try:
            name = _session_of(log, line)
        except LineFaultError as fault:
            log.reject(number, fault.reason, fault.column)
            continue
        session = sessions.setdefault(name, _Session(name, log, places))
        session.add(number, line)
        if number == ends[name]:
            yield from sessions.pop(name).interactions()


def _last_lines(log: LogFile) -> dict[str, int]:
    """Return the number of each session's last line; what does not read is rejected in the next pass."""
    ends: dict[str, int] = {}
    unheard = dataclasses.replace(log, on_reject=lambda rejection: None)
    for number, raw in unheard.raw_lines():
        try:
            ends[_session_of(log, parse_line(raw))] = number
        except LineFaultError:
            continue
    return ends


def _session_of(log: LogFile, line: Line) -> str:
    declared = conversation_of(log.declaration, line)
    if declared is not None:
        return declared
    name = identifier(line.get("session_id", event_in(line).get("sessionId")), "sessionId")
    if name is None:
        raise LineFaultError(RejectReason.MISSING_COLUMN, "sessionId")
    return name


@dataclass
class _Places:
    """Which place in which conversation each turn of a person has, over all sessions of a file."""

    known: dict[str, tuple[str, int]] = field(default_factory=dict)
    length: dict[str, int] = field(default_factory=dict)

    def take(self, uuid: str, session: str, after: "_Turn | None") -> tuple[str, int]:
        conversation, position = (after.conversation, after.position + 1) if after else (session, 0)
        if position < self.length.get(conversation, 0):
            conversation = f"{session}#{uuid}"
        self.known[uuid] = conversation, position
        self.length[conversation] = position + 1
        return conversation, position


@dataclass
class _Turn:
    """An interaction in the making."""

    line: int
    conversation: str
    position: int
    copied: bool
    about: Circumstances | None
    fault: LineFaultError | None
    said: list[Message] = field(default_factory=list)
    pieces: dict[str, Message] = field(default_factory=dict)
    model: str | None = None
    signals: dict[Signal, Event] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    answered: bool = False

    def add(self, event: Event) -> None:
        """Take an event's words; the pieces of one message of the model become one message."""
        if event.signal is not None:
            self.signals.setdefault(event.signal, event)
        self.count("images_dropped", event.images)
        self.model = self.model or event.model
        self.answered = self.answered or event.speaker is Speaker.MODEL or event.signal is not None
        known = self.pieces.get(event.message_id) if event.message_id else None
        if known is not None and event.messages:
            _merge(known, event.messages[0])
            return
        self.said += event.messages
        if event.message_id and event.messages:
            self.pieces[event.message_id] = event.messages[0]

    def count(self, name: str, more: int = 1) -> None:
        if more:
            self.counts[name] = self.counts.get(name, 0) + more

    def finished(self) -> Interaction | None:
        """Return the interaction, without what the program said after the last answer."""
        if self.about is None:
            return None
        while self.said[-1]["role"] == "system":
            self.said.pop()
        counts = {name: str(count) for name, count in self.counts.items()}
        return Interaction(
            line=self.line,
            conversation=self.conversation,
            position=self.position,
            occurred_at=self.about.occurred_at,
            messages=self.said,
            tenant=self.about.tenant,
            person=self.about.person,
            participants=self.about.participants,
            model=self.about.model or self.model,
            outcome=self.about.outcome or self._outcome(),
            jurisdiction=self.about.jurisdiction,
            age_band=self.about.age_band,
            attributes={**self.about.attributes, **counts},
            claim=self.about.claim,
        )

    def _outcome(self) -> Outcome | None:
        for signal in PRECEDENCE:
            if signal in self.signals:
                label, score = JUDGED[signal]
                return Outcome(label=label, score=score, signal=signal.value, observed_at=self.signals[signal].at)
        return None


class _Session:
    """The turns of one session, and which of them each event belongs to."""

    def __init__(self, name: str, log: LogFile, places: _Places) -> None:
        self._name, self._log, self._places = name, log, places
        self._turn_of: dict[str, _Turn | None] = {}
        self._turns: list[_Turn] = []
        self._nobody_asked = False

    def add(self, number: int, line: Line) -> None:
        """Take a line of the session, or reject it."""
        event = event_in(line)
        try:
            found = read_events(event)
        except LineFaultError as fault:
            self._log.reject(number, fault.reason, fault.column)
            return
        if found[0].uuid and found[0].uuid in self._turn_of:
            self._log.repeat(sum(one.speaker is Speaker.PERSON and not one.sidechain for one in found))
            return
        for one in found:
            self._follow(number, line, event, one)

    def interactions(self) -> Iterator[Interaction]:
        """Yield the session's interactions in the order they began; reject those that do not read."""
        for turn in self._turns:
            if turn.copied:
                self._log.repeat()
            elif turn.fault is not None:
                self._log.reject(turn.line, turn.fault.reason, turn.fault.column)
            elif (finished := turn.finished()) is not None:
                yield finished

    def _follow(self, number: int, line: Line, event: Line, one: Event) -> None:
        turn = self._turn_before(one)
        if one.sidechain:
            if turn is not None:
                turn.count("sidechain_lines")
            return
        if one.speaker is Speaker.PERSON and (turn is None or turn.answered):
            turn = self._begin(number, line, event, one, turn)
        self._turn_of[one.uuid] = turn
        if turn is not None:
            turn.add(one)
        elif one.speaker in (Speaker.MODEL, Speaker.TOOL) and not self._nobody_asked:
            self._nobody_asked = True
            self._log.reject(number, RejectReason.NO_PERSON_TURN)

    def _turn_before(self, one: Event) -> "_Turn | None":
        """Return the turn that an event belongs to; where its parent is not in the log, the latest."""
        if one.parent in self._turn_of:
            return self._turn_of[one.parent]
        begins = one.parent is None and one.speaker in (Speaker.PERSON, Speaker.PROGRAM) and not one.sidechain
        return self._turns[-1] if self._turns and not begins else None

    def _begin(self, number: int, line: Line, event: Line, one: Event, after: "_Turn | None") -> _Turn:
        copied = one.uuid in self._places.known
        if copied:
            conversation, position = self._places.known[one.uuid]
        else:
            conversation, position = self._places.take(one.uuid, self._name, after)
        about, fault = None, None
        try:
            about = circumstances(self._log.declaration, line)
            about.attributes.update(_attributes(event))
        except LineFaultError as found:
            fault = found
        turn = _Turn(number, conversation, position, copied, about, fault)
        self._turns.append(turn)
        return turn


def _attributes(event: Line) -> dict[str, str]:
    return {name: event[key] for key, name in ATTRIBUTES.items() if isinstance(event.get(key), str)}


def _merge(known: Message, piece: Message) -> None:
    """Add a piece of a message to what is known of it."""
    for part in ("content", "reasoning"):
        texts = [text for text in (known[part], piece[part]) if text is not None]
        known[part] = "\n".join(texts) if texts else None
    known["tool_calls"] = [*(known["tool_calls"] or []), *(piece["tool_calls"] or [])] or None


FORMAT = SourceFormat(
    name="claude_code",
    description="Sessions of the coding agent Claude Code: each line is one event.",
    read=read,
)
