"""What persons' consents say at use, and what that means for the facts of any record of theirs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Column, Numbers, at_places, cases, coded, flags, whole
from pipelines.facts.history import STATUSES
from pipelines.facts.known import Terms
from pipelines.facts.numbering import JURISDICTION, part, place_of
from policies.consent import ConsentStatus
from policies.facts import consent_at_collection, notice_accepted, who_expressed


class AtUse(NamedTuple):
    """What a person's consent at use says, as far as facts speak of it."""

    consent_at_use: ConsentStatus = ConsentStatus.UNKNOWN
    legal_basis: str = "none"
    retroactive: bool = False
    categories: tuple[str, ...] = ()
    jurisdiction: str = "unknown"
    age_band: str = "unknown"
    notice: str = "unknown"
    expressed_by: str = "nobody"


SPOKEN = ("consent_at_use", "legal_basis", "notice", "expressed_by")
"""What of it is a fact as it stands."""


@dataclass(frozen=True)
class Uses:
    """The ``u`` distinct things that consents say at use, as parts of the numbers of facts.

    Attributes:
        of: ``[persons]``, what each person's consent says, by place.
        spoken: ``[u]``, the part that is the same for every record.
        collected: ``[statuses, u]``, the part of a status at collection.
        place: ``[u]``, the part of where the person says they are.
        age: ``[u]``, the place in ``FACT_SPACE`` of the age they say they have; the greater the younger.
        limit: ``[u]``, which of ``limits`` it is limited to.
        limits: Sets of data categories.
    """

    of: npt.NDArray[np.int32]
    spoken: Numbers
    collected: Numbers
    place: Numbers
    age: Numbers
    limit: Numbers
    limits: tuple[tuple[str, ...], ...]


def uses_of(consents: pa.Table, event: Numbers, status: npt.NDArray[np.int8], terms: Terms) -> Uses:
    """Return what persons' consents say.

    Args:
        consents: ``CONSENT_SCHEMA``.
        event: ``[persons]``, the event that decides on each person at use; -1 where none does.
        status: ``[persons]``, the status at use, by place in ``STATUSES``.
        terms: What of a policy facts depend on.
    """
    told, of = _told(consents, event, status, terms)
    limits = {use.categories: None for use in told}
    numbered = {limit: place for place, limit in enumerate(limits)}

    def numbers(values: list[int]) -> Numbers:
        return np.array(values, np.int64)

    collected = [
        [
            part("consent_at_collection", consent_at_collection(then, use.consent_at_use, use.retroactive))
            for use in told
        ]
        for then in STATUSES
    ]
    return Uses(
        of,
        numbers([sum(part(name, getattr(use, name)) for name in SPOKEN) for use in told]),
        np.array(collected, np.int64),
        numbers([part(JURISDICTION, use.jurisdiction) for use in told]),
        numbers([place_of("age_band", use.age_band) for use in told]),
        numbers([numbered[use.categories] for use in told]),
        tuple(limits),
    )


def _told(
    consents: pa.Table, event: Numbers, status: npt.NDArray[np.int8], terms: Terms
) -> tuple[tuple[AtUse, ...], npt.NDArray[np.int32]]:
    """Return the distinct things that consents say at use, and which of them each person's does."""
    names = ("legal_basis", "jurisdiction", "age_band", "notice_id", "notice_version", "expressed_by")
    words = {name: coded(consents[name]) for name in names}
    sets, limited_to = _sets(consents["data_categories"])
    said = {name: (at_places(column.codes, event), len(column.words)) for name, column in words.items()}
    said["data_categories"] = (at_places(limited_to, event), len(sets))
    said["retroactive"] = (at_places(flags(consents["retroactive"]), event), 2)
    nobody = event < 0
    parts = [(np.where(nobody, 0, codes), max(count, 1)) for codes, count in said.values()]
    case, example = cases([(nobody, 2), (status, len(STATUSES)), *parts], len(event))

    def told(row: int) -> AtUse:
        if nobody[row]:
            return AtUse()
        word = {name: column.words[int(said[name][0][row])].as_py() for name, column in words.items()}
        return AtUse(
            STATUSES[status[row]],
            word["legal_basis"],
            bool(said["retroactive"][0][row]),
            sets[said["data_categories"][0][row]],
            word["jurisdiction"],
            word["age_band"],
            notice_accepted(word["notice_id"], word["notice_version"], dict(terms.notices)),
            who_expressed(word["expressed_by"]),
        )

    found = [told(row) for row in example.tolist()]
    distinct = {use: place for place, use in enumerate(dict.fromkeys(found))}
    return tuple(distinct), np.array([distinct[use] for use in found], np.int32)[case]


def _sets(lists: Column) -> tuple[list[tuple[str, ...]], npt.NDArray[np.int32]]:
    """Return the distinct lists of words, the empty one first, and which of them each row holds."""
    rows = whole(lists)
    limited = np.flatnonzero(pc.list_value_length(rows).to_numpy())
    code = np.zeros(len(rows), np.int32)
    some = rows.take(pa.array(limited))
    words = coded(some.flatten())
    digits = pa.array(words.codes).cast(pa.string())  # a word may hold any character, its number none but digits
    joined = coded(pc.binary_join(pa.ListArray.from_arrays(_offsets(some), digits), ","))
    code[limited] = joined.codes + 1
    named = words.list()
    return [(), *(tuple(named[int(one)] for one in text.split(",")) for text in joined.list())], code


def _offsets(lists: pa.ListArray) -> pa.Array:
    lengths = pc.list_value_length(lists).to_numpy()
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
