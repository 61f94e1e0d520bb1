"""The ledger's events as columns: what a decision is made of, at vector speed and with nothing skipped.

A stored document is canonical JSON and was a valid event when it was recorded. One that cannot be read now,
or holds a word no event has, stops the reading: an event left out could be somebody's "no".
"""

import json
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from lineage.ledger.connecting import LedgerError
from policies.agreement import AgreementEvent, TenantScope
from policies.consent_event import CLAIM, ConsentEvent, ConsentStatus, LegalBasis
from policies.person_link import PersonLink

WORD = pa.dictionary(pa.int32(), pa.string())
INSTANT = pa.timestamp("us", "UTC")
DIGEST = pa.binary(32)


def _all_there(**columns: pa.DataType) -> list[pa.Field]:
    return [pa.field(name, kind, nullable=False) for name, kind in columns.items()]


CONSENT_SCHEMA = pa.schema(
    [
        *_all_there(tenant=WORD, data_subject_id=pa.string(), state=WORD, legal_basis=WORD),
        *_all_there(purposes=pa.list_(pa.string()), data_categories=pa.list_(pa.string())),
        *_all_there(retroactive=pa.bool_(), derivatives=pa.bool_(), notice_id=WORD, notice_version=WORD),
        *_all_there(jurisdiction=WORD, age_band=WORD, expressed_by=WORD, claim=pa.bool_(), effective_at=INSTANT),
        pa.field("expires_at", INSTANT),
        *_all_there(recorded_at=INSTANT, receipt=DIGEST),
    ]
)
"""Consent events. ``claim`` says that one was copied from a flag in a log; ``receipt`` is its digest."""

AGREEMENT_SCHEMA = pa.schema(
    [
        *_all_there(tenant=WORD, scope=WORD, purposes=pa.list_(pa.string())),
        pa.field("retention_days", pa.int32()),
        *_all_there(regions=pa.list_(pa.string()), effective_at=INSTANT, recorded_at=INSTANT, digest=DIGEST),
    ]
)
"""Agreement events; ``digest`` is that of the document."""

LINK_SCHEMA = pa.schema(
    _all_there(tenant=WORD, data_subject_id=pa.string(), same_as=pa.string(), linked=pa.bool_(), recorded_at=INSTANT)
)
"""Person links."""

Read = Callable[[Sequence[str], Sequence[str]], pa.Table]
"""Reads stored documents, given with their digests."""

ROWS = 100_000
"""Stored events that are read at a time."""

_WORDS: dict[str, type[StrEnum]] = {"state": ConsentStatus, "legal_basis": LegalBasis, "scope": TenantScope}


def consents_of(events: Iterable[ConsentEvent]) -> pa.Table:
    """Return events as ``CONSENT_SCHEMA``, in the order given; each is digested here."""
    names = [name for name in CONSENT_SCHEMA.names if name not in ("claim", "receipt")]
    rows = [
        {name: getattr(event, name) for name in names}
        | {"claim": event.is_claim, "receipt": bytes.fromhex(event.receipt())}
        for event in events
    ]
    return pa.Table.from_pylist(rows, CONSENT_SCHEMA)


def agreements_of(events: Iterable[AgreementEvent]) -> pa.Table:
    """Return events as ``AGREEMENT_SCHEMA``, in the order given; each is digested here."""
    names = [name for name in AGREEMENT_SCHEMA.names if name != "digest"]
    rows = [
        {name: getattr(event, name) for name in names} | {"digest": bytes.fromhex(digest_of(event.document()))}
        for event in events
    ]
    return pa.Table.from_pylist(rows, AGREEMENT_SCHEMA)


def links_of(links: Iterable[PersonLink]) -> pa.Table:
    """Return links as ``LINK_SCHEMA``, in the order given."""
    rows = [{name: getattr(link, name) for name in LINK_SCHEMA.names} for link in links]
    return pa.Table.from_pylist(rows, LINK_SCHEMA)


def read_consents(documents: Sequence[str], digests: Sequence[str]) -> pa.Table:
    """Return stored consent events as ``CONSENT_SCHEMA``, in the order given.

    Args:
        documents: Their canonical JSON.
        digests: Their digests, row for row, in hexadecimal.

    Raises:
        LedgerError: A document cannot be read, lacks a field or holds a word that no event has.
    """
    told = _parsed(documents, CONSENT_SCHEMA, ("claim", "receipt"), ("method",))
    told = told.append_column("claim", pc.equal(told["method"], CLAIM))
    return _checked(told.append_column("receipt", _raw(digests)), CONSENT_SCHEMA)


def read_agreements(documents: Sequence[str], digests: Sequence[str]) -> pa.Table:
    """Return stored agreement events as ``AGREEMENT_SCHEMA``; as ``read_consents``."""
    told = _parsed(documents, AGREEMENT_SCHEMA, ("digest",))
    return _checked(told.append_column("digest", _raw(digests)), AGREEMENT_SCHEMA)


def read_links(documents: Sequence[str], _digests: Sequence[str]) -> pa.Table:
    """Return stored person links as ``LINK_SCHEMA``; as ``read_consents``."""
    return _checked(_parsed(documents, LINK_SCHEMA), LINK_SCHEMA)


_SQL_TYPES = {
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    INSTANT: "TIMESTAMPTZ",
    pa.list_(pa.string()): ["VARCHAR"],
}


def _parsed(
    documents: Sequence[str], schema: pa.Schema, made_here: Sequence[str] = (), more: Sequence[str] = ()
) -> pa.Table:
    """Parse the fields of ``schema`` that are not ``made_here``, and ``more`` texts, out of documents."""
    import duckdb  # only who reads the whole ledger needs it

    shape = {field.name: _SQL_TYPES.get(field.type, "VARCHAR") for field in schema if field.name not in made_here}
    shape |= dict.fromkeys(more, "VARCHAR")
    stored = pa.table({"document": pa.array(documents, pa.string())})
    query = "select unnest(from_json_strict(document, $shape)) from stored"  # rows stay in the order given
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("stored", stored)
        try:
            return connection.sql(query, params={"shape": json.dumps(shape)}).to_arrow_table()
        except duckdb.Error as error:
            raise LedgerError("An event in the ledger cannot be read.", remedy=_REMEDY) from error


_REMEDY = "The ledger's rows were changed after they were written: restore it from a backup."


def _raw(digests: Sequence[str]) -> pa.Array:
    """Return digests in hexadecimal as 32 bytes each."""
    try:
        joined = bytes.fromhex("".join(digests))
    except ValueError as error:
        raise LedgerError("A digest cannot be read.", remedy=_REMEDY) from error
    if any(len(digest) != 2 * DIGEST.byte_width for digest in digests):
        raise LedgerError("A digest cannot be read.", remedy=_REMEDY)
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(digests), [None, pa.py_buffer(joined)])


def _checked(told: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the columns of a schema, refusing what no event holds."""
    columns: dict[str, Any] = {}
    for field in schema:
        column = told[field.name]
        if column.null_count and not field.nullable:
            raise LedgerError(f"An event in the ledger has no {field.name}.", remedy=_REMEDY)
        columns[field.name] = column.cast(field.type)
        allowed = _WORDS.get(field.name)
        if allowed and not set(pc.unique(column).to_pylist()) <= set(allowed):
            raise LedgerError(f"An event in the ledger has an unknown {field.name}.", remedy=_REMEDY)
    return pa.table(columns, schema=schema).combine_chunks()
