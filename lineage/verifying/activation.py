"""Did two people put the policy of this snapshot in force?"""

from collections.abc import Sequence

from lineage.dsse import logs_of
from lineage.policy_versions import ACTIVATION_PREDICATE, POLICY_FILE, SIGNATURES, Activation
from lineage.predicate import read_predicate
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey, open_envelope
from lineage.verifying.links import Chain, Link, require

NO_ACTIVATION = "Policy: nobody but the deployment itself put this version in force."
NO_NEWER = "Policy: whether a newer version was in force when the snapshot was made was not asked."
NO_DUTIES = "Policy: whether those who put it in force had the duty to was not asked; the deployment's settings say."


def verify_activation(chain: Chain, snapshot: Snapshot, trusted: Sequence[TrustedKey]) -> None:
    """Verify that two trusted people, neither of them a key of who signed the snapshot, activated its policy.

    Where the manifest names no activation, that is noted and nothing is verified.

    Raises:
        BrokenLinkError: They did not, or activated another policy.
    """
    stated = snapshot.manifest.policy
    if stated.activation is None:
        chain.passes_over(NO_ACTIVATION)
        return
    with chain.testing(Link.ACTIVATION):
        path = stated.activation.path
        opened = open_envelope(snapshot.file(path, stated.activation.sha256), trusted)
        said = read_predicate(opened, ACTIVATION_PREDICATE, Activation, path)
        require(opened.artifacts == {POLICY_FILE: stated.digest}, f"{path}: is about another policy than decided.")
        same = (said.policy_id, said.version) == (stated.policy_id, stated.version)
        require(same, f"{path}: is about another policy, or another version, than the manifest names.")
        own = logs_of(snapshot.key_ids, trusted)
        people = [key_id for key_id in opened.key_ids if not logs_of([key_id], trusted) & own]
        require(len(people) >= SIGNATURES, f"{path}: is not signed by two trusted people.")
    chain.holds(Link.ACTIVATION, f"proposed by {said.author}, signed by {', '.join(key[:16] for key in people)}")
    chain.passes_over(NO_DUTIES)
    chain.passes_over(NO_NEWER)
