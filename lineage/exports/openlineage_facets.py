"""The facets of OpenLineage that our events carry, and the addresses of the schemas that each states.

Specification: https://openlineage.io/spec/2-0-2/OpenLineage.json and ``spec/facets``. Only facets of the standard are
used; what it has no field for, such as the digest of a signed statement, stands in its tags.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from lineage.canonical import canonical_json
from lineage.code_version import code_version
from lineage.record import RECORD_SCHEMA, TEXT_COLUMNS

Json = dict[str, Any]
Pairs = Sequence[tuple[str, str]]

EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER = "https://lineweight.dev/lineweight"
SOURCE = "LINEWEIGHT"
_SCHEMAS = {
    "ColumnLineageDatasetFacet": "1-2-0",
    "DatasetVersionDatasetFacet": "1-0-1",
    "DocumentationDatasetFacet": "1-1-0",
    "DocumentationJobFacet": "1-1-0",
    "InputStatisticsInputDatasetFacet": "1-0-0",
    "JobTypeJobFacet": "2-0-4",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "SchemaDatasetFacet": "1-2-0",
    "TagsRunFacet": "1-0-0",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a record is kept or dropped by.
DECIDED_BY = ("tenant", "data_subject_id", "participants", "occurred_at", "jurisdiction", "age_band", "source_licence")


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset's name in a namespace, and the digest or name of the version that was read or written."""

    namespace: str
    name: str
    version: str


def producer() -> str:
    """Return the URI of what made the events: the release and, in a checkout, the commit."""
    return f"{PRODUCER}/{code_version()}"


def facet(kind: str, **fields: Any) -> Json:
    """Return a facet of one of the standard's kinds."""
    url = f"https://openlineage.io/spec/facets/{_SCHEMAS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": producer(), "_schemaURL": url, **fields}


def run_id(at: datetime, *what: str) -> str:
    """Return a run's id: a UUID in the form of version 7 (RFC 9562) whose random part is a hash of what happened.

    The same run has the same id whenever and by whomever it is exported, and ids order as their instants do.

    Args:
        at: When it happened, UTC.
        what: What tells it from every other run.
    """
    moment = (at - _EPOCH) // timedelta(milliseconds=1)
    drawn = int.from_bytes(hashlib.sha256(canonical_json(["lineweight-openlineage-v1", *what])).digest()[:10], "big")
    bits = (moment & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (drawn >> 66 & 0xFFF) << 64 | 0b10 << 62
    return str(uuid.UUID(int=bits | drawn & (1 << 62) - 1))


def tags(pairs: Pairs) -> Json:
    """Return a run's tags: digests, names, policies."""
    listed = [{"key": key, "value": value, "source": SOURCE} for key, value in pairs]
    return facet("TagsRunFacet", tags=listed)


def job(namespace: str, name: str, does: str) -> Json:
    """Return a job: a kind of step, and what it does in words."""
    kind = facet("JobTypeJobFacet", processingType="BATCH", integration=SOURCE, jobType="JOB")
    documented = facet("DocumentationJobFacet", description=does, contentType="text/plain")
    return {"namespace": namespace, "name": name, "facets": {"documentation": documented, "jobType": kind}}


def read_from(place: Place, **statistics: int) -> Json:
    """Return an input: which version, and how much of it was read (``rowCount``, ``size``, ``fileCount``)."""
    found = {"inputStatistics": facet("InputStatisticsInputDatasetFacet", **statistics)} if statistics else {}
    return {"namespace": place.namespace, "name": place.name, "facets": _version(place), "inputFacets": found}


def written_to(place: Place, facets: Mapping[str, Json], **statistics: int) -> Json:
    """Return an output: which version, how much was written, and what else is said of it."""
    made = {"outputStatistics": facet("OutputStatisticsOutputDatasetFacet", **statistics)}
    return {
        "namespace": place.namespace,
        "name": place.name,
        "facets": {**_version(place), **facets},
        "outputFacets": made,
    }


def record_schema() -> Json:
    """Return the columns of a record."""
    fields = [
        {"name": field.name, "type": str(_shown(field.type)), "description": field.metadata[b"about"].decode()}
        for field in RECORD_SCHEMA
    ]
    return facet("SchemaDatasetFacet", fields=fields)


def pseudonymised(source: Place) -> Json:
    """Return the column lineage of landing: people are known by keyed pseudonyms from then on."""
    how = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}
    told = {"description": "A keyed pseudonym of the product's own id, different in every tenant.", **how}
    columns = {"data_subject_id": "person", "participants": "participants"}
    return facet(
        "ColumnLineageDatasetFacet", fields={name: _from(source, declared, told) for name, declared in columns.items()}
    )


def redacted(landed: Place, redaction: str) -> Json:
    """Return the column lineage of governing: text columns are masked, the others stay, and rows are dropped.

    Args:
        landed: What was read.
        redaction: Digest of the profile and the engine.
    """
    masked = {
        "type": "DIRECT",
        "subtype": "TRANSFORMATION",
        "description": f"Personal data is replaced by surrogates: redaction {redaction}.",
        "masking": True,
    }
    chosen = {
        "type": "INDIRECT",
        "subtype": "FILTER",
        "description": "A record is kept where policy and consent permit it.",
        "masking": False,
    }
    fields = {name: _from(landed, name, masked if name in TEXT_COLUMNS else _SAME) for name in RECORD_SCHEMA.names}
    return facet(
        "ColumnLineageDatasetFacet", fields=fields, dataset=[_input(landed, name, chosen) for name in DECIDED_BY]
    )


def unchanged(places: Sequence[Place]) -> Json:
    """Return the column lineage of a snapshot: the records of the governed store as they are there."""
    fields = {name: {"inputFields": [_input(place, name, _SAME) for place in places]} for name in RECORD_SCHEMA.names}
    return facet("ColumnLineageDatasetFacet", fields=fields)


def trained_on(snapshot: Place) -> Json:
    """Return the column lineage of weights: they come from what was said, not from who said it."""
    how = {"type": "DIRECT", "subtype": "AGGREGATION", "description": "Trained on.", "masking": False}
    return facet("ColumnLineageDatasetFacet", fields={"weights": _from(snapshot, "messages", how)})


_SAME = {"type": "DIRECT", "subtype": "IDENTITY", "masking": False}


def _from(place: Place, field: str, how: Mapping[str, Any]) -> Json:
    return {"inputFields": [_input(place, field, how)]}


def _input(place: Place, field: str, how: Mapping[str, Any]) -> Json:
    return {"namespace": place.namespace, "name": place.name, "field": field, "transformations": [dict(how)]}


def _version(place: Place) -> dict[str, Json]:
    return {"version": facet("DatasetVersionDatasetFacet", datasetVersion=place.version)}


def _shown(kind: pa.DataType) -> object:
    """Return a type as a reader needs it: that of nested columns without their fields."""
    if pa.types.is_list(kind):
        return "list<struct>" if pa.types.is_struct(kind.value_type) else kind
    return "struct" if pa.types.is_struct(kind) else kind
