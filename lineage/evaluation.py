"""Evaluation statements: what was measured of some weights, what was asked of it, and whether it was met.

``evaluations/<model>/<run>/<evaluated_at>-<digest>.dsse.json``, an in-toto statement about the weights' files. A
verdict is never a word of its own: each follows from numbers that stand beside it, and the whole from its parts. A
statement in which one does not is refused by whoever signs and by whoever reads. What measures comes from elsewhere:
this is the form.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lineage.canonical import digest_of, rfc3339
from lineage.dsse import Signer, TrustedKey
from lineage.manifest import Count, Digest, Instant
from lineage.predicate import Predicate, PredicateError, read_predicate
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.ticket import Word
from lineage.warehouse import Warehouse

EVALUATION_PREDICATE = "https://lineweight.dev/attestation/evaluation/v1"
ROOT = "evaluations"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Bits = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Several = Annotated[int, Field(ge=1)]
ModelName = Annotated[str, StringConstraints(strict=True, pattern=r"\A[a-z0-9][a-z0-9_-]{0,62}/[A-Za-z0-9_-]{1,63}\z")]
"""A model as it lies in a warehouse: ``name/run``."""


class Outcome(StrEnum):
    """Whether what was asked was met; stored in statements, so members are never renamed."""

    PASSED = "passed"
    FAILED = "failed"


class Bound(StrEnum):
    """Which side of its threshold a value must be on; stored in statements."""

    AT_LEAST = "at-least"
    AT_MOST = "at-most"


class Unit(StrEnum):
    """Whose membership an audit measures: one record's, or all of one person's; stored in statements."""

    RECORD = "record"
    DATA_SUBJECT = "data-subject"


def outcome_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Return passed if every one passed; nothing at all has not."""
    known = set(outcomes)
    return Outcome.PASSED if known == {Outcome.PASSED} else Outcome.FAILED


def _require_follows(verdict: Outcome, expected: Outcome, what: str) -> None:
    if verdict is not expected:
        raise ValueError(f"the verdict of {what} does not follow from it")


class Metric(Predicate):
    """One number, what was asked of it, and whether it was met: a value at its threshold meets it.

    Attributes:
        value: As measured.
        threshold: What it was held against.
        bound: On which side of the threshold it must be.
    """

    name: Word
    value: Finite
    threshold: Finite
    bound: Bound
    verdict: Outcome

    @model_validator(mode="after")
    def _follows(self) -> "Metric":
        met = self.value >= self.threshold if self.bound is Bound.AT_LEAST else self.value <= self.threshold
        _require_follows(self.verdict, Outcome.PASSED if met else Outcome.FAILED, "a metric")
        return self


