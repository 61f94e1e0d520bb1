"""Govern: drop what no policy permits, redact the rest, keep tenants apart.

The decision is made on key columns before any text is read (`gate`). A unit then reads one stretch of one
landed file of one tenant, redacts what was permitted and writes it, encrypted, under the tenant's key. Of a
denied record only its id and the reason remain, of a quarantined one its id and what stopped it. What a part
consists of stands in `pipelines.governed`.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import canonical_json, digest_of
from lineage.encrypted import encrypted_writer, iter_encrypted, read_encrypted
from lineage.keys.vault import Vault
from lineage.leaf import record_digests
from lineage.record import KEY_COLUMNS
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf, Drawn, Known, Terms, conclude, draw
from pipelines.governed import GATE_SCHEMA, GOVERNED_SCHEMA, LEFT_OUT_SCHEMA, Governed, account_of
from pipelines.redaction.findings import FINDING_SCHEMA
from policies.document import Policy

if TYPE_CHECKING:
    from pipelines.redaction.engine import Redactor

BATCH_ROWS = 250


@dataclass(frozen=True)
class GovernUnit:
    """One stretch of one landed file of one tenant.

    Attributes:
        landed: The landed file; its path is also its logical name.
        row_groups: Which of its row groups.
        output: Directory of the part.
        profile: Name of the redaction profile.
        profiles: Directory of the home's own profiles, if it has one.
    """

    warehouse: Warehouse
    vault: Vault
    tenant: str
    source: str
    batch: str
    landed: str
    row_groups: tuple[int, ...]
    output: str
    profile: str
    profiles: Path | None = None

    @property
    def gate(self) -> str:
        """File of ``GATE_SCHEMA`` rows that decides the stretch."""
        return f"{self.output}/gate.parquet"


@dataclass(frozen=True)
class Gated:
    """What the gate decided.

    Attributes:
        rows: ``n`` rows of ``GATE_SCHEMA``, in the order of the records given.
        decisions: Every distinct decision that was made and how often, by policy id.
    """

    rows: pa.Table
    decisions: Mapping[str, Sequence[Mapping[str, Any]]]


def gate(keys: pa.Table, known: Known, policies: Sequence[Policy], as_of: AsOf) -> Gated:
    """Decide which records any policy in force permits; facts of equal terms are drawn once.

    Args:
        keys: ``n`` rows of the key columns of ``RECORD_SCHEMA``.
        known: The ledgers and declarations.
        policies: The policies in force; none permits nothing.
        as_of: The instant asked about.

    Returns:
        A row a record, in order; one that no policy permits carries the reason of the first policy.
    """
    permitted = pa.repeat(pa.scalar(False), keys.num_rows)
    reason = pa.repeat(pa.scalar("no-policy"), keys.num_rows)
    drawn: dict[Terms, Drawn] = {}
    decisions = {}
    for place, policy in enumerate(policies):
        terms = Terms.of(policy)
        if terms not in drawn:
            drawn[terms] = draw(keys, known, terms, "tenant", as_of)
        decided = conclude(drawn[terms], policy)
        rows, decisions[policy.policy_id] = decided.rows, decided.decisions
        reason = rows["reason"] if place == 0 else pc.if_else(rows["permitted"], rows["reason"], reason)
        permitted = pc.or_(permitted, rows["permitted"])
    rows = pa.table({"record_id": keys["record_id"], "permitted": permitted, "reason": reason}, schema=GATE_SCHEMA)
    return Gated(rows, decisions)


def govern_unit(unit: GovernUnit) -> Governed:
    """Do one unit; a unit whose inputs have not changed since it was done is left as it is.

    Raises:
        LineweightError: A file cannot be read, or the tenant's key is not in the vault.
    """
    redactor = _redactor(unit)
    chosen = _gate_rows(unit)
    inputs = _inputs(unit, chosen, redactor.digest)
    done = _done(unit, inputs)
    if done is not None:
        return done
    result = _write_part(unit, chosen, redactor, inputs)
    unit.warehouse.write(f"{unit.output}/unit.json", canonical_json(asdict(result)))
    return result


@functools.lru_cache(maxsize=4)
def redactor_at(profile: str, profiles: Path | None, keys: Path) -> "Redactor":
    """Return this process's redactor for a profile, and the vault in a directory."""
    from pipelines.redaction.chosen import redactor_of

    return redactor_of(profile, profiles, Vault.open(keys).surrogate_key)


def _redactor(unit: GovernUnit) -> "Redactor":
    """Return this process's redactor: it takes seconds to load and remembers texts it has seen."""
    return redactor_at(unit.profile, unit.profiles, unit.vault.directory)


def _gate_rows(unit: GovernUnit) -> pa.Table:
    key = unit.vault.file_key(unit.tenant, unit.gate)
    return read_encrypted(unit.warehouse, unit.gate, key=key, aad=unit.gate)


def _inputs(unit: GovernUnit, chosen: pa.Table, redaction: str) -> str:
    """Return the digest of all that the part is a function of."""
    decided = [list(row) for row in zip(*(chosen[name].to_pylist() for name in chosen.column_names), strict=True)]
    return digest_of(
        {"landed": unit.landed, "row_groups": list(unit.row_groups), "gate": decided, "redaction": redaction}
    )


