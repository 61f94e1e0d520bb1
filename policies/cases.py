"""Golden cases: running the examples of a policy against its rules, and finding rules without one."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from policies.decision import Decision, decide
from policies.document import Policy
from policies.rule import Case


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A golden case and what the rules decided about it."""

    case: Case
    decision: Decision

    @property
    def passed(self) -> bool:
        """Whether effect and reason are the expected ones."""
        expected = self.case.expect
        return (self.decision.effect, self.decision.reason) == (expected.effect, expected.reason)

    def document(self) -> dict[str, Any]:
        """Return the result as JSON can carry it."""
        expected = {"effect": self.case.expect.effect.value, "reason": self.case.expect.reason}
        decided = self.decision.document()
        return {"name": self.case.name, "passed": self.passed, "expected": expected, "decided": decided}


@dataclass(frozen=True, slots=True)
class Checked:
    """A policy's cases, what was decided about them, and how far they reach."""

    policy: Policy
    results: tuple[CaseResult, ...]

    @property
    def coverage(self) -> dict[str, int]:
        """How many cases that pass each rule decides, by rule id, in the order in which rules are tried.

        That a case merely meets a rule's condition is not enough: an earlier rule may have decided.
        """
        decided = Counter(result.decision.rule for result in self.results if result.passed)
        return {rule.id: decided[rule.id] for rule in self.policy.rules}

    @property
    def untested(self) -> tuple[str, ...]:
        """The ids of the rules that decide no case that passes."""
        return tuple(rule for rule, cases in self.coverage.items() if not cases)

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that were not decided as expected."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def passed(self) -> bool:
        """Whether every case is decided as expected and every rule has one."""
        return not self.failed and not self.untested

    def document(self) -> dict[str, Any]:
        """Return the outcome as JSON can carry it."""
        return {
            "policy_id": self.policy.policy_id,
            "version": self.policy.version,
            "purpose": self.policy.purpose,
            "rules": len(self.policy.rules),
            "passed": self.passed,
            "cases": [result.document() for result in self.results],
            "coverage": self.coverage,
            "untested_rules": list(self.untested),
        }


def check(policy: Policy) -> Checked:
    """Run a policy's golden cases."""
    return Checked(policy, tuple(CaseResult(case, decide(policy, case.given.facts())) for case in policy.cases))
