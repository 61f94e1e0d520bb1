"""Comparing policies: an exact verdict, with witnesses that anybody can check by asking `decide`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.compare import Comparison, Verdict, compare
from policies.decision import Effect, decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.facts import Facts, notice_accepted
from policies.rule import Case, Given
from tests.strategies import facts, policy_documents

(TRAINING,) = load_policies(DOCUMENTS)
policies = policy_documents().map(Policy.model_validate)

EVERYTHING = {"retention_exceeded": [True, False]}
REVERSE = {
    Verdict.EQUIVALENT: Verdict.EQUIVALENT,
    Verdict.STRICTER: Verdict.LOOSER,
    Verdict.LOOSER: Verdict.STRICTER,
    Verdict.INCOMPARABLE: Verdict.INCOMPARABLE,
}


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | {"cases": []} | parts)


def without(kind: str, *names: str) -> list[Any]:
    return [one for one in TRAINING.document()[kind] if one["id"] not in names]


DENY, PERMIT = without("deny"), without("permit")
NOTHING = {"deny": [rule("nothing", **EVERYTHING)]}
NOTICED = {"notices": {"privacy": ["2"]}, "deny": [*DENY, rule("outdated", notice=["outdated"])]}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({}, {}, "equivalent"),
        ({}, {"version": 2, "policy_id": "other"}, "equivalent"),
        ({}, {"deny": DENY[::-1]}, "equivalent"),
        ({}, {"deny": [*DENY, rule("again", age_band=["under-13"])]}, "equivalent"),
        ({}, {"deny": [*DENY, rule("california", jurisdiction=["us-ca"])]}, "stricter"),
        ({}, {"deny": without("deny", "minors")}, "looser"),
        ({}, {"deny": [*without("deny", "minors"), rule("california", jurisdiction=["us-ca"])]}, "incomparable"),
        ({}, {"permit": []}, "stricter"),
        ({}, {"permit": [*PERMIT, rule("interest", legal_basis=["legitimate-interest"])]}, "looser"),
        ({}, {"permit": [*PERMIT, rule("refused", consent_at_use=["refused"])]}, "equivalent"),
        ({}, {"commercial": False}, "looser"),
        ({}, {"retain_days": 731}, "looser"),
        ({}, {"retain_days": 729}, "stricter"),
        (
            {"deny": [rule("none", **EVERYTHING)]},
            {"deny": [rule("none", **EVERYTHING)], "retain_days": 900},
            "equivalent",
        ),
        ({}, NOTHING | {"retain_days": 900}, "stricter"),
        ({}, {"retain_days": 900, "deny": [*DENY, rule("california", jurisdiction=["us-ca"])]}, "incomparable"),
        ({}, {"retain_days": 500, "commercial": False}, "incomparable"),
        ({}, {"purpose": "train_ai_system.evaluation"}, "incomparable"),
        ({}, {"purpose": "train_ai_system"}, "incomparable"),
        ({}, {"redaction_profile": "lenient"}, "incomparable"),
        ({}, {"notices": {"privacy": ["2"]}}, "equivalent"),
        (NOTICED, NOTICED | {"notices": {"privacy": ["1", "2"]}}, "looser"),
        (NOTICED, NOTICED | {"notices": {"privacy": ["3"]}}, "incomparable"),
        (NOTICED, NOTICED | {"notices": {"privacy": ["2"], "terms": ["1"]}}, "looser"),
        ({}, NOTICED, "stricter"),
        (NOTICED, {}, "looser"),
    ],
)
def test_the_verdict_on_a_change_is_this_and_on_its_reverse_the_reverse(before, after, verdict):
    first, second = policy(**before), policy(**after)
    assert compare(first, second).verdict == verdict
    assert compare(second, first).verdict is REVERSE[Verdict(verdict)]


def test_the_rules_have_a_verdict_of_their_own_beside_parameters_that_cannot_be_ordered():
    compared = compare(TRAINING, policy(purpose="train_ai_system.evaluation", deny=without("deny", "minors")))
    assert (compared.verdict, compared.rules) == (Verdict.INCOMPARABLE, Verdict.LOOSER)
    assert [(change.name, change.verdict) for change in compared.parameters] == [("purpose", Verdict.INCOMPARABLE)]


def test_every_parameter_that_differs_is_told_with_what_it_does_by_itself():
    compared = compare(TRAINING, policy(retain_days=365, commercial=False, notices={"privacy": ["1"]}))
    assert [(change.name, change.before, change.after, str(change.verdict)) for change in compared.parameters] == [
        ("retain_days", 730, 365, "stricter"),
        ("notices", {}, {"privacy": ["1"]}, "equivalent"),
        ("commercial", True, False, "looser"),
    ]


def test_a_witness_is_said_as_a_golden_case_is_and_passes_as_one():
    compared = compare(TRAINING, policy(deny=[*without("deny", "minors"), rule("germans", jurisdiction=["de"])]))
    told = compared.document()["witnesses"]
    assert [one["given"] for one in told["gained"]] == [{"jurisdiction": "zz", "age_band": "16-17"}]
    assert [one["given"] for one in told["lost"]] == [{}]
    for side in ("gained", "lost"):
        for witness in told[side]:
            given = Given.model_validate(witness["given"])
            expect = {name: witness["after"][name] for name in ("effect", "reason")}
            case = Case.model_validate({"name": side, "given": witness["given"], "expect": expect})
            decision = decide(compared.after, given.facts())
            assert (decision.effect, decision.reason) == (case.expect.effect, case.expect.reason)


def test_a_witness_tells_which_fact_a_parameter_restates():
    (witness,) = compare(TRAINING, policy(retain_days=900)).document()["witnesses"]["gained"]
    assert witness["given"] == {"retention_exceeded": True}
    assert witness["restated"] == {"retention_exceeded": [True, False]}
    assert (witness["before"]["reason"], witness["after"]["effect"]) == ("retention-exceeded", "permit")


def test_each_way_in_which_decisions_differ_has_its_simplest_witness():
    compared = compare(TRAINING, policy(deny=[]))
    assert [(one.before.reason, one.given()) for one in compared.witnesses] == [
        ("jurisdiction-unknown", {"jurisdiction": "unknown"}),
        ("minors", {"age_band": "16-17"}),
        ("age-unknown", {"age_band": "unknown"}),
    ]


def test_the_points_gained_and_lost_are_counted_on_the_same_facts():
    compared = compare(TRAINING, policy(permit=[]))
    assert (compared.gained, compared.lost, compared.points) == (0, 432, 145_981_440)
    # given or renewed; then the same or retroactive; 36 = what is accepted, who said it, alone or with others, pools
    assert compared.lost == 2 * 3 * 3 * 4 * 2 * 3


@given(policies)
@settings(max_examples=10)
def test_a_policy_is_equivalent_to_itself(drawn):
    compared = compare(drawn, drawn.model_copy(update={"version": 10}))
    assert (compared.verdict, compared.witnesses, compared.gained, compared.lost) == (Verdict.EQUIVALENT, (), 0, 0)


@given(policies, policies)
@settings(max_examples=12)
def test_every_witness_is_true_and_every_verdict_has_one(first, second):
    compared = compare(first, second)
    for one in compared.witnesses:
        assert decide(first, one.facts) == one.before
        assert decide(second, replace(one.facts, **one.restated)) == one.after
        assert (one.before.effect is Effect.PERMIT) != (one.after.effect is Effect.PERMIT)
    gained = {one.gained for one in compared.witnesses}
    if first.purpose == second.purpose:
        assert compared.verdict is Verdict.of(gains=True in gained, losses=False in gained)


@given(
    policies, policies, st.lists(st.tuples(facts, st.integers(0, 900), st.sampled_from(["1", "2", "3"])), min_size=20)
)
@settings(max_examples=12)
def test_no_record_contradicts_the_verdict(first, second, records):
    second = second.model_copy(update={"purpose": first.purpose, "notices": {"privacy": ("3", "4")}})
    compared = compare(first, second)
    for fact, age, notice in records:
        one, other = (_as_known_under(drawn, fact, age, notice) for drawn in (first, second))
        before, after = decide(first, one).effect, decide(second, other).effect
        if compared.verdict in (Verdict.EQUIVALENT, Verdict.STRICTER):
            assert (before, after) != (Effect.DENY, Effect.PERMIT)
        if compared.verdict in (Verdict.EQUIVALENT, Verdict.LOOSER):
            assert (before, after) != (Effect.PERMIT, Effect.DENY)


def _as_known_under(drawn: Policy, fact: Facts, age_days: int, notice: str) -> Facts:
    """Return what a policy's parameters make of one record."""
    told = notice_accepted("privacy", notice, drawn.notices)
    return replace(fact, retention_exceeded=age_days > drawn.retain_days, notice=told)


