"""Of one snapshot, the records whose consent is not valid at an instant, as columns: whose, where, and what it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lineage.index.bitmaps import Ordinals
from lineage.index.building import offsets_of
from lineage.index.kinds import digest_words, digests_of, words_of
from lineage.index.of_snapshot import SnapshotIndex
from lineage.index.table import Rows, spread
from lineage.snapshot import Snapshot
from lineage.trace.hearing import ANYBODY_ELSE, Hearing, People
from lineage.trace.turning import worth
from policies.consent import EVERYONE, ConsentStatus

KNOWN_STATUSES = tuple(ConsentStatus)


@dataclass(frozen=True)
class Fallen:
    """``n`` pairs of a person and a record of theirs whose consent is not valid.

    Attributes:
        people: Of each pair the person, by a number; one number is one person, under however many ids.
        ordinals: Of each the record.
        statuses: Of each what the consent is, as a place in ``known_statuses``.
    """

    people: npt.NDArray[np.int64]
    ordinals: npt.NDArray[np.uint64]
    statuses: npt.NDArray[np.int64]
    known_statuses: tuple[ConsentStatus, ...] = KNOWN_STATUSES


def fallen(snapshot: Snapshot, index: SnapshotIndex, hearing: Hearing, at: datetime) -> Fallen:
    """Return the records of a snapshot whose consent is not valid at an instant (UTC), as known then.

    Raises:
        IndexContradictedError: The index was changed.
    """
    parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
    numbered = 0
    for tenant in sorted(snapshot.manifest.tenant_roots):
        standing = _Standing.of(hearing.people(tenant), snapshot.manifest.purpose, at)
        for rows in _rows(index, snapshot, tenant, standing):
            for people, ordinals, statuses in standing.pairs(rows, index):
                parts.append((people + numbered, ordinals, statuses))
        numbered += standing.numbers
    people, ordinals, statuses = (
        (np.concatenate([part[place] for part in parts]) for place in range(3)) if parts else _NOTHING
    )
    return Fallen(people, ordinals, statuses)


_NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.int64))


def _rows(index: SnapshotIndex, snapshot: Snapshot, tenant: str, standing: "_Standing") -> Iterator[Rows]:
    """Yield where records lie that may have fallen; those of everybody, where something was said for everyone."""
    if not standing.everyone_fell:
        if len(standing.fell):
            yield index.people(digest_words(standing.people.commitments.filter(standing.fell)))
        return
    offsets = offsets_of(snapshot.manifest)
    of_tenant = np.array([shard.tenant == tenant for shard in snapshot.manifest.shards])
    for rows in index.everybody():
        shard = np.searchsorted(offsets, rows["first"].astype(np.int64), side="right") - 1
        yield rows[of_tenant[shard]]


@dataclass
class _Standing:
    """How the consent of a tenant's people stands.

    Attributes:
        people: Those whose words were looked at; number 0 is anybody else.
        statuses: By number the status, as a place in ``KNOWN_STATUSES``.
        worths: By number what it is worth: 2 permits, 1 is unanswered, 0 refuses.
        same: By number the smallest number of the same person.
        others: Numbers given to anybody else, by commitment.
    """

    people: People
    statuses: npt.NDArray[np.int64]
    worths: npt.NDArray[np.int64]
    same: npt.NDArray[np.int64]
    others: dict[bytes, int]

    @classmethod
    def of(cls, people: People, purpose: str, at: datetime) -> "_Standing":
        """Return how consent for a purpose stands at an instant (UTC), as known then."""
        words = people.words
        found = [words.consent(one, purpose, at, at).status for one in people.ids]
        if not words.for_everyone:
            found[ANYBODY_ELSE] = ConsentStatus.GIVEN  # they said nothing that could have taken anything away
        first = {EVERYONE: ANYBODY_ELSE} | {one: number for number, one in reversed([*enumerate(people.ids)])}
        same = [
            min(first.get(known, number) for known in _ids(people, one, at)) for number, one in enumerate(people.ids)
        ]
        return cls(
            people,
            np.array([KNOWN_STATUSES.index(status) for status in found], np.int64),
            np.array([worth(status) for status in found], np.int64),
            np.array(same, np.int64),
            {},
        )

    @property
    def everyone_fell(self) -> bool:
        """Whether the consent of whoever said nothing of their own is not valid."""
        return bool(self.worths[ANYBODY_ELSE] < 2)

    @property
    def fell(self) -> pa.Array:
        """Which of ``people.commitments`` are of people whose consent is not valid."""
        return pa.array(self.worths[self.people.salted.to_numpy()] < 2)

    @property
    def numbers(self) -> int:
        """How many numbers of people were given out."""
        return len(self.people.ids) + len(self.others)

    def pairs(
        self, rows: Rows, index: SnapshotIndex
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]]:
        """Yield people, ordinals and statuses for rows of ``PEOPLE``: of whom, and of what, has fallen."""
        column = digests_of(words_of(rows))
        number = self.people.numbers_of_authors(pa.chunked_array([column])).to_numpy().astype(np.int64)
        kept = self.worths[number] < 2
        if not kept.any():
            return
        rows, number = rows[kept], number[kept]
        person = self.same[number]
        for place in np.flatnonzero(number == ANYBODY_ELSE):
            known = column[int(np.flatnonzero(kept)[place])].as_py()
            person[place] = self.others.setdefault(known, self.numbers)
        ordinals = spread(rows["first"], rows["rows"]).astype(np.uint64)
        times = rows["rows"].astype(np.int64)
        unanswered = np.repeat(self.worths[number] == 1, times)
        falls = ~unanswered
        if unanswered.any():
            resting = Ordinals.of(ordinals[unanswered], index.rows) & index.consented
            falls |= np.isin(ordinals, resting.numbers())
        yield np.repeat(person, times)[falls], ordinals[falls], np.repeat(self.statuses[number], times)[falls]


def _ids(people: People, one: str, at: datetime) -> Sequence[str]:
    return [EVERYONE] if one == EVERYONE else sorted(people.words.ids_of(one, at))
