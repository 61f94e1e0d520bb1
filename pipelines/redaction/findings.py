"""Findings: what was found where, and what was done. The value itself is nowhere in them."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import pyarrow as pa

from lineage.canonical import canonical_json

FINDING_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("entity_type", pa.string(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("operator", pa.string(), nullable=False),
    ]
)
QUARANTINE_SCHEMA = pa.schema(
    [pa.field("record_id", pa.string(), nullable=False), pa.field("reason", pa.string(), nullable=False)]
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One replaced span: ``start`` and ``end`` count code points of the *redacted* text at ``place``.

    A place reads ``messages[1].content``, ``messages[2].tool_calls[0].arguments#/path`` (a JSON pointer
    follows ``#``, RFC 6901) or ``attributes[3]``.
    """

    record_id: str
    place: str
    start: int
    end: int
    entity_type: str
    detector: str
    score: float
    operator: str


def findings_table(findings: Sequence[Finding]) -> pa.Table:
    """Return findings as ``n`` rows of ``FINDING_SCHEMA``, in the order given."""
    rows = [dict(zip(FINDING_SCHEMA.names, astuple(finding), strict=True)) for finding in findings]
    return pa.Table.from_pylist(rows, schema=FINDING_SCHEMA)


def redaction_digest(redactor_digest: str, findings: Sequence[Finding]) -> bytes:
    """Return the 32 bytes that say how one record was redacted.

    SHA-256 over the canonical JSON of the redactor's digest and the record's findings: place, offsets, type
    and operator, sorted. Scores and detector names are left out, for they may differ in the last bit between
    machines.
    """
    done = sorted([f.place, f.start, f.end, f.entity_type, f.operator] for f in findings)
    return hashlib.sha256(canonical_json({"findings": done, "redactor": redactor_digest})).digest()
