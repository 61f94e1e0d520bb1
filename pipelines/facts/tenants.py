"""Tenants: the agreement of each that is in force, as ``policies.agreement.agreement_at`` has it, in columns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Column, Flags, Numbers, coded, each, microseconds, places, whole
from pipelines.facts.numbering import part
from pipelines.facts.ordering import digest_words, in_order
from policies.agreement import SCOPES
from policies.consent import covers
from policies.facts import region_allowed

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Tenants:
    """``t`` tenants by code, and after them one that stands for every tenant nobody knows.

    Attributes:
        names: ``[t]``.
        number: ``[t + 1]``, the part of the number of facts that each one's agreement makes.
        limit_us: ``[t + 1]``, how old records may be, in microseconds.
    """

    names: pa.Array
    number: Numbers
    limit_us: Numbers

    def codes(self, column: Column) -> npt.NDArray[np.int32]:
        """Return the code of each row's tenant; ``t`` where it is not known, or null."""
        found = coded(column)
        known: npt.NDArray[np.int32] = pc.index_in(found.words, self.names).fill_null(len(self.names)).to_numpy()
        return known[found.codes]

    @classmethod
    def of(
        cls,
        names: pa.Array,
        agreements: pa.Table,
        purpose: str,
        retain_days: int,
        region: str | None,
        effective_at: datetime,
        known_at: datetime,
    ) -> "Tenants":
        """Return what each tenant allows at one instant, as known at another.

        Args:
            names: The tenants; those of ``agreements`` among them.
            agreements: ``AGREEMENT_SCHEMA``, in any order.
            purpose: What the records are to be used for.
            retain_days: Days that records may be used; an agreement can only shorten it.
            region: Where the records are kept.
            effective_at: The instant asked about, UTC.
            known_at: Agreements recorded after it are not heard.
        """
        number = np.zeros(len(names) + 1, np.int64)  # that of no agreement, which allows nothing
        limits = np.full(len(names) + 1, retain_days, np.int64)
        tenants = cls(names, number, limits)
        force = _in_force(agreements, tenants, effective_at, known_at)
        whose = tenants.codes(force["tenant"])
        named = _any(force["purposes"], lambda word: covers(word, purpose))
        here = _any(force["regions"], lambda word: region_allowed((word,), region)) | (_lengths(force["regions"]) == 0)
        number[whose] = each(coded(force["scope"]), lambda word: part("tenant_scope", word))
        number[whose] += part("purpose_in_agreement", True) * named + part("region_allowed", True) * here
        limits[whose] = np.minimum(pc.fill_null(whole(force["retention_days"]), retain_days).to_numpy(), retain_days)
        limits *= DAY_US
        return tenants


def _in_force(agreements: pa.Table, tenants: Tenants, effective_at: datetime, known_at: datetime) -> pa.Table:
    """Return each tenant's latest agreement; of those of one instant the one that allows least."""
    instant = pa.timestamp("us", "UTC")
    heard = agreements.filter(
        pc.and_(
            pc.less_equal(agreements["recorded_at"], pa.scalar(known_at, instant)),
            pc.less_equal(agreements["effective_at"], pa.scalar(effective_at, instant)),
        )
    )
    whose = tenants.codes(heard["tenant"]).astype(np.int64)

    def little(rows: Numbers) -> list[npt.NDArray[Any]]:
        tied = heard.take(pa.array(rows))
        days = pc.fill_null(whole(tied["retention_days"]).cast(pa.int64()), np.iinfo(np.int64).max).to_numpy()
        regions = _lengths(tied["regions"])
        allow = [places(coded(tied["scope"]), SCOPES), _lengths(tied["purposes"]), days]
        return [*(-column for column in allow), regions > 0, -regions, *digest_words(tied["digest"])]

    order = in_order(whose, microseconds(heard["effective_at"]), little)
    last = np.append(np.diff(whose[order]) != 0, True)[: len(order)]
    return heard.take(pa.array(order[last]))


def _lengths(lists: Column) -> Numbers:
    lengths: Numbers = pc.list_value_length(whole(lists)).to_numpy().astype(np.int64)
    return lengths


def _any(lists: Column, holds: Any) -> Flags:
    """Return for each list of words whether ``holds`` of any; each distinct word is asked once."""
    rows = whole(lists)
    words = coded(pc.list_flatten(rows))
    right = np.array([holds(word) for word in words.list()], bool)[words.codes]
    found = np.zeros(len(rows), bool)
    found[pc.list_parent_indices(rows).to_numpy()[right]] = True
    return found
