"""Ledgers and records of any size as Parquet files, drawn from a seed: the same size gives the same files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.ledger.columns import AGREEMENT_SCHEMA, CONSENT_SCHEMA, LINK_SCHEMA, WORD
from lineage.record import KEY_COLUMNS, RECORD_SCHEMA
from pipelines.facts import Known
from policies.consent import EVERYONE

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 360
BEGAN = AS_OF - timedelta(days=DAYS)
CATEGORIES = {"web": ("user.content",), "app": ("user.content", "user.contact"), "mail": ("user.content",)}
KEYS = pa.schema([RECORD_SCHEMA.field(name) for name in KEY_COLUMNS if name not in ("outcome", "model")])
ROWS_AT_A_TIME = 1_000_000
RECORD_WORDS = ["source", "tenant", "jurisdiction", "age_band", "source_licence"]
WORDS = [*RECORD_WORDS, *(field.name for field in (*CONSENT_SCHEMA, *AGREEMENT_SCHEMA) if field.type == WORD)]
STORED: dict[str, Any] = {"compression": "zstd", "use_dictionary": sorted({*WORDS})}
"""Words are stored as a dictionary, ids as they are: there are as many of them as people."""


Chance = np.random.Generator
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """How much is drawn: consent events (three a person), agreements (two a tenant), records."""

    consents: int
    agreements: int
    records: int

    @property
    def tenants(self) -> int:
        """How many tenants there are."""
        return self.agreements // 2

    @property
    def people(self) -> int:
        """How many people there are; person ``p`` is one of tenant ``p % tenants``."""
        return self.consents // 3


def write(size: Drawn, directory: Path) -> None:
    """Write the files that ``known`` and ``records`` read."""
    chance = np.random.default_rng(7)
    names = pa.array([f"tenant-{number:05d}" for number in range(size.tenants)])
    people = _ids("ds_", chance, size.people)
    pq.write_table(_consents(size, names, people, chance), directory / "consents.parquet", **STORED)
    pq.write_table(_agreements(size, names, chance), directory / "agreements.parquet", **STORED)
    pq.write_table(_links(size, names, people, chance), directory / "links.parquet", **STORED)
    with pq.ParquetWriter(directory / "records.parquet", KEYS, **STORED) as writer:
        for start in range(0, size.records, ROWS_AT_A_TIME):
            writer.write_table(_records(min(ROWS_AT_A_TIME, size.records - start), size, names, people, chance))


def known(directory: Path) -> Known:
    """Return what the ledgers and declarations say."""
    consents, agreements, links = (
        pq.read_table(directory / f"{name}.parquet") for name in ("consents", "agreements", "links")
    )
    return Known(consents, agreements, links, CATEGORIES, "eu")


def records(directory: Path, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the key columns that decide, so many rows at a time."""
    wanted = [*RECORD_WORDS, "record_id", "data_subject_id", "participants", "occurred_at"]
    file = pq.ParquetFile(directory / "records.parquet", read_dictionary=RECORD_WORDS)
    yield from file.iter_batches(rows, columns=wanted)


def _consents(size: Drawn, names: pa.Array, people: pa.Array, chance: Chance) -> pa.Table:
    """Return what people said, three times each on the average: most grant, some refuse, a few are special."""
    rows = size.consents
    who = chance.integers(0, size.people, rows)
    state = _words(chance, rows, given=64, renewed=12, withdrawn=14, refused=8, requested=2)
    for_all = (chance.random(rows) < 1e-5) & pc.equal(state, "withdrawn").to_numpy(zero_copy_only=False)
    at = _instants(chance, rows)
    lasts = chance.integers(30, 720, rows) * 86_400_000_000
    return _table(
        CONSENT_SCHEMA,
        rows,
        tenant=names.take(pa.array(who % size.tenants)),
        data_subject_id=pc.if_else(pa.array(for_all), EVERYONE, people.take(pa.array(who))),
        state=state,
        legal_basis=_words(chance, rows, **{"consent": 97, "legitimate-interest": 3}),
        purposes=_lists(["train_ai_system", "train_ai_system.finetune"], chance.integers(0, 2, rows)),
        data_categories=_lists(
            ["user.content", "user"], np.where(chance.random(rows) < 0.1, chance.integers(0, 2), -1)
        ),
        retroactive=chance.random(rows) < 0.2,
        derivatives=chance.random(rows) < 0.98,
        notice_id=_words(chance, rows, privacy=9, terms=1),
        notice_version=_words(chance, rows, **{"3": 8, "2": 2}),
        jurisdiction=_words(chance, rows, **{"de": 7, "us-ca": 3}),
        age_band=_words(chance, rows, **{"adult": 97, "16-17": 3}),
        expressed_by=pa.repeat("data-subject", rows),
        claim=chance.random(rows) < 0.05,
        effective_at=at,
        expires_at=pa.array(at + lasts, mask=chance.random(rows) < 0.7),
        recorded_at=at + chance.integers(0, 10, rows) * 3_600_000_000,
        receipt=_digests(chance, rows),
    )


