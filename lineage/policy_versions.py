"""The versions of a deployment's policies: which were proposed, which decides, and who put it in force.

::

    policies/<id>/v<k>/policy.json             canonical bytes of the document
    policies/<id>/v<k>/activation.dsse.json    one statement about it; signed by its author, then by an approver

A version that only its author signed is a proposal and decides nothing. Of those that two signed the newest
decides. If that one does not verify, nothing does: an older version is never taken in its stead.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from lineage.canonical import canonical_json, sha256_hex
from lineage.dsse import SignatureRefusedError, claimed_signers
from lineage.manifest import Digest, Instant
from lineage.officers import Duty, Officers
from lineage.place import Place
from lineage.predicate import Predicate, read_predicate
from lineage.snapshot import VERSION
from lineage.statement import Opened, open_envelope
from lineage.warehouse import Warehouse
from policies.cases import check
from policies.document import Policy, load_policy
from policies.errors import LineweightError

ACTIVATION_PREDICATE = "https://lineweight.dev/attestation/policy-activation/v1"
ROOT = "policies"
POLICY_FILE = "policy.json"
ACTIVATION_FILE = "activation.dsse.json"
SIGNATURES = 2


class ActivationError(LineweightError):
    """A version of a policy cannot be put in force, or what put it in force does not hold."""

    remedy = "`lineweight policy history` shows every version, who wrote it and who approved it."


class VersionState(StrEnum):
    """Where a version stands; told in reports, so members are never renamed."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    UNVERIFIED = "unverified"


