"""Which policies decide in a deployment, and their entry in its ledger.

Files say what is in force; the ledger remembers it. A version that the ledger knows and the files no longer
show was taken away, and with it perhaps a refusal: then nothing decides.
"""

from datetime import datetime
from pathlib import Path

from lineage.activation import (
    ActivationError,
    ActivePolicy,
    PolicyVersion,
    VersionState,
    history,
    policies_in_force,
    require_tested,
)
from lineage.activation import approve as approve_files
from lineage.canonical import digest_of
from lineage.dsse import Signer
from lineage.home import Home
from lineage.ledger.entries import Artifact
from lineage.policy_versions import version_directory
from lineage.tlog.log import enter_statements
from policies.document import load_policies

ARTIFACT = "policy"
CAME_INTO_FORCE = (VersionState.IN_FORCE, VersionState.SUPERSEDED)


def active_policies(home: Home, documents: Path) -> dict[str, ActivePolicy]:
    """Return the policies that decide, by id.

    Args:
        home: Where there are officers, the versions that two of them signed are in force there.
        documents: Directory of policy documents; where there are no officers they decide as they stand.

    Raises:
        LineweightError: Nothing is in force, or it does not verify, or a version in force is gone; a policy's
            golden cases fail or leave a rule untested.
    """
    if not home.officers:
        active = {policy.policy_id: ActivePolicy(policy) for policy in load_policies(documents)}
        for found in active.values():
            require_tested(found.policy)
        return active
    active = policies_in_force(home)
    if not active:
        remedy = "Sign one with `lineweight policy propose`; another officer approves it with `policy approve`."
        raise ActivationError("No policy is in force: no version was signed by two officers.", remedy=remedy)
    _require_remembered(home, active)
    return active


def approve(home: Home, policy_id: str, version: int, key: Signer, approved_at: datetime) -> PolicyVersion:
    """Put a proposed version in force by a second officer's signature, and enter it in ledger and log.

    Raises:
        LineweightError: As `lineage.activation.approve`.
    """
    _enter(home, policy_id, approved_at)  # what an approval that broke off has not entered
    approved = approve_files(home, policy_id, version, key)
    _enter(home, policy_id, approved_at)
    enter_statements(home, approved_at)
    return approved


def _enter(home: Home, policy_id: str, recorded_at: datetime) -> None:
    """Enter every version of a policy that came into force and that the ledger does not know yet."""
    ledger = home.ledger()
    known = {entered.version for entered in ledger.artifacts(ARTIFACT) if entered.name == policy_id}
    for found in history(home, policy_id):
        if found.state in CAME_INTO_FORCE and f"v{found.version}" not in known:
            ledger.add_artifact(
                Artifact(
                    kind=ARTIFACT,
                    name=policy_id,
                    version=f"v{found.version}",
                    directory=version_directory(policy_id, found.version),
                    digest=found.digest,
                    statement_digest=found.statement_digest,
                    recorded_at=recorded_at,
                )
            )


def _require_remembered(home: Home, active: dict[str, ActivePolicy]) -> None:
    """Do nothing if what the ledger knows to have come into force is in force, or something newer is."""
    for entered in home.ledger().artifacts(ARTIFACT):
        version, found = int(entered.version.removeprefix("v")), active.get(entered.name)
        label = f"{entered.name} version {version}"
        if found is None or found.policy.version < version:
            raise ActivationError(f"{label} came into force and is gone.", remedy="Restore it from a copy.")
        if found.policy.version == version and digest_of(found.policy.document()) != entered.digest:
            raise ActivationError(f"{label} is not the one that came into force.", remedy="Restore it from a copy.")
