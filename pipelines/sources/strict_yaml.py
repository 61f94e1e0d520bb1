"""YAML read with nothing guessed: what looks like text is text, and nothing may be said twice."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import ScalarNode

from policies.errors import InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class NotStrictYamlError(InputError):
    """A file is not a YAML mapping that reads in one way only."""


class _Constructor(SafeConstructor):
    """Leaves times as text: whoever reads them decides about zones."""


def _as_text(constructor: SafeConstructor, node: ScalarNode) -> Any:
    return constructor.construct_scalar(node)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


def strict_yaml(path: Path) -> dict[str, Any]:
    """Return the one mapping a YAML 1.2 file holds.

    Repeated keys, aliases, several documents, bytes that are not UTF-8 and files over 1 MB are refused.

    Raises:
        NotStrictYamlError: The file cannot be read as such; the message names file and line.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise NotStrictYamlError(f"{path.name}: cannot be read.") from error
    except UnicodeDecodeError as error:
        raise NotStrictYamlError(f"{path.name}: is not UTF-8.") from error
    if len(data) > MAX_BYTES:
        raise NotStrictYamlError(f"{path.name}: is larger than {MAX_BYTES:,} bytes.")
    document = _parsed(text, path.name)
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise NotStrictYamlError(f"{path.name}: is not a mapping of names to values.")
    return document


def _parsed(text: str, name: str) -> Any:
    try:
        _check_events(text, name)
        reader = YAML(typ="safe", pure=True)
        reader.Constructor = _Constructor
        return reader.load(text)
    except DuplicateKeyError as error:
        raise NotStrictYamlError(f"{name}: line {_line(error)}: a key is given twice.") from error
    except MarkedYAMLError as error:
        raise NotStrictYamlError(f"{name}: line {_line(error)}: is not YAML.") from error
    except (YAMLError, ValueError) as error:
        raise NotStrictYamlError(f"{name}: is not YAML.") from error


def _check_events(text: str, name: str) -> None:
    """Refuse aliases and deep nesting before anything is built of them."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent):
            raise NotStrictYamlError(f"{name}: line {event.start_mark.line + 1}: aliases are not taken.")
        if depth > MAX_DEPTH:
            raise NotStrictYamlError(f"{name}: line {event.start_mark.line + 1}: is nested too deeply.")


def _line(error: MarkedYAMLError) -> int:
    return error.problem_mark.line + 1 if error.problem_mark is not None else 1
