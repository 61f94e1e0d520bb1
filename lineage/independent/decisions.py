"""Decisions: each is its digest's and the policy's, and as many are permitted as there are records."""

from collections import Counter
from typing import Any

from .canonical import canonical, document_of, sha256_hex
from .case import Case, Snapshot
from .consents import AGE_BAND, JURISDICTION, STATES
from .report import require
from .shapes import ascending, closed, count, digest, listed, nullable, one_of, said, truth

FACTS = closed(
    data_subject_known=truth,
    consent_at_use=one_of(*STATES),
    consent_at_collection=one_of(*STATES, "retroactive"),
    legal_basis=one_of("none", "consent", "contract", "legitimate-interest"),
    notice=one_of("unknown", "outdated", "accepted"),
    expressed_by=one_of("nobody", "other", "data-subject", "guardian"),
    categories_covered=truth,
    jurisdiction=JURISDICTION,
    age_band=AGE_BAND,
    tenant_scope=one_of("unknown", "none", "tenant-only", "shared"),
    purpose_in_agreement=truth,
    region_allowed=truth,
    pool=one_of("tenant", "shared"),
    participants=one_of("none", "all-permit", "not-all-permit"),
    licence=one_of("commercial", "non-commercial", "unknown"),
    retention_exceeded=truth,
)
DECISION = closed(
    facts=FACTS,
    policy=digest,
    effect=one_of("permit", "deny"),
    reason=said,
    rule=nullable(said),
    digest=digest,
    records=count,
)


def decisions_of(data: bytes, policy: str) -> dict[str, dict[str, Any]]:
    """Return distinct decisions by digest: each is its digest's, and the policy's."""
    told = document_of(data, "decisions.json")
    listed(DECISION)(told, "decisions.json")
    require(ascending([one["digest"] for one in told]), "decisions.json is not in order")
    for one in told:
        decided = {name: one[name] for name in ("facts", "policy", "effect", "reason", "rule")}
        require(sha256_hex(canonical(decided)) == one["digest"], "a decision is not the one of its digest")
        require(one["policy"] == policy, "a decision was made by another policy")
        require((one["effect"] == "permit") == (one["reason"] == "permitted"), "a decision contradicts its reason")
    return {one["digest"]: one for one in told}


def verify_decisions(case: Case, snapshot: Snapshot) -> None:
    """Link ``decisions``, as far as it goes without a policy engine and without leaves."""
    manifest = snapshot.manifest
    with case.report.link("decisions") as told:
        snapshot.decisions = decisions_of(snapshot.attached("decisions"), manifest["policy"]["digest"])
        denied: Counter[str] = Counter()
        permitted = 0
        for one in snapshot.decisions.values():
            if one["effect"] == "permit":
                permitted += one["records"]
            else:
                denied[one["reason"]] += one["records"]
        require(permitted == manifest["rows"], "more or fewer are permitted than there are")
        by_reason = manifest["counts"]["denied_by_reason"]
        require(all(by_reason.get(why, 0) >= many for why, many in denied.items()), "more are denied than counted")
        told.append(f"{len(snapshot.decisions)} distinct decisions, {permitted} records permitted")
    case.report.skip("Decisions: they were not made again, for this verifier has no policy engine.")
