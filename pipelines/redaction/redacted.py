"""What became of a batch of records, put together from what became of its texts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lineage.record import RECORD_SCHEMA
from pipelines.redaction.carried import Carried
from pipelines.redaction.carriers.columns import RecordTexts
from pipelines.redaction.findings import QUARANTINE_SCHEMA, Finding, finding_of, findings_table, redaction_digest
from pipelines.redaction.outcome import QuarantineReason

_MESSAGES, _ATTRIBUTES = RECORD_SCHEMA.names.index("messages"), RECORD_SCHEMA.names.index("attributes")


@dataclass(frozen=True, slots=True)
class Redacted:
    """What became of ``n`` records: those of ``batch`` and those of ``quarantined`` add up to ``n``.

    Attributes:
        batch: ``k`` rows of ``RECORD_SCHEMA`` in the order given.
        findings: Rows of ``FINDING_SCHEMA`` for the records of ``batch``.
        redaction_digests: ``k`` digests of 32 bytes, row for row with ``batch``.
        quarantined: ``n - k`` rows of ``record_id`` and ``reason``, a :class:`QuarantineReason`.
    """

    batch: pa.RecordBatch
    findings: pa.Table
    redaction_digests: list[bytes]
    quarantined: pa.Table


def redacted(batch: pa.RecordBatch, texts: RecordTexts, carried: Sequence[Carried], digest: str) -> Redacted:
    """Return what became of ``n`` records.

    Args:
        batch: ``n`` rows of ``RECORD_SCHEMA``.
        texts: Their texts.
        carried: What became of the texts, for each of the columns of ``texts``.
        digest: The redactor's.
    """
    reasons = _reasons(carried)
    kept = np.ones(batch.num_rows, dtype=bool)
    kept[list(reasons)] = False
    ids = batch["record_id"].to_pylist()
    findings = _findings(ids, carried, kept)
    clean = redaction_digest(digest, [])
    messages, attributes = texts.rebuilt([one.texts() for one in carried])
    changed = batch.set_column(_MESSAGES, RECORD_SCHEMA.field(_MESSAGES), messages)
    changed = changed.set_column(_ATTRIBUTES, RECORD_SCHEMA.field(_ATTRIBUTES), attributes)
    refused = [{"record_id": ids[row], "reason": reasons[row].value} for row in sorted(reasons)]
    return Redacted(
        batch=changed.filter(pa.array(kept)),
        findings=findings_table([finding for row in sorted(findings) for finding in findings[row]]),
        redaction_digests=[
            redaction_digest(digest, findings[row]) if row in findings else clean
            for row in np.flatnonzero(kept).tolist()
        ],
        quarantined=pa.Table.from_pylist(refused, schema=QUARANTINE_SCHEMA),
    )


def _reasons(carried: Sequence[Carried]) -> dict[int, QuarantineReason]:
    """Return why rows must not be passed on: for each the first reason in order of columns and places."""
    reasons: dict[int, QuarantineReason] = {}
    for one in carried:
        for row, _, outcome in one.where(lambda outcome: outcome.reason):
            if outcome.reason is not None:
                reasons.setdefault(row, outcome.reason)
    return reasons


def _findings(ids: Sequence[str], carried: Sequence[Carried], kept: npt.NDArray[np.bool_]) -> dict[int, list[Finding]]:
    """Return the findings of the rows that are passed on, by row."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for one in carried:
        for row, position, outcome in one.where(lambda outcome: outcome.finds):
            if kept[row]:
                place = one.column.place(position)
                found[row] += [
                    finding_of(ids[row], place + find.within, find.span, find.done) for find in outcome.finds
                ]
    return found
