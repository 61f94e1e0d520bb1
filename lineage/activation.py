"""Two people put a version of a policy in force: its author proposes it, another officer approves it.

Versions rise. Each names the content that was in force when it was proposed, so an approver approves a known
change; and none is replaced once both have signed.
"""

from datetime import datetime

from lineage.canonical import canonical_json, sha256_hex
from lineage.dsse import Signer, countersigned
from lineage.officers import Duty, Officers
from lineage.place import Place
from lineage.policy_versions import (
    ACTIVATION_FILE,
    ACTIVATION_PREDICATE,
    POLICY_FILE,
    Activation,
    ActivationError,
    ActivePolicy,
    PolicyVersion,
    VersionState,
    history,
    newest_signed_by_two,
    policies_in_force,
    proposed_versions,
    read_version,
    require_tested,
    version_directory,
)
from lineage.statement import sign_statement, statement_of
from policies.document import Policy, load_policy
from policies.errors import UsageError

__all__ = [
    "ACTIVATION_PREDICATE",
    "Activation",
    "ActivationError",
    "ActivePolicy",
    "PolicyVersion",
    "VersionState",
    "approve",
    "history",
    "policies_in_force",
    "propose",
    "require_tested",
]


def propose(place: Place, policy: Policy, author_key: Signer, proposed_at: datetime) -> PolicyVersion:
    """File a version of a policy, signed by its author; it decides nothing until another officer approves it.

    A proposal of the same version that nobody approved is replaced.

    Args:
        place: The deployment, with its officers.
        policy: The document.
        author_key: The author's private key.
        proposed_at: UTC.

    Raises:
        ActivationError: There are no officers, nobody who may write policies signs, the version does not rise,
            the content is what is in force already, a case fails, or a rule has none.
    """
    author = _officer(place.officers, author_key, Duty.AUTHOR_POLICIES)
    before = _in_force(place, policy.policy_id)
    _require_rising(policy, before)
    require_tested(policy)
    data = canonical_json(policy.document())
    said = Activation(
        policy_id=policy.policy_id,
        version=policy.version,
        purpose=policy.purpose,
        previous=_digest(before),
        author=author,
        proposed_at=proposed_at,
    )
    statement = statement_of({POLICY_FILE: sha256_hex(data)}, ACTIVATION_PREDICATE, said.document())
    directory = version_directory(policy.policy_id, policy.version)
    place.warehouse.delete_file(f"{directory}/{ACTIVATION_FILE}")  # without it there is no such version
    place.warehouse.write(f"{directory}/{POLICY_FILE}", data)
    place.warehouse.write(f"{directory}/{ACTIVATION_FILE}", sign_statement(statement, [author_key]))
    return _version(place, policy.policy_id, policy.version)


def approve(place: Place, policy_id: str, version: int, key: Signer) -> PolicyVersion:
    """Put a proposed version in force by the signature of a second officer.

    Raises:
        UsageError: There is no such version.
        ActivationError: There are no officers, nobody who may approve policies signs, its author does, it was
            approved already, or another version came into force since it was proposed.
        LineweightError: A file is not the one its author signed.
    """
    approver = _officer(place.officers, key, Duty.APPROVE_POLICIES)
    label = f"{policy_id} version {version}"
    if version not in proposed_versions(place.warehouse, policy_id):
        raise UsageError(f"{label}: nobody proposed it.", remedy="`lineweight policy history` shows what there is.")
    found = read_version(place.warehouse, policy_id, version, place.officers)
    if found.approver is not None:
        raise ActivationError(f"{label}: was approved already, by {found.approver}.")
    if found.said.author == approver:
        remedy = "Another officer, who may approve policies, has to look at it."
        raise ActivationError(f"{label}: {approver} wrote it, and does not approve it too.", remedy=remedy)
    if found.said.previous != _digest(_in_force(place, policy_id)):
        remedy = "Propose it again, with a higher version: its author has to see what it would replace now."
        raise ActivationError(f"{label}: was proposed when another version was in force.", remedy=remedy)
    require_tested(found.policy)
    directory = version_directory(policy_id, version)
    place.warehouse.write(f"{directory}/{ACTIVATION_FILE}", countersigned(found.envelope, key))
    return _version(place, policy_id, version)


def _officer(officers: Officers, key: Signer, duty: Duty) -> str:
    """Return who signs, if they have the duty."""
    if not officers:
        remedy = "Name officers and their keys in lineweight.yaml; `lineweight officer new` makes a pair of keys."
        raise ActivationError("This deployment has no officers: its documents decide as they stand.", remedy=remedy)
    name = officers.name_of(key.key_id)
    remedy = f"Those who may {duty}: {', '.join(officers.names(duty)) or 'nobody'}."
    if name is None:
        raise ActivationError("The key is no officer's.", remedy=remedy)
    if not officers.has_duty(key.key_id, duty):
        raise ActivationError(f"{name} may not {duty}.", remedy=remedy)
    return name


def _in_force(place: Place, policy_id: str) -> tuple[int, bytes] | None:
    """Return the newest version that two signed, and its file as it stands, whether or not it still verifies.

    Who left takes their signature along; the next version succeeds what they signed all the same.
    """
    version = newest_signed_by_two(place.warehouse, policy_id)
    if version is None:
        return None
    return version, place.warehouse.read(f"{version_directory(policy_id, version)}/{POLICY_FILE}")


def _digest(before: tuple[int, bytes] | None) -> str | None:
    return None if before is None else sha256_hex(before[1])


def _require_rising(policy: Policy, before: tuple[int, bytes] | None) -> None:
    if before is None:
        return
    version, data = before
    label = f"{policy.policy_id} version {policy.version}"
    if policy.version <= version:
        remedy = f"Write version: {version + 1} in the document, or higher."
        raise ActivationError(f"{label}: version {version} is in force, and versions rise.", remedy=remedy)
    if load_policy(data, POLICY_FILE).model_copy(update={"version": policy.version}) == policy:
        raise ActivationError(f"{label}: says what version {version} says, which is in force.")


def _version(place: Place, policy_id: str, version: int) -> PolicyVersion:
    return next(found for found in history(place, policy_id) if found.version == version)
