"""Chat requests and replies in OpenAI's form, one call a line.

A line holds the whole conversation so far in ``messages``; the reply is their last or stands apart in the
column declared as ``answer`` (text, a message, or a completion with ``choices``).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.sources.interaction import (
    Interaction,
    LineFaultError,
    Message,
    RejectReason,
    ToolCall,
    message,
)
from pipelines.sources.lookup import circumstances
from pipelines.sources.paths import required
from pipelines.sources.reading import Line, LogFile, SourceFormat
from pipelines.sources.turns import History

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
TEXT_PARTS = ("text", "input_text", "output_text")
REASONING = ("reasoning_content", "reasoning")
PARTS_DROPPED = "parts_dropped"

Said = Callable[[LogFile, Line], tuple[list[Message], int]]


def read(log: LogFile) -> Iterator[Interaction]:
    """Yield what each line adds to its conversation."""
    return read_conversations(log, _said)


def read_conversations(log: LogFile, said: Said) -> Iterator[Interaction]:
    """Yield the interactions of lines that each hold a conversation.

    Args:
        log: The file.
        said: Takes the file and a line, returns all its messages in order and how many parts that are
            not text were dropped; raises `LineFaultError`.
    """
    history = History(log)
    for number, line in log.json_lines():
        try:
            about = circumstances(log.declaration, line)
            messages, dropped = said(log, line)
            if dropped:
                about.attributes[PARTS_DROPPED] = str(dropped)
            fresh = history.take(number, messages, about, otherwise=_line_id(line))
        except LineFaultError as fault:
            log.reject(number, fault.reason, fault.column)
            continue
        yield from fresh
    yield from history.rest()


def _said(log: LogFile, line: Line) -> tuple[list[Message], int]:
    declared = log.declaration
    place = declared.messages.column if declared.messages else "messages"
    listed = required(line, place)
    if not isinstance(listed, list):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    if declared.answer is not None:
        listed = [*listed, *_answer(required(line, declared.answer.column), declared.answer.column)]
    reader = _Reader()
    return [reader.message(one, f"{place}[{index}]") for index, one in enumerate(listed)], reader.dropped


def _answer(value: Any, place: str) -> list[Any]:
    """Return the reply as messages: none for null, the first of several choices."""
    if value is None:
        return []
    if isinstance(value, str):
        return [{"role": "assistant", "content": value}]
    if isinstance(value, Mapping) and isinstance(value.get("choices"), list) and value["choices"]:
        choice = value["choices"][0]
        value = choice.get("message") if isinstance(choice, Mapping) else choice
    if not isinstance(value, Mapping):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    return [{"role": "assistant", **value}]


class _Reader:
    """Turns logged messages into ours, and counts the parts that are not text."""

    def __init__(self) -> None:
        self.dropped = 0

    def message(self, logged: Any, place: str) -> Message:
        if not isinstance(logged, Mapping):
            raise LineFaultError(RejectReason.WRONG_TYPE, place)
        role = logged.get("role")
        if not isinstance(role, str) or role not in ROLES:
            raise LineFaultError(RejectReason.UNKNOWN_ROLE, f"{place}.role")
        content = self._content(logged.get("content"), f"{place}.content")
        refusal = _text(logged.get("refusal"), f"{place}.refusal")
        return message(
            ROLES[role],
            content if content is not None else refusal,
            reasoning=next((found for key in REASONING if (found := _text(logged.get(key), f"{place}.{key}"))), None),
            tool_calls=_tool_calls(logged, place),
            tool_call_id=_text(logged.get("tool_call_id"), f"{place}.tool_call_id"),
        )

    def _content(self, value: Any, place: str) -> str | None:
        if not isinstance(value, list):
            return _text(value, place)
        texts = [self._part(part, f"{place}[{index}]") for index, part in enumerate(value)]
        self.dropped += texts.count(None)
        return "\n".join(text for text in texts if text is not None)

    def _part(self, part: Any, place: str) -> str | None:
        """Return a part's text, or ``None`` for an image, a sound, a file or what is not known."""
        if isinstance(part, str):
            return part
        if not isinstance(part, Mapping):
            raise LineFaultError(RejectReason.WRONG_TYPE, place)
        if part.get("type") in TEXT_PARTS:
            return _text(part.get("text"), f"{place}.text")
        return _text(part.get("refusal"), f"{place}.refusal") if part.get("type") == "refusal" else None


def _tool_calls(logged: Mapping[str, Any], place: str) -> list[ToolCall] | None:
    listed = logged.get("tool_calls")
    if listed is None:
        listed = [] if logged.get("function_call") is None else [{"function": logged["function_call"]}]
    if not isinstance(listed, list):
        raise LineFaultError(RejectReason.WRONG_TYPE, f"{place}.tool_calls")
    return [_tool_call(one, f"{place}.tool_calls[{index}]") for index, one in enumerate(listed)] or None


def _tool_call(logged: Any, place: str) -> ToolCall:
    if not isinstance(logged, Mapping):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    called = logged.get("function", logged.get("custom", logged))
    if not isinstance(called, Mapping):
        raise LineFaultError(RejectReason.WRONG_TYPE, f"{place}.function")
    given = called.get("arguments", called.get("input"))
    arguments = json.dumps(given, ensure_ascii=False) if isinstance(given, dict | list) else given
    return ToolCall(
        id=_text(logged.get("id"), f"{place}.id"),
        name=_text(called.get("name"), f"{place}.name"),
        arguments=_text(arguments, f"{place}.arguments"),
    )


def _text(value: Any, place: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    return value


def _line_id(line: Line) -> str:
    """Return an id of a line by what it says, so that a line delivered twice is one conversation."""
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode("ascii")).hexdigest()


FORMAT = SourceFormat(
    name="openai_chat",
    description="Chat completions: each line holds the messages so far and the reply.",
    read=read,
)
