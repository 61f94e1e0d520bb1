"""Golden cases: running the examples of a policy against its rules, and finding rules without one."""

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
    """A policy's cases, and the ids of its rules that no case comes to."""

    policy: Policy
    results: tuple[CaseResult, ...]
    untested: tuple[str, ...]

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
            "untested_rules": list(self.untested),
        }


def check(policy: Policy) -> Checked:
    """Run a policy's golden cases.

    A rule is tested when it decides a case that passes; that a case merely meets its condition is not
    enough, because an earlier rule may have decided.
    """
    results = tuple(CaseResult(case, decide(policy, case.given.facts())) for case in policy.cases)
    tested = {result.decision.rule for result in results if result.passed}
    return Checked(policy, results, tuple(rule.id for rule in policy.rules if rule.id not in tested))
