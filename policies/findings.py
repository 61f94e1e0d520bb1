"""What a policy's rules do to one another: rules that never decide, and rules that speak of the same records.

Exact, as everything that goes through the space of facts. A rule that never fires is no fault, but nearly always
a mistake: its author believes that it does something.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.decision import Decision, decide
from policies.document import Policy
from policies.facts import Facts
from policies.rule import Rule
from policies.space import Apart, Space


class FindingKind(StrEnum):
    """What was found of a rule; shown and counted, so members are never renamed."""

    SHADOWED = "shadowed"
    OVERRULED = "overruled"
    CONTRADICTORY = "contradictory"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a rule that its author should know.

    Attributes:
        kind: ``shadowed``: earlier rules decide all that it speaks of. ``overruled``: a permit rule whose every record
            a deny rule denies. ``contradictory``: all that it speaks of is denied by Lineweight itself.
            ``overlap``: it and a later rule speak of one record, and this one decides.
        rule: The rule's id.
        by: Ids of the rules that decide in its place; of an overlap, of the later rule. One id where one rule is
            enough by itself.
        reasons: Of a contradictory rule: why Lineweight denies what it speaks of.
    """

    kind: FindingKind
    rule: str
    by: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def dead(self) -> bool:
        """Whether the rule never decides anything."""
        return self.kind is not FindingKind.OVERLAP

    def sentence(self) -> str:
        """Return what was found, for a person."""
        others = " and ".join(self.by)
        match self.kind:
            case FindingKind.SHADOWED:
                return f"{self.rule} never decides: {others} decides before it."
            case FindingKind.OVERRULED:
                return f"{self.rule} never permits: {others} denies everything it speaks of."
            case FindingKind.CONTRADICTORY:
                return f"{self.rule} never decides: what it speaks of is always denied ({', '.join(self.reasons)})."
            case FindingKind.OVERLAP:
                return f"{self.rule} and {others} speak of the same records; there {self.rule} decides."

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON can carry it."""
        return {
            "kind": str(self.kind),
            "rule": self.rule,
            "by": list(self.by),
            "reasons": list(self.reasons),
            "sentence": self.sentence(),
        }


def findings(policy: Policy) -> tuple[Finding, ...]:
    """Return what there is to know of a policy's rules, in their order: dead ones first, then overlaps."""
    space = Space((policy,), Apart.REASON)
    dead = [finding for rule in policy.rules if (finding := _dead(space, policy, rule)) is not None]
    return (*dead, *_overlaps(space, policy, {finding.rule for finding in dead}))


def _dead(space: Space, policy: Policy, rule: Rule) -> Finding | None:
    """Return what is to be said of a rule that decides nothing; ``None`` of one that does."""

    def decided(facts: Facts) -> Decision | None:
        return decide(policy, facts) if rule.when.met_by(facts) else None

    decisions = set[Decision]()
    for cell in space.cells(decided):
        if cell.answer is not None:
            decisions.add(cell.answer)
            if cell.answer.rule == rule.id:
                return None
    instead = {decision.rule for decision in decisions}
    by = tuple(one.id for one in policy.rules if one.id in instead)
    if not by:
        reasons = sorted({decision.reason for decision in decisions})
        return Finding(FindingKind.CONTRADICTORY, rule.id, reasons=tuple(reasons))
    enough = next((one.id for one in policy.rules if one.id in by and _covers(space, policy, one, rule)), None)
    overruled = rule in policy.permit and all(one.id not in by for one in policy.permit)
    kind = FindingKind.OVERRULED if overruled else FindingKind.SHADOWED
    return Finding(kind, rule.id, by=(enough,) if enough else by)


def _covers(space: Space, policy: Policy, rule: Rule, other: Rule) -> bool:
    """Return whether a rule applies wherever another does and some rule decides."""

    def left_over(facts: Facts) -> bool:
        met = other.when.met_by(facts)
        return met and decide(policy, facts).rule is not None and not rule.when.met_by(facts)

    return not any(cell.answer for cell in space.cells(left_over))


def _overlaps(space: Space, policy: Policy, dead: set[str]) -> Iterator[Finding]:
    for rules in (policy.deny, policy.permit):
        living = [rule for rule in rules if rule.id not in dead]
        for place, rule in enumerate(living):
            for later in living[place + 1 :]:
                if _overlap(space, policy, rule, later):
                    yield Finding(FindingKind.OVERLAP, rule.id, by=(later.id,))


def _overlap(space: Space, policy: Policy, rule: Rule, later: Rule) -> bool:
    """Return whether a rule decides some record of which a later one speaks too."""

    def both(facts: Facts) -> bool:
        return rule.when.met_by(facts) and later.when.met_by(facts) and decide(policy, facts).rule == rule.id

    return any(cell.answer for cell in space.cells(both))
