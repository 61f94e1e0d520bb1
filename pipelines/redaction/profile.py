"""Profiles: what is looked for in a text, how sure a find must be, and what replaces it."""

import re
from enum import StrEnum
from importlib import resources
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lineage.canonical import digest_of
from policies.errors import UsageError
from policies.strict_yaml import read_document

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class UnknownProfileError(UsageError):
    """No profile ships under the name."""

    remedy = "Name a profile of pipelines/redaction/profiles/."


class OperatorName(StrEnum):
    """What becomes of a found value."""

    PSEUDONYM = "pseudonym"
    TAG = "tag"
    DROP = "drop"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntityRule(_Strict):
    """How one type of value is treated: found from ``threshold`` (0 to 1) upward, replaced by ``operator``."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    operator: OperatorName


class NerModel(_Strict):
    """The spaCy model that finds names, and which of its labels count as which entity type."""

    model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]+$")]
    labels: Annotated[dict[str, str], Field(min_length=1)]


class RedactionProfile(_Strict):
    """One version of one way to redact. ``max_chars`` is counted in code points of a single text."""

    profile: Annotated[str, Field(pattern=_NAME.pattern)]
    version: Annotated[int, Field(ge=1, strict=True)]
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    max_chars: Annotated[int, Field(gt=0, strict=True)]
    ner: NerModel
    entities: Annotated[dict[Annotated[str, Field(pattern=r"^[A-Z][A-Z_]+$")], EntityRule], Field(min_length=1)]

    def document(self) -> dict[str, Any]:
        """Return the profile as a JSON-ready document."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical document, in hexadecimal: a change of any setting changes it."""
        return digest_of(self.document())


def load_profile(name: str) -> RedactionProfile:
    """Return the profile that ships under this name.

    Raises:
        UnknownProfileError: No profile ships under the name.
        DocumentError: Its file is not a valid profile; every fault is named by its path.
    """
    file = resources.files(__package__) / "profiles" / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise UnknownProfileError(f"There is no redaction profile named {name!r}.")
    return read_document(file.read_bytes(), f"{name}.yaml", RedactionProfile)
