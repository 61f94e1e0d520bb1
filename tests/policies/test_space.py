"""The space of facts: every point answered for, by few questions, and none of them answered wrongly."""

import itertools
from collections import Counter
from dataclasses import replace
from unittest import mock

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policies import space as spaces
from policies.decision import Decision, Effect, decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.facts import FACT_FIELDS, FACT_SPACE, IN_ORDER, Facts
from policies.space import Apart, Space
from policies.vocabulary import covers_place
from tests.strategies import facts, policy_documents

(TRAINING,) = load_policies(DOCUMENTS)
policies = policy_documents().map(Policy.model_validate)
some_policies = st.lists(policies, min_size=1, max_size=2)


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | {"deny": [], "permit": [], "cases": []} | parts)


def test_a_hundred_and_forty_six_million_points_need_few_questions():
    space = Space([TRAINING], Apart.EFFECT)
    cells = list(space.cells(lambda fact: decide(TRAINING, fact).effect))
    values = [len(of) for of in FACT_SPACE.values()]
    assert space.points == 2 * spaces.math.prod(values)  # unknown, and one jurisdiction that no rule names
    assert sum(cell.points for cell in cells) == space.points
    assert len(cells) < 1_000


@pytest.mark.parametrize("apart", Apart)
@given(some_policies, facts, st.data())
@settings(max_examples=10)
def test_two_points_of_one_class_are_decided_alike(apart, drawn, fact, data):
    space = Space(drawn, apart)
    assume(any(fact.jurisdiction in of for of in space.classes["jurisdiction"]))
    classes = {name: next(of for of in space.classes[name] if getattr(fact, name) in of) for name in FACT_FIELDS}
    other = replace(fact, **{name: data.draw(st.sampled_from(of), label=name) for name, of in classes.items()})
    for one in drawn:
        assert apart.told(decide(one, fact)) == apart.told(decide(one, other))


@pytest.mark.parametrize("apart", Apart)
@given(policies, facts)
@settings(max_examples=8)
def test_what_a_cell_answers_holds_for_the_points_it_stands_for(apart, drawn, fact):
    space = Space([drawn], apart)
    names = {place for one in drawn.rules for place in one.when.jurisdiction or ()}
    fact = replace(fact, jurisdiction=_enumerated(space, fact.jurisdiction, names))
    representative = replace(
        fact, **{name: next(of[0] for of in space.classes[name] if getattr(fact, name) in of) for name in FACT_FIELDS}
    )
    assert apart.told(decide(drawn, fact)) == apart.told(decide(drawn, representative))
    told = {apart.told(cell.answer) for cell in space.cells(lambda one: decide(drawn, one))}
    assert apart.told(decide(drawn, fact)) in told


def _enumerated(space: Space, place: str, names: set[str]) -> str:
    """Return the jurisdiction of the enumeration that the same names cover as a place."""
    of = {name for name in names if covers_place(name, place)}
    listed = [str(value) for values in space.classes["jurisdiction"] for value in values]
    same = [one for one in listed if {name for name in names if covers_place(name, one)} == of]
    return place if place in listed else same[0]


@given(policies, st.sampled_from(["de", "de-by", "us", "us-ca", "us-ny", "gb", "zz"]), facts)
@settings(max_examples=15)
def test_a_place_nobody_enumerated_is_decided_as_the_one_that_stands_for_it(drawn, place, fact):
    space = Space([drawn], Apart.REASON)
    names = {name for one in drawn.rules for name in one.when.jurisdiction or ()}
    enumerated = _enumerated(space, place, names)
    assert decide(drawn, replace(fact, jurisdiction=place)) == decide(drawn, replace(fact, jurisdiction=enumerated))


small_spaces = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(of), min_size=1, max_size=2, unique=True) for name, of in FACT_SPACE.items()}
).filter(lambda of: spaces.math.prod(map(len, of.values())) <= 1_024)


@given(some_policies, small_spaces)
@settings(max_examples=15)
def test_the_cells_of_a_small_space_count_what_going_through_it_point_by_point_counts(drawn, small):
    with mock.patch.object(spaces, "FACT_SPACE", small):
        space = Space(drawn, Apart.REASON)
        counted = Counter[tuple[Decision, ...]]()
        for cell in space.cells(lambda fact: tuple(decide(one, fact) for one in drawn)):
            counted[cell.answer] += cell.points
    places = [value for of in space.classes["jurisdiction"] for value in of]
    points = itertools.product(*((small | {"jurisdiction": places})[name] for name in FACT_FIELDS))
    each = Counter(tuple(decide(one, Facts(*point)) for one in drawn) for point in points)
    told = [Counter(), Counter()]
    for counts, summed in zip((counted, each), told, strict=True):
        for answer, number in counts.items():
            summed[tuple(map(Apart.REASON.told, answer))] += number
    assert told[0] == told[1]


