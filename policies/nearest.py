"""What would have to be otherwise for a record to be permitted: the smallest change of facts, found by asking.

Values that no rule and no denial of Lineweight's own tells apart are one class (`policies.space`). A fact without
whose change nothing permits is in every answer; so only a few further ones need to be tried, and the answer is exact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product
from math import prod
from types import MappingProxyType
from typing import Any

from policies.decision import Effect, decide
from policies.document import Policy
from policies.facts import FACT_FIELDS, IN_ORDER, Facts
from policies.space import Apart, Space

MOST_FURTHER = 2

Value = str | bool
Change = Mapping[str, tuple[Value, ...]]
"""By fact: the values of which any one will do."""

Classes = Mapping[str, list[tuple[Value, ...]]]


def changes_to_permit(policy: Policy, facts: Facts) -> tuple[Change, ...]:
    """Return every smallest set of facts that would have to be otherwise for a policy to permit.

    Args:
        policy: The policy that decides.
        facts: What is known of a record that it denies.

    Returns:
        All changes of as few facts as will do; each fact with all values that do. Empty where the facts are
        permitted as they are, where the policy permits nothing, or where beside the facts that have to change in
        any case more than ``MOST_FURTHER`` would have to.
    """
    if decide(policy, facts).effect is Effect.PERMIT:
        return ()
    space = Space([policy], Apart.EFFECT)
    others = {name: [of for of in space.classes[name] if getattr(facts, name) not in of] for name in FACT_FIELDS}
    needed = [name for name in FACT_FIELDS if not _can_permit(space, policy, {name: getattr(facts, name)})]
    free = [name for name in FACT_FIELDS if name not in needed]
    for further in range(MOST_FURTHER + 1):
        tried = ((*needed, *more) for more in combinations(free, further))
        found = [change for names in tried if names for change in _changes(policy, facts, names, others)]
        if found:
            return tuple(found)
    return ()


def not_in_order(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """Return which facts differ from those of a record in order, as far as a policy tells them apart.

    Which pool is asked about is not among them: it says nothing of the record.
    """
    of_values = Space([policy], Apart.EFFECT).classes
    in_order = {name: next(of for of in of_values[name] if getattr(IN_ORDER, name) in of) for name in FACT_FIELDS}
    return tuple(name for name in FACT_FIELDS if name != "pool" and not _is_of(name, facts, in_order[name], of_values))


def _is_of(
    name: str, facts: Facts, one: tuple[Value, ...], classes: Mapping[str, tuple[tuple[Value, ...], ...]]
) -> bool:
    """Return whether a fact is of a class; a place that stands in none is as good as any that nobody names."""
    value = getattr(facts, name)
    return value in one or not any(value in of for of in classes[name])


def _can_permit(space: Space, policy: Policy, known: Mapping[str, Value]) -> bool:
    """Return whether some facts permit that have these values, whatever the other ones are."""
    cells = space.cells(lambda facts: decide(policy, facts).effect, [known])
    return any(cell.answer is Effect.PERMIT for cell in cells)


def _changes(policy: Policy, facts: Facts, names: tuple[str, ...], others: Classes) -> Iterator[Change]:
    """Yield the changes of just these facts that permit; as one, where any value of each goes with any other's."""
    changes = product(*(others[name] for name in names))
    doing = [change for change in changes if _permits(policy, facts, dict(zip(names, change, strict=True)))]
    each = [tuple(dict.fromkeys(column)) for column in zip(*doing, strict=True)]
    if prod(len(of) for of in each) == len(doing) and doing:
        doing_together = [tuple(value for of in column for value in of) for column in each]
        yield MappingProxyType(dict(zip(names, doing_together, strict=True)))
        return
    for change in doing:
        yield MappingProxyType(dict(zip(names, change, strict=True)))


def _permits(policy: Policy, facts: Facts, change: Mapping[str, tuple[Value, ...]]) -> bool:
    otherwise: dict[str, Any] = {name: of[0] for name, of in change.items()}
    return decide(policy, replace(facts, **otherwise)).effect is Effect.PERMIT
