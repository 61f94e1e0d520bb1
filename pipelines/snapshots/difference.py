"""Diff: which records one snapshot has and another has not, and why; what else was decided otherwise.

Records are compared by id, from leaves alone. Only where they differ are the selections made again, each on the
ledgers as known when it was made, to say why a record is not in the other; what the governed store no longer
holds is told as such.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.snapshots.account import counted
from pipelines.snapshots.side import Side
from pipelines.snapshots.sifting import DUPLICATE
from pipelines.snapshots.stretches import GONE, PERMIT, VERDICT_SCHEMA

NOT_ASKED = "source-not-asked-for"
NOT_IN_POOL = "tenant-not-in-the-pool"
NOT_CONSIDERED = "not-governed"
OTHERWISE = "decided-otherwise-then"
TOLD = ("reason", "tenant", "source", "jurisdiction")

Report = dict[str, Any]


def difference(first: Side, second: Side) -> Report:
    """Return what a second snapshot has gained and lost against a first, and what was asked or decided otherwise.

    Returns:
        JSON values. ``gained`` and ``lost`` count records by the reason for which the *other* side has them not,
        by tenant, source and jurisdiction; ``reasons`` says of each side whether its selection, made again,
        comes to exactly its records.
    """
    gained, lost = _only_in(second.held, first.held), _only_in(first.held, second.held)
    moved, redacted = _altered(first.held, second.held)
    changed = {
        name: {"from": first.told[name], "to": second.told[name]}
        for name in first.told
        if first.told[name] != second.told[name]
    }
    report: Report = {
        "from": first.label,
        "to": second.label,
        "same": not (gained.num_rows or lost.num_rows or moved or redacted or changed),
        "records": {
            "from": first.held.num_rows,
            "to": second.held.num_rows,
            "gained": gained.num_rows,
            "lost": lost.num_rows,
            "moved_between_parts": moved,
            "redacted_otherwise": redacted,
        },
        "changed": changed,
        "gained": _why(gained, absent_from=first, present_in=second),
        "lost": _why(lost, absent_from=second, present_in=first),
    }
    if gained.num_rows or lost.num_rows:
        report["reasons"] = {side.label: side.again.gives(side.held) for side in (first, second)}
    return report


def _only_in(one: pa.Table, other: pa.Table) -> pa.Table:
    return one.filter(pc.invert(pc.is_in(one["record_id"], other["record_id"].combine_chunks())))


def _altered(first: pa.Table, second: pa.Table) -> tuple[int, int]:
    """Return how many records that both have lie in another part, and how many were redacted otherwise."""
    place = pc.index_in(first["record_id"], second["record_id"].combine_chunks())
    both = first.filter(pc.is_valid(place))
    there = second.take(place.filter(pc.is_valid(place)))
    moved, redacted = (
        pc.sum(pc.not_equal(both[name], there[name])).as_py() or 0 for name in ("split", "redaction_digest")
    )
    return moved, redacted


def _why(records: pa.Table, *, absent_from: Side, present_in: Side) -> list[Report]:
    """Return counts by why a side has some records not, and by whose they are; most first."""
    if not records.num_rows:
        return []
    there, here = _verdicts(absent_from), _verdicts(present_in)
    place = pc.index_in(records["record_id"], there["record_id"].combine_chunks())
    origin = pc.index_in(records["record_id"], here["record_id"].combine_chunks())
    # Where a record came from is told by the side that has it; where that can no longer tell, by the other.
    whose = {
        name: pc.fill_null(pc.coalesce(here[name].take(origin), there[name].take(place)), GONE)
        for name in ("source", "jurisdiction")
    }
    reason = pc.if_else(pc.equal(there["effect"].take(place), PERMIT), OTHERWISE, there["reason"].take(place))
    reason = pc.coalesce(reason, _not_considered(records["tenant"], whose["source"], absent_from))
    told = pa.table({"reason": reason, "tenant": records["tenant"], **whose})
    rows = [dict(zip(TOLD, key, strict=True)) | {"records": count} for key, count in counted(told, TOLD)]
    return sorted(rows, key=lambda row: (-row["records"], *(row[name] for name in TOLD)))


def _not_considered(tenants: pa.ChunkedArray, sources: pa.ChunkedArray, side: Side) -> pa.ChunkedArray:
    """Return why a side did not even consider some records."""
    asked = pc.or_(pc.is_in(sources, pa.array(side.request.sources)), pc.equal(sources, GONE))
    reason = pc.if_else(asked, NOT_CONSIDERED, NOT_ASKED)
    if side.request.tenant is None:
        return reason
    return pc.if_else(pc.equal(tenants, side.request.tenant), reason, NOT_IN_POOL)


def _verdicts(side: Side) -> pa.Table:
    """Return one verdict a record: of several deliveries the one that was taken, or that says more than that."""
    made = side.again.selection
    if made is None:
        return VERDICT_SCHEMA.empty_table()
    repeated = pc.equal(made.verdicts["reason"], DUPLICATE)
    first = made.verdicts.filter(pc.invert(repeated))
    return pa.concat_tables([first, made.verdicts.filter(repeated)])
