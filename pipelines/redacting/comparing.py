"""Two profiles over a published snapshot: what one finds in it and the other misses, and which models read that.

The records are searched as the snapshot holds them, which is as models read them. What was redacted is recognised as
such by both; so all that is found is what is left.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from lineage.record import RECORD_SCHEMA
from lineage.snapshot import Snapshot
from lineage.trace.evidence import gather
from pipelines.deployment import Deployment
from pipelines.redacting.places import texts_within
from pipelines.redaction.carriers.columns import RecordTexts, TextColumn
from pipelines.redaction.chosen import redactor_of
from pipelines.redaction.engine import Redactor
from pipelines.redaction.operators import KeptBecause
from pipelines.redaction.outcome import Find, Outcome
from pipelines.redaction.spans import Span

Document = dict[str, Any]
Advance = Callable[[int, int], None]
_ROWS = 500
_NO_KEY = bytes(32)  # the surrogates are thrown away
_STANDS = frozenset({KeptBecause.ALREADY_REDACTED, KeptBecause.RESERVED_VALUE})


@dataclass
class _Compared:
    """What was found out so far."""

    records: int = 0
    missed: list[Document] = field(default_factory=list)
    stopped: list[Document] = field(default_factory=list)


def compare_profiles(
    deployment: Deployment, snapshot: Snapshot, before: str, after: str, advance: Advance = lambda done, total: None
) -> Document:
    """Compare what two profiles find in a snapshot's records.

    Args:
        deployment: Holds the profiles, the keys and the models.
        snapshot: What to search.
        before: Name of one profile.
        after: Name of the other.
        advance: Called with the records done, and all.

    Returns:
        A JSON document: ``missed`` lists what ``after`` finds and ``before`` does not, by record, place and code
        points of the text there; ``stopped`` the records that ``after`` alone would not let pass; ``models`` those
        that read any of these records. No value is in it.

    Raises:
        LineweightError: There is no such profile, or a shard is not the one signed, or does not open.
    """
    directory = deployment.settings.profiles_directory
    older, newer = (redactor_of(name, directory, lambda _: _NO_KEY) for name in (before, after))
    compared = _Compared()
    for index, shard in enumerate(snapshot.manifest.shards):
        table = snapshot.shard(index, deployment.vault).select(RECORD_SCHEMA.names).cast(RECORD_SCHEMA)
        for batch in table.to_batches(max_chunksize=_ROWS):
            _compare_batch(batch, shard.tenant, older, newer, compared)
            advance(compared.records, snapshot.manifest.rows)
    concerned = sorted({one["record_id"] for one in (*compared.missed, *compared.stopped)})
    evidence = gather(deployment.warehouse, deployment.home.trusted())
    return {
        "snapshot": snapshot.manifest.label,
        "before": {"profile": before, "digest": older.digest},
        "after": {"profile": after, "digest": newer.digest},
        "records": compared.records,
        "records_concerned": len(concerned),
        "by_type": _by_type(compared.missed),
        "missed": compared.missed,
        "stopped": compared.stopped,
        "models": evidence.models_that_read(snapshot, concerned) if concerned else [],
        "unverified": evidence.unverified,
    }


def _compare_batch(batch: pa.RecordBatch, tenant: str, older: Redactor, newer: Redactor, compared: _Compared) -> None:
    ids = batch["record_id"].to_pylist()
    stopped: dict[str, Document] = {}
    for column in RecordTexts(batch).columns:
        outcomes = [one.outcomes(tenant, column.texts, column.fields) for one in (older, newer)]
        differ = [_difference(*one) for one in zip(column.texts, *outcomes, strict=True)]
        for row, position, code in _places(column, [bool(finds) or stops for finds, stops in differ]):
            finds, stops = differ[code]
            compared.missed += [_missed(ids[row], column.place(position), find) for find in finds]
            if stops:
                stopped.setdefault(ids[row], {"record_id": ids[row], "reason": str(outcomes[1][code].reason)})
    compared.stopped += stopped.values()
    compared.records += batch.num_rows


def _places(column: TextColumn, wanted: Sequence[bool]) -> Iterator[tuple[int, int, int]]:
    """Yield row, position and number of every text of a column that is wanted."""
    codes, rows = column.codes, column.owners.rows
    mask = np.append(np.array(wanted, dtype=bool), False)  # a place without a text has the number -1: the last
    for position in np.flatnonzero(mask[codes]).tolist():
        yield int(rows[position]), position, int(codes[position])


def _difference(text: str | None, before: Outcome, after: Outcome) -> tuple[list[Find], bool]:
    """Return what only the newer finds, and whether only the newer would let nothing of the text pass."""
    if text is None or before.reason is not None or after.reason is not None:
        return [], before.reason is None and after.reason is not None
    known: dict[str, list[Span]] = {}
    for find in before.finds:
        known.setdefault(find.within, []).append(find.span)
    new = [find for find in after.finds if find.done.kept_because not in _STANDS and find not in before.finds]
    inside = {"": text} | dict(texts_within(text) if any(find.within for find in new) else ())
    return [find for find in new if _uncovered(find, known.get(find.within, ()), inside.get(find.within))], False


def _uncovered(find: Find, known: Sequence[Span], text: str | None) -> bool:
    """Return whether a find claims a letter or digit that none of the known spans does."""
    left = set(range(find.span.start, find.span.end)).difference(*(range(span.start, span.end) for span in known))
    return any(text is None or text[place].isalnum() for place in left)


def _missed(record_id: str, place: str, find: Find) -> Document:
    span = find.span
    return {
        "record_id": record_id,
        "place": place + find.within,
        "start": span.start,
        "end": span.end,
        "type": span.entity_type,
        "detector": span.detector,
        "score": span.score,
    }


def _by_type(missed: Sequence[Document]) -> list[Document]:
    found = Counter(one["type"] for one in missed)
    records = Counter(kind for kind, _ in {(one["type"], one["record_id"]) for one in missed})
    return [{"type": kind, "found": found[kind], "records": records[kind]} for kind in sorted(found)]
