"""Findings: what was found where, and what was done. The value itself is nowhere in them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from lineage.canonical import canonical_json
from pipelines.redaction.operators import Done
from pipelines.redaction.spans import Span

FINDING_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("entity_type", pa.string(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("validator", pa.string(), nullable=False),
        pa.field("operator", pa.string(), nullable=False),
        pa.field("kept_because", pa.string()),
    ]
)
QUARANTINE_SCHEMA = pa.schema(
    [pa.field("record_id", pa.string(), nullable=False), pa.field("reason", pa.string(), nullable=False)]
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One span that was found, and what was done with it.

    Attributes:
        record_id: The record it stands in.
        place: Which of its texts: ``messages[1].content``, ``messages[2].tool_calls[0].arguments#/path`` (a JSON
            pointer follows ``#``, RFC 6901) or ``attributes[3]``.
        start, end: Code points of the *redacted* text at that place.
        entity_type: As what it was found.
        detector, version: The rule, model or recogniser that found it, and which version of it.
        score: How sure the find was, 0 to 1.
        validator: What confirmed it (``luhn``, ``mod-97``), or empty.
        operator: What was done: ``pseudonym``, ``tag``, ``mask``, ``drop``, or ``keep``.
        kept_because: Why it was left: ``profile-keeps``, ``already-redacted`` or ``reserved-value``; else ``None``.
    """

    record_id: str
    place: str
    start: int
    end: int
    entity_type: str
    detector: str
    version: str
    score: float
    validator: str
    operator: str
    kept_because: str | None


def findings_of(record_id: str, place: str, spans: Sequence[Span], done: Sequence[Done]) -> list[Finding]:
    """Return the findings of one text: ``n`` spans, and what became of each.

    Raises:
        ValueError: There are not as many of one as of the other.
    """
    return [finding_of(record_id, place, span, one) for span, one in zip(spans, done, strict=True)]


def finding_of(record_id: str, place: str, span: Span, done: Done) -> Finding:
    """Return the finding of one span."""
    return Finding(
        record_id=record_id,
        place=place,
        start=done.start,
        end=done.end,
        entity_type=span.entity_type,
        detector=span.detector,
        version=span.version,
        score=span.score,
        validator=span.validator,
        operator=done.operator.value,
        kept_because=None if done.kept_because is None else done.kept_because.value,
    )


def findings_table(findings: Sequence[Finding]) -> pa.Table:
    """Return findings as ``n`` rows of ``FINDING_SCHEMA``, in the order given."""
    columns = {name: [getattr(finding, name) for finding in findings] for name in FINDING_SCHEMA.names}
    return pa.table(columns, schema=FINDING_SCHEMA)


def redaction_digest(redactor_digest: str, findings: Sequence[Finding]) -> bytes:
    """Return the 32 bytes that say how one record was redacted.

    SHA-256 over the canonical JSON of the redactor's digest and the record's findings: place, offsets, type
    and operator, sorted. Scores and detector names are left out, for they may differ in the last bit between
    machines.
    """
    done = sorted([f.place, f.start, f.end, f.entity_type, f.operator] for f in findings)
    return hashlib.sha256(canonical_json({"findings": done, "redactor": redactor_digest})).digest()
