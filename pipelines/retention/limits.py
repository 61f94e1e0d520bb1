"""How long records may be kept: the shorter of a policy and the tenant's agreement, the longest over the policies.

Storage limitation, Art. 5(1)(e) GDPR. A record has outlived a limit when it is older than so many days of
24 hours, exactly as the fact ``retention_exceeded`` says it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from policies.agreement import AgreementEvent, agreement_at
from policies.document import Policy
from policies.instants import BEGINNING

INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many days, held against an instant.

    Attributes:
        days: Days a record may be kept.
        rule: Who says so, in words.
        at: The instant asked about, UTC.
    """

    days: int
    rule: str
    at: datetime

    @property
    def oldest(self) -> datetime:
        """The time of the oldest record that may still be kept, UTC."""
        return BEGINNING if self.at - BEGINNING < timedelta(days=self.days) else self.at - timedelta(days=self.days)

    def outlived(self, occurred_at: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return for ``n`` times whether a record of that time has outlived the limit; no time has."""
        older = pc.less(occurred_at, pa.scalar(self.oldest, INSTANT))
        return pc.fill_null(older, True)

    def since(self, occurred_at: pa.ChunkedArray) -> datetime:
        """Return when the first of some records outlived the limit, UTC."""
        first: datetime | None = pc.min(occurred_at).as_py()
        return self.at if first is None else first + timedelta(days=self.days)


class Limits:
    """The limits at one instant.

    Args:
        policies: Those in force.
        agreements: Returns a tenant's agreement events, as known at the instant.
        at: The instant asked about, UTC.
    """

    def __init__(
        self, policies: Sequence[Policy], agreements: Callable[[str], Iterable[AgreementEvent]], at: datetime
    ) -> None:
        self._policies = policies
        self._events = agreements
        self._at = at
        self._agreements: dict[str, AgreementEvent | None] = {}

    def of_any_policy(self, tenant: str) -> Limit:
        """Return the limit after which no policy in force can use a tenant's records."""
        return self.of_policy(tenant, self._longest)

    def of_policy(self, tenant: str, policy: Policy) -> Limit:
        """Return the limit of one policy for a tenant's records."""
        agreement = self._agreement(tenant)
        agreed = agreement.retention_days if agreement else None
        if agreement is not None and agreed is not None and agreed < policy.retain_days:
            return Limit(agreed, f"{agreed} days, agreement {agreement.event_id}", self._at)
        rule = f"{policy.retain_days} days, policy {policy.policy_id} v{policy.version}"
        return Limit(policy.retain_days, rule, self._at)

    @cached_property
    def _longest(self) -> Policy:
        return max(self._policies, key=lambda policy: (policy.retain_days, policy.policy_id))

    def _agreement(self, tenant: str) -> AgreementEvent | None:
        if tenant not in self._agreements:
            self._agreements[tenant] = agreement_at(self._events(tenant), self._at, self._at)
        return self._agreements[tenant]
