"""What counts of records beside their people: tenant, time, and what the log says of them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.facts.coding import NO_INSTANT, Flags, Numbers, coded, each, microseconds
from pipelines.facts.numbering import JURISDICTION, part, place_of
from pipelines.facts.standing import Standing
from policies.facts import categories_covered, licence_of
from policies.vocabulary import UNKNOWN


@dataclass(frozen=True)
class Records:
    """``n`` records, as parts of the numbers of their facts.

    Attributes:
        tenants: The code of each one's tenant.
        at: When it occurred, in microseconds; ``NO_INSTANT`` where nobody knows.
        number: The part of tenant, licence and age of the record.
        source: Which source it comes from.
        covered: ``[sources, limits]``, the part of a source and of the categories a consent is limited to.
        place: The part of where the log says the author is.
        place_unknown: Where it says that it does not know.
        age: The place in ``FACT_SPACE`` of the age the log says; the greater the younger, 0 is unknown.
    """

    tenants: npt.NDArray[np.int32]
    at: Numbers
    number: Numbers
    source: npt.NDArray[np.int32]
    covered: Numbers
    place: Numbers
    place_unknown: Flags
    age: Numbers

    @classmethod
    def of(cls, keys: pa.RecordBatch | pa.Table, standing: Standing) -> "Records":
        """Return records, given as ``n`` rows of their key columns."""
        tenants, at = standing.tenants.codes(keys["tenant"]), microseconds(keys["occurred_at"])
        too_old = (standing.at_us - at > standing.tenants.limit_us.take(tenants)) | (at == NO_INSTANT)
        source, place = coded(keys["source"]), coded(keys[JURISDICTION])
        number = each(coded(keys["source_licence"]), lambda word: part("licence", licence_of(word or UNKNOWN)))
        number += standing.tenants.number.take(tenants)
        number += part("retention_exceeded", False) * ~too_old
        return cls(
            tenants,
            at,
            number,
            source.codes,
            _covered(source.list(), standing),
            each(place, lambda word: part(JURISDICTION, word)),
            each(place, lambda word: word == UNKNOWN).astype(bool),
            each(coded(keys["age_band"]), lambda word: place_of("age_band", word)),
        )

    def of_further_people(self, rows: Numbers) -> "Records":
        """Return the records of others than the author: the log does not say where these are, nor how old."""
        return replace(
            self,
            tenants=self.tenants[rows],
            at=self.at[rows],
            number=self.number[rows],
            source=self.source[rows],
            place=np.zeros(len(rows), np.int64),
            place_unknown=np.ones(len(rows), bool),
            age=np.zeros(len(rows), np.int64),
        )


def _covered(sources: list[str | None], standing: Standing) -> Numbers:
    covered = [
        [
            part("categories_covered", categories_covered(limit, standing.categories.get(source or "")))
            for limit in standing.uses.limits
        ]
        for source in sources
    ]
    return np.array(covered, np.int64).reshape(len(sources), len(standing.uses.limits))
