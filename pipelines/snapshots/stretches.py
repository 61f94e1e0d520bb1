"""Deciding a selection some whole tenants at a time, on key columns alone.

Every record of the sources asked for gets a verdict: permitted, denied (at the gate, as a duplicate, as outside
the period or the outcomes, by the policy at this instant) or quarantined. Beside the ledgers, memory is that of a
few times ``ROWS_AT_ONCE`` records, or of the largest tenant's: only all of a tenant's tell which are duplicates.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.encrypted import read_encrypted
from lineage.keys.vault import Vault
from lineage.record import KEY_COLUMNS
from lineage.snapshot_request import SHARED, SnapshotRequest
from lineage.warehouse import Warehouse
from pipelines.facts import Decided, draw_batches
from pipelines.governed import Governed
from pipelines.landing.landed import tenant_path
from pipelines.snapshots.asked import Asked
from pipelines.snapshots.purposes import concluded, terms_for
from pipelines.snapshots.sifting import (
    DENIED_ELSEWHERE,
    DUPLICATE,
    OUTSIDE,
    OUTSIDE_OUTCOME,
    first_said,
    not_denied,
    of_outcome,
    within,
)
from pipelines.snapshots.split import PERSON, parts_of

ROWS_AT_ONCE = 250_000
PERMIT, DENY, QUARANTINE = "permit", "deny", "quarantine"
GONE = "not kept"  # the jurisdiction of a record whose landed file is no longer there

SELECTION_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("tenant", pa.string(), nullable=False),
        pa.field("data_subject_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("record_digest", pa.binary(32), nullable=False),
        pa.field("redaction_digest", pa.binary(32), nullable=False),
        pa.field("consent_receipt", pa.binary(32), nullable=False),
        pa.field("decision_digest", pa.binary(32), nullable=False),
    ]
)
ORDER = [(name, "ascending") for name in ("tenant", "split", "data_subject_id", "record_id")]

VERDICT_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("record_id", "tenant", "source", "jurisdiction", "effect", "reason")]
)


@dataclass(frozen=True)
class Stretch:
    """Some whole tenants' records, decided.

    Attributes:
        rows: Permitted records, ``SELECTION_SCHEMA``, in ``ORDER``: a tenant's records lie together, a split's
            within them, a person's within that.
        verdicts: One row of ``VERDICT_SCHEMA`` for every record considered, permitted or not.
        decisions: Every distinct decision made now.
    """

    rows: pa.Table
    verdicts: pa.Table
    decisions: Sequence[Mapping[str, Any]]


def stretches(asked: Asked, *, places: bool = False) -> Iterator[Stretch]:
    """Decide every record asked for, some whole tenants at a time, in order of tenant.

    Args:
        asked: What is asked for.
        places: Also look up where the people of records that were denied or quarantined at the gate are, in
            the landed files; otherwise their jurisdiction is not told.
    """
    terms, pool = terms_for(asked.policy, str(asked.request.purpose)), _pool(asked.request)
    ahead: deque[_Sifted] = deque()

    def left() -> Iterator[pa.Table]:
        for parts in _whole_tenants(asked.parts):
            ahead.append(_sifted(asked, parts, places))
            yield ahead[-1].keys

    for drawn in draw_batches(left(), asked.known, terms, pool, asked.as_of):
        yield _decided(asked, ahead.popleft(), concluded(drawn, asked.policy))


def _whole_tenants(parts: Sequence[Governed]) -> Iterator[list[Governed]]:
    """Yield parts of about ``ROWS_AT_ONCE`` records together, never some of a tenant's without the others."""
    held: list[Governed] = []
    for _, of_tenant in groupby(parts, key=lambda part: part.tenant):
        more = list(of_tenant)
        if held and sum(part.records for part in [*held, *more]) > ROWS_AT_ONCE:
            yield held
            held = []
        held += more
    if held:
        yield held


@dataclass(frozen=True)
class _Sifted:
    """What no sieve has stopped: key columns; and the verdicts on all that one has."""

    keys: pa.Table
    told: pa.Table


def _sifted(asked: Asked, parts: Sequence[Governed], places: bool) -> _Sifted:
    out = pa.concat_tables([VERDICT_SCHEMA.empty_table(), *(_left_out(asked, part) for part in parts)])
    if places:
        out = _placed(asked, parts, out)
    keys = pa.concat_tables([_keys(part, asked.warehouse, asked.vault) for part in parts])
    denied = out.filter(pc.equal(out["effect"], DENY))["record_id"].combine_chunks()
    told = [out]
    for reason, sieve in _sieves(asked, denied):
        keep = sieve(keys)
        told.append(_verdicts(keys.filter(pc.invert(keep)), DENY, reason))
        keys = keys.filter(keep)
    return _Sifted(keys, pa.concat_tables(told))


def _decided(asked: Asked, sifted: _Sifted, decided: Decided) -> Stretch:
    rows = decided.rows
    decided_on = _verdicts(sifted.keys, pc.if_else(rows["permitted"], PERMIT, DENY), rows["reason"])
    return Stretch(
        rows=_selected(asked, sifted.keys, rows),
        verdicts=pa.concat_tables([sifted.told, decided_on]),
        decisions=decided.decisions,
    )


