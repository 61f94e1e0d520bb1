"""Consent events: one statement each about one person's records, in the words of the standards.

States follow the W3C Data Privacy Vocabulary and ISO/IEC TS 27560; purposes are fideslang keys.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from policies.instants import Instant, written
from policies.vocabulary import (
    UNKNOWN,
    DataSubjectId,
    EventId,
    ShortText,
    Slug,
    SortedWords,
    known_age_band,
    known_jurisdiction,
    known_purpose,
)
from policies.written_out import canonical_digest


class ConsentStatus(StrEnum):
    """The states of ISO/IEC TS 27560. Stored and signed, so members are never renamed."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    DEFERRED = "deferred"
    REFUSED = "refused"
    GIVEN = "given"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    TERMINATED = "terminated"


VALID = frozenset({ConsentStatus.GIVEN, ConsentStatus.RENEWED})
"""The only states that allow processing."""

UNANSWERED = frozenset({ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.DEFERRED})
"""No consent, but no refusal either: a policy may permit on another legal basis."""

EVERYONE = "everyone"
"""The ``data_subject_id`` of an event that speaks for every person of its tenant; only a refusal can."""

CLAIM = "log-flag"
"""The ``method`` of an event that was copied from a flag in a log: what a product claims that a person said."""


class LegalBasis(StrEnum):
    """The bases of Art. 6(1) GDPR that a product can rely on: points (a), (b) and (f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate-interest"


Purposes = Annotated[tuple[Annotated[str, AfterValidator(known_purpose)], ...], SortedWords]


class ConsentEvent(BaseModel):
    """One statement about one person's records. Two events that say the same have the same document.

    Attributes:
        data_subject_id: The keyed pseudonym ``ds_<32 hex>``, never the product's own id; or ``EVERYONE``.
        purposes: What the statement is about, sorted.
        data_categories: The categories it is limited to, sorted; none means all that the notice describes.
        retroactive: Whether a grant covers records collected before it.
        derivatives: Whether a grant covers what lasts: weights, embeddings, synthetic text. A grant
            without is heard as a refusal for every purpose that makes such things.
        supersedes: The event this one corrects in the product's own books. It is evidence and changes no
            status: what binds is ``effective_at``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    event_id: EventId
    tenant: Slug
    data_subject_id: DataSubjectId | Literal["everyone"]
    state: ConsentStatus
    legal_basis: LegalBasis = LegalBasis.CONSENT
    purposes: Annotated[Purposes, Field(min_length=1)]
    data_categories: Annotated[tuple[EventId, ...], SortedWords] = ()
    retroactive: StrictBool = False
    derivatives: StrictBool = True
    notice_id: ShortText = ""
    notice_version: ShortText = ""
    language: ShortText = ""
    jurisdiction: Annotated[str, AfterValidator(known_jurisdiction)] = UNKNOWN
    age_band: Annotated[str, AfterValidator(known_age_band)] = UNKNOWN
    expressed_by: ShortText = "data-subject"
    method: ShortText = ""
    evidence: ShortText = ""
    effective_at: Instant
    expires_at: Instant | None = None
    recorded_at: Instant
    supersedes: EventId | None = None

    @model_validator(mode="after")
    def _expires_after_it_took_effect(self) -> "ConsentEvent":
        if self.expires_at is not None and self.expires_at <= self.effective_at:
            raise ValueError("expires_at must be after effective_at")
        return self

    @model_validator(mode="after")
    def _only_a_refusal_speaks_for_everyone(self) -> "ConsentEvent":
        if self.data_subject_id == EVERYONE and self.state in VALID:
            raise ValueError("consent is a person's own: nobody grants for everyone")
        return self

    @property
    def is_claim(self) -> bool:
        """Whether this was copied from a flag in a log: the grant of a claim fills silence and nothing else."""
        return self.method == CLAIM

    def document(self) -> dict[str, Any]:
        """Return the event as JSON can carry it; the digest of its canonical bytes is its ``receipt``.

        Times are RFC 3339 in UTC with microseconds.
        """
        told: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, datetime):
                value = written(value)
            elif isinstance(value, tuple):
                value = list(value)
            told[name] = str(value) if isinstance(value, StrEnum) else value
        return told

    def receipt(self) -> str:
        """Return the consent receipt: the SHA-256 of the document's RFC 8785 bytes, in hexadecimal."""
        return canonical_digest(self.document())
