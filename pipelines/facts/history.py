"""History: every person's consent as a step function of time, in columns.

The same law as ``policies.consent.status_at``, for all persons at once. Events lie in order of person, time and
tie, so "the latest refusal of this kind so far" is a running maximum of places, and a refusal stands if no grant
deep enough lies at a later instant.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Flags, Numbers, at_places, coded, flags, microseconds, places, whole
from pipelines.facts.hearing import Heard, UnreadableEventError
from pipelines.facts.ordering import digest_words, in_order
from policies.consent import UNANSWERED, VALID, ConsentStatus
from policies.vocabulary import AGES_BY_HOW_LITTLE_THEY_ALLOW, WITHOUT_DERIVATIVES

STATUSES = tuple(ConsentStatus)
_STATUS = {status: code for code, status in enumerate(STATUSES)}
_GRANTS = np.array([status in VALID for status in STATUSES])
_OUTRIGHT = np.array([status not in UNANSWERED for status in STATUSES])
_NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class History:
    """What decides each person's consent, from every instant on at which they heard anything.

    Attributes:
        starts: ``[persons + 1]``, where the periods of each person begin.
        at: ``[h]``, the instant of each period, in microseconds; of several at one instant the last one counts.
        event: ``[h]``, the event that decides; -1 where none does any more.
        status: ``[h]``, the place of the status among ``STATUSES``.
        until: ``[h]``, the instant from which that is *expired*, in microseconds.
    """

    starts: Numbers
    at: Numbers
    event: Numbers
    status: npt.NDArray[np.int8]
    until: Numbers

    def last_before(self, who: Numbers, instants: Numbers) -> Numbers:
        """Return for ``n`` persons the period that holds at an instant each; -1 where there is none."""
        low, end = self.starts.take(who), self.starts.take(who + 1)
        first = low.copy()
        rows = np.flatnonzero(low < end)
        left, right, when = low[rows], end[rows], instants[rows]
        while len(rows):
            middle = (left + right) >> 1
            said = self.at.take(middle) <= when
            left, right = np.where(said, middle + 1, left), np.where(said, right, middle)
            low[rows] = left
            open_still = np.flatnonzero(left < right)
            rows, left, right, when = rows[open_still], left[open_still], right[open_still], when[open_still]
        return np.where(low > first, low - 1, -1)

    def status_at(self, period: Numbers, instants: Numbers) -> npt.NDArray[np.int8]:
        """Return the status at ``n`` instants, each in a period given by its place."""
        status = at_places(self.status, period)
        status[at_places(self.until, period) <= instants] = _STATUS[ConsentStatus.EXPIRED]
        status[period < 0] = _STATUS[ConsentStatus.UNKNOWN]
        return status


def history(consents: pa.Table, heard: Heard, depth: npt.NDArray[np.int8], purpose: str) -> History:
    """Return what decides when.

    Args:
        consents: ``CONSENT_SCHEMA``, ``e`` rows in any order.
        heard: Who hears which of them.
        depth: ``[e]``, how specific each is.
        purpose: What is asked about.

    Raises:
        UnreadableEventError: An event holds a state that no event has.
    """
    effective, expires = microseconds(consents["effective_at"]), microseconds(consents["expires_at"], _NEVER)
    status = _heard_as(consents, purpose)

    def little(rows: Numbers) -> list[npt.NDArray[Any]]:
        return _little(consents.take(pa.array(heard.row[rows])), expires[heard.row[rows]])

    order = in_order(heard.whose, effective[heard.row], little)
    row, whose = heard.row[order], heard.whose[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(whose, minlength=heard.persons))])
    at = effective[row]
    claim = flags(consents["claim"])[row]
    place = _deciding(at, starts[whose], status[row], depth[row], claim)
    event = np.where(place < 0, -1, at_places(row, place))
    decided = np.where(event < 0, _STATUS[ConsentStatus.UNKNOWN], at_places(status, event)).astype(np.int8)
    until = np.where((event >= 0) & _GRANTS[decided], at_places(expires, event), _NEVER)
    return History(starts, at, event, decided, until)


def _heard_as(consents: pa.Table, purpose: str) -> npt.NDArray[np.int8]:
    """Return the status as which each event is heard: a grant without derivatives may be a refusal."""
    status = places(coded(consents["state"]), STATUSES).astype(np.int8)
    if (status < 0).any():
        raise UnreadableEventError("An event in the ledger has a state that no event has.")
    if purpose not in WITHOUT_DERIVATIVES:
        status[_GRANTS[status] & ~flags(consents["derivatives"])] = _STATUS[ConsentStatus.REFUSED]
    return status


def _little(tied: pa.Table, expires: Numbers) -> list[npt.NDArray[Any]]:
    """Return columns that order events of one instant by how little they allow, what allows least last."""
    named = pc.list_value_length(whole(tied["data_categories"])).to_numpy()
    age = places(coded(tied["age_band"]), AGES_BY_HOW_LITTLE_THEY_ALLOW)
    return [-expires, ~flags(tied["retroactive"]), named > 0, -named, age, *digest_words(tied["receipt"])]


def _deciding(
    at: Numbers, start: Numbers, status: npt.NDArray[np.int8], depth: npt.NDArray[np.int8], claim: Flags
) -> Numbers:
    """Return for each period the place of the event that decides; -1 where none does.

    All are ``[h]`` in order of person, instant and tie; ``start`` is where the person's events begin.
    """
    grants, outright = _GRANTS[status], _OUTRIGHT[status]

    def last(holds: Flags) -> Numbers:
        found = np.maximum.accumulate(np.where(holds, np.arange(len(at)), -1))
        found[found < start] = -1
        return found

    fills_silence = grants & claim
    silent = last(~fills_silence) < 0
    grants = grants & ~claim
    place = np.where(silent, last(fills_silence), last(grants))
    levels = range(depth.max(initial=-1) + 1)
    deep_enough = [last(grants & (depth >= level)) for level in levels]
    for refuses in (~outright, outright & ~_GRANTS[status]):
        for level, grant in zip(levels, deep_enough, strict=True):
            refusal = last(refuses & (depth == level))
            lifted = (grant >= 0) & (at_places(at, grant) > at_places(at, refusal))
            place = np.where((refusal >= 0) & ~lifted, refusal, place)
    return place