def _sieves(asked: Asked, denied: pa.Array) -> tuple[tuple[str, Callable[[pa.Table], pa.Array]], ...]:
    request = asked.request
    instant = pa.scalar(asked.as_of.effective_at, pa.timestamp("us", "UTC"))
    return (
        (DENIED_ELSEWHERE, lambda keys: not_denied(keys, denied)),
        (DUPLICATE, first_said),
        (OUTSIDE, lambda keys: within(keys, request.period, instant)),
        (OUTSIDE_OUTCOME, lambda keys: of_outcome(keys, request.outcome)),
    )


def _pool(request: SnapshotRequest) -> str:
    return SHARED if request.tenant is None else "tenant"


def _keys(part: Governed, warehouse: Warehouse, vault: Vault) -> pa.Table:
    path = f"{part.output}/records.parquet"
    wanted = [*KEY_COLUMNS, "record_digest", "redaction_digest"]
    table = read_encrypted(warehouse, path, key=vault.file_key(part.tenant, path), aad=path, columns=wanted)
    return table.append_column("file", pa.repeat(pa.scalar(path), table.num_rows))


def left_out(warehouse: Warehouse, vault: Vault, part: Governed) -> pa.Table:
    """Return what the gate denied or redaction stopped of a part: record_id, effect, reason.

    Raises:
        LineweightError: The file is missing or does not open.
    """
    path = f"{part.output}/left_out.parquet"
    return read_encrypted(warehouse, path, key=vault.file_key(part.tenant, path), aad=path)


def _left_out(asked: Asked, part: Governed) -> pa.Table:
    """Return the verdicts on what the gate denied or redaction stopped, without a jurisdiction."""
    if part.permitted == part.records:
        return VERDICT_SCHEMA.empty_table()
    rows = left_out(asked.warehouse, asked.vault, part)
    said = {"tenant": part.tenant, "source": part.source, "jurisdiction": GONE}
    columns = {name: rows[name] for name in ("record_id", "effect", "reason")}
    columns |= {name: _same(value, rows.num_rows) for name, value in said.items()}
    return pa.table({name: columns[name] for name in VERDICT_SCHEMA.names}).cast(VERDICT_SCHEMA)


def _placed(asked: Asked, parts: Sequence[Governed], out: pa.Table) -> pa.Table:
    """Say where the people of records left out are, as the landed files say; those may have expired."""
    looked_up = [part for part in parts if part.permitted < part.records]
    files = {tenant_path(part.source, part.batch, part.tenant): part.tenant for part in looked_up}
    found = [pa.table({"record_id": pa.array([], pa.string()), "jurisdiction": pa.array([], pa.string())})]
    for path, tenant in files.items():
        if asked.warehouse.exists(path):
            key = asked.vault.file_key(tenant, path)
            found.append(read_encrypted(asked.warehouse, path, key=key, aad=path, columns=found[0].column_names))
    landed = pa.concat_tables(found, promote_options="permissive")
    place = pc.index_in(out["record_id"], landed["record_id"].combine_chunks())
    said = pc.fill_null(landed["jurisdiction"].take(place), GONE)
    return out.set_column(out.column_names.index("jurisdiction"), VERDICT_SCHEMA.field("jurisdiction"), said)


def _verdicts(keys: pa.Table, effect: pa.Array | str, reason: pa.Array | str) -> pa.Table:
    columns = {name: keys[name] for name in ("record_id", "tenant", "source", "jurisdiction")}
    for name, said in (("effect", effect), ("reason", reason)):
        columns[name] = _same(said, keys.num_rows) if isinstance(said, str) else said
    return pa.table({name: columns[name] for name in VERDICT_SCHEMA.names}).cast(VERDICT_SCHEMA)


def _same(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


def _selected(asked: Asked, keys: pa.Table, decisions: pa.Table) -> pa.Table:
    columns = {name: keys[name] for name in SELECTION_SCHEMA.names if name in keys.column_names}
    columns |= {name: decisions[name] for name in ("consent_receipt", "decision_digest")}
    columns["conversation_id"] = keys["conversation_id"]
    rows = pa.table(columns).filter(decisions["permitted"])
    wanted = asked.request.split
    merged = asked.merged if wanted is not None and wanted.by == PERSON else {}
    split = parts_of(rows, wanted, asked.request.seed, merged)
    rows = rows.append_column("split", split.cast(pa.string())).select(SELECTION_SCHEMA.names)
    return rows.cast(SELECTION_SCHEMA).sort_by(ORDER)


def shards(rows: pa.Table, shard_rows: int) -> Iterator[tuple[str, str, pa.Table]]:
    """Yield (tenant, split, rows) for each file to write: one tenant and split each, ``shard_rows`` rows at most.

    Args:
        rows: ``SELECTION_SCHEMA``, in ``ORDER``.
        shard_rows: Records in one file, at most.
    """
    counted = rows.group_by(["tenant", "split"], use_threads=False).aggregate([([], "count_all")])
    first = 0
    for entry in counted.to_pylist():
        for start in range(0, entry["count_all"], shard_rows):
            yield (
                entry["tenant"],
                entry["split"],
                rows.slice(first + start, min(shard_rows, entry["count_all"] - start)),
            )
        first += entry["count_all"]
