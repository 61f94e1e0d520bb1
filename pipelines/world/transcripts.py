"""How Bloom's coding agent writes a session down: a tree of events, one JSON object a line."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pipelines.world.conversation import Conversation, Step, Turn
from pipelines.world.dates import written
from pipelines.world.dice import Dice

Line = dict[str, Any]
REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, "
    "the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you "
    "how to proceed."
)
INTERRUPTED = "[Request interrupted by user"
_TOOLS = {"read": "Read", "write": "Write", "run": "Bash"}


def agent_lines(talk: Conversation, seed: int) -> list[Line]:
    """Return the lines of a session; of one that was taken up again, first the copied lines of the other.

    A copied line keeps its ``uuid`` and names the new session, as resuming does.

    Args:
        talk: A conversation of the agent.
        seed: Seed of the world; ids of events depend on it and on the session's id.
    """
    copied = [] if talk.continues is None else agent_lines(talk.continues, seed)
    for line in copied:
        line["session_id"] = talk.id
        if "sessionId" in line["event"]:
            line["event"]["sessionId"] = talk.id
    return copied + list(_Session(talk, Dice(seed, talk.id), copied).lines())


class _Session:
    def __init__(self, talk: Conversation, dice: Dice, copied: list[Line]) -> None:
        self._talk = talk
        self._dice = dice
        self._parent: str | None = copied[-1]["event"]["uuid"] if copied else None
        self._at = talk.started_at

    def lines(self) -> Iterator[Line]:
        if self._talk.continues is None:
            yield self._wrapped({"type": "file-history-snapshot", "messageId": self._uuid(), "isSnapshotUpdate": False})
            yield self._event("user", {"role": "user", "content": "<command-name>/clear</command-name>"}, isMeta=True)
        for turn in self._talk.turns:
            self._at = turn.at
            yield self._event("user", {"role": "user", "content": turn.request}, permissionMode="default")
            yield from self._worked(turn)

    def _worked(self, turn: Turn) -> Iterator[Line]:
        for place, step in enumerate(turn.steps):
            last = place == len(turn.steps) - 1
            objection = turn.objection if last or turn.objection == "edited" else ""
            yield from self._used(step, objection, thinks=place == 0)
            if objection in ("refused", "interrupted"):
                stopped = f"{INTERRUPTED} for tool use]" if objection == "refused" else f"{INTERRUPTED}]"
                yield self._event("user", {"role": "user", "content": [{"type": "text", "text": stopped}]})
                return
        yield self._event("assistant", self._answer([{"type": "text", "text": turn.answer}], self._id("msg_")))

    def _used(self, step: Step, objection: str, thinks: bool) -> Iterator[Line]:
        call, message = self._id("toolu_"), self._id("msg_")
        if thinks:
            thought = f"I will look at {step.path} and make the smallest change."
            thinking = {"type": "thinking", "thinking": thought, "signature": ""}
            yield self._event("assistant", self._answer([thinking], message))
        use = {"type": "tool_use", "id": call, "name": _TOOLS[step.tool], "input": self._input(step)}
        yield self._event("assistant", self._answer([use], message))
        result: Line = {"type": "tool_result", "tool_use_id": call, "content": step.result}
        told: Line | str = self._told(step, objection)
        if objection == "refused":
            result |= {"content": REFUSED, "is_error": True}
            told = "User rejected tool use"
        yield self._event("user", {"role": "user", "content": [result]}, toolUseResult=told)

    def _told(self, step: Step, objection: str) -> Line:
        if step.tool == "run":
            return {"stdout": step.result, "stderr": "", "interrupted": False}
        told: Line = {"type": "update" if step.tool == "write" else "text", "filePath": self._path(step)}
        return told | {"userModified": True} if objection == "edited" else told

    def _input(self, step: Step) -> Line:
        if step.tool == "run":
            return {"command": step.text, "description": "Run the tests"}
        path = {"file_path": self._path(step)}
        return path | {"content": step.text} if step.tool == "write" else path

    def _path(self, step: Step) -> str:
        between = "\\" if "\\" in self._talk.root else "/"
        return between.join((self._talk.root, *step.path.split("/")))

    def _answer(self, blocks: list[Line], message: str) -> Line:
        usage = {"input_tokens": self._dice.randint(900, 9000), "output_tokens": len(json.dumps(blocks)) // 4}
        return {
            "id": message,
            "type": "message",
            "role": "assistant",
            "model": self._talk.model,
            "content": blocks,
            "stop_reason": None,
            "usage": usage,
        }

    def _event(self, kind: str, message: Line, **more: Any) -> Line:
        own = self._uuid()
        event = {
            "parentUuid": self._parent,
            "isSidechain": False,
            "userType": "external",
            "cwd": self._talk.root,
            "sessionId": self._talk.id,
            "version": "1.4.2",
            "gitBranch": f"work/{self._talk.app.key}",
            "type": kind,
            "message": message,
            "uuid": own,
            "timestamp": self._now(),
        }
        self._parent = own
        return self._wrapped(event | more)

    def _wrapped(self, event: Line) -> Line:
        person = self._talk.person
        known = person is not None and person.country != "unknown"
        return {
            "workspace": self._talk.tenant,
            "user_id": person.product_id if person else None,
            "session_id": self._talk.id,
            "country": person.country.upper() if person and known else None,
            "event": event,
        }

    def _now(self) -> str:
        self._at += timedelta(seconds=self._dice.randint(1, 9))
        moment: datetime = self._at
        return written(moment).replace("Z", f".{self._dice.randint(0, 999):03}Z")

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    def _id(self, prefix: str) -> str:
        return prefix + self._dice.text("0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghijkmnopqrstuvwxyz", 22)
