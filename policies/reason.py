"""The words of a decision: its effect, and the reasons the rules of this module give."""

from enum import StrEnum


class Effect(StrEnum):
    """What was decided."""

    PERMIT = "permit"
    DENY = "deny"


class Reason(StrEnum):
    """Why. Stored, shown to auditors and counted, so members are never renamed.

    A denial by a policy's own rule has that rule's id for a reason instead.
    """

    PERMITTED = "permitted"
    DATA_SUBJECT_UNKNOWN = "data-subject-unknown"
    TENANT_UNKNOWN = "tenant-unknown"
    TENANT_SCOPE_NONE = "tenant-scope-none"
    TENANT_NOT_SHARED = "tenant-not-shared"
    PURPOSE_NOT_IN_AGREEMENT = "purpose-not-in-agreement"
    REGION_NOT_ALLOWED = "region-not-allowed"
    RETENTION_EXCEEDED = "retention-exceeded"
    PARTICIPANT_NOT_PERMITTED = "participant-not-permitted"
    LICENCE_NON_COMMERCIAL = "licence-non-commercial"
    LICENCE_UNKNOWN = "licence-unknown"
    CATEGORIES_NOT_COVERED = "categories-not-covered"
    CONSENT_UNKNOWN = "consent-unknown"
    CONSENT_REQUESTED = "consent-requested"
    CONSENT_DEFERRED = "consent-deferred"
    CONSENT_REFUSED = "consent-refused"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CONSENT_REVOKED = "consent-revoked"
    CONSENT_EXPIRED = "consent-expired"
    CONSENT_INVALIDATED = "consent-invalidated"
    CONSENT_TERMINATED = "consent-terminated"
    CONSENT_NOT_VALID_AT_COLLECTION = "consent-not-valid-at-collection"
    NO_PERMIT_RULE = "no-permit-rule"