def _done(unit: GovernUnit, inputs: str) -> Governed | None:
    path = f"{unit.output}/unit.json"
    if not unit.warehouse.exists(path):
        return None
    done = account_of(unit.warehouse, path)
    return done if done is not None and done.inputs == inputs else None


@dataclass
class _Tally:
    """What is counted while a part is written."""

    records: int = 0
    permitted: int = 0
    redacted: int = 0
    left_out: list[pa.Table] = field(default_factory=list)
    findings: list[pa.Table] = field(default_factory=list)


def _write_part(unit: GovernUnit, chosen: pa.Table, redactor: "Redactor", inputs: str) -> Governed:
    tally = _Tally()
    path = f"{unit.output}/records.parquet"
    key = unit.vault.file_key(unit.tenant, path)
    with encrypted_writer(unit.warehouse, path, GOVERNED_SCHEMA, key=key, aad=path) as writer:
        for batch in _landed(unit):
            writer.write_batch(_govern_batch(batch, chosen, redactor, tally))
    left_out = pa.concat_tables([LEFT_OUT_SCHEMA.empty_table(), *tally.left_out])
    findings = pa.concat_tables([FINDING_SCHEMA.empty_table(), *tally.findings])
    _write_side(unit, "left_out", left_out)
    _write_side(unit, "findings", findings)
    return Governed(
        tenant=unit.tenant,
        source=unit.source,
        batch=unit.batch,
        output=unit.output,
        inputs=inputs,
        profile=unit.profile,
        redaction=redactor.digest,
        records=tally.records,
        permitted=tally.permitted,
        redacted=tally.redacted,
        denied=_counts(left_out.filter(pc.equal(left_out["effect"], "deny")), "reason"),
        quarantined=_counts(left_out.filter(pc.equal(left_out["effect"], "quarantine")), "reason"),
        entities=_counts(_replaced(findings), "entity_type"),
    )


def _landed(unit: GovernUnit) -> Any:
    key = unit.vault.file_key(unit.tenant, unit.landed)
    return iter_encrypted(
        unit.warehouse,
        unit.landed,
        key=key,
        aad=unit.landed,
        row_groups=unit.row_groups,
        batch_rows=BATCH_ROWS,
    )


def _govern_batch(batch: pa.RecordBatch, chosen: pa.Table, redactor: "Redactor", tally: _Tally) -> pa.RecordBatch:
    """Return the permitted rows, redacted, with their digests; the others go to the tally."""
    place = pc.index_in(batch["record_id"], chosen["record_id"])
    # A record the gate has not decided is not permitted: index_in says null, and null is filled with no.
    permitted = pc.fill_null(chosen["permitted"].take(place), False).combine_chunks()
    reason = pc.fill_null(chosen["reason"].take(place), "not-decided").combine_chunks()
    denied = pc.invert(permitted)
    tally.left_out.append(_left_out(batch["record_id"].filter(denied), "deny", reason.filter(denied)))
    redacted = redactor.redact(batch.filter(permitted))
    failed = redacted.quarantined
    tally.left_out.append(_left_out(failed["record_id"], "quarantine", failed["reason"]))
    tally.findings.append(redacted.findings)
    tally.records += batch.num_rows
    tally.permitted += redacted.batch.num_rows
    tally.redacted += pc.count_distinct(_replaced(redacted.findings)["record_id"]).as_py()
    digests = pa.array(record_digests(redacted.batch), pa.binary(32))
    columns = [*redacted.batch.columns, digests, pa.array(redacted.redaction_digests, pa.binary(32))]
    return pa.RecordBatch.from_arrays(columns, schema=GOVERNED_SCHEMA)


def _replaced(findings: pa.Table) -> pa.Table:
    """Return the findings of which something was replaced, not kept."""
    return findings.filter(pc.is_null(findings["kept_because"]))


def _left_out(record_ids: pa.Array, effect: str, reasons: pa.Array) -> pa.Table:
    effects = pa.repeat(pa.scalar(effect), len(record_ids))
    return pa.table({"record_id": record_ids, "effect": effects, "reason": reasons}, schema=LEFT_OUT_SCHEMA)


def _write_side(unit: GovernUnit, name: str, table: pa.Table) -> None:
    path = f"{unit.output}/{name}.parquet"
    with encrypted_writer(
        unit.warehouse, path, table.schema, key=unit.vault.file_key(unit.tenant, path), aad=path
    ) as writer:
        writer.write_table(table)


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    counted = table.group_by(column).aggregate([([], "count_all")]).sort_by(column)
    return dict(zip(counted[column].to_pylist(), counted["count_all"].to_pylist(), strict=True))


def landed_keys(warehouse: Warehouse, vault: Vault, path: str, tenant: str) -> pa.Table:
    """Return the key columns of a landed file, no text."""
    return read_encrypted(warehouse, path, key=vault.file_key(tenant, path), aad=path, columns=list(KEY_COLUMNS))
