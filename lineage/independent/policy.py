"""The policy of a snapshot, and the two people who put it in force."""

from .canonical import document_of
from .case import Case, Snapshot, signed_by
from .envelopes import ACTIVATION
from .manifest import PURPOSE
from .report import require
from .shapes import closed, covers, digest, holds, instant, nullable, ordinal, said, slug

ACTIVATED = closed(
    policy_id=slug, version=ordinal, purpose=PURPOSE, previous=nullable(digest), author=said, proposed_at=instant
)


def verify_policy(case: Case, snapshot: Snapshot) -> None:
    """Links ``policy`` and ``activation``: which policy, and which two people put it in force."""
    stated = snapshot.manifest["policy"]
    with case.report.link("policy") as told:
        policy = document_of(snapshot.attached("policy"), stated["path"])
        holds(policy_id=slug, version=ordinal, purpose=PURPOSE, redaction_profile=said)(policy, stated["path"])
        require(stated["digest"] == stated["sha256"], "the policy's digest is not that of its file")
        named = (policy["policy_id"], policy["version"])
        require(named == (stated["policy_id"], stated["version"]), "policy.json is another policy")
        require(covers(policy["purpose"], snapshot.manifest["purpose"]), "the policy is for another purpose")
        redacted = snapshot.manifest["redaction"]["profile"]
        require(policy["redaction_profile"] == redacted, "the policy asks for another redaction")
        told.append(f"{stated['policy_id']}@v{stated['version']}")
    with case.report.link("activation") as told:
        if stated["activation"] is None:
            told.append("none: the deployment alone put the policy in force")
            return
        name = stated["activation"]["path"]
        activation = case.verified(snapshot.files.signed(name, stated["activation"]["sha256"]), name, ACTIVATION)
        ACTIVATED(activation.predicate, name)
        require(activation.artifacts == {"policy.json": stated["digest"]}, "the activation is about another policy")
        named = (activation.predicate["policy_id"], activation.predicate["version"])
        require(named == (stated["policy_id"], stated["version"]), "the activation names another policy")
        require(activation.predicate["purpose"] == policy["purpose"], "the activation is for another purpose")
        others = activation.signers - case.trust.kin(set(snapshot.statement.signers))
        require(len(others) >= 2, "fewer than two people who did not sign the snapshot put the policy in force")
        told.append(signed_by(activation))
