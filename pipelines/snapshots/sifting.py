"""Sifting: what is left out of a snapshot before any policy is asked, and for which reason.

Each sieve takes ``n`` rows of key columns and returns ``n`` booleans: which of them stay.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.snapshot_request import Outcome, Period

DENIED_ELSEWHERE = "denied-in-another-delivery"
DUPLICATE = "duplicate-record"
OUTSIDE = "outside-period"
OUTSIDE_OUTCOME = "outside-outcome"


def not_denied(keys: pa.Table, denied: pa.Array) -> pa.Array:
    """Keep what was denied in no delivery: one that names another person does not make it permitted."""
    return _whole(pc.invert(pc.is_in(keys["record_id"], denied)))


def first_said(keys: pa.Table) -> pa.Array:
    """Keep one row a record: of several the earliest, then the one whose outcome was observed last.

    Logs are delivered again, longer, and lines resend what was said before. The earliest time is the one at
    which the person spoke; the line that only resends it may name somebody else. Which delivery came first
    does not matter; the batch digest settles what else is equal.
    """
    observed = pc.struct_field(keys["outcome"], "observed_at")
    ranked = pa.table(
        {
            "record_id": keys["record_id"],
            "occurred": keys["occurred_at"],
            "observed": pc.fill_null(observed.cast(pa.int64()), np.iinfo(np.int64).min),
            "batch": keys["batch"],
            "row": pa.array(np.arange(keys.num_rows)),
        }
    ).sort_by(
        [("record_id", "ascending"), ("occurred", "ascending"), ("observed", "descending"), ("batch", "descending")]
    )
    first = ranked.group_by("record_id", use_threads=False).aggregate([("row", "first")])
    keep = np.zeros(keys.num_rows, bool)
    keep[first["row_first"].to_numpy()] = True
    return pa.array(keep)


def within(keys: pa.Table, period: Period, effective_at: pa.Scalar) -> pa.Array:
    """Keep what occurred in the period asked for, and not after the instant asked about."""
    occurred = keys["occurred_at"]
    keep = pc.less_equal(occurred, effective_at)
    if period.since is not None:
        keep = pc.and_(keep, pc.greater_equal(occurred, pa.scalar(period.since, occurred.type)))
    if period.until is not None:
        keep = pc.and_(keep, pc.less(occurred, pa.scalar(period.until, occurred.type)))
    return _whole(keep)


def of_outcome(keys: pa.Table, outcome: Outcome | None) -> pa.Array:
    """Keep what became what was asked for; a record whose outcome nobody observed became nothing of it."""
    if outcome is None:
        return pa.repeat(pa.scalar(True), keys.num_rows)
    label = pc.struct_field(keys["outcome"], "label")
    return _whole(pc.is_in(label, pa.array(outcome.label, pa.string())))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
