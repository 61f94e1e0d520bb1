"""The space of facts, enumerated exactly without visiting every point of it.

A point is one combination of values of all facts; there are some hundreds of millions. Two things make them few:

- Values of a fact that no rule of the policies tells apart, and that no denial of Lineweight's own tells apart,
  are one class. What those denials tell apart is found by asking ``decide`` itself, not written down again here.
- ``decide`` is asked about facts of which only some are known yet. It stops at the first further one it needs, and
  only then the classes of that one are gone through. What it never asked for does not matter to the decision.

The space is the product of all values, so some points are such as no ledger leads to (consent given, on no legal
basis). What holds at every point therefore holds for every record; the other way round it need not.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache, partial
from itertools import product
from typing import Any, Generic, TypeVar

from policies.decision import Decision, decide
from policies.document import Policy
from policies.facts import FACT_FIELDS, FACT_SPACE, IN_ORDER, Facts
from policies.rule import Rule, When
from policies.vocabulary import UNKNOWN, covers_place

Value = str | bool
Values = tuple[Value, ...]
Answer = TypeVar("Answer")
Known = dict[str, Any]  # facts by name, not all of them


class Apart(Enum):
    """What makes two decisions different ones; the more is told apart, the more classes there are."""

    EFFECT = "effect"
    RULE = "rule"
    REASON = "reason"

    def told(self, decision: Decision) -> Hashable:
        """Return what of a decision counts."""
        told = (decision.effect, decision.rule, decision.reason)
        return told[: 1 + list(Apart).index(self)]


@dataclass(frozen=True, slots=True)
class Cell(Generic[Answer]):
    """A set of points with one answer.

    Attributes:
        known: The facts that were asked for to come to it, each with the representative of its class.
        answer: What was answered, and holds for all of them.
        sizes: How many values there are in each class, by fact and representative.
    """

    known: Known
    answer: Answer
    sizes: Mapping[str, Mapping[Value, int]]

    @property
    def facts(self) -> Facts:
        """One of the points: of those there are, one with which as much is in order as can be."""
        return replace(IN_ORDER, **self.known)

    @property
    def points(self) -> int:
        """How many points they are."""
        return math.prod(of[self.known[name]] if name in self.known else sum(of.values())
                         for name, of in self.sizes.items())  # fmt: skip


class Space:
    """All points, as some policies tell them apart.

    Attributes:
        classes: The classes of values, by fact: each a tuple, its representative first. Of jurisdictions there are
            the codes that the policies name, one that none of them covers, and ``unknown``.
        points: How many points there are.
    """

    def __init__(self, policies: Sequence[Policy], apart: Apart) -> None:
        values = {name: _as_facts(name, _values(name, policies)) for name in FACT_FIELDS}
        finite = tuple((name, of) for name, of in values.items() if name != "jurisdiction")
        marks = [_rules_apart(policies, values)]
        marks += [_denials_apart(decide, policy.commercial, apart, finite) for policy in policies]
        self.classes: Mapping[str, tuple[tuple[Value, ...], ...]] = {
            name: _classes(name, of, marks) for name, of in values.items()
        }
        self.points = math.prod(len(of) for of in values.values())

    def representatives(self) -> Iterator[tuple[Facts, int]]:
        """Yield a point of every combination of classes, and the number of points that it stands for."""
        for chosen in product(*self.classes.values()):
            known = {name: of[0] for name, of in zip(self.classes, chosen, strict=True)}
            yield _partly(known), math.prod(map(len, chosen))

    def cells(
        self, ask: Callable[..., Answer], variants: Sequence[Mapping[str, Value]] = ({},)
    ) -> Iterator[Cell[Answer]]:
        """Yield cells that together are the whole space, none twice; those most in order come first.

        Args:
            ask: A pure function of facts, whose answer depends on the classes of their values alone.
            variants: What ``ask`` is called with: for each of these, the facts with some of them restated. A fact
                that all of them restate is not gone through.

        Yields:
            A cell for each answer that is reached another way; neighbours may have the same one.
        """
        domains = {name: [of[0] for of in classes] for name, classes in self.classes.items()}
        sizes = {name: {of[0]: len(of) for of in classes} for name, classes in self.classes.items()}
        for known, answer in _reached(domains, lambda known: ask(*(_partly({**known, **more}) for more in variants))):
            yield Cell(known, answer, sizes)


# ── asking about facts that are known in part ───────────────────────────────────────────────────────────────


def _partly(known: Known) -> Facts:
    """Return facts of which only some are known: asked for another one, they raise ``AttributeError``."""
    facts = object.__new__(Facts)
    for name, value in known.items():
        object.__setattr__(facts, name, value)
    return facts


def _reached(domains: Mapping[str, Sequence[Value]], ask: Callable[[Known], Answer]) -> Iterator[tuple[Known, Answer]]:
    """Yield every answer with the facts that were asked for to come to it, in the order in which they were."""
    waiting: list[Known] = [{}]
    while waiting:
        known = waiting.pop()
        try:
            answer = ask(known)
        except AttributeError as error:
            name = error.name or ""
            if not isinstance(error.obj, Facts) or name not in domains or name in known:
                raise
        else:
            yield known, answer
            continue
        waiting += [{**known, name: value} for value in reversed(domains[name])]


# ── values, and what tells them apart ───────────────────────────────────────────────────────────────────────

Marks = Mapping[str, Mapping[Value, Hashable]]
"""By fact and value: two values of one fact with the same mark are not told apart."""

EVERYTHING = Rule.model_validate(
    {"id": "everything", "when": {"retention_exceeded": [True, False]}, "because": "It shows what is denied before it."}
)
"""A rule that applies to every record."""


def _values(name: str, policies: Sequence[Policy]) -> tuple[Value, ...]:
    if name != "jurisdiction":
        return FACT_SPACE[name]
    places = {str(place) for policy in policies for rule in policy.rules for place in rule.when.jurisdiction or ()}
    letters = "abcdefghijklmnopqrstuvwxyz"
    candidates = (IN_ORDER.jurisdiction, "zz", *(first + second for first in letters for second in letters))
    other = next((code for code in candidates if not any(covers_place(named, code) for named in places)), None)
    return (UNKNOWN, *sorted(places - {UNKNOWN}), *([other] if other else []))


def _as_facts(name: str, values: Sequence[Value]) -> tuple[Value, ...]:
    """Return values as ``Facts`` keep them, members of their enumerations."""
    changed: list[dict[str, Any]] = [{name: value} for value in values]
    return tuple(getattr(replace(IN_ORDER, **one), name) for one in changed)


def _rules_apart(policies: Sequence[Policy], values: Mapping[str, Sequence[Value]]) -> Marks:
    """Mark each value by the conditions on its fact that it meets, rule by rule."""
    marks: dict[str, dict[Value, tuple[bool, ...]]] = {}
    rules = [rule.when.conditions() for policy in policies for rule in policy.rules]
    for name, of in values.items():
        conditions = [When.model_validate({name: when[name]}) for when in rules if name in when]
        marks[name] = {value: tuple(one.met_by(_partly({name: value})) for one in conditions) for value in of}
    return marks


@lru_cache(maxsize=32)
def _denials_apart(
    decide: Callable[[Policy, Facts], Decision], commercial: bool, apart: Apart, values: tuple[tuple[str, Values], ...]
) -> Marks:
    """Mark each value by what Lineweight's own denials answer to it, whatever the other facts are.

    A decision follows from which rules apply and from three answers of ``decide``: with a rule that denies
    everything, with one that permits everything, and without any. Two values that these answer alike in every
    context, and that meet the same conditions, are decided alike. Beside its rules a policy says nothing to ``decide``
    but whether it is commercial, and no denial speaks of jurisdictions: if it asks for more, there is no answer.
    """
    numbers = _numbers(values)
    policy_of: Callable[..., Policy] = Policy.model_construct
    found: dict[str, dict[Value, set[Hashable]]] = {name: {value: set() for value in of} for name, of in values}
    for probe, (deny, permit) in enumerate([((EVERYTHING,), ()), ((), (EVERYTHING,)), ((), ())]):
        asked = policy_of(deny=deny, permit=permit, commercial=commercial)
        for known, told in _reached(dict(values), partial(_told, decide, asked, apart)):
            number = sum(numbers[name][value] for name, value in known.items())
            for name, value in known.items():
                found[name][value].add((probe, number - numbers[name][value], told))
    return {name: _numbered({value: frozenset(said) for value, said in of.items()}) for name, of in found.items()}


def _told(decide: Callable[[Policy, Facts], Decision], policy: Policy, apart: Apart, known: Known) -> Hashable:
    return apart.told(decide(policy, _partly(known)))


def _numbered(said: Mapping[Value, Hashable]) -> dict[Value, Hashable]:
    """Give values of which the same is said the same number."""
    numbers = {one: number for number, one in enumerate(dict.fromkeys(said.values()))}
    return {value: numbers[one] for value, one in said.items()}


def _numbers(values: tuple[tuple[str, Values], ...]) -> Mapping[str, Mapping[Value, int]]:
    """Number values so that every selection of them, at most one of each fact, has a sum of its own."""
    numbers: dict[str, dict[Value, int]] = {}
    unit = 1
    for name, of in values:
        numbers[name] = {value: unit * place for place, value in enumerate(of, start=1)}
        unit *= len(of) + 1
    return numbers


def _classes(name: str, values: Sequence[Value], marks: Sequence[Marks]) -> tuple[tuple[Value, ...], ...]:
    """Group values by their marks; in each class, and of the classes, what is in order comes first."""
    classes: dict[Hashable, list[Value]] = {}
    in_order = getattr(IN_ORDER, name)
    for value in sorted(values, key=lambda value: value != in_order):
        classes.setdefault(tuple(mark[name][value] for mark in marks if name in mark), []).append(value)
    return tuple(map(tuple, classes.values()))