def _named_once(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    if len({metric.name for metric in metrics}) < len(metrics):
        raise ValueError("measures something twice")
    return metrics


Metrics = Annotated[tuple[Metric, ...], AfterValidator(_named_once)]


class Suite(Predicate):
    """One set of tests.

    Attributes:
        name: Of the suite.
        version: Of the suite, and of the code that ran it.
        dataset: SHA-256 of the examples, in hexadecimal.
        examples: How many the metrics were measured on.
        metrics: At least one.
        verdict: Passed if every metric did.
    """

    name: Word
    version: Word
    dataset: Digest
    examples: Several
    metrics: Annotated[Metrics, Field(min_length=1)]
    verdict: Outcome

    @model_validator(mode="after")
    def _follows(self) -> "Suite":
        _require_follows(self.verdict, outcome_of(metric.verdict for metric in self.metrics), "a suite")
        return self


class Exposure(Predicate):
    """What weights give away of canaries: made-up values that were planted in the training data.

    The exposure of a canary is log2 |R| - log2 rank: |R| values of its make, ranked by how likely the model thinks each
    (Carlini et al., The Secret Sharer, USENIX Security 2019, section 4.2). At least 0 bits, at most log2 |R|.

    Attributes:
        repeats: How often each was planted.
        planted: How many were.
        candidates: |R|.
        median_bits: The median exposure of those planted.
        most_bits: The highest.
        most_bits_allowed: What the highest may be.
        extracted: How many the model wrote out when it was asked.
        extracted_allowed: How many it may.
        verdict: Passed if neither is more than allowed.
    """

    repeats: Several
    planted: Several
    candidates: Annotated[int, Field(ge=2)]
    median_bits: Bits
    most_bits: Bits
    most_bits_allowed: Bits
    extracted: Count
    extracted_allowed: Count
    verdict: Outcome

    @model_validator(mode="after")
    def _adds_up(self) -> "Exposure":
        if not self.median_bits <= self.most_bits <= math.log2(self.candidates):
            raise ValueError("an exposure is more than it can be")
        if self.extracted > self.planted:
            raise ValueError("more canaries were extracted than planted")
        kept = self.most_bits <= self.most_bits_allowed and self.extracted <= self.extracted_allowed
        _require_follows(self.verdict, Outcome.PASSED if kept else Outcome.FAILED, "an exposure")
        return self


class PrivacyAudit(Predicate):
    """What can be told from weights about who is in their training data.

    Attributes:
        name: Of the audit.
        version: Of the code that ran it.
        unit: Whose membership ``attacks`` are about.
        exposure: One entry for each number of repeats.
        attacks: How well members were told from others, such as an area under the curve or a lower bound on epsilon.
        verdict: Passed if all exposures and attacks did.
    """

    name: Word
    version: Word
    unit: Unit
    exposure: tuple[Exposure, ...]
    attacks: Metrics
    verdict: Outcome

    @model_validator(mode="after")
    def _follows(self) -> "PrivacyAudit":
        if len({part.repeats for part in self.exposure}) < len(self.exposure):
            raise ValueError("measures a number of repeats twice")
        parts = [part.verdict for part in self.exposure] + [attack.verdict for attack in self.attacks]
        if not parts:
            raise ValueError("a privacy audit measures something")
        _require_follows(self.verdict, outcome_of(parts), "a privacy audit")
        return self


class Evaluation(Predicate):
    """What an evaluation says of a model's weights.

    Attributes:
        model: ``name/run``.
        evaluated_at: When it was finished, UTC.
        evaluated_by: Who is responsible for it: a team, or an auditor from outside.
        suites: Each by name and version, once.
        privacy: The privacy audit, if one was made.
        verdict: Passed if every suite did, and the audit if there is one.
    """

    model: ModelName
    evaluated_at: Instant
    evaluated_by: Word
    suites: tuple[Suite, ...]
    privacy: PrivacyAudit | None
    verdict: Outcome

    @model_validator(mode="after")
    def _follows(self) -> "Evaluation":
        if len({(suite.name, suite.version, suite.dataset) for suite in self.suites}) < len(self.suites):
            raise ValueError("a suite is listed twice")
        parts = [suite.verdict for suite in self.suites]
        parts += [] if self.privacy is None else [self.privacy.verdict]
        if not parts:
            raise ValueError("an evaluation measures something")
        _require_follows(self.verdict, outcome_of(parts), "the evaluation")
        return self


@dataclass(frozen=True, slots=True)
class SignedEvaluation:
    """An evaluation whose signature was verified.

    Attributes:
        said: What it says.
        weights: What it is about: SHA-256 by name of the file.
        digest: SHA-256 of what was signed, in hexadecimal.
        key_ids: The trusted keys that signed it.
        envelope: The file.
    """

    said: Evaluation
    weights: Mapping[str, str]
    digest: str
    key_ids: tuple[str, ...]
    envelope: bytes


def evaluations_directory(model: str) -> str:
    """Return where the evaluations of a model (``name/run``) lie in a warehouse."""
    return f"{ROOT}/{model}"


def sign_evaluation(
    warehouse: Warehouse, said: Evaluation, weights: Mapping[str, str], signers: Sequence[Signer]
) -> SignedEvaluation:
    """Sign what was measured of weights, and file it beside the evaluations before.

    Args:
        warehouse: Where the model is.
        said: What was measured.
        weights: SHA-256 of every ``*.safetensors`` file of the model, by its name.
        signers: Who stands for it: one, or several.

    Raises:
        PredicateError: No weights are named.
        SignatureRefusedError: There is nobody to sign.
    """
    _require_weights(weights)
    statement = statement_of(weights, EVALUATION_PREDICATE, said.document())
    envelope, digest = sign_statement(statement, signers), digest_of(statement)
    name = f"{rfc3339(said.evaluated_at).replace(':', '')}-{digest[:12]}.dsse.json"
    warehouse.write(f"{evaluations_directory(said.model)}/{name}", envelope)
    return SignedEvaluation(said, dict(weights), digest, tuple(sorted({one.key_id for one in signers})), envelope)


def open_evaluation(data: bytes, weights: Mapping[str, str], trusted: Sequence[TrustedKey]) -> SignedEvaluation:
    """Return the evaluation of some weights that some bytes are.

    Args:
        data: The envelope.
        weights: SHA-256 by name of the weights at hand.
        trusted: The keys that may have signed.

    Raises:
        SignatureRefusedError: No trusted key signed it.
        PredicateError: It is no evaluation, a verdict in it does not follow, or it is about other weights.
    """
    opened = open_envelope(data, trusted)
    said = read_predicate(opened, EVALUATION_PREDICATE, Evaluation, "The evaluation")
    _require_weights(opened.artifacts)
    if opened.artifacts != dict(weights):
        raise PredicateError(f"The evaluation of {said.model} is about other weights than these.")
    return SignedEvaluation(said, opened.artifacts, opened.statement_digest, opened.key_ids, data)


def _require_weights(weights: Mapping[str, str]) -> None:
    if not weights:
        raise PredicateError("The evaluation is about no weights.")
