"""A governed record as it may be read: its redacted texts, what was replaced or kept in them, and why."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.encrypted import read_encrypted
from lineage.record import RECORD_SCHEMA
from pipelines.deployment import Deployment
from pipelines.governed import Governed, parts
from pipelines.redacting.places import texts_by_place
from policies.errors import LineweightError, UsageError

Document = dict[str, Any]
RECORD_ID = re.compile(r"r[0-9a-f]{32}")


class RecordNotGovernedError(LineweightError):
    """No record of that id was governed."""

    remedy = "Take the id from an exported snapshot; what is not governed is not redacted either: lineweight govern."


def explain_redaction(deployment: Deployment, record_id: str) -> Document:
    """Explain how one record of the governed store was redacted.

    Args:
        deployment: Holds the store and the keys.
        record_id: ``r`` and 32 hex digits.

    Returns:
        A JSON document: for each delivery of the record what became of it, and its redacted ``texts`` by place, each
        with the ``spans`` found in it; offsets are code points of that text.

    Raises:
        UsageError: This is no record's id.
        RecordNotGovernedError: No record of this id was governed.
        LineweightError: A file cannot be read.
    """
    if not RECORD_ID.fullmatch(record_id):
        raise UsageError("A record's id is r and 32 hexadecimal digits.", remedy="Take it from an exported snapshot.")
    found = [one for part in parts(deployment.warehouse) for one in _in_part(deployment, part, record_id)]
    if not found:
        raise RecordNotGovernedError(f"{record_id}: no record of this id was governed.")
    return {"record_id": record_id, "deliveries": found}


def _in_part(deployment: Deployment, part: Governed, record_id: str) -> Iterator[Document]:
    told = {name: getattr(part, name) for name in ("tenant", "source", "batch", "output", "profile", "redaction")}
    read = partial(_rows, deployment, part, record_id)
    for batch in read("records").select(RECORD_SCHEMA.names).cast(RECORD_SCHEMA).to_batches():
        for place in range(batch.num_rows):
            texts = _explained(texts_by_place(batch.slice(place, 1)), read("findings").to_pylist())
            yield told | {"effect": "permit", "reason": None, "texts": texts}
    for row in read("left_out").to_pylist() if part.permitted < part.records else ():
        yield told | {"effect": row["effect"], "reason": row["reason"], "texts": []}


def _rows(deployment: Deployment, part: Governed, record_id: str, name: str) -> pa.Table:
    """Return a record's rows in one file of a part."""
    path = f"{part.output}/{name}.parquet"
    key = deployment.vault.file_key(part.tenant, path)
    where = pc.field("record_id") == record_id
    return read_encrypted(deployment.warehouse, path, key=key, aad=path).filter(where)


def _explained(texts: Mapping[str, str], findings: list[Document]) -> list[Document]:
    """Return each text that stands in the record, or in which something was found, with its spans in order."""
    spans: dict[str, list[Document]] = {}
    for finding in findings:
        spans.setdefault(finding["place"], []).append(_span(finding))
    shown = {place: texts[place] for place in texts if "#" not in place or place in spans}
    shown |= {place: texts.get(place, "") for place in spans if place not in shown}
    return [
        {"place": place, "text": text, "spans": sorted(spans.get(place, []), key=lambda span: span["start"])}
        for place, text in shown.items()
    ]


def _span(finding: Document) -> Document:
    told = {name: finding[name] for name in ("start", "end", "detector", "version", "score", "validator")}
    return told | {
        "type": finding["entity_type"],
        "action": finding["operator"],
        "kept_because": finding["kept_because"],
    }
