"""Shared conversations in ShareGPT's form: one a line, with ``conversations`` of ``from`` and ``value``."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.sources.interaction import Interaction, LineFaultError, Message, RejectReason, ToolCall, message
from pipelines.sources.openai_chat import read_conversations
from pipelines.sources.paths import required
from pipelines.sources.reading import Line, LogFile, SourceFormat

ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "observation": "tool",
}


def read(log: LogFile) -> Iterator[Interaction]:
    """Yield what each line adds to its conversation."""
    return read_conversations(log, _said)


def _said(log: LogFile, line: Line) -> tuple[list[Message], int]:
    place = log.declaration.messages.column if log.declaration.messages else "conversations"
    listed = required(line, place)
    if not isinstance(listed, list):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    return [_message(one, f"{place}[{index}]") for index, one in enumerate(listed)], 0


def _message(logged: Any, place: str) -> Message:
    if not isinstance(logged, Mapping):
        raise LineFaultError(RejectReason.WRONG_TYPE, place)
    speaker, value = logged.get("from"), logged.get("value")
    if not isinstance(speaker, str) or speaker not in ROLES:
        raise LineFaultError(RejectReason.UNKNOWN_ROLE, f"{place}.from")
    if value is not None and not isinstance(value, str):
        raise LineFaultError(RejectReason.WRONG_TYPE, f"{place}.value")
    if speaker == "function_call":
        return message("assistant", tool_calls=[ToolCall(id=None, name=None, arguments=value)])
    return message(ROLES[speaker], value)


FORMAT = SourceFormat(
    name="sharegpt",
    description="Exported conversations: each line holds one, as a list of speakers and what they said.",
    read=read,
)
