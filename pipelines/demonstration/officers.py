"""The demo's two officers: one writes its policy, the other approves it, and a release needs one of them.

Their keys are functions of the seed, like everything in a demonstration, and lie beside its logs so that a reader
can act for them. In a deployment each officer keeps their own.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineage.activation import policies_in_force, propose
from lineage.home import Home
from lineage.keys.files import ANYONE_READS, create_once, derived
from lineage.keys.officer_key import OfficerKey
from lineage.officers import Duty
from lineage.releasing import approve_release
from lineage.tlog.log import enter_statements
from pipelines.policy.activation import approve
from policies.document import DOCUMENTS, load_policies

DIRECTORY = "officers"
AUTHOR, APPROVER = "maria", "jonas"
DUTIES = {
    AUTHOR: (Duty.AUTHOR_POLICIES, Duty.APPROVE_RELEASES),
    APPROVER: (Duty.APPROVE_POLICIES, Duty.APPROVE_RELEASES),
}


def officer_key(seed: int, name: str) -> OfficerKey:
    """Return an officer's private key, a function of the seed and the name."""
    return OfficerKey(Ed25519PrivateKey.from_private_bytes(derived(str(seed).encode(), "demo-officer", name)))


def settle_officers(world: Path, seed: int) -> None:
    """Write both officers' keys under the world's directory; what stands there is left as it is."""
    directory = world / DIRECTORY
    directory.mkdir(exist_ok=True)
    for name in DUTIES:
        key = officer_key(seed, name)
        create_once(directory / f"{name}.key", key.private_key_pem())
        create_once(directory / f"{name}.pub", key.public_key_pem, ANYONE_READS)


def settings_lines(world: str) -> Sequence[str]:
    """Return what ``lineweight.yaml`` says of the officers, a line an element."""
    named = (f"  {name}: {{key: {world}/{DIRECTORY}/{name}.pub, may: [{', '.join(DUTIES[name])}]}}" for name in DUTIES)
    return ["officers:", *named]


def settle_policies(world: Path) -> None:
    """Copy the documents that ship, so that a reader can change them and see what the change would do."""
    (world / "policies").mkdir(exist_ok=True)
    for document in sorted(DOCUMENTS.glob("*.yaml")):
        (world / "policies" / document.name).write_bytes(document.read_bytes())


def release(home: Home, snapshot: str, seed: int, at: datetime) -> None:
    """Let everybody train on a snapshot for a while, in an officer's name."""
    because = "A demonstration: the counts by reason were looked at."
    approve_release(home, snapshot, at, officer_key(seed, AUTHOR), because=because)
    enter_statements(home, at)


def activate(home: Home, documents: Path, seed: int, at: datetime) -> None:
    """Put the world's documents in force: one officer proposes each, the other approves.

    Raises:
        ActivationError: A document is not fit to be in force.
    """
    in_force = [active.policy for active in policies_in_force(home).values()]
    for policy in load_policies(documents):
        if policy in in_force:
            continue
        propose(home, policy, officer_key(seed, AUTHOR), at)
        approve(home, policy.policy_id, policy.version, officer_key(seed, APPROVER), at)
