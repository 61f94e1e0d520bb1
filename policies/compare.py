"""Two policies compared exactly: is the second stricter than the first, looser, neither, or the same?

Every point of the space of facts is answered for, so the verdict is no estimate. What it means:

- *equivalent*: whatever one permits the other permits. Reasons may differ.
- *stricter*: it permits nothing that the first denies, and denies something that the first permits.
- *looser*: the other way round.
- *incomparable*: it does both, or the two cannot be held against each other at all.

The facts of one record are not always the same under both: they depend on some parameters of a document. A longer
``retain_days`` can only take ``retention_exceeded`` back; another list of ``notices`` turns ``notice`` from one value
into another. The verdict goes through all that can happen. Two parameters cannot be put in order:

- ``purpose``. A person may grant or refuse the narrower of two purposes alone, so that under either of them there may
  be records that are not permitted under the other, also where one purpose covers the other.
- ``redaction_profile``. It does not decide who may pass, but what of a record remains, and no order of profiles is
  known here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from policies.decision import Decision, Effect, decide
from policies.document import Policy
from policies.facts import FACT_FIELDS, IN_ORDER, Facts
from policies.restated import SAME_FACTS, Moves, Restated, moves
from policies.space import Apart, Space

PARAMETERS = ("purpose", "retain_days", "notices", "redaction_profile", "commercial")
UNORDERED = ("purpose", "redaction_profile")
MAX_WITNESSES = 10


class Verdict(StrEnum):
    """What the second policy is beside the first."""

    EQUIVALENT = "equivalent"
    STRICTER = "stricter"
    LOOSER = "looser"
    INCOMPARABLE = "incomparable"

    @classmethod
    def of(cls, *, gains: bool, losses: bool) -> "Verdict":
        """Return the verdict on a policy that permits something more, something less, both or neither."""
        if gains and losses:
            return cls.INCOMPARABLE
        if gains:
            return cls.LOOSER
        return cls.STRICTER if losses else cls.EQUIVALENT


@dataclass(frozen=True, slots=True)
class Witness:
    """A record that one policy permits and the other denies.

    Attributes:
        facts: What is known of it under the first policy.
        restated: What the second policy's parameters make of some of these facts.
        before: What the first policy decides.
        after: What the second policy decides.
    """

    facts: Facts
    restated: Restated
    before: Decision
    after: Decision

    @property
    def gained(self) -> bool:
        """Whether it is the second policy that permits it."""
        return self.after.effect is Effect.PERMIT

    def given(self) -> dict[str, str | bool]:
        """Return the facts as a golden case gives them: only what differs from a record with which all is in order."""
        return _differing(self.facts)

    def document(self) -> dict[str, Any]:
        """Return the witness as JSON can carry it."""
        was = self.facts.document()
        becomes = {**was, **self.restated}
        return {
            "given": self.given(),
            "restated": {name: [was[name], becomes[name]] for name in self.restated if was[name] != becomes[name]},
            "before": self.before.document(),
            "after": self.after.document(),
        }


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """A parameter that differs, and what its change would be if nothing else had changed."""

    name: str
    before: Any
    after: Any
    verdict: Verdict

    def document(self) -> dict[str, Any]:
        """Return the change as JSON can carry it."""
        return {"name": self.name, "before": self.before, "after": self.after, "verdict": str(self.verdict)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a second policy is beside a first.

    Attributes:
        verdict: On the whole, parameters and rules.
        rules: On the same facts: of the rules, and of ``commercial``, alone.
        points: How many points there are.
        gained: Points that only the second permits, on the same facts.
        lost: Points that only the first permits, on the same facts.
        witnesses: For each way in which the decisions differ a record, the simplest there is; gained ones first.
        parameters: The parameters that differ.
    """

    before: Policy
    after: Policy
    verdict: Verdict
    rules: Verdict
    points: int
    gained: int
    lost: int
    witnesses: tuple[Witness, ...]
    parameters: tuple[ParameterChange, ...]

    def document(self) -> dict[str, Any]:
        """Return the comparison as JSON can carry it."""
        named = {
            side: {"policy_id": policy.policy_id, "version": policy.version}
            for side, policy in (("before", self.before), ("after", self.after))
        }
        return named | {
            "verdict": str(self.verdict),
            "rules": str(self.rules),
            "points": self.points,
            "gained": self.gained,
            "lost": self.lost,
            "witnesses": {
                side: [witness.document() for witness in self.witnesses if witness.gained is gained]
                for side, gained in (("gained", True), ("lost", False))
            },
            "parameters": [change.document() for change in self.parameters],
        }


