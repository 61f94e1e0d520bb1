"""What a field's name says of its value: in JSON, in attributes, in the arguments of a tool.

``{"phone": "5550132"}`` is a telephone number although its value alone is any number.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.redaction.credentials.plausible import is_plausible_secret
from pipelines.redaction.spans import Span
from pipelines.redaction.vocabulary import words as words_in

SCORE = 0.8
_VERSION = "2"


@dataclass(frozen=True, slots=True)
class _Field:
    """Which names of fields say that a value is of a type, and the shape that it must have to be believed."""

    entity_type: str
    names: re.Pattern[str]
    shape: re.Pattern[str]


_ANY = r"(?:.*_)?"
_WHOSE = (
    r"full|first|last|given|family|middle|sur|maiden|nick|customer|contact|patient|client|employee|owner|author|display|"
    r"legal|card_?holder|holder|recipient|sender|manager|guest|member|student|teacher|tenant|traveller|passenger|driver|"
    r"candidate|applicant|billing|shipping|account|assignee|reviewer|reporter|committer|spouse|mother|father|parent|"
    r"emergency_contact|next_of_kin|signer|contributor|speaker|person|real"
)
_PEOPLE = (
    r"author|assignee|patient|recipient|card_?holder|attendee|committer|surname|emergency_contact|signed_by|created_by|"
    r"updated_by|modified_by|approved_by|reviewed_by|assigned_to|reported_by|requested_by|submitted_by|next_of_kin|"
    r"forename|firstname|lastname|fullname|middlename"
)
_WORD = r"[^\W\d_][\w'\u2019.-]{0,40}"
_FIELDS = (
    _Field(
        "PERSON",
        re.compile(rf"{_ANY}(?:(?:{_WHOSE})_?names?|{_PEOPLE})"),
        re.compile(rf"{_WORD}(?:,? {_WORD}){{0,5}}"),
    ),
    _Field(
        "PHONE_NUMBER",
        re.compile(
            rf"{_ANY}(?:phone|mobile|telephone|tel|cell|cellphone|fax|whatsapp|msisdn|landline)(?:_(?:number|no|nr|num))?"
        ),
        re.compile(r"\+?[\d\s().x/-]{7,24}"),
    ),
    _Field(
        "US_SSN",
        re.compile(rf"{_ANY}(?:ssn|social_security(?:_(?:number|no))?)"),
        re.compile(r"\d{3}[- .]?\d{2}[- .]?\d{4}"),
    ),
    _Field(
        "DATE_OF_BIRTH",
        re.compile(rf"{_ANY}(?:dob|date_of_birth|birth_?date|birth_?day|born|born_on|born_at)"),
        re.compile(r"(?=.*\d)[\w ,./:+-]{4,35}"),
    ),
    _Field(
        "STREET_ADDRESS",
        re.compile(
            rf"{_ANY}(?:street|street_?address|address|address_?line_?[123]?|home_?address|postal_address|addr)"
        ),
        re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3})(?!\d{1,3}\.\d)[^@:{}\\_=<>]{6,160}", re.DOTALL),
    ),
    _Field(
        "HANDLE",
        re.compile(
            rf"{_ANY}(?:user_?name|login_?name|screen_?name|handle|nick|twitter|instagram|telegram|skype|github_user)"
        ),
        re.compile(r"@?[A-Za-z][\w.-]{2,39}"),
    ),
    _Field(
        "SECRET",
        re.compile(
            rf"{_ANY}(?:password|passwd|pwd|passphrase|pass_?phrase|secret|token|api_?key|access_?key|private_?key|"
            r"secret_?key|signing_?key|encryption_?key|account_?key|credentials?|authorization|auth_token|cookie)"
        ),
        re.compile(r"(?s).{5,4000}"),
    ),
)


def words_of(key: str) -> str:
    """Return a field's name as lower-case words joined by ``_``: ``billingAddress`` is ``billing_address``."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key[:200])).strip("_").lower()


@functools.lru_cache(maxsize=8192)
def telling(key: str) -> str:
    """Return the words of a field's name if they say what its value is, else the empty string."""
    words = words_of(key)
    return words if _says(words) else ""


def field_spans(words: str, value: str) -> list[Span]:
    """Return what the name of a field says of its whole value; ``words`` come from :func:`telling`."""
    stripped = value.strip()
    field = next((one for one in _says(words) if one.shape.fullmatch(stripped)), None) if words and stripped else None
    if field is None or not _is_believed(field.entity_type, stripped):
        return []
    start = value.index(stripped)
    return [Span(start, start + len(stripped), field.entity_type, SCORE, f"field-{words}", _VERSION)]


class FieldTier:
    """The tier that believes the names of fields; it searches no text."""

    name = "fields"

    @property
    def version(self) -> Mapping[str, Any]:
        """The tables of names and shapes."""
        fields = [[one.entity_type, one.names.pattern, one.shape.pattern] for one in _FIELDS]
        return {"fields": fields, "nobody": sorted(words_in("nobody")), "version": _VERSION}

    def find(self, texts: Sequence[str], fields: Sequence[str]) -> list[list[Span]]:
        """Return for each of ``n`` values what its field says of it: one span over the whole, or none."""
        return [field_spans(words, text) if words else [] for text, words in zip(texts, fields, strict=True)]


@functools.lru_cache(maxsize=8192)
def _says(words: str) -> tuple[_Field, ...]:
    return tuple(one for one in _FIELDS if one.names.fullmatch(words))


def _is_believed(entity_type: str, value: str) -> bool:
    if entity_type == "SECRET":
        return is_plausible_secret(value)
    if entity_type in ("PERSON", "HANDLE"):
        return not all(word.lower() in words_in("nobody") for word in re.split(r"[\W_]+", value) if word)
    return True