def test_of_a_class_and_of_the_classes_what_is_in_order_comes_first():
    space = Space([TRAINING], Apart.EFFECT)
    assert all(getattr(IN_ORDER, name) == classes[0][0] for name, classes in space.classes.items())
    first = next(space.cells(lambda fact: decide(TRAINING, fact)))
    assert first.facts == IN_ORDER
    assert first.answer.effect is Effect.PERMIT


def test_values_that_a_rule_names_apart_are_apart_and_others_are_not():
    named = policy(permit=[rule("some", consent_at_use=["given"], expressed_by=["guardian"])])
    classes = Space([named], Apart.EFFECT).classes
    assert ("renewed",) in classes["consent_at_use"]
    assert ("unknown", "requested", "deferred") in classes["consent_at_use"]
    assert ("data-subject", "nobody", "other") in classes["expressed_by"]


@pytest.mark.parametrize(
    ("named", "places"),
    [
        ([], [("de", "unknown")]),
        (["us"], [("de", "unknown"), ("us",)]),
        (["us", "us-ca"], [("de", "unknown"), ("us",), ("us-ca",)]),
        (["us-ca"], [("de", "unknown"), ("us-ca",)]),
        (["de"], [("de",), ("unknown", "zz")]),
        (["unknown"], [("de",), ("unknown",)]),
    ],
)
def test_jurisdictions_are_those_named_any_other_and_unknown(named, places):
    rules = [rule(f"in-{place}", jurisdiction=[place]) for place in named]
    assert sorted(Space([policy(permit=rules)], Apart.RULE).classes["jurisdiction"]) == sorted(places)


def test_where_a_policy_names_every_country_there_is_no_other_one():
    letters = "abcdefghijklmnopqrstuvwxyz"
    everywhere = policy(permit=[rule("all", jurisdiction=[one + two for one in letters for two in letters])])
    assert sorted(len(of) for of in Space([everywhere], Apart.EFFECT).classes["jurisdiction"]) == [1, 676]


def test_reasons_tell_more_apart_than_effects():
    effects, reasons = (Space([TRAINING], apart).classes["consent_at_use"] for apart in (Apart.EFFECT, Apart.REASON))
    assert len(effects) == 3
    assert len(reasons) == 10


def test_what_is_told_apart_is_asked_of_decide_itself():
    def stricter(one: Policy, fact: Facts) -> Decision:
        if fact.expressed_by == "other":
            return Decision(Effect.DENY, "hearsay", None)
        return decide(one, fact)

    assert Space([TRAINING], Apart.EFFECT).classes["expressed_by"] == (("data-subject", "nobody", "other", "guardian"),)
    with mock.patch.object(spaces, "decide", stricter):
        assert ("other",) in Space([TRAINING], Apart.EFFECT).classes["expressed_by"]


def test_it_matters_whether_a_denial_comes_before_the_deny_rules_or_after_them():
    def denying(one: Policy, fact: Facts) -> Decision:
        found = decide(one, fact)
        by_rule = found.effect is Effect.DENY and found.rule is not None
        early, late = fact.expressed_by == "other", fact.expressed_by == "nobody" and not by_rule
        return Decision(Effect.DENY, "hearsay", None) if early or late else found

    with mock.patch.object(spaces, "decide", denying):
        effects, rules = (Space([TRAINING], apart).classes["expressed_by"] for apart in (Apart.EFFECT, Apart.RULE))
    assert effects == (("data-subject", "guardian"), ("nobody", "other"))
    assert rules == (("data-subject", "guardian"), ("nobody",), ("other",))


def test_it_matters_why_nothing_permits():
    def wordy(one: Policy, fact: Facts) -> Decision:
        found = decide(one, fact)
        silent = found.rule is None and found.reason == "no-permit-rule" and fact.expressed_by == "nobody"
        return Decision(Effect.DENY, "said-nothing", None) if silent else found

    with mock.patch.object(spaces, "decide", wordy):
        assert ("nobody",) in Space([TRAINING], Apart.REASON).classes["expressed_by"]
        assert len(Space([TRAINING], Apart.EFFECT).classes["expressed_by"]) == 1


def test_a_fault_in_the_question_is_not_taken_for_a_fact_asked_for():
    with pytest.raises(AttributeError, match="no_such"):
        list(Space([TRAINING], Apart.EFFECT).cells(lambda fact: fact.no_such))
    with pytest.raises(AttributeError, match="age_band"):
        list(Space([TRAINING], Apart.EFFECT).cells(lambda fact: "text".age_band))


def test_facts_that_are_restated_are_given_and_not_gone_through():
    asked = []
    space = Space([TRAINING], Apart.EFFECT)
    list(space.cells(lambda one, other: asked.append((one.age_band, other.age_band)), [{"age_band": "adult"}, {}]))
    assert {one for one, _ in asked} == {"adult"}
    assert {other for _, other in asked} == {of[0] for of in space.classes["age_band"]}