class Activation(Predicate):
    """What author and approver both sign about the bytes of a policy.

    Attributes:
        previous: SHA-256 of the ``policy.json`` that was in force when this was proposed; ``None`` for the first.
        author: The officer who proposed it.
        proposed_at: UTC.
    """

    policy_id: str
    version: Annotated[int, Field(ge=1)]
    purpose: str
    previous: Digest | None
    author: str
    proposed_at: Instant


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version as its files tell it.

    Attributes:
        policy: The document as it stands in the file.
        digest: SHA-256 of the file, in hexadecimal: the policy's digest.
        author: Who proposed it; empty where that does not verify.
        approver: Who approved it; ``None`` where nobody did.
        proposed_at: UTC; ``None`` where that does not verify.
        statement_digest: SHA-256 of what was signed, in hexadecimal; empty where it does not verify.
        fault: Why it does not verify; empty where it does.
    """

    policy: Policy
    version: int
    digest: str
    state: VersionState
    author: str = ""
    approver: str | None = None
    proposed_at: datetime | None = None
    statement_digest: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ActivePolicy:
    """A policy that decides, and the envelope by which two people put it in force, where people have to."""

    policy: Policy
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """A version whose author's signature was verified, and the approver's if it has one."""

    policy: Policy
    digest: str
    said: Activation
    approver: str | None
    statement_digest: str
    envelope: bytes


def version_directory(policy_id: str, version: int) -> str:
    """Return where a version of a policy lies in a warehouse."""
    return f"{ROOT}/{policy_id}/v{version}"


def policies_in_force(place: Place) -> dict[str, ActivePolicy]:
    """Return the policies that two officers put in force, by id.

    Raises:
        LineweightError: The newest version of one that has two signatures does not verify, or its cases fail.
    """
    active = {}
    for policy_id in place.warehouse.directories(ROOT):
        if (version := newest_signed_by_two(place.warehouse, policy_id)) is not None:
            found = read_version(place.warehouse, policy_id, version, place.officers)
            require_tested(found.policy)
            active[policy_id] = ActivePolicy(found.policy, found.envelope)
    return active


def history(place: Place, policy_id: str) -> list[PolicyVersion]:
    """Return every version of a policy that was proposed, from the first to the last; none, if there is none.

    Raises:
        PolicyError: A ``policy.json`` is no policy.
        WarehouseError: One is missing.
    """
    deciding = newest_signed_by_two(place.warehouse, policy_id)
    return [_told(place, policy_id, version, deciding) for version in proposed_versions(place.warehouse, policy_id)]


def proposed_versions(warehouse: Warehouse, policy_id: str) -> list[int]:
    """Return the versions of a policy that somebody signed, rising."""
    found = (VERSION.fullmatch(name) for name in warehouse.directories(f"{ROOT}/{policy_id}"))
    versions = sorted(int(match[1]) for match in found if match)
    return [version for version in versions if warehouse.exists(_file(policy_id, version, ACTIVATION_FILE))]


def newest_signed_by_two(warehouse: Warehouse, policy_id: str) -> int | None:
    """Return the newest version that is more than a proposal by its envelope, whether or not that verifies."""
    for version in reversed(proposed_versions(warehouse, policy_id)):
        try:
            proposal = len(claimed_signers(warehouse.read(_file(policy_id, version, ACTIVATION_FILE)))) < SIGNATURES
        except SignatureRefusedError:
            proposal = False  # what cannot be read is not passed over for something older
        if not proposal:
            return version
    return None


def read_version(warehouse: Warehouse, policy_id: str, version: int, officers: Officers) -> SignedVersion:
    """Return a version of a policy, if its author signed it and nobody but a second officer did further.

    Raises:
        SignatureRefusedError: No officer signed it, or one's signature does not match.
        PredicateError: What was signed is no activation.
        ActivationError: Its author may not write policies, its approver may not approve them, or the file is
            not the one that was signed.
        LineweightError: A file is missing, or is no policy.
    """
    label = f"{policy_id} version {version}"
    envelope = warehouse.read(_file(policy_id, version, ACTIVATION_FILE))
    opened = open_envelope(envelope, officers.keys)
    said = read_predicate(opened, ACTIVATION_PREDICATE, Activation, f"The activation of {label}")
    _require(said.policy_id == policy_id and said.version == version, f"{label}: another version was signed.")
    policy = _policy(warehouse.read(_file(policy_id, version, POLICY_FILE)), opened, said, label)
    approver = _approver(opened, said, officers, label)
    _require(approver is not None or len(claimed_signers(envelope)) < SIGNATURES, f"{label}: nobody who may approved.")
    return SignedVersion(policy, opened.artifacts[POLICY_FILE], said, approver, opened.statement_digest, envelope)


def require_tested(policy: Policy) -> None:
    """Do nothing if every golden case of a policy is decided as expected, and every rule has one.

    Raises:
        ActivationError: Otherwise; it names the cases and the rules.
    """
    outcome = check(policy)
    faults = [f"case '{result.case.name}' fails" for result in outcome.failed]
    faults += [f"rule {rule} has no case that passes" for rule in outcome.untested]
    if faults:
        remedy = "Correct rules or cases; `lineweight policy test` shows what was decided."
        raise ActivationError(f"{policy.policy_id} version {policy.version}: {'; '.join(faults)}.", remedy=remedy)


def _told(place: Place, policy_id: str, version: int, deciding: int | None) -> PolicyVersion:
    try:
        found = read_version(place.warehouse, policy_id, version, place.officers)
    except LineweightError as error:
        data = place.warehouse.read(_file(policy_id, version, POLICY_FILE))
        policy = load_policy(data, _file(policy_id, version, POLICY_FILE))
        return PolicyVersion(policy, version, sha256_hex(data), VersionState.UNVERIFIED, fault=str(error))
    state = VersionState.PROPOSED
    if found.approver is not None:
        state = VersionState.IN_FORCE if version == deciding else VersionState.SUPERSEDED
    return PolicyVersion(
        policy=found.policy,
        version=version,
        digest=found.digest,
        state=state,
        author=found.said.author,
        approver=found.approver,
        proposed_at=found.said.proposed_at,
        statement_digest=found.statement_digest,
    )


def _policy(data: bytes, opened: Opened, said: Activation, label: str) -> Policy:
    same = opened.artifacts == {POLICY_FILE: sha256_hex(data)}
    _require(same, f"{label}: {POLICY_FILE} is not the file that was signed.")
    policy = load_policy(data, POLICY_FILE)
    _require(canonical_json(policy.document()) == data, f"{label}: {POLICY_FILE} is not in canonical form.")
    same = (policy.policy_id, policy.version, policy.purpose) == (said.policy_id, said.version, said.purpose)
    _require(same, f"{label}: {POLICY_FILE} is another policy than was signed.")
    return policy


def _approver(opened: Opened, said: Activation, officers: Officers, label: str) -> str | None:
    """Return who approved a version, having made sure that its author signed it and may write policies."""
    signers = {officers.name_of(key_id): key_id for key_id in opened.key_ids}
    may_write = said.author in signers and officers.has_duty(signers[said.author], Duty.AUTHOR_POLICIES)
    _require(may_write, f"{label}: is not signed by its author, or its author may not write policies.")
    may_approve = officers.names(Duty.APPROVE_POLICIES)
    return next((name for name in may_approve if name in signers and name != said.author), None)


def _file(policy_id: str, version: int, name: str) -> str:
    return f"{version_directory(policy_id, version)}/{name}"


def _require(kept: bool, fault: str) -> None:
    if not kept:
        raise ActivationError(fault)
