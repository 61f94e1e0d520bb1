"""Recognisers of one's own: what a profile names is loaded as Presidio loads it, or the run does not begin.

A profile names Presidio registries in YAML, as paths beside its own file, and what Python modules call their
recognisers: ``acme.numbers:recognizers`` is an instance, a class, a function that makes one, or a list of these.
Modules are found where Python finds them, and beside the profile.
"""

import hashlib
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipelines.redaction.profile import RedactionProfile
from policies.errors import UsageError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

# What loading a stranger's code or configuration may raise. A message may quote a list of names: its type is told.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
_ORIGIN = "named_by_profile"
_PRESIDIO_FLAGS = re.DOTALL | re.MULTILINE | re.IGNORECASE


class RecognizerError(UsageError):
    """What a profile names as recognisers is none."""

    remedy = "Correct `recognizers` in the profile; each is a Presidio registry in YAML or package.module:attribute."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a recogniser came from, so that another process can make it again.

    Attributes:
        source: What the profile names.
        directory: Where the profile lies.
        languages: The profile's languages.
        place: Which one of the source's it is.
    """

    source: str
    directory: str | None
    languages: tuple[str, ...]
    place: int

    def recognizer(self) -> "EntityRecognizer":
        """Return the recogniser, made anew.

        Raises:
            RecognizerError: The source no longer gives it.
        """
        directory = None if self.directory is None else Path(self.directory)
        made = _of_source(self.source, directory, self.languages)
        if self.place >= len(made):
            raise RecognizerError(f"{self.source}: gives fewer recognisers than before.")
        return made[self.place]


def load_recognizers(profile: RedactionProfile, directory: Path | None = None) -> tuple["EntityRecognizer", ...]:
    """Return the recognisers that a profile names, in its order.

    As in Presidio, those of languages that the profile does not name are passed over; so are those that find none
    of its entity types.

    Args:
        profile: The profile.
        directory: Where its file lies; ``None`` for one that ships.

    Raises:
        RecognizerError: A source cannot be read, or gives no recogniser that counts.
    """
    return tuple(one for source in profile.recognizers for one in _counting(profile, source, directory))


def origin_of(recognizer: Any) -> Origin | None:
    """Return where a recogniser came from, if a profile named it."""
    found = getattr(recognizer, _ORIGIN, None)
    return found if isinstance(found, Origin) else None


def description(recognizer: Any) -> dict[str, Any]:
    """Return a JSON-ready document that changes when a recogniser does: with its version, patterns, or code."""
    patterns = [[one.name, one.regex, one.score] for one in getattr(recognizer, "patterns", None) or ()]
    return {
        "code": _code_digest(type(recognizer)),
        "context": list(recognizer.context or ()),
        "deny_list": hashlib.sha256("\0".join(getattr(recognizer, "deny_list", None) or ()).encode()).hexdigest(),
        "entities": sorted(recognizer.supported_entities),
        "language": recognizer.supported_language,
        "name": recognizer.name,
        "patterns": patterns,
        "version": recognizer.version,
    }


def _counting(profile: RedactionProfile, source: str, directory: Path | None) -> Iterator["EntityRecognizer"]:
    made = _of_source(source, directory, profile.languages)
    count = 0
    for place, recognizer in enumerate(made):
        spoken = recognizer.supported_language in profile.languages
        if spoken and not profile.entities.keys().isdisjoint(recognizer.supported_entities):
            where = None if directory is None else str(directory)
            setattr(recognizer, _ORIGIN, Origin(source, where, profile.languages, place))
            count += 1
            yield recognizer
    if not count:
        types = ", ".join(sorted({name for one in made for name in one.supported_entities})) or "nothing"
        languages = ", ".join(profile.languages)
        raise RecognizerError(
            f"{profile.profile}: {source} finds {types}: none of it is among the entities that the profile names, in "
            f"its languages ({languages}).",
            remedy="Name the entity type under `entities`, with a threshold and an operator.",
        )


def _of_source(source: str, directory: Path | None, languages: Sequence[str]) -> list["EntityRecognizer"]:
    module, colon, attribute = source.partition(":")
    try:
        if colon:
            return list(_made(getattr(_module(module, directory), attribute), source))
        return _of_registry((directory or Path()) / source, languages)
    except _FAULTS as error:
        raise RecognizerError(f"{source}: cannot be loaded ({type(error).__name__}).") from error


def _of_registry(path: Path, languages: Sequence[str]) -> list["EntityRecognizer"]:
    """Return the recognisers of a Presidio registry, in its order, by Presidio's own loader."""
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)  # as Presidio reads it: `enabled: no` is a refusal
    try:
        said = reader.load(path.read_bytes())
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RecognizerError(f"{path.name}: line {mark.line + 1 if mark else 1}: not YAML.") from error
    if not isinstance(said, dict) or "recognizers" not in said:
        raise RecognizerError(f"{path.name}: recognizers: missing; this is no Presidio registry.")
    configuration = {"global_regex_flags": _PRESIDIO_FLAGS, **said, "supported_languages": list(languages)}
    registry = RecognizerRegistryProvider(registry_configuration=configuration).create_recognizer_registry()
    return list(registry.recognizers)


def _module(name: str, directory: Path | None) -> ModuleType:
    """Return a module; one that lies beside the profile must be that very file, not another of its name."""
    if directory is None:
        return import_module(name)
    beside = directory.joinpath(*name.split("."))
    files = {beside.with_suffix(".py").resolve(), (beside / "__init__.py").resolve()}
    there = any(file.is_file() for file in files)
    if there and str(directory) not in sys.path:
        sys.path.append(str(directory))
    module = import_module(name)
    if there and (module.__file__ is None or Path(module.__file__).resolve() not in files):
        raise RecognizerError(f"{name}: another module has this name.", remedy="Give the module beside it a new name.")
    return module


def _made(value: Any, source: str) -> Iterator["EntityRecognizer"]:
    from presidio_analyzer import EntityRecognizer

    if isinstance(value, EntityRecognizer):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _made(one, source)
    elif callable(value):
        yield from _made(value(), source)
    else:
        raise RecognizerError(f"{source}: is no Presidio recogniser.")


def _code_digest(kind: type) -> str:
    """Return the SHA-256 of the file that a class is written in; of its name, where there is no such file."""
    try:
        file = inspect.getsourcefile(kind)
    except TypeError:
        file = None
    code = Path(file).read_bytes() if file else f"{kind.__module__}.{kind.__qualname__}".encode()
    return hashlib.sha256(code).hexdigest()
