"""A snapshot as Croissant 1.1 with the RAI vocabulary: JSON-LD that dataset tools read.

Specifications: http://mlcommons.org/croissant/1.1 (format), http://mlcommons.org/croissant/RAI/1.0 (responsible AI).
Files are those of the snapshot's directory, by their signed digests; saved there as ``croissant.json``, its relative
addresses lead to them. The shards are Parquet under modular encryption, so that only who has keys can load the record
set ``records``; ``leaves`` and ``figures`` anybody can.
"""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lineage.exports.disclosure import Disclosure
from lineage.exports.figure import Figure, Figures
from lineage.exports.page import NOT_STATED, answer, deployers
from lineage.exports.processing import left_out, redacted, residual
from lineage.record import RECORD_SCHEMA
from lineage.snapshot import Snapshot

CROISSANT = "http://mlcommons.org/croissant/1.1"
RAI = "http://mlcommons.org/croissant/RAI/1.0"
PARQUET = "application/x-parquet"  # the name that Croissant's readers know

ENCRYPTED = (
    "Encrypted: Parquet modular encryption, AES-256-GCM, columns and footer, under a key of the customer; no reader "
    "opens it without that key."
)
REMOVED = "Its content was removed under retention: the file is gone, its leaves stand."

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context of the specification's appendix, in the form of version 1.1."""

Document = dict[str, Any]


def croissant(figures: Figures, disclosure: Disclosure, snapshot: Snapshot) -> Document:
    """Return the JSON-LD document of a snapshot.

    Args:
        figures: Of the snapshot (`snapshot_figures`).
        disclosure: What the deployer states.
        snapshot: Its manifest names the files and their digests.
    """
    manifest = snapshot.manifest
    said = disclosure.snapshot(manifest.name)
    evidence = figures.evidence
    document: Document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RAI],
        "name": manifest.label,
        "description": _description(figures),
        "version": f"{manifest.version}.0.0",
        "url": said.url or f"urn:sha256:{evidence.manifest_digest}",
        "license": said.licence or said.licence_name or NOT_STATED,
        "creator": {"@type": "sc:Organization", "name": disclosure.provider.name or NOT_STATED},
        "datePublished": _published(figures),
        "citeAs": f"{manifest.label}, SHA-256 of its manifest {evidence.manifest_digest}, Merkle root {evidence.root}",
        "identifier": [
            _identifier("SHA-256 of the snapshot's manifest", evidence.manifest_digest),
            _identifier("Merkle root of the snapshot", evidence.root),
            _identifier("SHA-256 of the signed statement", evidence.statement_digest),
            *(_identifier("signed by", key) for key in evidence.signed_by),
        ],
        "keywords": ["conversations", manifest.purpose],
        "isLiveDataset": False,
        "distribution": list(_distribution(snapshot)),
        "recordSet": [_records(), _leaves(), _figures(figures)],
    }
    if disclosure.languages:
        document["inLanguage"] = list(disclosure.languages)
    return document | _rai(figures, disclosure)


