"""The catalogue: what the tokens of each provider look like, read from ``catalogue.yaml`` and made into rules."""

import functools
from importlib import resources
from typing import Annotated, Literal

import regex  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field

from pipelines.redaction.credentials import judges, shapes
from pipelines.redaction.rule import Judge, Rule
from policies.strict_yaml import read_document

_CHECKS: dict[str | None, tuple[Judge, str]] = {
    None: (judges.no_filler, "shape"),
    "random": (judges.random, "entropy"),
    "github": (judges.github, "crc32"),
}
# Between a word that says what a shape is and the shape itself.
_NEAR = r"[^\n]{0,60}?"
_SURE = 0.9
_NEARLY = 0.8

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)+$")]
Shape = Annotated[str, Field(min_length=6)]


class Token(BaseModel):
    """One kind of token of one provider; ``catalogue.yaml`` says what its keys mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]
    near: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_.-]{3,}$")], ...] = ()
    check: Literal["random", "github"] | None = None


class Catalogue(BaseModel):
    """One version of all shapes that are known, and the services whose names announce a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1, strict=True)]
    tokens: tuple[Token, ...]
    services: tuple[Annotated[str, Field(pattern=r"^[a-z0-9]+(?:_[a-z0-9]+)*$")], ...]


@functools.cache
def shipped_catalogue() -> Catalogue:
    """Return the catalogue that ships.

    Raises:
        DocumentError: The file was changed to something that is no catalogue; every fault is named by its path.
    """
    file = resources.files(__package__) / "catalogue.yaml"
    return read_document(file.read_bytes(), "catalogue.yaml", Catalogue)


def token_rules(catalogue: Catalogue) -> tuple[Rule, ...]:
    """Return one rule for each kind of token.

    Raises:
        ShapeError: A shape is not written in the language of shapes.
    """
    return tuple(_rule(token, catalogue.version) for token in catalogue.tokens)


def _rule(token: Token, version: int) -> Rule:
    judge, judged_by = _CHECKS[token.check]
    if token.near:
        cue = "|".join(map(regex.escape, token.near))
        choice = "|".join(f"{shapes.bounded(shape)}" for shape in token.shapes)
        expression, literals = f"(?i:{cue}){_NEAR}(?P<value>{choice})", token.near
    else:
        expression = "|".join(map(shapes.bounded, token.shapes))
        literals = _literals(token.shapes)
    return Rule(
        name=token.name,
        entity_type="SECRET",
        expression=expression,
        score=_NEARLY if token.near else _SURE,
        version=version,
        judge=judge,
        judged_by=judged_by,
        literals=literals,
    )


def _literals(expressed: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts one of which is in every token of any of the shapes, or none where one shape has no fixed part."""
    each = [shapes.literals(shape) for shape in expressed]
    return tuple(dict.fromkeys(literal for found in each for literal in found)) if all(each) else ()
