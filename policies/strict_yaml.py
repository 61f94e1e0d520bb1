"""Strict YAML: what a person writes is read as it looks, or refused; all faults at once.

A plain subset of YAML 1.2: mappings with words for keys, lists, quoted and plain text, whole numbers,
decimal fractions, ``true``, ``false`` and ``null``. Refused: repeated keys, anchors, aliases, merges, tags,
several documents in a file, and plain words that other readers of YAML take for something else
(``no``, ``on``, ``010``, ``0x1F``, ``1_000``, ``~``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from policies.errors import InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 32

Model = TypeVar("Model", bound=BaseModel)

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})", re.ASCII)
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_AMBIGUOUS = re.compile(
    r"y|n|yes|no|on|off|true|false|null|~|<<|=|"  # booleans and null in other spellings, merges
    r"[-+]?0[0-9_]+|[-+]?0[xob][0-9a-f_]+|[-+]?[0-9][0-9_]*|\+.*[0-9]|"  # octal, hexadecimal, 1_000, too long
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+|"  # sixty-based
    r"[-+]?([0-9][0-9_]*)?\.[0-9_]*(e[-+]?[0-9]+)?|[-+]?[0-9]+e[-+]?[0-9]+|[-+]?\.(inf|nan)",
    re.IGNORECASE | re.ASCII,
)


class DocumentError(InputError):
    """A document is not what it should be.

    Attributes:
        faults: Every fault found, each as ``file: path: message``.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the faults when the error crosses a process boundary."""
        return type(self), (self.faults,)


def read_file(path: Path, model: type[Model]) -> Model:
    """Read a file and check it against a model.

    Args:
        path: The file; messages call it by its name.
        model: What it should be.

    Raises:
        DocumentError: It cannot be read or is something else; all its faults at once, each by its path.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError((f"{path.name}: file: cannot be read",)) from error
    return read_document(data, path.name, model)


def read_document(data: bytes, name: str, model: type[Model]) -> Model:
    """Read a document and check it against a model.

    Args:
        data: The file's bytes, UTF-8.
        name: What to call the file in messages.
        model: What it should be; its own rules for types apply.

    Raises:
        DocumentError: It is not; all faults of the file at once, each by its path.
    """
    parsed = parse(data)
    faults = list(parsed.faults)
    if parsed.readable:
        try:
            document = model.model_validate(parsed.value)
        except ValidationError as error:
            faults += _faults(error, parsed.value)
        else:
            if not faults:
                return document
    raise DocumentError(tuple(f"{name}: {fault}" for fault in faults))


@dataclass(slots=True)
class Parsed:
    """A file's value and its faults. Not ``readable``: there is no value."""

    value: Any = None
    faults: list[str] = field(default_factory=list)
    readable: bool = False


def parse(data: bytes) -> Parsed:
    """Read strict YAML into plain Python values, without raising.

    Args:
        data: The file's bytes, UTF-8, at most ``MAX_BYTES``.

    Returns:
        The value, and every fault as ``path: message`` or ``line N: message``.
    """
    if len(data) > MAX_BYTES:
        return Parsed(faults=[f"larger than {MAX_BYTES:,} bytes"])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Parsed(faults=[f"byte {error.start}: not UTF-8"])
    if text.startswith("\ufeff"):
        return Parsed(faults=["byte 0: a byte order mark"])
    reader = _Reader()
    try:
        value = reader.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Parsed(faults=[*reader.faults, f"line {line}: {error.problem or 'not YAML'}"])
    except _UnreadableError as error:
        return Parsed(faults=[*reader.faults, str(error)])
    except YAMLError:
        return Parsed(faults=[*reader.faults, "holds a character that YAML does not allow"])
    return Parsed(value, reader.faults, readable=True)


class _UnreadableError(Exception):
    """There is no value to go on with."""


class _Reader:
    """Builds values from the parser's events, one method a kind of node, and notes faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def document(self, events: Iterator[Any]) -> Any:
        """Read the one document of a stream."""
        started = False
        value: Any = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if started:
                    raise _UnreadableError(f"line {_line(event)}: a second document in the file")
                started = True
            elif isinstance(event, NodeEvent):
                value = self._node(event, events, ())
        if not started:
            raise _UnreadableError("line 1: the file is empty")
        return value

    def _node(self, event: Any, events: Iterator[Any], path: tuple[str, ...]) -> Any:
        if isinstance(event, AliasEvent):
            raise _UnreadableError(f"line {_line(event)}: an alias; write the value out")
        if len(path) > MAX_DEPTH:
            raise _UnreadableError(f"line {_line(event)}: nested more than {MAX_DEPTH} deep")
        if event.anchor is not None:
            self._fault(path, "an anchor; write the value out where it is needed")
        if _tagged(event):
            self._fault(path, "a tag; write plain values")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event, path)

    def _mapping(self, events: Iterator[Any], path: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise _UnreadableError(f"line {_line(event)}: a key that is not a word")
            key = self._node(event, events, path)
            if not isinstance(key, str):
                self._fault((*path, event.value), "a key that is not a word; write it in quotes")
                key = event.value
            value = self._node(next(events), events, (*path, key))
            if key in found:
                self._fault((*path, key), f"repeated on line {_line(event)}")
            found.setdefault(key, value)
        return found

    def _sequence(self, events: Iterator[Any], path: tuple[str, ...]) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            found.append(self._node(event, events, (*path, str(len(found)))))
        return found

    def _scalar(self, event: Any, path: tuple[str, ...]) -> str | int | float | bool | None:
        text = str(event.value)
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        if _FRACTION.fullmatch(text):
            return float(text)
        if text == "" or _AMBIGUOUS.fullmatch(text):
            said = f"{text!r} can be read in more than one way" if text else "nothing stands here"
            self._fault(path, f"{said}; write true, false, null, a plain number, or text in quotes")
        return text

    def _fault(self, path: tuple[str, ...], message: str) -> None:
        self.faults.append(f"{'.'.join(path) or 'document'}: {message}")


def _tagged(event: Any) -> bool:
    tag = getattr(event, "tag", None)
    return tag is not None and str(tag) not in {"", "None"}


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _faults(error: ValidationError, value: Any) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(_written(fault["loc"], value, missing=fault["type"] == "missing")) or "document"
        yield f"{path}: {fault['msg'].removeprefix('Value error, ')}"


def _written(location: tuple[int | str, ...], value: Any, *, missing: bool) -> Iterator[str]:
    """Yield the steps of a location that lead somewhere in a document, and the name of what is missing.

    The others name a form that a value might have had, such as a member of a union.
    """
    for place, step in enumerate(location):
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif not (missing and place == len(location) - 1):
            continue
        yield str(step)
