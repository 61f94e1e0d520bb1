"""The decision: the only place that says yes.

Some things no author of a policy can permit. They are asked first; then the policy's deny rules; then what
a person's own word forbids; and only then its permit rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.agreement import TenantScope
from policies.consent import UNANSWERED, VALID, ConsentStatus, LegalBasis
from policies.document import Policy
from policies.facts import RETROACTIVE, Facts, Licence, ParticipantsPermit
from policies.reason import Effect, Reason

__all__ = ["UNANSWERED", "Decision", "Effect", "Reason", "decide"]

_NOT_VALID: Mapping[ConsentStatus, Reason] = MappingProxyType(
    {status: Reason(f"consent-{status}") for status in ConsentStatus if status not in VALID}
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and why.

    Attributes:
        effect: Permit or deny.
        reason: A ``Reason``, or the id of the deny rule that applied.
        rule: The id of the policy's rule that decided; ``None`` where none did.
    """

    effect: Effect
    reason: str
    rule: str | None

    def document(self) -> dict[str, str | None]:
        """Return the decision as JSON can carry it."""
        return {"effect": self.effect.value, "reason": str(self.reason), "rule": self.rule}


def decide(policy: Policy, facts: Facts) -> Decision:
    """Decide about one record. Total and pure: every facts tuple has one decision, the same every time.

    Args:
        policy: The policy in force.
        facts: What is known of the record.

    Returns:
        A permit only where nothing denies and a permit rule applies.
    """
    never = _never_permitted(policy, facts)
    if never is not None:
        return Decision(Effect.DENY, never.value, None)
    for rule in policy.deny:
        if rule.when.met_by(facts):
            return Decision(Effect.DENY, rule.id, rule.id)
    forbidden = _forbidden_by_person(facts)
    if forbidden is not None:
        return Decision(Effect.DENY, forbidden.value, None)
    permitting = next((rule for rule in policy.permit if rule.when.met_by(facts)), None)
    if permitting is None:
        return Decision(Effect.DENY, _not_permitted(facts).value, None)
    return Decision(Effect.PERMIT, Reason.PERMITTED.value, permitting.id)


def _never_permitted(policy: Policy, facts: Facts) -> Reason | None:
    """Return why no policy whatever could permit: person, tenant, pool, purpose, age, company, licence."""
    non_commercial = policy.commercial and facts.licence is Licence.NON_COMMERCIAL
    denials = (
        (not facts.data_subject_known, Reason.DATA_SUBJECT_UNKNOWN),
        (facts.tenant_scope is TenantScope.UNKNOWN, Reason.TENANT_UNKNOWN),
        (facts.tenant_scope is TenantScope.NONE, Reason.TENANT_SCOPE_NONE),
        (facts.pool != "tenant" and facts.tenant_scope is not TenantScope.SHARED, Reason.TENANT_NOT_SHARED),
        (not facts.purpose_in_agreement, Reason.PURPOSE_NOT_IN_AGREEMENT),
        (not facts.region_allowed, Reason.REGION_NOT_ALLOWED),
        (facts.retention_exceeded, Reason.RETENTION_EXCEEDED),
        (facts.participants is ParticipantsPermit.NOT_ALL, Reason.PARTICIPANT_NOT_PERMITTED),
        (non_commercial, Reason.LICENCE_NON_COMMERCIAL),
        (facts.licence is Licence.UNKNOWN, Reason.LICENCE_UNKNOWN),
    )
    return next((reason for denied, reason in denials if denied), None)


def _forbidden_by_person(facts: Facts) -> Reason | None:
    """Return why the person's own word forbids it, whatever the permit rules say.

    A refusal binds on any legal basis: consent can be withdrawn (Art. 7(3) GDPR) and legitimate interest
    objected to (Art. 21(1)), and a controller does not change to another basis when consent ends (EDPB
    Guidelines 05/2020, 122-123). Where consent is the basis, it must have been valid at both instants.
    """
    consent_is_basis = facts.legal_basis == LegalBasis.CONSENT.value
    missing = _missing_consent(facts)
    if missing is not None and (consent_is_basis or facts.consent_at_use not in VALID | UNANSWERED):
        return missing
    return None if facts.categories_covered else Reason.CATEGORIES_NOT_COVERED


def _missing_consent(facts: Facts) -> Reason | None:
    if facts.consent_at_use not in VALID:
        return _NOT_VALID[facts.consent_at_use]
    if facts.consent_at_collection not in {*VALID, RETROACTIVE}:
        return Reason.CONSENT_NOT_VALID_AT_COLLECTION
    return None


def _not_permitted(facts: Facts) -> Reason:
    return _missing_consent(facts) or Reason.NO_PERMIT_RULE
