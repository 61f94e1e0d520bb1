"""Rules and golden cases: the parts of a policy document that speak of facts."""

from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from policies.agreement import TenantScope
from policies.consent import ConsentStatus
from policies.facts import FACT_FIELDS, IN_ORDER, Basis, ExpressedBy, Facts, Licence, Notice, ParticipantsPermit, Pool
from policies.reason import Effect, Reason
from policies.vocabulary import AgeBand, Slug, covers_place, known_jurisdiction

StatusAtCollection = Literal[
    "unknown", "requested", "deferred", "refused", "given", "renewed",
    "withdrawn", "revoked", "expired", "invalidated", "terminated", "retroactive",
]  # fmt: skip
_Value = TypeVar("_Value")
MAX_SENTENCE = 2_000


def _as_written(text: str) -> str:
    if known_jurisdiction(text) != text:
        raise ValueError("a jurisdiction is written in lower case")
    return text


def _said(value: object) -> object:
    if value is None:
        raise ValueError("null says nothing; leave the line out")
    return value


def _some(values: tuple[_Value, ...]) -> tuple[_Value, ...]:
    if not values:
        raise ValueError("names no value")
    if len(set(values)) != len(values):
        raise ValueError("a value is repeated")
    return values


def _paragraph(text: str) -> str:
    """Join lines and runs of blanks, so that a sentence means the same however it was folded."""
    joined = " ".join(text.split())
    if not joined.isprintable():
        raise ValueError("holds a character that cannot be seen")
    if not 1 <= len(joined) <= MAX_SENTENCE:
        raise ValueError(f"has {len(joined)} characters; at least one and at most {MAX_SENTENCE:,} are needed")
    return joined


Jurisdiction = Annotated[
    StrictStr,
    AfterValidator(_as_written),
    Field(json_schema_extra={"pattern": "^(unknown|[a-z]{2}(-[a-z0-9]{1,3})?)$"}),
]
OneOf = Annotated[
    tuple[_Value, ...], AfterValidator(_some), Field(json_schema_extra={"minItems": 1, "uniqueItems": True})
]
IfSaid = Annotated[_Value | None, BeforeValidator(_said)]
Sentence = Annotated[StrictStr, AfterValidator(_paragraph), Field(json_schema_extra={"minLength": 1})]


class StrictModel(BaseModel):
    """Frozen, with the keys it knows and no others; its faults never show what was written."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class When(StrictModel):
    """The condition of a rule: every fact named has one of the values listed.

    A country stands for its subdivisions: ``us`` is met by ``us-ca``, never the other way round.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    data_subject_known: IfSaid[OneOf[StrictBool]] = None
    consent_at_use: IfSaid[OneOf[ConsentStatus]] = None
    consent_at_collection: IfSaid[OneOf[StatusAtCollection]] = None
    legal_basis: IfSaid[OneOf[Basis]] = None
    notice: IfSaid[OneOf[Notice]] = None
    expressed_by: IfSaid[OneOf[ExpressedBy]] = None
    categories_covered: IfSaid[OneOf[StrictBool]] = None
    jurisdiction: IfSaid[OneOf[Jurisdiction]] = None
    age_band: IfSaid[OneOf[AgeBand]] = None
    tenant_scope: IfSaid[OneOf[TenantScope]] = None
    purpose_in_agreement: IfSaid[OneOf[StrictBool]] = None
    region_allowed: IfSaid[OneOf[StrictBool]] = None
    pool: IfSaid[OneOf[Pool]] = None
    participants: IfSaid[OneOf[ParticipantsPermit]] = None
    licence: IfSaid[OneOf[Licence]] = None
    retention_exceeded: IfSaid[OneOf[StrictBool]] = None

    @model_validator(mode="after")
    def _says_something(self) -> "When":
        if not self.conditions():
            raise ValueError("names no fact, and would apply to every record")
        return self

    def conditions(self) -> dict[str, tuple[str | bool, ...]]:
        """Return the values allowed, by fact, in the order of ``FACT_FIELDS``."""
        return dict(self._named)

    @cached_property
    def _named(self) -> tuple[tuple[str, tuple[str | bool, ...]], ...]:
        named = ((name, getattr(self, name)) for name in FACT_FIELDS)
        return tuple((name, values) for name, values in named if values is not None)

    def met_by(self, facts: Facts) -> bool:
        """Return whether every fact named has one of the values listed."""
        for name, values in self._named:
            fact = getattr(facts, name)
            if name == "jurisdiction":
                if not any(covers_place(str(place), fact) for place in values):
                    return False
            elif fact not in values:
                return False
        return True


class Rule(StrictModel):
    """One rule. Its id is the reason of the denials it makes, so an id is never given a new meaning."""

    id: Annotated[Slug, Field(json_schema_extra={"not": {"enum": [str(reason) for reason in Reason]}})]
    when: When
    because: Sentence


class Given(StrictModel):
    """The facts of a golden case that differ from ``IN_ORDER``, a record with which all is in order."""

    data_subject_known: IfSaid[StrictBool] = None
    consent_at_use: IfSaid[ConsentStatus] = None
    consent_at_collection: IfSaid[StatusAtCollection] = None
    legal_basis: IfSaid[Basis] = None
    notice: IfSaid[Notice] = None
    expressed_by: IfSaid[ExpressedBy] = None
    categories_covered: IfSaid[StrictBool] = None
    jurisdiction: IfSaid[Jurisdiction] = None
    age_band: IfSaid[AgeBand] = None
    tenant_scope: IfSaid[TenantScope] = None
    purpose_in_agreement: IfSaid[StrictBool] = None
    region_allowed: IfSaid[StrictBool] = None
    pool: IfSaid[Pool] = None
    participants: IfSaid[ParticipantsPermit] = None
    licence: IfSaid[Licence] = None
    retention_exceeded: IfSaid[StrictBool] = None

    def facts(self) -> Facts:
        """Return the facts of the case."""
        return replace(IN_ORDER, **self.model_dump(exclude_none=True))


class Expected(StrictModel):
    """What a golden case expects: the effect, and a ``Reason`` or the id of the rule that denies."""

    effect: Effect
    reason: Slug


class Case(StrictModel):
    """A golden case: an example a compliance officer can check the rules by."""

    name: Sentence
    given: Given
    expect: Expected
