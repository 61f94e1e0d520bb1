"""Grounds: the decision and the consent event that a leaf names have to bear each other."""

from typing import Any

from .case import Snapshot
from .consents import AGREES, Event, Events
from .report import require
from .shapes import covers


def require_ground(snapshot: Snapshot, tenant: str, decision: str, receipt: bytes, events: Events | None) -> None:
    """Refuse a decision and a consent receipt that stand together in a leaf and do not bear each other."""
    decided = snapshot.decisions.get(decision)
    require(decided is not None, "a leaf names a decision that is not in decisions.json")
    facts = decided["facts"] if decided is not None else {}
    by_consent = facts["legal_basis"] == "consent"
    require(by_consent == (receipt != bytes(32)), "a leaf names a consent event exactly if the basis is consent")
    if by_consent and events is not None:
        event = events.by_receipt.get(receipt)
        require(event is not None, "a consent event is not at hand")
        if event is not None:
            require_consent(event, tenant, facts, snapshot.manifest)
            require(not taken_back(event, events, snapshot.manifest), "a consent was taken back before it was used")


def require_consent(event: Event, tenant: str, facts: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse an event that does not say what was decided by."""
    at, purpose = manifest["as_of"], manifest["purpose"]
    require(event.tenant == tenant, "a consent was given to another tenant")
    require(event.legal_basis == "consent", "an event is of another basis than consent")
    require(event.effective_at <= at["effective_at"], "a consent took effect after the decision")
    require(event.recorded_at <= at["recorded_at"], "a consent was recorded after the decision")
    require(any(covers(one, purpose) for one in event.purposes), "a consent is for another purpose")
    require(facts["consent_at_use"] in AGREES, "a decision permits without a consent in force")
    require(event.state == facts["consent_at_use"], "an event says something else than was decided by")
    lasts = event.expires_at is None or event.expires_at > at["effective_at"]
    require(lasts, "a consent had ended")
    require(event.derivatives or purpose == "train_ai_system.evaluation", "a consent covers nothing that lasts")


def taken_back(event: Event, events: Events, manifest: dict[str, Any]) -> bool:
    """Whether another event at hand takes a consent back, as known when it was decided."""
    at, purpose = manifest["as_of"], manifest["purpose"]
    return any(
        event.effective_at <= other.effective_at <= at["effective_at"]
        and other.recorded_at <= at["recorded_at"]
        and any(covers(one, purpose) for one in other.purposes)
        for other in events.refusals.get((event.tenant, event.data_subject_id), [])
    )
