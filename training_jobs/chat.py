"""From a record's messages to token ids, and which of them carry loss: what the assistant said, and no more.

Any chat template is served, with or without ``{% generation %}``: an assistant's turn is where the
rendering up to and including it goes on from the rendering before it. A record is skipped, with a reason,
where that cannot be told, and where a person's words hold one of the tokenizer's own special tokens: they
could forge a turn.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from jinja2 import TemplateError
from numpy.typing import NDArray

CHAT_TEMPLATE = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.role == 'assistant' %}
{%- generation %}
{%- if message.reasoning_content %}
{{- '<think>\\n' + message.reasoning_content + '\\n</think>\\n' }}
{%- endif %}
{{- message.content }}
{%- for call in message.tool_calls or [] %}
{{- '\\n<tool_call>\\n' + ({'name': call.function.name, 'arguments': call.function.arguments} | tojson) }}
{{- '\\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>' }}
{%- endgeneration %}
{%- else %}
{{- message.content + '<|im_end|>' }}
{%- endif %}
{{- '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

Message = Mapping[str, Any]


class SkipReason(StrEnum):
    """Why a record of the plan was not trained on. Stored in the consumption ledger, so never renamed."""

    NO_ASSISTANT_TURN = "no-assistant-turn"
    NO_ASSISTANT_TOKEN = "no-assistant-token-within-max-tokens"  # noqa: S105
    SPECIAL_TOKEN_IN_TEXT = "special-token-in-text"  # noqa: S105
    NOT_RENDERABLE = "chat-template-refuses-record"
    TURN_NOT_FOUND = "assistant-turn-not-found-in-rendering"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A conversation as text; ``turns`` are the half-open character ranges that the assistant said."""

    text: str
    turns: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """``n`` token ids, and for each whether it is trained on."""

    ids: NDArray[np.int32]
    trained: NDArray[np.bool_]


def render(tokenizer: Any, messages: Sequence[Message]) -> Rendered | SkipReason:
    """Render the messages of a record with the tokenizer's chat template.

    Args:
        tokenizer: A Hugging Face tokenizer that has a chat template.
        messages: The ``messages`` of a record, as in ``RECORD_SCHEMA``.

    Returns:
        The text and the assistant's turns in it, or why this record must be skipped.
    """
    if not any(message["role"] == "assistant" for message in messages):
        return SkipReason.NO_ASSISTANT_TURN
    if any(token in text for text in texts_of(messages) for token in tokenizer.all_special_tokens):
        return SkipReason.SPECIAL_TOKEN_IN_TEXT
    chat = [_chat_message(message) for message in messages]
    try:
        whole = _apply(tokenizer, chat)
        turns = []
        for place, message in enumerate(chat):
            if message["role"] != "assistant":
                continue
            before = _apply(tokenizer, chat[:place], add_generation_prompt=True)
            after = _apply(tokenizer, chat[: place + 1]).rstrip()
            if not (after.startswith(before) and whole.startswith(after)):
                return SkipReason.TURN_NOT_FOUND
            turns.append((len(before), len(after)))
    except (TemplateError, TypeError):  # what templates raise on a role or a shape they do not know
        return SkipReason.NOT_RENDERABLE
    return Rendered(whole, tuple(turns))


def encode(tokenizer: Any, conversations: Sequence[Rendered], max_tokens: int) -> list[Encoded | SkipReason]:
    """Tokenize renderings; a token is trained on only if all its characters are in an assistant's turn.

    Args:
        tokenizer: A fast tokenizer, which knows the characters of each token.
        conversations: ``n`` renderings.
        max_tokens: Tokens kept of each, from its beginning.

    Returns:
        ``n`` results, in order; a reason where nothing of the assistant's is left to train on.
    """
    if not conversations:
        return []
    batch = tokenizer(
        [rendered.text for rendered in conversations],
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        truncation=True,
        max_length=max_tokens,
    )
    return [
        _masked(np.array(ids, dtype=np.int32), np.array(offsets, dtype=np.int64).reshape(-1, 2), rendered.turns)
        for ids, offsets, rendered in zip(batch["input_ids"], batch["offset_mapping"], conversations, strict=True)
    ]


def texts_of(messages: Sequence[Message]) -> Iterator[str]:
    """Yield every text in messages: content, reasoning, and the tools' names and arguments."""
    for message in messages:
        for text in (message.get("content"), message.get("reasoning")):
            if text:
                yield text
        for call in message.get("tool_calls") or ():
            yield from (text for text in (call["name"], call["arguments"]) if text)


def _masked(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], turns: tuple[tuple[int, int], ...]
) -> Encoded | SkipReason:
    trained = np.zeros(len(ids), dtype=np.bool_)
    for start, end in turns:
        trained |= (offsets[:, 0] >= start) & (offsets[:, 1] <= end) & (offsets[:, 1] > offsets[:, 0])
    if not trained[1:].any():  # the first token is predicted from nothing
        return SkipReason.NO_ASSISTANT_TOKEN
    return Encoded(ids, trained)


def _apply(tokenizer: Any, chat: list[dict[str, Any]], *, add_generation_prompt: bool = False) -> str:
    return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=add_generation_prompt))


def _chat_message(message: Message) -> dict[str, Any]:
    """Return a record's message in the shape chat templates expect (OpenAI's, as Hugging Face reads it)."""
    chat: dict[str, Any] = {"role": message["role"], "content": message.get("content") or ""}
    if message.get("reasoning"):
        chat["reasoning_content"] = message["reasoning"]
    if message.get("tool_calls"):
        chat["tool_calls"] = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": call["name"], "arguments": _arguments(call["arguments"])},
            }
            for call in message["tool_calls"]
        ]
    if message.get("tool_call_id"):
        chat["tool_call_id"] = message["tool_call_id"]
    return chat


def _arguments(text: str | None) -> Any:
    """Return a tool's arguments as the object they spell, or as the text they are."""
    try:
        return json.loads(text or "{}")
    except json.JSONDecodeError:
        return text
