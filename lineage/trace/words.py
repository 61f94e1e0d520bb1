"""What one tenant and its people said: asked about any instant, as far as was known at any other.

A person may have several ids (`policies.person_link`): what is said under one of them is heard under all, from
the instant at which it is known that they are one. What is said for everyone is heard under every id.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from lineage.ledger.store import Ledger
from policies.agreement import AgreementEvent, agreement_at
from policies.consent import EVERYONE, ConsentEvent, ConsentPeriod, status_at
from policies.person_link import PersonLink, representatives


class Words:
    """The statements of one tenant and of (some of) its people.

    Args:
        tenant: Whose statements they are.
        consents: Consent events of the tenant's people, and those for everyone, in any order.
        links: Which ids are one person.
        agreements: The tenant's agreement events.
    """

    def __init__(
        self,
        tenant: str,
        consents: Iterable[ConsentEvent],
        links: Iterable[PersonLink],
        agreements: Iterable[AgreementEvent],
    ) -> None:
        self.tenant = tenant
        self._links = tuple(links)
        self._agreements = tuple(agreements)
        self._said: dict[str, list[ConsentEvent]] = defaultdict(list)
        for event in consents:
            self._said[event.data_subject_id].append(event)
        self._groups: dict[datetime, dict[str, frozenset[str]]] = {}

    @classmethod
    def of_person(cls, ledger: Ledger, tenant: str, data_subject_id: str, known_at: datetime) -> "Words":
        """Return what the ledger holds of one person under all their ids, and of everyone, known at an instant."""
        links = ledger.links(tenant=tenant, known_at=known_at)
        named = {one for link in links for one in (link.data_subject_id, link.same_as)}
        # Whoever was linked once may have been when a snapshot was decided: all of them are asked for.
        ids = {data_subject_id, EVERYONE} | (named if data_subject_id in named else set())
        consents = [
            event
            for one in sorted(ids)
            for event in ledger.consents(tenant=tenant, data_subject_id=one, known_at=known_at)
        ]
        return cls(tenant, consents, links, ledger.agreements(tenant=tenant, known_at=known_at))

    @cached_property
    def linked(self) -> frozenset[str]:
        """Every id that a link names, whether it stands or was undone."""
        return frozenset(one for link in self._links for one in (link.data_subject_id, link.same_as))

    @property
    def for_everyone(self) -> list[ConsentEvent]:
        """What was said for every person of the tenant."""
        return self._said.get(EVERYONE, [])

    def ids_of(self, data_subject_id: str, known_at: datetime) -> frozenset[str]:
        """Return all ids of the person who has this one, as far as was known at an instant."""
        if data_subject_id not in self.linked:
            return frozenset({data_subject_id})
        if known_at not in self._groups:
            self._groups[known_at] = _groups(representatives(self._links, known_at))
        return self._groups[known_at].get(data_subject_id, frozenset({data_subject_id}))

    def events_of(self, data_subject_id: str, known_at: datetime) -> list[ConsentEvent]:
        """Return what is heard of a person: under all their ids, and for everyone; in order of time."""
        ids = self.ids_of(data_subject_id, known_at) | {EVERYONE}
        heard = [event for one in ids for event in self._said.get(one, ()) if event.recorded_at <= known_at]
        return sorted(heard, key=lambda event: (event.effective_at, event.recorded_at, event.event_id))

    def consent(self, data_subject_id: str, purpose: str, at: datetime, known_at: datetime) -> ConsentPeriod:
        """Return a person's consent in force at an instant, as far as was known at another.

        Asked about ``EVERYONE``, it answers for whoever said nothing of their own.
        """
        ids = self.ids_of(data_subject_id, known_at)
        return status_at(self.events_of(data_subject_id, known_at), purpose, at, known_at, ids)

    def agreement(self, at: datetime, known_at: datetime) -> AgreementEvent | None:
        """Return the tenant's agreement in force at an instant, as far as was known at another."""
        return agreement_at(self._agreements, at, known_at)

    def known_since(self, data_subject_id: str, event: ConsentEvent) -> datetime:
        """Return since when it was known that an event binds a person: recorded, and known to be theirs."""
        if event.data_subject_id in (data_subject_id, EVERYONE):
            return event.recorded_at
        joined = (
            link.recorded_at
            for link in self._links
            if event.data_subject_id in self.ids_of(data_subject_id, link.recorded_at)
        )
        return max(event.recorded_at, min(joined, default=event.recorded_at))


def _groups(standing: dict[tuple[str, str], str]) -> dict[str, frozenset[str]]:
    together: dict[str, set[str]] = defaultdict(set)
    for (_, one), smallest in standing.items():
        together[smallest].add(one)
    return {one: frozenset(together[smallest]) for (_, one), smallest in standing.items()}
