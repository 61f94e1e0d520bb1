"""Evaluation statements: every verdict follows from numbers, and a signature does not make a wrong one right."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lineage.canonical import sha256_hex
from lineage.evaluation import (
    EVALUATION_PREDICATE,
    Evaluation,
    Metric,
    SignedEvaluation,
    evaluations_directory,
    open_evaluation,
    sign_evaluation,
)
from lineage.keys.vault import Vault
from lineage.predicate import PredicateError
from lineage.statement import SignatureRefusedError, TrustedKey, sign_statement, statement_of
from lineage.tlog.entry import LogEntry, signed_files
from tests.lineage.small_snapshot import SmallWorld

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
MODEL = "little/run-1"
WEIGHTS = {"model.safetensors": sha256_hex(b"weights")}
ACCURACY = {"name": "accuracy", "value": 0.81, "threshold": 0.8, "bound": "at-least", "verdict": "passed"}
TOXICITY = {"name": "toxicity", "value": 0.02, "threshold": 0.01, "bound": "at-most", "verdict": "failed"}
SUITE = {
    "name": "editing",
    "version": "2026.6",
    "dataset": sha256_hex(b"examples"),
    "examples": 400,
    "metrics": [ACCURACY],
    "verdict": "passed",
}
EXPOSURE = {
    "repeats": 4,
    "planted": 100,
    "candidates": 1_024,
    "median_bits": 1.5,
    "most_bits": 6,
    "most_bits_allowed": 8,
    "extracted": 0,
    "extracted_allowed": 0,
    "verdict": "passed",
}
ATTACK = {"name": "epsilon, at least", "value": 2.1, "threshold": 4, "bound": "at-most", "verdict": "passed"}
AUDIT = {
    "name": "one-run audit",
    "version": "1",
    "unit": "data-subject",
    "exposure": [EXPOSURE],
    "attacks": [ATTACK],
    "verdict": "passed",
}
WHOLE: dict[str, Any] = {
    "model": MODEL,
    "evaluated_at": "2026-07-01T09:00:00.000000Z",
    "evaluated_by": "red team",
    "suites": [SUITE],
    "privacy": AUDIT,
    "verdict": "passed",
}


def signed(world: SmallWorld, predicate: Mapping[str, Any], weights: Mapping[str, str] = WEIGHTS) -> bytes:
    """An envelope round whatever somebody says, true or not."""
    return sign_statement(statement_of(weights, EVALUATION_PREDICATE, predicate), [world.vault])


def filed(world: SmallWorld, *signers: Vault) -> SignedEvaluation:
    said = Evaluation.model_validate(WHOLE)
    return sign_evaluation(world.warehouse, said, WEIGHTS, signers or [world.vault])


def test_an_evaluation_says_after_signing_what_was_said_before(world: SmallWorld):
    made = filed(world)
    [path] = world.warehouse.files(evaluations_directory(MODEL))
    assert path.startswith("evaluations/little/run-1/2026-07-01T090000.000000Z-")
    found = open_evaluation(world.warehouse.read(path), WEIGHTS, world.trusted)
    assert found == made
    assert found.said.document() == WHOLE
    assert (found.said.evaluated_at, found.weights) == (AT, WEIGHTS)


def test_an_evaluation_is_found_for_the_log(world: SmallWorld):
    made = filed(world)
    [found] = signed_files(world.warehouse, world.trusted)
    assert found.entry == LogEntry(EVALUATION_PREDICATE, made.digest)


def test_an_auditor_from_outside_may_sign_too(world: SmallWorld, tmp_path):
    auditor = Vault.open(tmp_path / "auditor")
    made = filed(world, world.vault, auditor)
    both = (*world.trusted, TrustedKey.from_pem(auditor.public_key_pem))
    assert open_evaluation(made.envelope, WEIGHTS, both).key_ids == tuple(sorted((world.vault.key_id, auditor.key_id)))
    assert open_evaluation(made.envelope, WEIGHTS, both[1:]).key_ids == (auditor.key_id,)


def test_whoever_is_not_trusted_and_nobody_at_all_evaluates_nothing(world: SmallWorld, tmp_path):
    made = filed(world)
    with pytest.raises(SignatureRefusedError, match="unknown-key"):
        open_evaluation(made.envelope, WEIGHTS, [TrustedKey.from_pem(Vault.open(tmp_path / "other").public_key_pem)])
    with pytest.raises(SignatureRefusedError, match="no-signature"):
        sign_evaluation(world.warehouse, made.said, WEIGHTS, [])


@pytest.mark.parametrize(
    "weights",
    [{}, {"model.safetensors": sha256_hex(b"other")}, {**WEIGHTS, "more.safetensors": sha256_hex(b"more")}],
    ids=["none", "other bytes", "one more file"],
)
def test_an_evaluation_of_other_weights_says_nothing_of_these(world: SmallWorld, weights: dict[str, str]):
    made = filed(world)
    with pytest.raises(PredicateError, match=r"other weights|no weights"):
        open_evaluation(made.envelope, weights, world.trusted)
    with pytest.raises(PredicateError, match=r"other weights|no weights"):
        open_evaluation(signed(world, WHOLE, weights), WEIGHTS, world.trusted)


def test_an_evaluation_of_no_weights_is_not_signed(world: SmallWorld):
    with pytest.raises(PredicateError, match="no weights"):
        sign_evaluation(world.warehouse, Evaluation.model_validate(WHOLE), {}, [world.vault])


@pytest.mark.parametrize(
    ("value", "threshold", "bound", "verdict"),
    [
        (0.8, 0.8, "at-least", "passed"),
        (0.8, 0.8, "at-most", "passed"),
        (0.79, 0.8, "at-least", "failed"),
        (0.81, 0.8, "at-most", "failed"),
    ],
)
def test_a_value_at_its_threshold_meets_it(value: float, threshold: float, bound: str, verdict: str):
    stated = {"name": "m", "value": value, "threshold": threshold, "bound": bound}
    assert Metric.model_validate({**stated, "verdict": verdict}).verdict == verdict
    other = {"passed": "failed", "failed": "passed"}[verdict]
    with pytest.raises(ValidationError, match="the verdict of a metric does not follow from it"):
        Metric.model_validate({**stated, "verdict": other})


FAILED_SUITE = {**SUITE, "metrics": [ACCURACY, TOXICITY], "verdict": "failed"}
FAILED_EXPOSURE = {**EXPOSURE, "extracted": 1, "verdict": "failed"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"suites": [{**FAILED_SUITE, "verdict": "passed"}]}, "verdict of a suite"),
        ({"suites": [FAILED_SUITE]}, "verdict of the evaluation"),
        ({"verdict": "failed"}, "verdict of the evaluation"),
        ({"suites": [{**SUITE, "metrics": []}]}, "suites"),
        ({"suites": [{**SUITE, "metrics": [ACCURACY, ACCURACY]}]}, "measures something twice"),
        ({"suites": [{**SUITE, "examples": 0}]}, "suites"),
        ({"suites": [SUITE, SUITE]}, "a suite is listed twice"),
        ({"suites": [], "privacy": None}, "an evaluation measures something"),
        ({"privacy": {**AUDIT, "exposure": [FAILED_EXPOSURE]}}, "verdict of a privacy audit"),
        ({"privacy": {**AUDIT, "exposure": [{**FAILED_EXPOSURE, "verdict": "passed"}]}}, "verdict of an exposure"),
        ({"privacy": {**AUDIT, "exposure": [{**EXPOSURE, "most_bits": 9}]}}, "verdict of an exposure"),
        ({"privacy": {**AUDIT, "exposure": [{**EXPOSURE, "most_bits": 10.1}]}}, "more than it can be"),
        ({"privacy": {**AUDIT, "exposure": [{**EXPOSURE, "median_bits": 6.5}]}}, "more than it can be"),
        ({"privacy": {**AUDIT, "exposure": [{**FAILED_EXPOSURE, "extracted": 101}]}}, "more canaries were extracted"),
        ({"privacy": {**AUDIT, "exposure": [EXPOSURE, EXPOSURE]}}, "number of repeats twice"),
        ({"privacy": {**AUDIT, "exposure": [], "attacks": []}}, "a privacy audit measures something"),
        ({"evaluated_at": "2026-07-01T09:00:00"}, "evaluated_at"),
        ({"evaluated_at": "2026-07-01T11:00:00.000000+02:00"}, "not written as it is by Lineweight"),
        ({"evaluated_by": ""}, "evaluated_by"),
        ({"model": "../keys"}, "model"),
        ({"score": 1}, "score"),
        ({"suites": [{**SUITE, "examples": True}]}, "not written as it is by Lineweight"),
    ],
)
def test_what_does_not_add_up_is_refused_although_it_is_signed(world: SmallWorld, changes: dict[str, Any], says: str):
    with pytest.raises(PredicateError, match=says):
        open_evaluation(signed(world, {**WHOLE, **changes}), WEIGHTS, world.trusted)


def test_a_failed_evaluation_is_a_statement_like_another(world: SmallWorld):
    said = {**WHOLE, "suites": [FAILED_SUITE, {**SUITE, "name": "chat"}], "privacy": None, "verdict": "failed"}
    assert open_evaluation(signed(world, said), WEIGHTS, world.trusted).said.verdict == "failed"


def test_a_field_that_is_missing_is_named(world: SmallWorld):
    for name in WHOLE:
        without = {field: value for field, value in WHOLE.items() if field != name}
        with pytest.raises(PredicateError, match=name):
            open_evaluation(signed(world, without), WEIGHTS, world.trusted)


def test_a_statement_of_another_kind_is_no_evaluation(world: SmallWorld):
    other = sign_statement(statement_of(WEIGHTS, "https://example.com/other/v1", WHOLE), [world.vault])
    with pytest.raises(PredicateError, match="something else"):
        open_evaluation(other, WEIGHTS, world.trusted)
