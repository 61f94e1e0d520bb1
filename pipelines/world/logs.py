"""How Bloom's web application and its share pages write conversations down."""

import json
from collections.abc import Iterator
from typing import Any

from pipelines.world.conversation import Conversation, Step, Turn
from pipelines.world.dates import written

SYSTEM = "You are Bloom, an app builder. Make the smallest change that works and say what it was."
Line = dict[str, Any]
_TOOLS = {"read": "read_file", "write": "write_file", "run": "run_command"}


def web_lines(talk: Conversation) -> Iterator[Line]:
    """Yield one line a turn, in the shape of a chat completion: the history is sent again each time."""
    history: list[Line] = [{"role": "system", "content": SYSTEM}]
    for number, turn in enumerate(talk.turns):
        history += _asked(talk, turn, number)
        answer = {"role": "assistant", "content": turn.answer}
        yield {
            "id": f"req_{talk.id.removeprefix('conv_')}_{number}",
            "created_at": written(turn.at),
            "model": talk.model,
            "metadata": _metadata(talk),
            "request": {"messages": list(history)},
            "response": answer,
            "outcome": _outcome(turn),
        }
        history.append(answer)


def share_line(talk: Conversation) -> Line:
    """Return a whole conversation as a share page exports it, in the shape of ShareGPT."""
    said = [said for turn in talk.turns for said in (("human", turn.request), ("gpt", turn.answer))]
    label = talk.turns[-1].outcome.label if talk.turns[-1].outcome else None
    return {
        "id": talk.id,
        "workspace": talk.tenant,
        "shared_by": talk.person.product_id if talk.person else None,
        "shared_at": int(talk.started_at.timestamp()),
        "country": _country(talk),
        "title": talk.app.title,
        "model": talk.model,
        "rating": {"good": "up", "bad": "down"}.get(label or ""),
        "conversations": [{"from": speaker, "value": text} for speaker, text in said],
    }


def _asked(talk: Conversation, turn: Turn, number: int) -> Iterator[Line]:
    yield {"role": "user", "content": turn.request}
    for place, step in enumerate(turn.steps):
        function = {"name": _TOOLS[step.tool], "arguments": json.dumps(_arguments(step), ensure_ascii=False)}
        call = f"call_{talk.id[-6:]}{number:02}{place}"
        yield {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call, "type": "function", "function": function}],
        }
        yield {"role": "tool", "tool_call_id": call, "content": step.result}


def _arguments(step: Step) -> dict[str, str]:
    if step.tool == "run":
        return {"command": step.text}
    return {"path": step.path, "content": step.text} if step.tool == "write" else {"path": step.path}


def _metadata(talk: Conversation) -> Line:
    person = talk.person
    return {
        "workspace": talk.tenant,
        "user_id": person.product_id if person else None,
        "conversation_id": talk.id,
        "participants": talk.participants,
        "country": _country(talk),
        "age_band": person.age_band if person and person.logs_age else None,
        "project": talk.app.title,
        "last_editor": talk.last_editor or None,
    }


def _country(talk: Conversation) -> str | None:
    if talk.person is None or talk.person.country == "unknown":
        return None
    return talk.person.country.upper()


def _outcome(turn: Turn) -> Line | None:
    if turn.outcome is None:
        return None
    outcome = turn.outcome
    return {"label": outcome.label, "score": outcome.score, "signal": outcome.signal, "at": written(outcome.at)}