def croissant_bytes(document: Document) -> bytes:
    """Return the file: the same document gives the same bytes."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _description(figures: Figures) -> str:
    return answer(
        figures,
        "",
        "{records} records of {people} people at {tenants} customers, permitted for the purpose {purpose}. Snapshot "
        "manifest SHA-256 {snapshot_digest}, Merkle root {root}. The shards are encrypted Parquet; the leaves prove "
        "them without keys. The record set named figures says how each figure is found again.",
    ).text


def _published(figures: Figures) -> str:
    """Return the day on which the ledger recorded it, or else the one up to which the ledgers were heard."""
    recorded = figures["recorded_on"]
    return str(recorded.value if recorded.known else figures["known_at"].value[:10])


def _identifier(what: str, value: str) -> Document:
    return {"@type": "sc:PropertyValue", "propertyID": what, "value": value}


def _distribution(snapshot: Snapshot) -> Iterator[Document]:
    """Yield every shard, its leaves, and the two sets that they make."""
    shards = snapshot.manifest.shards
    for shard in shards:
        told = f"{shard.rows} records of one customer, part {shard.split}. {ENCRYPTED}"
        gone = f" {REMOVED}" if shard.path in snapshot.removed else ""
        yield _file(shard.path, shard.sha256, told + gone, f"{shard.bytes} B")
        proof = f"One leaf for each of {shard.rows} records, in the clear; their Merkle root is {shard.root}."
        yield _file(shard.leaves_path, shard.leaves_sha256, proof)
    yield _set("shards", "shards/*.parquet", "All shards, encrypted.")
    yield _set("leaves-files", "leaves/*.parquet", "All leaves, in the clear.")


def _file(path: str, sha256: str, description: str, size: str = "") -> Document:
    document = {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rpartition("/")[2],
        "description": description,
        "contentUrl": path,
        "encodingFormat": PARQUET,
        "sha256": sha256,
    }
    return document | ({"contentSize": size} if size else {})


def _set(name: str, includes: str, description: str) -> Document:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        "encodingFormat": PARQUET,
        "includes": includes,
    }


def _records() -> Document:
    """Return the record set of the encrypted records: every column of ``RECORD_SCHEMA``, as it says of itself."""
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "description": "One record an interaction. To be loaded only with the customers' keys, by lineweight.",
        "key": {"@id": "records/record_id"},
        "field": [_field(column, "records", "shards", column.name) for column in RECORD_SCHEMA],
    }


def _leaves() -> Document:
    column = pa.field("record_id", pa.string(), metadata={"about": "The record that a leaf stands for."})
    return {
        "@type": "cr:RecordSet",
        "@id": "leaves",
        "name": "leaves",
        "description": "One leaf a record: keyed commitments and digests of 32 bytes, beside the record's id.",
        "key": {"@id": "leaves/record_id"},
        "field": [_field(column, "leaves", "leaves-files", column.name)],
    }


def _field(column: pa.Field, parent: str, files: str, source: str, path: str = "") -> Document:
    """Return a column, and what is nested in it."""
    place = f"{parent}/{column.name}"
    about = (column.metadata or {}).get(b"about", b"").decode()
    read: Document = {"fileSet": {"@id": files}, "extract": {"column": source}}
    if path:
        read["transform"] = {"jsonPath": path}
    field: Document = {"@type": "cr:Field", "@id": place, "name": column.name, "source": read}
    if about:
        field["description"] = about
    kind = column.type
    if pa.types.is_map(kind):
        nested = [pa.field("key", kind.key_type), pa.field("value", kind.item_type)]
        return field | _ARRAY | {"subField": [_field(one, place, files, source, one.name) for one in nested]}
    if pa.types.is_list(kind):
        field |= _ARRAY
        kind = kind.value_type
    if pa.types.is_struct(kind):
        inner = (kind.field(index) for index in range(kind.num_fields))
        prefix = f"{path}." if path else ""
        return field | {"subField": [_field(one, place, files, source, f"{prefix}{one.name}") for one in inner]}
    return field | {"dataType": _data_type(kind)}


_ARRAY = {"isArray": True, "arrayShape": "-1"}
_DATA_TYPES = (
    (pa.types.is_string, "sc:Text"),
    (pa.types.is_int32, "cr:Int32"),
    (pa.types.is_int64, "cr:Int64"),
    (pa.types.is_float64, "cr:Float64"),
    (pa.types.is_timestamp, "sc:DateTime"),
)


def _data_type(kind: pa.DataType) -> str:
    return next(name for is_one, name in _DATA_TYPES if is_one(kind))


def _figures(figures: Figures) -> Document:
    """Return the record set of the figures: each with the query that finds it again."""
    columns = ("name", "means", "value", "unknown", "command", "place", "sql")
    return {
        "@type": "cr:RecordSet",
        "@id": "figures",
        "name": "figures",
        "description": "What is stated of the snapshot, as JSON, and how it is found again: a command of lineweight "
        "and the place in its answer, or SQL (DuckDB) over files of the home.",
        "key": {"@id": "figures/name"},
        "field": [
            {"@type": "cr:Field", "@id": f"figures/{name}", "name": name, "dataType": "sc:Text"} for name in columns
        ],
        "data": [{f"figures/{name}": _row(figure)[name] for name in columns} for figure in figures],
    }


def _row(figure: Figure) -> dict[str, str]:
    value = "" if not figure.known else json.dumps(figure.value, ensure_ascii=False)
    query = figure.query
    return {"name": figure.name, "means": figure.means, "value": value, "unknown": figure.unknown} | {
        "command": query.command, "place": query.place, "sql": query.sql
    }  # fmt: skip


def _rai(figures: Figures, disclosure: Disclosure) -> Document:
    """Return the properties of the RAI vocabulary, those of which something is known or stated."""
    said = disclosure.snapshot(figures.evidence.artifact.partition("@")[0])

    def text(sentence: str) -> str:
        return answer(figures, "", sentence).text

    selection, redaction = [one.text for one in left_out(figures)], redacted(figures).text
    days = [figures["first_spoken_on"], figures["last_spoken_on"]]
    document: Document = {
        "rai:dataCollection": text(
            "Conversations of people with AI systems, as the products logged them: records by source {by_source}, from "
            "{files} delivered files that arrived from {landed_first} to {landed_last}."
        ),
        "rai:dataCollectionType": ["User-generated content data"],
        "rai:dataCollectionRawData": text("Logs of the sources {sources}, kept encrypted until their time is over."),
        "rai:dataCollectionMissingData": text("Denied by reason: {denied_by_reason}. Set aside: {quarantined}."),
        "rai:dataPreprocessingProtocol": [*selection, redaction, text("Quality gates passed: {quality}.")],
        "rai:dataManipulationProtocol": redaction,
        "rai:personalSensitiveInformation": [
            text("Records of {people} people, under keyed pseudonyms, by legal basis: {by_legal_basis}."),
            text("Geography, records by jurisdiction (ISO 3166): {by_jurisdiction}."),
            text("Age, records by age band: {by_age_band}."),
            *(one.text for one in residual(figures)),
            text("Values still seen by the second detector, by type: {second_seen}."),
        ],
        "rai:dataUseCases": [text("Permitted purpose: {purpose}."), f"Intended use: {deployers(said.intended_use)}"],
        "rai:dataLimitations": [
            text("Of {considered} records considered, {denied} were denied: whoever did not consent is missing."),
            f"Limitations: {deployers(said.limitations)}",
            f"Out-of-scope use: {deployers(said.out_of_scope_use)}",
        ],
        "rai:dataBiases": [deployers(said.biases)],
        "rai:dataReleaseMaintenancePlan": text(
            "A version never changes. It may be trained on up to {lease_expires_at}, unless its lease is renewed; what "
            "is revoked meanwhile is named in signed feeds, and what outlives its time is removed."
        ),
    }
    if all(day.known for day in days):
        document["rai:dataCollectionTimeframe"] = [day.value for day in days]
    return document
