"""Whose words may have changed what a use was worth: found by columns, before a single event is read.

Of millions of people only those matter whose statement took effect, or became known, after the oldest decision
asked about: a refusal, a grant without derivatives, a grant that ends. Who has several ids, and who spoke after a
refusal for everyone, is looked at too. Whoever is not among them is *anybody else*: of them only what was said for
everyone is news.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.leaf import DIGEST, data_subject_commitment
from lineage.ledger.store import Ledger
from lineage.trace.words import Words
from policies.consent import EVERYONE, VALID

ANYBODY_ELSE = 0
INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class People:
    """The people of a tenant whose words are looked at, and what all of them said.

    Attributes:
        ids: Their ids by number; number 0 is anybody else, under ``EVERYONE``.
        salted: The numbers of those whose records can be found: a salt is held of them.
        commitments: What stands for them in leaves, one for each of ``salted``.
    """

    words: Words
    ids: tuple[str, ...]
    salted: pa.Array
    commitments: pa.Array

    @property
    def said_anything(self) -> bool:
        """Whether there is anything that could be news about a person."""
        return len(self.ids) > 1 or bool(self.words.for_everyone)

    def numbers_of_authors(self, commitments: pa.ChunkedArray) -> pa.Array:
        """Return for ``n`` commitments in leaves the number of the person each stands for."""
        place = pc.index_in(commitments.combine_chunks(), self.commitments)
        return pc.fill_null(self.salted.take(place), ANYBODY_ELSE)

    def numbers_of(self, data_subject_ids: pa.Array) -> pa.Array:
        """Return for ``n`` ids the number of the person who has it."""
        return pc.fill_null(pc.index_in(data_subject_ids, pa.array(self.ids, pa.string())), ANYBODY_ELSE)


class Hearing:
    """What the ledger held at an instant, and whose words may be news since another.

    Args:
        known_at: The state of our knowledge, UTC.
        since: The oldest decision asked about: what was known and in force by then is no news, UTC.
    """

    def __init__(self, ledger: Ledger, vault: Vault, known_at: datetime, since: datetime) -> None:
        self._ledger, self._vault = ledger, vault
        self._known_at, self._since = known_at, since
        self._consents = ledger.consent_table(known_at)
        self._people: dict[str, People] = {}
        self.not_looked_up: list[str] = []

    def people(self, tenant: str) -> People:
        """Return the people of a tenant whose words may be news."""
        if tenant not in self._people:
            self._people[tenant] = self._heard(tenant)
        return self._people[tenant]

    def _heard(self, tenant: str) -> People:
        said = self._consents.filter(pc.equal(self._consents["tenant"], tenant))
        links = self._ledger.links(tenant=tenant, known_at=self._known_at)
        linked = pa.array(sorted({one for link in links for one in (link.data_subject_id, link.same_as)}), pa.string())
        person = said["data_subject_id"]
        for_everyone = pc.equal(person, EVERYONE)
        news = pc.or_(_news(said, self._since), _after(said, said.filter(for_everyone)))
        asked = pc.unique(pa.chunked_array([*person.filter(news).chunks, linked], pa.string()))
        read = said.filter(pc.or_(for_everyone, pc.is_in(person, asked)))
        events = self._ledger.consents_by_receipt(digest.hex() for digest in read["receipt"].to_pylist())
        words = Words(tenant, events.values(), links, self._ledger.agreements(tenant=tenant, known_at=self._known_at))
        return self._committed(words, sorted(set(asked.to_pylist()) - {EVERYONE}))

    def _committed(self, words: Words, ids: Sequence[str]) -> People:
        try:
            salts = self._vault.known_salts(words.tenant, ids)
        except KeyUnavailableError:
            salts = {}
        if unsalted := len(ids) - len(salts):
            self.not_looked_up.append(
                f"{words.tenant}: no salt is held of {unsalted} of the {len(ids)} people whose words may be news: no "
                "record of theirs was ever published, or what tied it to them was destroyed."
            )
        numbered = [(number, person) for number, person in enumerate(ids, 1) if person in salts]
        commitments = [data_subject_commitment(salts[person], words.tenant, person) for _, person in numbered]
        salted = pa.array([number for number, _ in numbered], pa.int32())
        return People(words, (EVERYONE, *ids), salted, pa.array(commitments, DIGEST))


def _news(said: pa.Table, since: datetime) -> pa.ChunkedArray:
    """Return which events may take something away, and took effect or became known after an instant."""
    at = pa.scalar(since, INSTANT)
    valid = pc.is_in(said["state"].cast(pa.string()), pa.array(sorted(map(str, VALID))))
    grants = pc.and_(valid, said["derivatives"])
    ends = pc.fill_null(pc.greater(said["expires_at"], at), False)
    new = pc.or_(pc.greater(said["effective_at"], at), pc.greater(said["recorded_at"], at))
    return pc.or_(pc.and_(pc.invert(grants), new), ends)


def _after(said: pa.Table, for_everyone: pa.Table) -> pa.ChunkedArray:
    """Return which events took effect when, or after, something was said for everyone: they may lift it."""
    first = pc.min(for_everyone["effective_at"])
    return pc.fill_null(pc.greater_equal(said["effective_at"], first), False)
