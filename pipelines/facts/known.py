"""What a decision is a function of: the ledgers, the declarations, the clocks, and a policy's terms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from lineage.ledger.columns import agreements_of, consents_of, links_of
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent
from policies.document import Policy
from policies.person_link import PersonLink


@dataclass(frozen=True)
class AsOf:
    """Two clocks: what was in force at ``effective_at``, as far as was known at ``recorded_at``; both UTC."""

    effective_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Known:
    """What the ledgers and the declarations say.

    Attributes:
        consents: ``CONSENT_SCHEMA`` of ``lineage.ledger.columns``, in any order.
        agreements: ``AGREEMENT_SCHEMA``, in any order.
        links: ``LINK_SCHEMA``, in any order: which ids are one person's.
        categories: Data categories by declared source. A source that is not in it is undeclared.
        region: Where the records are kept; ``None`` where nobody says.
    """

    consents: pa.Table
    agreements: pa.Table
    links: pa.Table
    categories: Mapping[str, tuple[str, ...]]
    region: str | None

    @classmethod
    def of(
        cls,
        consents: Iterable[ConsentEvent] = (),
        agreements: Iterable[AgreementEvent] = (),
        links: Iterable[PersonLink] = (),
        categories: Mapping[str, tuple[str, ...]] | None = None,
        region: str | None = None,
    ) -> "Known":
        """Return what a few events say; each is digested here, so a whole ledger is better read as columns."""
        return cls(consents_of(consents), agreements_of(agreements), links_of(links), categories or {}, region)


@dataclass(frozen=True)
class Terms:
    """What the facts of a record depend on, of all that a policy says. Policies of equal terms share them.

    Attributes:
        purpose: What the records are to be used for.
        retain_days: Days that records may be used at most.
        notices: The versions of notices that count, by notice, in order.
    """

    purpose: str
    retain_days: int
    notices: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())

    @classmethod
    def of(cls, policy: Policy) -> "Terms":
        """Return the terms of a policy; the order in which it lists notices and versions means nothing."""
        listed = {notice: tuple(sorted(versions)) for notice, versions in policy.notices.items()}
        return cls(policy.purpose, policy.retain_days, tuple(sorted(listed.items())))
