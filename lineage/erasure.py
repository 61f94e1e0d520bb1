"""Erasure statements: what was found of somebody who asked to be erased, and what became of all of it.

``erasures/<done_at>-<digest>.dsse.json``, an in-toto statement about a commitment to the request: who holds the request
can show that it was theirs, and nobody else learns whose it was. It answers for everything that was found (Art. 17 and
Art. 5(2) GDPR): each record is removed, unreadable for good, or kept for a stated reason, and the sums are checked by
whoever signs and by whoever reads. What erases comes from elsewhere: this is the form.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from lineage.canonical import digest_of, rfc3339, sha256_hex
from lineage.dsse import Signer, TrustedKey
from lineage.evaluation import ModelName
from lineage.manifest import Count, Digest, Instant, RelativePath
from lineage.predicate import Predicate, PredicateError, read_predicate
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.ticket import Word
from lineage.warehouse import Warehouse
from policies.vocabulary import ShortText

ERASURE_PREDICATE = "https://lineweight.dev/attestation/erasure/v1"
ROOT = "erasures"
ARTIFACT = "request"
NONCE_BYTES = 32

Several = Annotated[int, Field(ge=1)]


class ModelDecision(StrEnum):
    """What was decided of a model that read records of the person; stored in statements, so never renamed."""

    KEEP = "keep"
    RETRAIN = "retrain"
    ROLLBACK = "rollback"
    WITHDRAW = "withdraw"


class FoundShard(Predicate):
    """One shard of a snapshot in which there were records."""

    path: RelativePath
    records: Several


class FoundSnapshot(Predicate):
    """One published snapshot in which there were records; they add up over its shards.

    Attributes:
        snapshot: ``name@vN``.
    """

    snapshot: Word
    records: Several
    shards: Annotated[tuple[FoundShard, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _adds_up(self) -> "FoundSnapshot":
        _require_once((shard.path for shard in self.shards), "a shard is listed twice")
        if sum(shard.records for shard in self.shards) != self.records:
            raise ValueError("the shards do not add up to the snapshot")
        return self


class Found(Predicate):
    """What there was of the person when it was looked for: records landed, governed, and published."""

    landed: Count
    governed: Count
    snapshots: tuple[FoundSnapshot, ...]

    @model_validator(mode="after")
    def _once(self) -> "Found":
        _require_once((found.snapshot for found in self.snapshots), "a snapshot is listed twice")
        return self


class Became(Predicate):
    """What became of records that were found in one place.

    Attributes:
        removed: They are gone.
        rekeyed: The file was written again without them under a new key, or the key they open with was destroyed.
        kept: They stand as they were.
        because: Why some were kept; empty where none were.
    """

    removed: Count
    rekeyed: Count
    kept: Count
    because: ShortText

    @model_validator(mode="after")
    def _reasoned(self) -> "Became":
        if bool(self.kept) != bool(self.because.strip()):
            raise ValueError("what is kept has a reason, and nothing else has one")
        return self

    @property
    def records(self) -> int:
        """How many records it answers for."""
        return self.removed + self.rekeyed + self.kept


class ShardBecame(Became):
    """What became of the records found in one shard of a snapshot."""

    snapshot: Word
    path: RelativePath


class Done(Predicate):
    """What was done about what was found: one answer for each place.

    Attributes:
        salts_destroyed: Of the person's ids; with a salt goes whatever ties leaves to the person.
    """

    landed: Became
    governed: Became
    shards: tuple[ShardBecame, ...]
    salts_destroyed: Count

    @property
    def kept(self) -> int:
        """How many records stand as they were."""
        return sum(one.kept for one in (self.landed, self.governed, *self.shards))


class ExposedModel(Predicate):
    """A model, what it read of the person, and what was decided about it.

    Attributes:
        model: ``name/run``.
        records: How many of the person's records it read.
        readings: How often, over all epochs.
        tokens: In all readings.
        first_step: The first optimizer step in which one stood, from 0.
        last_step: The last one.
        decision: What happens to it.
        back_to_step: Of a rollback alone: how many steps the checkpoint had made; none of them saw a record.
        because: Why.
    """

    model: ModelName
    records: Several
    readings: Several
    tokens: Count
    first_step: Count
    last_step: Count
    decision: ModelDecision
    back_to_step: Count | None
    because: Annotated[ShortText, Field(min_length=1)]

    @model_validator(mode="after")
    def _adds_up(self) -> "ExposedModel":
        if self.first_step > self.last_step or self.records > self.readings:
            raise ValueError("what a model read does not add up")
        if (self.decision is ModelDecision.ROLLBACK) != (self.back_to_step is not None):
            raise ValueError("a rollback, and nothing else, goes back to a step")
        if self.back_to_step is not None and self.back_to_step > self.first_step:
            raise ValueError("a rollback goes back to before the first reading")
        return self


class ResidualScan(Predicate):
    """What was still there when everything was searched again.

    Attributes:
        scanned_at: UTC.
        scanner: What searched, with its version.
        files: How many files were read.
        records: How many records were in them.
        left: How many of those are the person's: exactly those that were kept.
    """

    scanned_at: Instant
    scanner: Word
    files: Count
    records: Count
    left: Count

    @model_validator(mode="after")
    def _adds_up(self) -> "ResidualScan":
        if self.left > self.records:
            raise ValueError("more is left than was looked at")
        return self


class NonInclusion(Predicate):
    """A proof that the person is in no record of a snapshot, by digest: the proof itself says who.

    Attributes:
        snapshot: ``name@vN``.
        proof: SHA-256 of the proof, in hexadecimal.
    """

    snapshot: Word
    proof: Digest


class Erasure(Predicate):
    """What an erasure says; nothing in it names the person.

    Attributes:
        requested_at: When the request came, UTC.
        done_at: When all of this was done, UTC.
        found: What there was.
        done: What became of it.
        models: Every model that read some of it.
        residual: What a search found afterwards.
        not_in: Snapshots that hold nothing of the person, with proof.
    """

    requested_at: Instant
    done_at: Instant
    found: Found
    done: Done
    models: tuple[ExposedModel, ...]
    residual: ResidualScan
    not_in: tuple[NonInclusion, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> "Erasure":
        if not self.requested_at <= self.residual.scanned_at <= self.done_at:
            raise ValueError("it is done before it was asked for, or searched at another time")
        if self.done.landed.records != self.found.landed or self.done.governed.records != self.found.governed:
            raise ValueError("what was done is not about what was found")
        _require_same_shards(self.found, self.done)
        if self.residual.left != self.done.kept:
            raise ValueError("what is left is not what was kept")
        _require_once((exposed.model for exposed in self.models), "a model is listed twice")
        _require_once((proof.snapshot for proof in self.not_in), "a snapshot is proved twice")
        if {proof.snapshot for proof in self.not_in} & {found.snapshot for found in self.found.snapshots}:
            raise ValueError("a snapshot in which something was found is proved to hold nothing")
        return self


@dataclass(frozen=True, slots=True)
class SignedErasure:
    """An erasure whose signature was verified.

    Attributes:
        said: What it says.
        request: The commitment to the request, in hexadecimal.
        digest: SHA-256 of what was signed, in hexadecimal.
        key_ids: The trusted keys that signed it.
        envelope: The file.
    """

    said: Erasure
    request: str
    digest: str
    key_ids: tuple[str, ...]
    envelope: bytes


def request_commitment(nonce: bytes, request: bytes) -> str:
    """Return HMAC-SHA-256(nonce, SHA-256 of the request), in hexadecimal.

    A plain digest of a request can be found by guessing at names. Without the nonce, which stays with the request,
    nobody can tie the commitment to anyone.

    Args:
        nonce: 32 random bytes, made for this request alone.
        request: The request's bytes, as they came.

    Raises:
        PredicateError: The nonce has another length.
    """
    if len(nonce) != NONCE_BYTES:
        raise PredicateError(f"A request is committed to with {NONCE_BYTES} random bytes.")
    return hmac.digest(nonce, bytes.fromhex(sha256_hex(request)), "sha256").hex()


def sign_erasure(warehouse: Warehouse, said: Erasure, request: str, signers: Sequence[Signer]) -> SignedErasure:
    """Sign what was done for a request, and file it.

    Args:
        warehouse: Where it was done.
        said: What was found and done.
        request: The commitment of `request_commitment`.
        signers: Who stands for it: one, or several.

    Raises:
        SignatureRefusedError: There is nobody to sign.
    """
    statement = statement_of({ARTIFACT: request}, ERASURE_PREDICATE, said.document())
    envelope, digest = sign_statement(statement, signers), digest_of(statement)
    warehouse.write(f"{ROOT}/{rfc3339(said.done_at).replace(':', '')}-{digest[:12]}.dsse.json", envelope)
    return SignedErasure(said, request, digest, tuple(sorted({one.key_id for one in signers})), envelope)


def open_erasure(data: bytes, trusted: Sequence[TrustedKey], request: str | None = None) -> SignedErasure:
    """Return the erasure that some bytes are.

    Args:
        data: The envelope.
        trusted: The keys that may have signed.
        request: The commitment it must be about; any, if not given.

    Raises:
        SignatureRefusedError: No trusted key signed it.
        PredicateError: It is no erasure, its sums do not add up, or it is about another request.
    """
    opened = open_envelope(data, trusted)
    said = read_predicate(opened, ERASURE_PREDICATE, Erasure, "The erasure")
    if set(opened.artifacts) != {ARTIFACT}:
        raise PredicateError("The erasure is not about one request.")
    about = opened.artifacts[ARTIFACT]
    if request is not None and about != request:
        raise PredicateError("The erasure is about another request.")
    return SignedErasure(said, about, opened.statement_digest, opened.key_ids, data)


def _require_once(names: Iterable[str], fault: str) -> None:
    listed = list(names)
    if len(set(listed)) < len(listed):
        raise ValueError(fault)


def _require_same_shards(found: Found, done: Done) -> None:
    there = {(one.snapshot, shard.path): shard.records for one in found.snapshots for shard in one.shards}
    answered = {(shard.snapshot, shard.path): shard.records for shard in done.shards}
    if len(answered) < len(done.shards) or answered != there:
        raise ValueError("what was done in snapshots is not about what was found there")
