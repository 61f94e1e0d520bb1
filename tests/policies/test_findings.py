"""Findings: rules that never decide, by what they are beaten, and rules that speak of the same records."""

import pytest
from hypothesis import given, settings

from policies.compare import Verdict, compare
from policies.decision import decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.findings import FindingKind, findings
from tests.strategies import facts, policy_documents

(TRAINING,) = load_policies(DOCUMENTS)
policies = policy_documents().map(Policy.model_validate)


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


def found(deny: list[object], permit: list[object]) -> list[tuple[str, str, tuple[str, ...]]]:
    policy = Policy.model_validate(TRAINING.document() | {"cases": [], "deny": deny, "permit": permit})
    return [(str(one.kind), one.rule, one.by or one.reasons) for one in findings(policy)]


ADULTS = rule("adults", age_band=["adult"])
CHILDREN = rule("children", age_band=["under-13", "13-15"])
US = rule("us", jurisdiction=["us"])


@pytest.mark.parametrize(
    ("deny", "permit", "told"),
    [
        ([], [ADULTS], []),
        ([CHILDREN], [ADULTS], []),
        ([CHILDREN, rule("babies", age_band=["under-13"])], [], [("shadowed", "babies", ("children",))]),
        ([US, rule("california", jurisdiction=["us-ca"])], [], [("shadowed", "california", ("us",))]),
        ([rule("california", jurisdiction=["us-ca"]), US], [], [("overlap", "california", ("us",))]),
        (
            [rule("one", age_band=["under-13"]), rule("two", age_band=["13-15"]), CHILDREN],
            [],
            [("shadowed", "children", ("one", "two"))],
        ),
        (
            [rule("de", jurisdiction=["de"]), CHILDREN, rule("babies", age_band=["under-13"])],
            [],
            [("shadowed", "babies", ("children",)), ("overlap", "de", ("children",))],
        ),
        ([CHILDREN], [ADULTS, rule("grown", age_band=["adult"])], [("shadowed", "grown", ("adults",))]),
        ([CHILDREN], [rule("babies", age_band=["under-13"])], [("overruled", "babies", ("children",))]),
        (
            [CHILDREN],
            [ADULTS, rule("most", age_band=["13-15", "adult"])],
            [("shadowed", "most", ("children", "adults"))],
        ),
        ([], [rule("kept-too-long", retention_exceeded=[True])], [("contradictory", "kept-too-long", ...)]),
        (
            [rule("no-agreement", tenant_scope=["none", "unknown"])],
            [],
            [("contradictory", "no-agreement", ("data-subject-unknown", "tenant-scope-none", "tenant-unknown"))],
        ),
        ([], [rule("refused", consent_at_use=["refused"])], [("contradictory", "refused", ...)]),
        ([ADULTS, US], [], [("overlap", "adults", ("us",))]),
        ([ADULTS, CHILDREN], [], []),
    ],
    ids=lambda value: "",
)
def test_what_is_found_of_rules(deny, permit, told):
    seen = found(deny, permit)
    assert [(kind, name) for kind, name, _ in seen] == [(kind, name) for kind, name, _ in told]
    assert all(expected in (..., by) for (_, _, by), (_, _, expected) in zip(seen, told, strict=True))


def test_a_finding_is_told_as_a_sentence():
    policy = Policy.model_validate(
        TRAINING.document()
        | {"cases": [], "deny": [CHILDREN, US, rule("babies", age_band=["under-13"])]}
        | {"permit": [rule("boys", age_band=["13-15"]), rule("old", retention_exceeded=[True])]}
    )
    assert [one.sentence() for one in findings(policy)] == [
        "babies never decides: children decides before it.",
        "boys never permits: children denies everything it speaks of.",
        "old never decides: what it speaks of is always denied (data-subject-unknown, "
        "purpose-not-in-agreement, region-not-allowed, retention-exceeded, tenant-not-shared, tenant-scope-none, "
        "tenant-unknown).",
        "children and us speak of the same records; there children decides.",
    ]


def test_the_documents_that_ship_have_no_dead_rule():
    assert not [one for policy in load_policies(DOCUMENTS) for one in findings(policy) if one.dead]


@given(policies, facts)
@settings(max_examples=15)
def test_a_dead_rule_decides_no_record_and_nobody_misses_it(drawn, fact):
    dead = {one.rule for one in findings(drawn) if one.dead}
    assert decide(drawn, fact).rule not in dead
    kept = {kind: tuple(one for one in getattr(drawn, kind) if one.id not in dead) for kind in ("deny", "permit")}
    assert compare(drawn, drawn.model_copy(update=kept)).verdict is Verdict.EQUIVALENT


@given(policies)
@settings(max_examples=15)
def test_what_decides_instead_of_a_dead_rule_is_a_rule_that_is_not_dead(drawn):
    seen = findings(drawn)
    dead = {one.rule for one in seen if one.dead}
    for one in seen:
        assert not dead & set(one.by)
        assert one.reasons or one.by
        assert (one.kind is FindingKind.OVERLAP) == (one.rule not in dead)
