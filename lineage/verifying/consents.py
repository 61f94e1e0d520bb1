"""Do the consents that leaves rest on say what the decisions took them to say? From the events themselves.

A leaf names the consent event that decided by its receipt, zeros where the ground was another one. Where an auditor
is given the events, each is held against the decision that rests on it: the event is of that tenant, was in force
and known when the decision was made, is the state that the decision was made from, and covers the purpose.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.manifest import SnapshotManifest
from lineage.proving.receipts import Receipts
from lineage.snapshot import Snapshot
from lineage.verifying.decisions import read_decisions
from lineage.verifying.links import Chain, Link, require
from lineage.verifying.scope import Scope
from policies.consent import VALID, ConsentEvent, LegalBasis, covers, status_at
from policies.vocabulary import WITHOUT_DERIVATIVES

NO_LEDGER = "Consent: the receipts in the leaves were not looked up in a ledger."
NO_PEOPLE = "Consent: whose each receipt is was not asked; openings of commitments show it, record by record."


def verify_consents(chain: Chain, snapshot: Snapshot, grounds: Sequence[pa.Table], scope: Scope) -> None:
    """Verify the consents that leaves rest on, where events were brought; otherwise note that nobody looked.

    Args:
        chain: Collects the checks.
        snapshot: Whose.
        grounds: Of each shard the distinct ``decision_digest``, ``consent_receipt`` and ``tenant`` of its leaves.
        scope: With the events.

    Raises:
        BrokenLinkError: An event is missing, or does not say what was decided by.
    """
    if not scope.receipts.given:
        chain.passes_over(NO_LEDGER)
        return
    stated = snapshot.manifest.decisions
    with chain.testing(Link.CONSENTS):
        decisions = read_decisions(snapshot.file(stated.path, stated.sha256), stated.path)
        facts = {str(one["digest"]): one["facts"] for one in decisions}
        rests_on = {
            (row["decision_digest"].hex(), row["consent_receipt"], row["tenant"])
            for table in grounds
            for row in table.select(["decision_digest", "consent_receipt", "tenant"]).to_pylist()
        }
        for digest, receipt, tenant in sorted(rests_on):
            require(digest in facts, f"{stated.path}: a leaf names a decision that is not in it.")
            require_ground(facts[digest], receipt, tenant, snapshot.manifest, scope.receipts)
    events = {receipt for _, receipt, _ in rests_on if receipt != NO_CONSENT_RECEIPT}
    chain.holds(Link.CONSENTS, f"{len(events):,} consent events, each says what was decided by")
    chain.passes_over(NO_PEOPLE)


def require_ground(
    facts: Mapping[str, Any], receipt: bytes, tenant: str, manifest: SnapshotManifest, receipts: Receipts
) -> ConsentEvent | None:
    """Return the consent event that a record rests on; ``None`` where its ground is another one.

    Args:
        facts: What the decision was made from.
        receipt: As the leaf names it, 32 bytes.
        tenant: Whose record it is.
        manifest: The snapshot's: for which purpose, as of when.
        receipts: The events that were brought.

    Raises:
        BrokenLinkError: The event is missing or does not say what was decided by.
    """
    by_consent = facts["legal_basis"] == LegalBasis.CONSENT
    short = f"receipt {receipt.hex()[:16]}…"
    if receipt == NO_CONSENT_RECEIPT:
        require(not by_consent, "A record rests on consent, and its leaf names no consent event.")
        return None
    require(by_consent, f"{short}: a leaf names a consent event although its ground is another one.")
    event = receipts.events.get(receipt.hex())
    require(event is not None, f"{short}: the consent event is not among those at hand.")
    if event is not None:
        faults = _faults(event, facts, tenant, manifest, receipts)
        require(not faults, f"{short}: the consent event {'; '.join(faults)}.")
    return event


def _faults(
    event: ConsentEvent, facts: Mapping[str, Any], tenant: str, manifest: SnapshotManifest, receipts: Receipts
) -> list[str]:
    as_of, permits = manifest.as_of, str(facts["consent_at_use"]) in VALID
    since = (later for later in receipts.refusals_of(event) if later.effective_at >= event.effective_at)
    asked = (manifest.purpose, as_of.effective_at, as_of.recorded_at)
    taken_back = any(status_at([later], *asked).event is not None for later in since)
    ended = event.expires_at is not None and event.expires_at <= as_of.effective_at
    laws = {
        "is of another tenant": event.tenant == tenant,
        "has another ground than consent": event.legal_basis is LegalBasis.CONSENT,
        "took effect after the decision": event.effective_at <= as_of.effective_at,
        "was not known yet": event.recorded_at <= as_of.recorded_at,
        "does not say what was decided by": event.state not in VALID or str(event.state) == facts["consent_at_use"],
        "is no grant": event.state in VALID or str(facts["consent_at_use"]) not in VALID,
        "had run out": not ended or str(facts["consent_at_use"]) not in VALID,
        "does not cover what lasts": event.derivatives or manifest.purpose in WITHOUT_DERIVATIVES,
        "is about another purpose": any(covers(named, manifest.purpose) for named in event.purposes),
        "was taken back before the decision, by another event at hand": not permits or not taken_back,
    }
    return [fault for fault, kept in laws.items() if not kept]
