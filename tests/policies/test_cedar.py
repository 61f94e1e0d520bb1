"""Cedar decides as Lineweight does: another engine, another wording of the same law, at every point of the space."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice
from math import prod
from typing import Any

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cedar import policy_text, request
from policies.decision import Decision, Effect, decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.facts import FACT_FIELDS, FACT_SPACE, IN_ORDER, Facts
from policies.space import Apart, Space
from tests.strategies import facts, policy_documents

(TRAINING,) = load_policies(DOCUMENTS)
AT_ONCE = 10_000


Decide = Callable[[Policy, Facts], Decision]


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | {"cases": []} | parts)


INTEREST = rule(
    "interest", legal_basis=["legitimate-interest"], consent_at_use=["unknown", "requested"], jurisdiction=["us", "ca"]
)
SHIPPED = {one.policy_id: one for one in load_policies(DOCUMENTS)}
OTHERS = {
    "research": policy(commercial=False),
    "legitimate interest": policy(permit=[INTEREST], deny=[rule("california", jurisdiction=["us-ca", "unknown"])]),
    "notices and guardians": policy(
        notices={"privacy": ["2"]},
        deny=[rule("minors-alone", age_band=["under-13", "13-15"], expressed_by=["data-subject", "nobody"])],
        permit=[rule("noticed", notice=["accepted"], consent_at_use=["given"])],
    ),
    "careless": policy(deny=[], permit=[rule("anything", retention_exceeded=[True, False])]),
}


def cedar(text: str, asked: Sequence[Facts]) -> list[bool]:
    """Return which records Cedar allows."""
    answers: list[Any] = cedarpy.is_authorized_batch([request(fact) for fact in asked], text, [])
    assert not [answer for answer in answers if answer.diagnostics.errors]
    return [answer.allowed for answer in answers]


def agree(drawn: Policy, points: Iterable[Facts], decide: Decide = decide) -> int:
    """Return at how many points Cedar was asked; it agrees at each."""
    text, asked, remaining = policy_text(drawn), 0, iter(points)
    while some := list(islice(remaining, AT_ONCE)):
        told = cedar(text, some)
        differing = [fact.document() for fact, allowed in zip(some, told, strict=True)
                     if allowed is not (decide(drawn, fact).effect is Effect.PERMIT)]  # fmt: skip
        assert differing[:1] == []
        asked += len(some)
    return asked


def around(drawn: Policy, decide: Decide = decide) -> Iterator[Facts]:
    """Yield what lies around the points that a policy permits: each with any one fact, the first with any two changed.

    Classes are such as Lineweight tells apart. Where it forgot a distinction, these have values on its other side.
    """
    values = FACT_SPACE | {"jurisdiction": ("unknown", "de", "us", "us-ca", "gb")}
    single = [{name: value} for name, of in values.items() for value in of]
    double = [one | other for one, other in combinations(single, 2)]
    cells = Space([drawn], Apart.EFFECT).cells(lambda fact: decide(drawn, fact).effect)
    permitted = [cell.facts for cell in cells if cell.answer is Effect.PERMIT]
    yield from (replace(fact, **change) for fact in permitted for change in single)
    yield from (replace(fact, **change) for fact in permitted[:1] for change in double)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_cedar_agrees_at_every_point_of_the_space(name):
    space = Space([SHIPPED[name]], Apart.EFFECT)
    classes = prod(len(of) for of in space.classes.values())
    assert agree(SHIPPED[name], (fact for fact, _ in space.representatives())) == classes


@pytest.mark.parametrize("name", SHIPPED | OTHERS)
def test_cedar_agrees_in_every_cell_of_the_space_and_around_what_is_permitted(name):
    drawn = (SHIPPED | OTHERS)[name]
    cells = Space([drawn], Apart.REASON).cells(lambda fact: decide(drawn, fact))
    assert agree(drawn, (cell.facts for cell in cells)) > 100
    assert agree(drawn, around(drawn)) > 1_000


@pytest.mark.parametrize("forgotten", sorted({*FACT_FIELDS} - {"notice", "expressed_by"}))
def test_a_fact_that_lineweight_forgot_to_ask_for_would_be_noticed(forgotten, monkeypatch):
    in_order = getattr(IN_ORDER, forgotten)

    def forgetful(one: Policy, facts: Facts) -> Decision:
        object.__setattr__(
            facts, forgotten, in_order
        )  # also where facts are known in part, so that it is not asked for
        return decide(one, facts)

    monkeypatch.setattr("policies.space.decide", forgetful)
    with pytest.raises(AssertionError):
        agree(TRAINING, around(TRAINING, forgetful), forgetful)


@given(policy_documents().map(Policy.model_validate), st.lists(facts, min_size=10, max_size=20))
@settings(max_examples=20)
def test_cedar_agrees_about_any_record_under_any_policy(drawn, asked):
    cells = list(islice(Space([drawn], Apart.EFFECT).cells(lambda fact: decide(drawn, fact)), 500))
    agree(drawn, [*asked, *(cell.facts for cell in cells)])


def test_a_rule_that_cedar_is_not_told_of_is_missed():
    careless = policy_text(TRAINING.model_copy(update={"deny": TRAINING.deny[1:]}))
    minor = replace(IN_ORDER, age_band="13-15")
    assert cedar(careless, [IN_ORDER, minor]) == [True, True]
    assert cedar(policy_text(TRAINING), [IN_ORDER, minor]) == [True, False]