def compare(before: Policy, after: Policy) -> Comparison:
    """Compare two policies at every point of the space of facts. Exact and deterministic.

    Args:
        before: The first policy, as a rule the one in force.
        after: The second one. The verdict is on this one.
    """
    space = Space((before, after), Apart.EFFECT)
    changed = [name for name in PARAMETERS if getattr(before, name) != getattr(after, name)]
    possible = moves(before, after)
    same = list(_differences(space, before, after, {}, {}))
    told = same if possible == SAME_FACTS else _all_differences(space, before, after, possible)
    unordered = any(name in UNORDERED for name in changed)
    return Comparison(
        before=before,
        after=after,
        verdict=Verdict.INCOMPARABLE if unordered else _verdict(told),
        rules=_verdict(same),
        points=space.points,
        gained=sum(points for witness, points in same if witness.gained),
        lost=sum(points for witness, points in same if not witness.gained),
        witnesses=_simplest(witness for witness, _ in told),
        parameters=tuple(_change(before, after, name) for name in changed),
    )


# ── parameters ──────────────────────────────────────────────────────────────────────────────────────────────


def _change(before: Policy, after: Policy, name: str) -> ParameterChange:
    """Return a change of one parameter with its own verdict: that of the first policy with this parameter only."""
    was, becomes = (policy.document()[name] for policy in (before, after))
    if name in UNORDERED:
        return ParameterChange(name, was, becomes, Verdict.INCOMPARABLE)
    changed = before.model_copy(update={name: getattr(after, name)})
    space = Space((before, changed), Apart.EFFECT)
    found = _all_differences(space, before, changed, moves(before, changed))
    return ParameterChange(name, was, becomes, _verdict(found))


# ── points that are decided differently ─────────────────────────────────────────────────────────────────────


def _all_differences(space: Space, before: Policy, after: Policy, possible: Moves) -> list[tuple[Witness, int]]:
    return [found for was, becomes in possible for found in _differences(space, before, after, was, becomes)]


def _differences(
    space: Space, before: Policy, after: Policy, was: Restated, becomes: Restated
) -> Iterator[tuple[Witness, int]]:
    """Yield a witness for every cell whose effect differs, with the number of its points."""
    for cell in space.cells(lambda one, other: (decide(before, one), decide(after, other)), (was, becomes)):
        first, second = cell.answer
        if first.effect is not second.effect:
            changed: dict[str, Any] = dict(was)
            yield Witness(replace(cell.facts, **changed), becomes, first, second), cell.points


def _verdict(found: list[tuple[Witness, int]]) -> Verdict:
    gained = {witness.gained for witness, _ in found}
    return Verdict.of(gains=True in gained, losses=False in gained)


def _simplest(witnesses: Iterable[Witness]) -> tuple[Witness, ...]:
    """Return of the witnesses that differ in the same way the simplest, gained ones first, at most some of each."""
    kinds: dict[tuple[Decision, Decision], Witness] = {}
    for witness in sorted(witnesses, key=_simplicity):
        kinds.setdefault((witness.before, witness.after), witness)
    sides = [[witness for witness in kinds.values() if witness.gained is gained] for gained in (True, False)]
    return tuple(witness for side in sides for witness in side[:MAX_WITNESSES])


def _simplicity(witness: Witness) -> tuple[int, list[int], list[str]]:
    given = witness.given()
    places = [FACT_FIELDS.index(name) for name in given]
    return len(given) + len(witness.restated), places, [str(value) for value in given.values()]


def _differing(facts: Facts) -> dict[str, str | bool]:
    usual = IN_ORDER.document()
    return {name: value for name, value in facts.document().items() if value != usual[name]}
