"""Profiles: what is looked for in a text, how sure a find must be, and what replaces it."""

import re
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lineage.canonical import digest_of
from policies.errors import UsageError
from policies.strict_yaml import read_document, read_file

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

# What an entity type is called, in profiles and findings: Presidio's own name where it has one.
EntityType = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*[A-Z0-9]$")]
# ISO 639: `en`. Norwegian is written in quotes, for YAML may take `no` for a refusal.
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
# A registry in YAML beside the profile, or what a Python module calls its recognisers: `acme.numbers:recognizers`.
RecognizerSource = Annotated[
    str, Field(pattern=r"^(?:[A-Za-z0-9_][\w./-]*\.ya?ml|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*)$")
]


class UnknownProfileError(UsageError):
    """No profile has the name."""


class ProfileNameError(UsageError):
    """A profile of one's own is not told apart from another by its name."""

    remedy = "Give the profile a name of its own, and its file the same name."


class OperatorName(StrEnum):
    """What becomes of a found value. Stored in findings, so members are never renamed."""

    PSEUDONYM = "pseudonym"
    TAG = "tag"
    MASK = "mask"
    DROP = "drop"
    KEEP = "keep"


class OtherLanguages(StrEnum):
    """What becomes of a record in a language that the profile does not name."""

    QUARANTINE = "quarantine"
    SEARCH = "search"


class Blobs(StrEnum):
    """What becomes of images and other binary content in base64: never passed through as text."""

    DROP = "drop"
    QUARANTINE = "quarantine"


class Gate(StrEnum):
    """Which sentences are shown to the spaCy model: those that may hold a name, or all of them."""

    LEARNED = "learned"
    CAPITALS = "capitals"
    OPEN = "open"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntityRule(_Strict):
    """How one type of value is treated: found from ``threshold`` (0 to 1) upward, replaced by ``operator``."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    operator: OperatorName


class NamesSettings(_Strict):
    """How names of people and places in running text are found.

    Attributes:
        tagger: The learned tagger that ships with Lineweight, or none.
        model: Name of an installed spaCy model whose NER is asked about sentences that pass the gate, or none.
        labels: The model's labels that count, and the entity type each stands for.
        gate: Which sentences the model is shown.
    """

    tagger: Literal["shipped"] | None = "shipped"
    model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]+$")] | None = None
    labels: dict[str, EntityType] = {}
    gate: Gate = Gate.LEARNED


def _without_repetition(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("names one twice")
    return values


class RedactionProfile(_Strict):
    """One version of one way to redact.

    Attributes:
        profile: Its name, which is also that of its file.
        version: Raised with every change.
        languages: Languages whose records are searched, as ISO 639 codes.
        other_languages: What becomes of records in others.
        max_chars: Code points of the longest single text that is searched; a longer one goes to quarantine.
        blobs: What becomes of binary content.
        names: How names are found.
        recognizers: Presidio recognisers of one's own: YAML registries relative to the profile's file, or
            ``package.module:attribute``.
        entities: What is looked for, and how it is treated. What is not named here is not found.
    """

    profile: Annotated[str, Field(pattern=_NAME.pattern)]
    version: Annotated[int, Field(ge=1, strict=True)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_without_repetition)]
    other_languages: OtherLanguages = OtherLanguages.QUARANTINE
    max_chars: Annotated[int, Field(gt=0, strict=True)] = 20_000_000
    blobs: Blobs = Blobs.DROP
    names: NamesSettings = NamesSettings()
    recognizers: Annotated[tuple[RecognizerSource, ...], AfterValidator(_without_repetition)] = ()
    entities: Annotated[dict[EntityType, EntityRule], Field(min_length=1)]

    def document(self) -> dict[str, Any]:
        """Return the profile as a JSON-ready document."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical document, in hexadecimal: a change of any setting changes it."""
        return digest_of(self.document())


def shipped_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that ship, in order."""
    files = (resources.files(__package__) / "profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def load_profile(name: str, directory: Path | None = None) -> RedactionProfile:
    """Return the profile of a name: one that ships, or one of a directory of one's own.

    Args:
        name: Its name, which is its file's without ``.yaml``.
        directory: Where a home keeps its own profiles.

    Raises:
        UnknownProfileError: There is none of the name.
        ProfileNameError: A file of the directory has the name of one that ships, so that the name would not say
            which is meant; or says another name inside.
        DocumentError: The file is not a valid profile; every fault is named by its path.
    """
    own = None if directory is None else directory / f"{name}.yaml"
    shipped = name in shipped_profiles()
    if own is None or not _NAME.fullmatch(name) or not own.is_file():
        if shipped:
            file = resources.files(__package__) / "profiles" / f"{name}.yaml"
            return read_document(file.read_bytes(), f"{name}.yaml", RedactionProfile)
        raise UnknownProfileError(f"There is no redaction profile named {name!r}.", remedy=_remedy(directory))
    if shipped:
        raise ProfileNameError(f"{own}: a profile of this name ships with Lineweight.")
    profile = read_file(own, RedactionProfile)
    if profile.profile != name:
        raise ProfileNameError(f"{own}: profile: says {profile.profile}.")
    return profile


def _remedy(directory: Path | None) -> str:
    own = sorted(file.stem for file in directory.glob("*.yaml")) if directory is not None else []
    return (
        f"Known: {', '.join((*shipped_profiles(), *own))}. A home's own are files of its directory redaction_profiles."
    )
