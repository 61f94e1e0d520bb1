"""The smallest change that permits: true, smallest, and complete for one fact, whatever the policy."""

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings

from policies.decision import Effect, decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.facts import FACT_SPACE, IN_ORDER, Facts
from policies.nearest import changes_to_permit, not_in_order
from tests.strategies import facts, policy_documents

(TRAINING,) = load_policies(DOCUMENTS)
policies = policy_documents().map(Policy.model_validate)
NEVER_ASKED = {"consent_at_use": "unknown", "consent_at_collection": "unknown", "legal_basis": "none"}


def permits(policy: Policy, known: Facts, **changes) -> bool:
    return decide(policy, replace(known, **changes)).effect is Effect.PERMIT


@pytest.mark.parametrize(
    ("changed", "needed"),
    [
        ({}, None),
        ({"consent_at_use": "withdrawn"}, {"consent_at_use": ("given", "renewed")}),
        ({"age_band": "under-13"}, {"age_band": ("adult",)}),
        ({"retention_exceeded": True, "age_band": "unknown"}, {"age_band": ("adult",), "retention_exceeded": (False,)}),
        (NEVER_ASKED, {
            "consent_at_use": ("given", "renewed"),
            "consent_at_collection": ("given", "renewed", "retroactive"),
            "legal_basis": ("consent",),
        }),
    ],
    ids=["nothing", "a withdrawal", "a child", "two things at once", "somebody never asked"],
)  # fmt: skip
def test_what_would_have_to_be_otherwise(changed, needed):
    known = replace(IN_ORDER, **changed)
    assert [dict(way) for way in changes_to_permit(TRAINING, known)] == ([] if needed is None else [needed])
    assert not_in_order(TRAINING, known) == tuple(name for name in FACT_SPACE if name in changed)


def test_several_ways_are_all_told():
    known = replace(IN_ORDER, pool="shared", tenant_scope="tenant-only")
    assert [dict(way) for way in changes_to_permit(TRAINING, known)] == [
        {"tenant_scope": ("shared",)},
        {"pool": ("tenant",)},
    ]


def test_values_that_do_not_go_with_one_another_are_ways_of_their_own():
    rules = [("there", "us", "adult"), ("here", "de", "16-17")]
    permit = [
        {"id": name, "when": {"jurisdiction": [place], "age_band": [age]}, "because": "So it is."}
        for name, place, age in rules
    ]
    document = TRAINING.document() | {"deny": [], "permit": permit, "cases": []}
    known = replace(IN_ORDER, jurisdiction="unknown", age_band="unknown")
    ways = [dict(way) for way in changes_to_permit(Policy.model_validate(document), known)]
    assert sorted(ways, key=str) == [
        {"jurisdiction": ("de",), "age_band": ("16-17",)},
        {"jurisdiction": ("us",), "age_band": ("adult",)},
    ]


def test_a_policy_that_permits_nothing_has_no_way():
    nothing = TRAINING.model_copy(update={"permit": (), "cases": ()})
    assert changes_to_permit(nothing, IN_ORDER) == ()


@settings(max_examples=40)
@given(policies, facts)
def test_every_way_permits_whichever_of_its_values_are_chosen_and_no_part_of_it_does(policy, known):
    for way in changes_to_permit(policy, known):
        for values in product(*way.values()):
            assert permits(policy, known, **dict(zip(way, values, strict=True)))
        first = {name: values[0] for name, values in way.items()}
        for part in combinations(first, len(first) - 1):
            assert not permits(policy, known, **{name: first[name] for name in part})


@settings(max_examples=40)
@given(policies, facts)
def test_no_single_fact_that_would_do_is_left_out(policy, known):
    told = changes_to_permit(policy, known)
    doing = {
        (name, value)
        for name, values in FACT_SPACE.items()
        for value in values
        if not permits(policy, known) and permits(policy, known, **{name: value})
    }
    if doing:
        assert all(len(way) == 1 for way in told)
        assert doing <= {(name, value) for way in told for name, values in way.items() for value in values}


@settings(max_examples=40)
@given(facts)
def test_what_is_not_in_order_is_what_the_way_changes(known):
    """For this policy nothing but what is out of order can stand in the way."""
    for way in changes_to_permit(TRAINING, known):
        assert set(way) - {"pool"} <= set(not_in_order(TRAINING, known))
