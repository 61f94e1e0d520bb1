"""Whether policy documents hold together: each read, tested, its version held against what came into force."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.policy.documents import PolicyDocuments
from policies.cases import Checked, check
from policies.document import Policy, read_policies
from policies.faults import Fault, fault_of
from policies.findings import Finding, findings

if TYPE_CHECKING:
    from lineage.policy_versions import PolicyVersion

AS_IT_STANDS = "decides as it stands"
NOT_PROPOSED = "not proposed"


@dataclass(frozen=True)
class CheckedDocument:
    """What was found about one sound document.

    Attributes:
        file: Its name.
        outcome: Of its golden cases.
        standing: Whether it is in force here, proposed or superseded; without officers it decides as it stands.
        faults: What keeps it from being used.
        findings: What its author should know of its rules.
    """

    file: str
    outcome: Checked
    standing: str
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """Return what was found as JSON can carry it."""
        return self.outcome.document() | {
            "file": self.file,
            "passed": not self.faults,
            "standing": self.standing,
            "findings": [finding.document() for finding in self.findings],
        }


@dataclass(frozen=True)
class CheckedPolicies:
    """What was found about all documents asked about.

    Attributes:
        checked: The sound ones, in order of policy id.
        faults: Every fault of every file.
    """

    checked: tuple[CheckedDocument, ...]
    faults: tuple[Fault, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with any of them."""
        return not self.faults

    def document(self) -> dict[str, Any]:
        """Return what was found as JSON can carry it."""
        return {
            "passed": self.passed,
            "faults": [fault.document() for fault in self.faults],
            "policies": [one.document() for one in self.checked],
        }


def check_policies(paths: Sequence[Path], documents: PolicyDocuments) -> CheckedPolicies:
    """Check policy documents, going on where one has a fault, so that all are told at once.

    Args:
        paths: Files and directories; the directory of the setting ``policies`` if there are none.
        documents: The home whose history versions are held against.

    Raises:
        LineweightError: The home's history cannot be read.
    """
    read = read_policies(paths or [documents.settings.policies])
    checked = tuple(_checked(file, policy, documents) for file, policy in read.policies.items())
    told = [fault_of(fault) for fault in read.faults]
    return CheckedPolicies(checked, (*told, *(fault for one in checked for fault in one.faults)))


def _checked(file: str, policy: Policy, documents: PolicyDocuments) -> CheckedDocument:
    outcome, history = check(policy), documents.history(policy.policy_id)
    faults = (*_untested(file, outcome), *_not_raised(file, policy, history))
    standing = _standing(policy, history) if documents.settings.officers else AS_IT_STANDS
    return CheckedDocument(file, outcome, standing, faults, findings(policy))


def _untested(file: str, outcome: Checked) -> Iterator[Fault]:
    for place, result in enumerate(outcome.results):
        if not result.passed:
            expected, decided = result.case.expect, result.decision
            message = (
                f"'{result.case.name}': expected {expected.effect} ({expected.reason}), "
                f"decided {decided.effect} ({decided.reason})"
            )
            yield Fault(file, f"cases.{place}", message, "Correct the case, or the rules.")
    for rule in outcome.untested:
        message = f"rule {rule}: no case that passes is decided by it"
        yield Fault(file, "cases", message, f"Add a case that comes to {rule}.")


def _not_raised(file: str, policy: Policy, history: Sequence["PolicyVersion"]) -> Iterator[Fault]:
    """Yield what is wrong with a document's version beside the versions that came into force."""
    in_force = [one for one in history if one.approver is not None]
    newest = max((one.version for one in in_force), default=0)
    same = any(one.version == policy.version and one.policy == policy for one in in_force)
    if policy.version <= newest and not same:
        message = f"version {newest} came into force, and this is another content"
        yield Fault(file, "version", message, f"Raise the version to {newest + 1}.")
    for one in history:
        if one.fault:
            remedy = "`lineweight policy history` tells more; restore it from a copy."
            yield Fault(file, f"version {one.version} of the history", one.fault, remedy)


def _standing(policy: Policy, history: Sequence["PolicyVersion"]) -> str:
    found = next((one for one in history if one.policy == policy), None)
    return NOT_PROPOSED if found is None else str(found.state)