CHANGES: dict[str, tuple[Callable[[Policy], Policy], set[Verdict]]] = {
    "one more deny rule": (
        lambda one: one.model_copy(update={"deny": (*one.deny, *TRAINING.deny[:1])}),
        {Verdict.EQUIVALENT, Verdict.STRICTER},
    ),
    "one deny rule less": (
        lambda one: one.model_copy(update={"deny": one.deny[1:]}),
        {Verdict.EQUIVALENT, Verdict.LOOSER},
    ),
    "one more permit rule": (
        lambda one: one.model_copy(update={"permit": (*one.permit, *TRAINING.permit)}),
        {Verdict.EQUIVALENT, Verdict.LOOSER},
    ),
    "kept longer": (
        lambda one: one.model_copy(update={"retain_days": one.retain_days + 1}),
        {Verdict.EQUIVALENT, Verdict.LOOSER},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
@given(policies)
@settings(max_examples=8)
def test_a_change_that_can_only_go_one_way_does(name, drawn):
    change, verdicts = CHANGES[name]
    assert compare(drawn, change(drawn)).verdict in verdicts


def test_a_comparison_is_plain_json():
    compared: Comparison = compare(TRAINING, policy(permit=[], retain_days=10))
    document = compared.document()
    assert document["before"] == {"policy_id": "model-training", "version": 1}
    assert document["verdict"] == "stricter"
    assert document["witnesses"]["lost"][0]["before"] == {
        "effect": "permit",
        "reason": "permitted",
        "rule": "consented",
    }
