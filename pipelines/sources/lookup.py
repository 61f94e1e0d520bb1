"""Values taken from a line where its declaration says they stand; nothing is guessed.

A column that is declared and absent is a fault of the line. A person who is null stays unknown, and is
denied later; a place or an age that does not read is ``unknown``, and denied likewise.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.interaction import Claim, LineFaultError, Outcome, RejectReason
from pipelines.sources.paths import ABSENT, find, moment_of, required
from pipelines.sources.places import Column, Columns, ConsentFlag, Label, Moment, OutcomePlaces
from policies.consent_event import ConsentStatus
from policies.vocabulary import UNKNOWN, known_age_band, known_jurisdiction

TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
LABELS = ("good", "bad", "mixed")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who spoke, where and when: what the declaration finds in one line beside the messages.

    ``conversation`` is ``None`` where none is declared. The rest is as in `Interaction`.
    """

    tenant: str
    person: str | None
    participants: tuple[str, ...]
    conversation: str | None
    occurred_at: datetime
    model: str | None
    outcome: Outcome | None
    jurisdiction: str
    age_band: str
    attributes: dict[str, str]
    claim: Claim | None


def circumstances(declaration: SourceDeclaration, line: Mapping[str, Any]) -> Circumstances:
    """Return what a line says beside its messages.

    Raises:
        LineFaultError: A declared column is absent or does not read.
    """
    person = _person(line, declaration.person)
    return Circumstances(
        tenant=_tenant(line, declaration.tenant),
        person=person,
        participants=_participants(line, declaration.participants, person),
        conversation=conversation_of(declaration, line),
        occurred_at=moment_of(line, declaration.occurred_at),
        model=_text(line, declaration.model),
        outcome=_outcome(line, declaration.outcome),
        jurisdiction=_known(line, declaration.jurisdiction, known_jurisdiction),
        age_band=_known(line, declaration.age_band, known_age_band),
        attributes=_attributes(line, declaration.attributes),
        claim=_claim(line, declaration.consent),
    )


def conversation_of(declaration: SourceDeclaration, line: Mapping[str, Any]) -> str | None:
    """Return the log's id of the conversation, or ``None`` where no column is declared for it.

    Raises:
        LineFaultError: A declared column is absent, empty or no id.
    """
    place = declaration.conversation
    if place is None:
        return None
    if isinstance(place, Columns):
        return json.dumps([_conversation_part(line, path) for path in place.columns], ensure_ascii=False)
    return _conversation_part(line, place.column)


def identifier(value: Any, path: str) -> str | None:
    """Return an id as text, or ``None`` for null and for nothing but spaces.

    Raises:
        LineFaultError: It is neither text nor a whole number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise LineFaultError(RejectReason.WRONG_TYPE, path)
    return str(value).strip() or None


def _conversation_part(line: Mapping[str, Any], path: str) -> str:
    found = identifier(required(line, path), path)
    if found is None:
        raise LineFaultError(RejectReason.MISSING_COLUMN, path)
    return found


def _tenant(line: Mapping[str, Any], place: str | Column) -> str:
    if isinstance(place, str):
        return place
    tenant = identifier(required(line, place.column), place.column)
    if tenant is None or not TENANT.fullmatch(tenant):
        raise LineFaultError(RejectReason.TENANT_INVALID, place.column)
    return tenant


def _person(line: Mapping[str, Any], place: str | Column) -> str | None:
    if isinstance(place, str):
        return place
    return identifier(required(line, place.column), place.column)


def _participants(line: Mapping[str, Any], place: Column | None, person: str | None) -> tuple[str, ...]:
    if place is None:
        return ()
    value = required(line, place.column)
    listed = value if isinstance(value, list) else [] if value is None else [value]
    people = [identifier(one, place.column) for one in listed]
    if None in people:
        raise LineFaultError(RejectReason.WRONG_TYPE, place.column)
    return tuple(dict.fromkeys(one for one in people if one is not None and one != person))


def _text(line: Mapping[str, Any], place: str | Column | None) -> str | None:
    if not isinstance(place, Column):
        return place
    value = find(line, place.column)
    return None if value is ABSENT else identifier(value, place.column)


def _known(line: Mapping[str, Any], place: str | Column, read: Any) -> str:
    """Return a word of a list, and ``unknown`` for any other."""
    if isinstance(place, str):
        return place
    value = find(line, place.column)
    try:
        return str(read(value)) if isinstance(value, str) else UNKNOWN
    except ValueError:
        return UNKNOWN


def _attributes(line: Mapping[str, Any], places: Mapping[str, Column]) -> dict[str, str]:
    found = {name: find(line, place.column) for name, place in places.items()}
    return {name: _as_text(value) for name, value in found.items() if value is not ABSENT and value is not None}


def _claim(line: Mapping[str, Any], place: ConsentFlag | None) -> Claim | None:
    """Return what the flag of a line means; a word that nobody declared may be a refusal, so it is one."""
    value = ABSENT if place is None else find(line, place.column)
    if place is None or value is ABSENT or value is None:
        return None
    state = place.values.get(_as_text(value))
    return Claim(ConsentStatus.INVALIDATED if state is None else state, state is not None)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _outcome(line: Mapping[str, Any], places: OutcomePlaces | None) -> Outcome | None:
    if places is None:
        return None
    label = _label(find(line, places.label.column), places.label)
    if label is None:
        return None
    return Outcome(
        label=label,
        score=None if places.score is None else _score(find(line, places.score.column), places.score.column),
        signal=_text(line, places.signal),
        observed_at=None if places.observed_at is None else _moment_if_any(line, places.observed_at),
    )


def _label(value: Any, place: Label) -> str | None:
    if value is ABSENT or value is None or value == "" or value == []:
        return None
    if place.present is not None:
        return place.present
    word = _as_text(value)
    label = word if place.values is None else place.values.get(word)
    if label not in LABELS:
        raise LineFaultError(RejectReason.OUTCOME_UNREADABLE, place.column)
    return label


def _score(value: Any, path: str) -> float | None:
    if value is ABSENT or value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise LineFaultError(RejectReason.OUTCOME_UNREADABLE, path)
    return float(value)


def _moment_if_any(line: Mapping[str, Any], place: Moment) -> datetime | None:
    if place.column is not None and find(line, place.column) in (ABSENT, None):
        return None
    return moment_of(line, place)
