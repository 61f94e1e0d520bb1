"""Every text of a record, and how it is changed without breaking what carries it.

A text that is JSON (the arguments of a tool call, the answer of a tool) is changed string by string inside the parsed
document, so that escapes hide nothing and the document still parses; a text that is not is changed as it stands.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policies.errors import LineweightError

# Called with the place of a text, the name of the field it stands in ("" where there is none), and the text.
Change = Callable[[str, str, str], str]

_CONTAINER = re.compile(r"\s*[\[{]")
_INDENT = re.compile(r"^\s*[\[{]\r?\n( +|\t+)")
_DEEPEST = 100


class UnreadableTextError(LineweightError):
    """A text could not be taken apart safely."""

    remedy = "The record is in quarantine; nothing of it was passed on."


def change_messages(messages: Sequence[Mapping[str, Any]], change: Change) -> list[dict[str, Any]]:
    """Return the messages of a record with every text changed; roles stay, absent texts stay absent."""
    return [_message(f"messages[{index}]", message, change) for index, message in enumerate(messages)]


def change_attributes(attributes: Sequence[tuple[str, str | None]], change: Change) -> list[tuple[str, str | None]]:
    """Return the attributes of a record with every key and value changed."""
    changed = []
    for index, (key, value) in enumerate(attributes):
        place = f"attributes[{index}]"
        changed.append((change(f"{place}.key", "", key), None if value is None else _text(place, key, value, change)))
    return changed


def _message(place: str, message: Mapping[str, Any], change: Change) -> dict[str, Any]:
    changed = dict(message)
    for name in ("content", "reasoning"):
        if message[name] is not None:
            changed[name] = _text(f"{place}.{name}", "", message[name], change)
    if message["tool_call_id"] is not None:
        changed["tool_call_id"] = change(f"{place}.tool_call_id", "", message["tool_call_id"])
    if message["tool_calls"] is not None:
        changed["tool_calls"] = [
            _tool_call(f"{place}.tool_calls[{index}]", call, change) for index, call in enumerate(message["tool_calls"])
        ]
    return changed


def _tool_call(place: str, call: Mapping[str, Any], change: Change) -> dict[str, Any]:
    changed = dict(call)
    for name in ("id", "name"):
        if call[name] is not None:
            changed[name] = change(f"{place}.{name}", "", call[name])
    if call["arguments"] is not None:
        changed["arguments"] = _text(f"{place}.arguments", "", call["arguments"], change)
    return changed


def _text(place: str, field: str, text: str, change: Change) -> str:
    """Return a text changed: inside its JSON document if it is one, else as it stands."""
    if not _CONTAINER.match(text):
        return change(place, field, text)
    try:
        document = _document(text)
    except (json.JSONDecodeError, RecursionError):
        return change(place, field, text)
    changed = _walk(f"{place}#", field, document, change, 0)
    return text if changed == document else _written(changed, text)


def _walk(place: str, field: str, value: Any, change: Change, depth: int) -> Any:
    if depth > _DEEPEST:
        raise UnreadableTextError("A JSON document is nested too deeply.")
    if isinstance(value, dict):
        return _walk_object(place, value, change, depth)
    if isinstance(value, list):
        return [_walk(f"{place}/{index}", field, item, change, depth + 1) for index, item in enumerate(value)]
    if isinstance(value, str):
        return _text(place, field, _valid(value), change)
    if isinstance(value, int | float) and not isinstance(value, bool):
        written = str(value)
        changed = change(place, field, written)
        return value if changed == written else changed
    return value


def _walk_object(place: str, value: Mapping[str, Any], change: Change, depth: int) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for position, (key, item) in enumerate(value.items()):
        new_key = change(f"{place}/{position}~key", "", _valid(key))
        if new_key in changed:
            raise UnreadableTextError("Two keys of a JSON object become one.")
        changed[new_key] = _walk(f"{place}/{_pointer(new_key)}", key, item, change, depth + 1)
    return changed


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _valid(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableTextError("A JSON string holds half a character.") from error
    return text


def _document(text: str) -> Any:
    """Return the parsed document; what only begins like one, such as JSON Lines, is none."""
    repeated = False

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(pairs)
        repeated = repeated or len(found) != len(pairs)
        return found

    document = json.loads(text, object_pairs_hook=once, parse_constant=_refuse)
    if repeated:
        raise UnreadableTextError("A JSON object names a key twice.")
    return document


def _refuse(constant: str) -> Any:
    raise json.JSONDecodeError("not JSON", constant, 0)


def _written(document: Any, like: str) -> str:
    """Return a document as JSON, indented, spaced and escaped as the text it comes from."""
    indent = _INDENT.match(like)
    loose = indent is not None or re.search(r"\":\s", like)
    return json.dumps(
        document,
        ensure_ascii=like.isascii(),
        indent=indent.group(1) if indent else None,
        separators=(",", ": ") if indent else (", ", ": ") if loose else (",", ":"),
    )
