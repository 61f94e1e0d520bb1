"""Hearing: which consent events concern which person for one purpose, as one row each."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Column, Flags, Numbers, coded, flags, whole
from pipelines.facts.linking import joined
from pipelines.facts.person_index import PersonIndex, Words, words_of
from pipelines.facts.tenants import Tenants
from policies.consent import EVERYONE, covers
from policies.errors import LineweightError


class UnreadableEventError(LineweightError):
    """An event names nobody, or holds a word that no event has."""

    remedy = "The ledger's rows were changed after they were written: restore it from a backup."


@dataclass(frozen=True)
class Heard:
    """Consent events as each person hears them.

    Attributes:
        people: The ``p`` ids that consents and links speak of.
        person: ``[p]``, the number that stands for the person of each id.
        tenants: How many tenants there are. Whoever is none of ``people`` is one person for each tenant, with
            the number ``p`` and the tenant's code: they hear what is said for everyone, and nothing else.
        row: ``[h]``, the place of an event; one for everyone is heard by many.
        whose: ``[h]``, the number of a person who hears it.
    """

    people: PersonIndex
    person: Numbers
    tenants: int
    row: Numbers
    whose: Numbers

    @property
    def persons(self) -> int:
        """How many numbers a person may have."""
        return len(self.person) + self.tenants + 1

    def who(self, ids: Column, tenants: npt.NDArray[np.int32]) -> Numbers:
        """Return the number of the person of each of ``n`` ids, the tenant of each being given by its code."""
        words, fits = words_of(ids)
        found = self.people.find(words, tenants)
        found[~fits] = -1
        nobody_named = len(self.person) + tenants.astype(np.int64)
        if not len(self.person):
            return nobody_named
        return np.where(found < 0, nobody_named, self.person.take(found, mode="clip"))


def depths(purposes: Column, asked: str) -> npt.NDArray[np.int8]:
    """Return for each event how specific its purposes are that cover the one asked about; -1 where none does."""
    rows = whole(purposes)
    named = coded(pc.list_flatten(rows))
    word_depths = [word.count(".") if covers(word, asked) else -1 for word in named.list()]
    of_word = np.array(word_depths, np.int8)[named.codes]
    parent = pc.list_parent_indices(rows).to_numpy()
    deepest = np.full(len(rows), -1, np.int8)
    for depth in sorted({*word_depths} - {-1}):
        deepest[parent[of_word == depth]] = depth
    return deepest


def hear(
    consents: pa.Table, links: pa.Table, tenants: Tenants, depth: npt.NDArray[np.int8], known_at: datetime
) -> Heard:
    """Return who hears which of the events recorded at an instant or before it.

    Args:
        consents: ``CONSENT_SCHEMA``, ``e`` rows in any order.
        links: ``LINK_SCHEMA``, in any order.
        tenants: All tenants of both.
        depth: By event, as ``depths`` returns it.
        known_at: The state of our knowledge, UTC.

    Raises:
        UnreadableEventError: An event is about no person's id, nor about everyone.
    """
    recorded = pa.scalar(known_at, pa.timestamp("us", "UTC"))
    links = links.filter(pc.less_equal(links["recorded_at"], recorded))
    is_heard = (depth >= 0) & flags(pc.less_equal(consents["recorded_at"], recorded))
    for_all = flags(pc.equal(consents["data_subject_id"], EVERYONE))
    tenant, linked = tenants.codes(consents["tenant"]), tenants.codes(links["tenant"])
    words = _words(consents, is_heard & ~for_all, links)
    own, told = np.flatnonzero(is_heard & ~for_all), np.flatnonzero(is_heard & for_all)
    people, number = PersonIndex.of(words, np.concatenate([tenant[own], linked, linked]))
    said, one, other = np.split(number, [len(own), len(own) + links.num_rows])
    person = joined(len(people.tenants), links, one, other)
    told, whose = _told_everyone(people, person, told, tenant[told])
    return Heard(people, person, len(tenants.names), np.concatenate([own, told]), np.concatenate([person[said], whose]))


def _words(consents: pa.Table, own: Flags, links: pa.Table) -> Words:
    """Return the ids of those who speak for themselves, and then of both sides of all links."""
    said_by = consents["data_subject_id"].filter(pa.array(own))
    chunks = [*said_by.chunks, *links["data_subject_id"].chunks, *links["same_as"].chunks]
    words, fits = words_of(pa.chunked_array(chunks, pa.string()))
    if not fits.all():
        raise UnreadableEventError("An event in the ledger is about no person's id, nor about everyone.")
    return words


def _told_everyone(
    people: PersonIndex, person: Numbers, rows: Numbers, tenant: npt.NDArray[np.int32]
) -> tuple[Numbers, Numbers]:
    """Return events for everyone, once for every person of the tenant, and once for those it does not know."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    known = np.flatnonzero(person == np.arange(len(person)))
    listeners = np.concatenate([known, len(person) + np.unique(tenant).astype(np.int64)])
    of_tenant = np.concatenate([people.tenants[known], np.unique(tenant)])
    order = np.argsort(of_tenant, kind="stable")
    begin, end = (np.searchsorted(of_tenant[order], tenant, side) for side in ("left", "right"))
    heard_by = end - begin
    within = np.arange(heard_by.sum()) - np.repeat(np.cumsum(heard_by) - heard_by, heard_by)
    return np.repeat(rows, heard_by), listeners[order[np.repeat(begin, heard_by) + within]]
