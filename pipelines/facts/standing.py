"""Standing: what the ledgers say at one instant for one purpose, made once and then asked about any records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Numbers, at_places, coded
from pipelines.facts.hearing import Heard, depths, hear
from pipelines.facts.history import History, history
from pipelines.facts.known import AsOf, Known, Terms
from pipelines.facts.tenants import Tenants
from pipelines.facts.uses import Uses, uses_of
from policies.consent import LegalBasis

NO_RECEIPT = bytes(32)
"""Where no consent decides, or another basis than consent."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """The ledgers at one instant for one purpose.

    Attributes:
        terms: What of a policy they were asked for.
        at_us: The instant of use, in microseconds.
        categories: Data categories by declared source.
        tenants: What each tenant allows.
        heard: Who hears which consent event.
        history: Each person's consent over time.
        uses: What each person's consent says at use.
        receipt: ``[persons]``, the place of the receipt that a decision on each person carries.
        receipts: ``[e + 1]``, those of all consent events, and last ``NO_RECEIPT``.
    """

    terms: Terms
    at_us: int
    categories: Mapping[str, tuple[str, ...]]
    tenants: Tenants
    heard: Heard
    history: History
    uses: Uses
    receipt: Numbers
    receipts: pa.Array

    @classmethod
    def of(cls, known: Known, terms: Terms, as_of: AsOf) -> "Standing":
        """Return what the ledgers say, for a purpose and by two clocks.

        Raises:
            UnreadableEventError: An event names nobody, or holds a word that no event has.
        """
        names = _tenants(known)
        tenants = Tenants.of(names, known.agreements, terms.purpose, terms.retain_days, known.region, *_clocks(as_of))
        depth = depths(known.consents["purposes"], terms.purpose)
        heard = hear(known.consents, known.links, tenants, depth, as_of.recorded_at)
        periods = history(known.consents, heard, depth, terms.purpose)
        at_us = (as_of.effective_at - _EPOCH) // timedelta(microseconds=1)
        everybody = np.arange(heard.persons)
        now = np.full(heard.persons, at_us)
        period = periods.last_before(everybody, now)
        event = np.where(period < 0, -1, at_places(periods.event, period))
        uses = uses_of(known.consents, event, periods.status_at(period, now), terms)
        basis = coded(known.consents["legal_basis"])
        consented = [word == LegalBasis.CONSENT for word in basis.list()] or [False]
        by_consent = (event >= 0) & np.array(consented)[at_places(basis.codes, event)]
        receipt = np.where(by_consent, event, known.consents.num_rows)
        receipts = pa.concat_arrays([*known.consents["receipt"].chunks, pa.array([NO_RECEIPT], pa.binary(32))])
        return cls(terms, at_us, known.categories, tenants, heard, periods, uses, receipt, receipts)


def _clocks(as_of: AsOf) -> tuple[datetime, datetime]:
    return as_of.effective_at, as_of.recorded_at


def _tenants(known: Known) -> pa.Array:
    """Return the names of all tenants in the ledgers."""
    columns = [coded(table["tenant"]).words for table in (known.consents, known.agreements, known.links)]
    return pc.drop_null(pc.unique(pa.concat_arrays([words.cast(pa.string()) for words in columns])))
