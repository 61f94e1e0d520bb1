"""What two policies make of one record: facts that depend on a parameter, under the one and under the other.

An age becomes ``retention_exceeded`` by ``retain_days``, and the notice that a statement answers becomes ``notice`` by
``notices``. All other facts are the same under every policy of one purpose.
"""

from collections.abc import Iterable, Mapping
from itertools import product

from policies.document import Policy
from policies.facts import notice_accepted
from policies.space import Value

Restated = Mapping[str, Value]
Moves = list[tuple[Restated, Restated]]
SAME_FACTS: Moves = [({}, {})]


def moves(before: Policy, after: Policy) -> Moves:
    """Return all that the facts of one record can be under each of two policies of one purpose.

    Returns:
        Pairs of facts by name, first under ``before``, then under ``after``; a fact that a pair does not name has any
        value, the same one under both.
    """
    return [
        ({**aged[0], **noticed[0]}, {**aged[1], **noticed[1]})
        for aged, noticed in product(_aged(before, after), _noticed(before, after))
    ]


def _aged(before: Policy, after: Policy) -> Moves:
    if before.retain_days == after.retain_days:
        return SAME_FACTS
    longer = after.retain_days > before.retain_days
    return [*SAME_FACTS, ({"retention_exceeded": longer}, {"retention_exceeded": not longer})]


def _noticed(before: Policy, after: Policy) -> Moves:
    """Go through every notice and version that either policy lists, and one of each that neither does."""
    if before.notices == after.notices:
        return SAME_FACTS
    listed = [(notice, policy.notices[notice]) for policy in (before, after) for notice in policy.notices]
    versions = [version for _, some in listed for version in some]
    asked = product(["", *(notice for notice, _ in listed), _another(notice for notice, _ in listed)],
                    [*versions, _another(versions)])  # fmt: skip
    pairs = {
        (notice_accepted(*answered, before.notices), notice_accepted(*answered, after.notices)) for answered in asked
    }
    return [({"notice": was}, {"notice": becomes}) for was, becomes in sorted(pairs)]


def _another(words: Iterable[str]) -> str:
    """Return a word that is none of these: it is longer than each."""
    return "".join((*words, "x"))
