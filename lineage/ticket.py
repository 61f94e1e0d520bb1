"""A release ticket: a signed decision on one snapshot, and whether it permits what somebody is about to train."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lineage.canonical import digest_of, rfc3339
from lineage.dsse import Signer, TrustedKey
from lineage.manifest import Instant, SnapshotManifest
from lineage.predicate import Predicate, PredicateError, read_predicate
from lineage.snapshot import MANIFEST_FILE
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.warehouse import Warehouse
from policies.errors import LineweightError
from policies.vocabulary import ShortText, covers

RELEASE_PREDICATE = "https://lineweight.dev/attestation/release-ticket/v1"
ROOT = "releases"
ANY = "*"
DEPLOYMENT = "deployment"
"""Who approved, where nobody but the deployment's own key did."""

Word = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]


class NotReleasedError(LineweightError):
    """A snapshot may not be trained on, or not like this: nobody released it so."""

    remedy = "Ask for its release: `lineweight snapshot approve` signs a ticket, `lineweight snapshot list` shows it."


class OtherSnapshotError(PredicateError):
    """A ticket is genuine and about another snapshot."""


class Verdict(StrEnum):
    """What was decided; stored in tickets, so members are never renamed."""

    APPROVED = "approved"
    REFUSED = "refused"


def _once_each(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(words)) < len(words):
        raise ValueError("names something twice")
    return words


Names = Annotated[tuple[Word, ...], AfterValidator(_once_each)]


class Terms(Predicate):
    """What a ticket says; a refusal allows nothing and does not run out.

    Attributes:
        snapshot: ``name@vN``.
        purpose: What may be trained for: this, and what lies below it.
        may_train: Teams that may; ``*`` is everybody.
        base_models: Base models to start from, as a recipe names them; ``*`` is any.
        max_epochs: Passes over the snapshot, at most.
        decided_at: UTC.
        expires_at: From then on nothing is trained by it, UTC; ``None`` of a refusal.
        approver: The officer who decided; ``deployment`` where there are no officers.
        because: Why, in words.
    """

    snapshot: str
    verdict: Verdict
    purpose: str
    may_train: Names
    base_models: Names
    max_epochs: Annotated[int, Field(ge=0, le=10_000)]
    decided_at: Instant
    expires_at: Instant | None
    approver: Word
    because: ShortText

    @model_validator(mode="after")
    def _all_or_nothing(self) -> "Terms":
        allowed = [bool(self.may_train), bool(self.base_models), bool(self.max_epochs), self.expires_at is not None]
        if set(allowed) != {self.verdict is Verdict.APPROVED}:
            raise ValueError("an approval allows something, a refusal nothing")
        if self.expires_at is not None and self.decided_at >= self.expires_at:
            raise ValueError("it runs out before it begins")
        return self


@dataclass(frozen=True, slots=True)
class Ticket:
    """A decision whose signature was verified.

    Attributes:
        terms: What it says.
        digest: SHA-256 of what was signed, in hexadecimal.
        key_ids: The keys that signed it, of those that may.
        envelope: The file.
    """

    terms: Terms
    digest: str
    key_ids: tuple[str, ...]
    envelope: bytes

    @property
    def refused(self) -> bool:
        """Whether it says no."""
        return self.terms.verdict is Verdict.REFUSED

    def holds_at(self, now: datetime) -> bool:
        """Return whether it allows anything at an instant, UTC."""
        return self.terms.expires_at is not None and self.terms.decided_at <= now < self.terms.expires_at


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is about to train.

    Attributes:
        purpose: What for.
        trained_by: The team; empty where nobody said.
        base: The base model, as the recipe names it.
        epochs: Passes over the snapshot, begun ones counted whole.
    """

    purpose: str
    trained_by: str
    base: str
    epochs: int


def releases_directory(manifest: SnapshotManifest) -> str:
    """Return where the decisions on a snapshot lie in a warehouse."""
    return f"{ROOT}/{manifest.name}/v{manifest.version}"


def sign_ticket(warehouse: Warehouse, manifest: SnapshotManifest, terms: Terms, signer: Signer) -> Ticket:
    """Sign a decision on a snapshot and file it beside those before.

    Raises:
        PredicateError: The terms are of another snapshot, or for more than the snapshot is for.
    """
    _require_about(terms, manifest)
    statement = statement_of({MANIFEST_FILE: manifest.digest()}, RELEASE_PREDICATE, terms.document())
    envelope, digest = sign_statement(statement, [signer]), digest_of(statement)
    name = f"{rfc3339(terms.decided_at).replace(':', '')}-{digest[:12]}.dsse.json"
    warehouse.write(f"{releases_directory(manifest)}/{name}", envelope)
    return Ticket(terms, digest, (signer.key_id,), envelope)


def open_ticket(data: bytes, manifest: SnapshotManifest, holders: Sequence[TrustedKey]) -> Ticket:
    """Return the ticket that some bytes are.

    Raises:
        SignatureRefusedError: Nobody who may release signed it.
        PredicateError: It is no ticket, or of another snapshot.
    """
    opened = open_envelope(data, holders)
    terms = read_predicate(opened, RELEASE_PREDICATE, Terms, "The release ticket")
    if opened.artifacts != {MANIFEST_FILE: manifest.digest()}:
        raise OtherSnapshotError(f"The release ticket is about another manifest than that of {manifest.label}.")
    _require_about(terms, manifest)
    return Ticket(terms, opened.statement_digest, opened.key_ids, data)


def require_permitted(ticket: Ticket, asked: Asked) -> None:
    """Do nothing if a ticket permits what somebody is about to train.

    Raises:
        NotReleasedError: It does not; the message names everything outside it, the remedy what is inside.
    """
    terms = ticket.terms
    inside = {
        f"for {asked.purpose}": covers(terms.purpose, asked.purpose),
        f"by {asked.trained_by or 'nobody who was named'}": _among(asked.trained_by, terms.may_train),
        f"from {asked.base}": _among(asked.base, terms.base_models),
        f"for {asked.epochs} epochs": asked.epochs <= terms.max_epochs,
    }
    outside = [told for told, holds in inside.items() if not holds]
    if outside:
        remedy = (
            f"Its ticket allows {terms.purpose}, by {', '.join(terms.may_train)} (--by), "
            f"from {', '.join(terms.base_models)} (--base), for at most {terms.max_epochs} epochs. "
            "Train within it, or ask for another with `lineweight snapshot approve`."
        )
        raise NotReleasedError(f"{terms.snapshot} is not released {', '.join(outside)}.", remedy=remedy)


def _among(name: str, names: tuple[str, ...]) -> bool:
    return ANY in names or name in names


def _require_about(terms: Terms, manifest: SnapshotManifest) -> None:
    if terms.snapshot != manifest.label:
        raise OtherSnapshotError(f"The release ticket is of another snapshot than {manifest.label}.")
    if not covers(manifest.purpose, terms.purpose):
        raise PredicateError(f"The release ticket is for {terms.purpose}; {manifest.label} is for {manifest.purpose}.")
