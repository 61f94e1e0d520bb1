"""Person links: that two ids of one tenant are one person, on two clocks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictBool, model_validator

from policies.instants import Instant, written
from policies.vocabulary import DataSubjectId, EventId, ShortText, Slug


class PersonLink(BaseModel):
    """One statement that two ids are, or are not, the same person.

    Who a person is does not change with time, so a link holds for all time once it is known;
    ``effective_at`` is when the two were found to be one.

    Attributes:
        data_subject_id: One id, a keyed pseudonym ``ds_<32 hex>``.
        same_as: The other id. Which of the two is named first means nothing.
        linked: False undoes what was said of this pair before.
        evidence: Where the proof is kept, never the proof itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    event_id: EventId
    tenant: Slug
    data_subject_id: DataSubjectId
    same_as: DataSubjectId
    linked: StrictBool = True
    evidence: ShortText = ""
    effective_at: Instant
    recorded_at: Instant

    @model_validator(mode="after")
    def _names_two(self) -> "PersonLink":
        if self.data_subject_id == self.same_as:
            raise ValueError("same_as must be another id than data_subject_id")
        return self

    def document(self) -> dict[str, Any]:
        """Return the link as JSON can carry it. Times are RFC 3339 in UTC with microseconds."""
        return {
            "event_id": self.event_id,
            "tenant": self.tenant,
            "data_subject_id": self.data_subject_id,
            "same_as": self.same_as,
            "linked": self.linked,
            "evidence": self.evidence,
            "effective_at": written(self.effective_at),
            "recorded_at": written(self.recorded_at),
        }


def representatives(links: Iterable[PersonLink], known_at: datetime) -> dict[tuple[str, str], str]:
    """Return the id that stands for each person who has several, as far as was known at an instant.

    Of a pair the statement recorded last counts; of two recorded at one instant the one that says they are
    not the same, because one person's grant must not reach another by a doubtful link. Order of arrival and
    duplicates change nothing.

    Args:
        links: Of any tenants, in any order. Those recorded after ``known_at`` are not heard.
        known_at: The state of our knowledge, UTC.

    Returns:
        By tenant and id, the smallest id of the person. An id that no standing link names is not in it: it
        stands for itself.
    """
    last: dict[tuple[str, str, str], tuple[datetime, bool]] = {}
    for link in links:
        if link.recorded_at <= known_at:
            one, other = sorted((link.data_subject_id, link.same_as))
            pair = (link.tenant, one, other)
            said = (link.recorded_at, not link.linked)
            last[pair] = max(last.get(pair, said), said)
    beside: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (tenant, one, other), (_, undone) in last.items():
        if not undone:
            beside[tenant, one].add(other)
            beside[tenant, other].add(one)
    standing: dict[tuple[str, str], str] = {}
    for tenant, smallest in sorted(beside):
        reached = [] if (tenant, smallest) in standing else [smallest]
        while reached:
            person = reached.pop()
            if (tenant, person) not in standing:
                standing[tenant, person] = smallest
                reached.extend(beside[tenant, person])
    return standing