def _agreements(size: Drawn, names: pa.Array, chance: Chance) -> pa.Table:
    rows = size.agreements
    at = _instants(chance, rows)
    return _table(
        AGREEMENT_SCHEMA,
        rows,
        tenant=names.take(pa.array(np.arange(rows) % size.tenants)),
        scope=_words(chance, rows, **{"shared": 7, "tenant-only": 2, "none": 1}),
        purposes=_lists(["train_ai_system", "train_ai_system.evaluation"], (chance.random(rows) < 0.05).astype(int)),
        retention_days=pa.array(chance.integers(90, 900, rows), mask=chance.random(rows) < 0.5),
        regions=_lists(["eu", "us"], _seldom(chance, rows, 0.2)),
        effective_at=at,
        recorded_at=at,
        digest=_digests(chance, rows),
    )


def _links(size: Drawn, names: pa.Array, people: pa.Array, chance: Chance) -> pa.Table:
    """Return pairs of ids of one tenant that are one person's: one person in two hundred has two."""
    rows = size.people // 200
    who = chance.integers(0, size.people - size.tenants, rows)
    return _table(
        LINK_SCHEMA,
        rows,
        tenant=names.take(pa.array(who % size.tenants)),
        data_subject_id=people.take(pa.array(who)),
        same_as=people.take(pa.array(who + size.tenants)),
        linked=chance.random(rows) < 0.95,
        recorded_at=_instants(chance, rows),
    )


def _records(rows: int, size: Drawn, names: pa.Array, people: pa.Array, chance: Chance) -> pa.Table:
    """Return records at random instants, of random people; one in twenty has somebody else in it."""
    who = chance.integers(0, size.people, rows)
    others = (chance.random(rows) < 0.05).astype(np.int64)
    other = (who[others > 0] + size.tenants) % size.people
    lists = pa.ListArray.from_arrays(_offsets(others), people.take(pa.array(other)))
    return _table(
        KEYS,
        rows,
        record_id=_ids("r", chance, rows),
        source=_words(chance, rows, web=7, app=2, mail=1),
        batch=pa.repeat("00" * 32, rows),
        line=np.arange(rows),
        tenant=names.take(pa.array(who % size.tenants)),
        data_subject_id=people.take(pa.array(who)),
        participants=lists,
        conversation_id=_ids("c", chance, rows),
        position=np.zeros(rows, np.int32),
        occurred_at=_instants(chance, rows),
        jurisdiction=_words(chance, rows, de=6, us=3, unknown=1),
        age_band=_words(chance, rows, adult=9, unknown=1),
        source_licence=_words(chance, rows, **{"LicenseRef-Proprietary": 97, "CC-BY-NC-4.0": 3}),
    )


def _table(schema: pa.Schema, rows: int, **columns: Any) -> pa.Table:
    arrays = {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in columns.items()}
    arrays = {
        field.name: arrays[field.name].view(pa.int64()).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else arrays[field.name].cast(field.type)
        for field in schema
    }
    return pa.table(arrays, schema=schema)


def _instants(chance: Chance, rows: int) -> Numbers:
    began = int(BEGAN.timestamp()) * 1_000_000
    return began + chance.integers(0, DAYS * 86_400_000_000, rows)


def _words(chance: Chance, rows: int, **shares: int) -> pa.Array:
    """Draw words, each as often as its share of all shares says."""
    weights = np.array(list(shares.values()))
    return pa.array(list(shares)).take(pa.array(chance.choice(len(shares), rows, p=weights / weights.sum())))


def _lists(words: list[str], which: Numbers) -> pa.ListArray:
    """Return lists of one word each; of none where it is -1."""
    values = pa.array(words).take(pa.array(which[which >= 0]))
    return pa.ListArray.from_arrays(_offsets((which >= 0).astype(np.int64)), values)


def _seldom(chance: Chance, rows: int, share: float) -> Numbers:
    """Return 0 or 1 for a share of the rows, and -1 for the others."""
    return np.where(chance.random(rows) < share, chance.integers(0, 2, rows), -1)


def _offsets(lengths: Numbers) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())


def _ids(prefix: str, chance: Chance, rows: int) -> pa.Array:
    """Draw ids: a prefix and 32 hexadecimal digits."""
    width = len(prefix) + 32
    letters = np.empty((rows, width), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    letters[:, len(prefix) :] = np.frombuffer(b"0123456789abcdef", np.uint8)[
        chance.integers(0, 16, (rows, 32), np.uint8)
    ]
    offsets = np.arange(0, width * (rows + 1), width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(letters))


def _digests(chance: Chance, rows: int) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), rows, [None, pa.py_buffer(chance.bytes(32 * rows))])
