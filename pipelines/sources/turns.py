"""Conversations cut into interactions, and history that is sent anew recognised.

A product that calls a model logs the whole conversation so far with every call. Each interaction is taken
once, from the first line that holds it; where a later line goes on differently from the same place, it is a
branch with an id of its own.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.sources.interaction import Interaction, LineFaultError, Message, RejectReason
from pipelines.sources.lookup import Circumstances
from pipelines.sources.reading import LogFile

BEFORE_THE_PERSON = "messages_before_the_person"


def split_turns(messages: Sequence[Message]) -> tuple[list[list[Message]], int]:
    """Cut a conversation before each turn of the person.

    A turn is one or more messages of the person in a row; system messages directly before it go with it.
    An answer to nobody, at the beginning, belongs to no interaction.

    Returns:
        The interactions, and how many messages stood before the person first spoke and were left out.

    Raises:
        LineFaultError: The person never speaks (``no-person-turn``).
    """
    turns: list[list[Message]] = []
    instructions: list[Message] = []
    left_out, answered = 0, True
    for said in messages:
        if said["role"] == "system":
            instructions.append(said)
        elif said["role"] == "user" and answered:
            turns.append([*instructions, said])
            instructions, answered = [], False
        elif turns:
            turns[-1] += [*instructions, said]
            instructions, answered = [], said["role"] != "user"
        else:
            left_out += 1
    if not turns:
        raise LineFaultError(RejectReason.NO_PERSON_TURN)
    turns[-1] += instructions
    return turns, left_out


@dataclass
class History:
    """What of a file's conversations has been read.

    Memory grows with the number of interactions (about 200 bytes each), not with their text; only those
    that wait for an answer or for the result of a tool are held.
    """

    log: LogFile
    _known: dict[bytes, str] = field(default_factory=dict)
    _length: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, Interaction] = field(default_factory=dict)

    def take(self, number: int, said: Sequence[Message], about: Circumstances, otherwise: str) -> list[Interaction]:
        """Return the interactions of one line that were not read before, and remember them.

        An interaction without its last answer is held until a later line completes it, or the file ends:
        where the model uses tools, every step of it is a line.

        Args:
            number: The line.
            said: All its messages.
            about: Who spoke, where and when; the outcome is that of the line's last interaction.
            otherwise: Id of the conversation where none is declared.

        Raises:
            LineFaultError: The person never speaks, or the line says nothing new (``duplicate-record``).
        """
        turns, left_out = split_turns(said)
        branch = root = f"{about.tenant}/{about.conversation or otherwise}"
        chain = _chained(root.encode("utf-8"), [])
        fresh: list[Interaction] = []
        repeated = 0
        for position, turn in enumerate(turns):
            chain = _chained(chain, turn)
            if chain in self._known:
                branch, repeated = self._known[chain], repeated + 1
                continue
            found = self._continued(branch, position, turn, about)
            if found is None:
                branch = self._place(branch, root, position, chain)
                found = _interaction(number, branch[len(about.tenant) + 1 :], position, turn, about)
            self._known[chain] = branch
            fresh.append(found)
        if not fresh:
            raise LineFaultError(RejectReason.DUPLICATE_RECORD)
        self.log.repeat(repeated)
        fresh[-1].outcome = about.outcome
        if left_out and fresh[0].position == 0:
            fresh[0].attributes[BEFORE_THE_PERSON] = str(left_out)
        self._waiting.pop(branch, None)
        if not _complete(fresh[-1]):
            self._waiting[branch] = fresh.pop()
        return fresh

    def rest(self) -> list[Interaction]:
        """Return the interactions that were never completed, in the order they began."""
        return list(self._waiting.values())

    def _continued(self, branch: str, position: int, turn: list[Message], about: Circumstances) -> Interaction | None:
        """Return the interaction that waits at this place, with what the line adds to it."""
        waiting = self._waiting.get(branch)
        if waiting is None or waiting.position != position:
            return None
        asked = _spoken(waiting.messages)
        if asked != _spoken(turn)[: len(asked)]:
            return None
        waiting.messages = turn
        waiting.model = about.model
        waiting.attributes.update(about.attributes)
        if about.claim is not None and about.claim.refuses:
            waiting.claim = about.claim
        return waiting

    def _place(self, branch: str, root: str, position: int, chain: bytes) -> str:
        """Return the branch that an interaction not known so far belongs to."""
        if position < self._length.get(branch, 0):
            branch = f"{root}#{chain.hex()[:12]}"
        self._length[branch] = position + 1
        return branch


def _complete(one: Interaction) -> bool:
    """Return whether the model has said its last: the answer is there and no tool's result is due."""
    last = _spoken(one.messages)[-1]
    return last["role"] == "assistant" and not last["tool_calls"]


def _interaction(
    number: int, conversation: str, position: int, turn: list[Message], about: Circumstances
) -> Interaction:
    return Interaction(
        line=number,
        conversation=conversation,
        position=position,
        occurred_at=about.occurred_at,
        messages=turn,
        tenant=about.tenant,
        person=about.person,
        participants=about.participants,
        model=about.model,
        jurisdiction=about.jurisdiction,
        age_band=about.age_band,
        attributes=dict(about.attributes),
        claim=about.claim,
    )


def _chained(before: bytes, turn: list[Message]) -> bytes:
    """Return a digest of a conversation up to and including a turn; 16 bytes tell any two apart.

    System messages are left out: products put the time of day in them, and it is the same conversation.
    """
    said = json.dumps(_spoken(turn), sort_keys=True).encode("ascii")
    return hashlib.blake2b(before + said, digest_size=16).digest()


def _spoken(turn: Sequence[Message]) -> list[Message]:
    return [said for said in turn if said["role"] != "system"]
