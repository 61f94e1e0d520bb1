"""Whatever a stranger puts into a file of evidence, its reader refuses it in words, soon, and in little memory."""

import json
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.canonical import canonical_json
from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.evidence_table import EvidenceUnreadableError, read_table
from lineage.manifest import ManifestError, parse_manifest
from lineage.training_statement import TrainingStatementError, consumption, stated_files
from lineage.verifying.model import header_of
from lineage.weights.tensors import read_tensors
from policies.errors import LineweightError
from tests.lineage.fuzz_targets import FAST, NAMES, WHOLE, Target, change_any, targets
from tests.lineage.fuzzing import refused_in_words_or_read
from tests.lineage.tamper.world import build

MOST_SECONDS = 5
MOST_BYTES = 32_000_000
QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    root = tmp_path_factory.mktemp("fuzzed")
    (root / "scratch").mkdir()
    yield targets(build(root / "world"), root / "scratch")


@pytest.mark.parametrize("name", FAST)
@QUICK
@given(chance=st.randoms(use_true_random=False))
def test_what_was_changed_is_refused_in_words_or_read(readers: dict[str, Target], name: str, chance: Random):
    refused_in_words_or_read(readers[name].read, change_any(readers[name], chance))


@pytest.mark.parametrize("name", WHOLE)
@FEW
@given(chance=st.randoms(use_true_random=False))
def test_what_was_signed_all_the_same_is_verified_or_refused(readers: dict[str, Target], name: str, chance: Random):
    """Whoever holds the key can still not make verification fall over."""
    refused_in_words_or_read(readers[name].read, change_any(readers[name], chance))


def test_what_is_sound_is_read(readers: dict[str, Target]):
    assert set(readers) == set(NAMES)
    refused = [name for name, target in readers.items() if refused_in_words_or_read(target.read, target.sound)]
    assert refused == ["log proof"], "its entry is not the one that is asked for, and all else is"


@pytest.mark.parametrize("data", [b"", b"\0", b"[" * 200_000, b'{"a":' * 100_000, b"\xff" * 1_000, b"PK\x03\x04" * 99])
def test_nothing_deep_or_long_takes_long(readers: dict[str, Target], data: bytes):
    began = time.monotonic()
    tracemalloc.start()
    try:
        for name in FAST:
            assert refused_in_words_or_read(readers[name].read, data) or name in ("consents", "openings"), name
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < MOST_SECONDS * len(FAST)


@pytest.mark.parametrize(
    ("read", "stated"),
    [
        (header_of, 2**63 - 1),
        (header_of, 99_999_999),
        (header_of, 101),
        (read_tensors, 2**63 - 1),
        (read_tensors, 10**8),
    ],
)
def test_a_header_that_claims_more_than_the_file_holds_is_refused(
    tmp_path: Path, read: Callable[[Path], object], stated: int
):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", stated) + b"{}".ljust(100))
    tracemalloc.start()
    with pytest.raises(LineweightError):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize("metadata", [5, "text", [1], [[1, 2, 3]], None])
def test_a_header_whose_metadata_is_no_mapping_is_refused(tmp_path: Path, metadata: Any):
    path = tmp_path / "model.safetensors"
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(LineweightError, match="is not a safetensors file"):
        header_of(path)


def _rows(count: int) -> pa.Table:
    row = {name: b"" if kind == pa.binary(32) else 0 for name, kind in zip(*_columns(), strict=True)}
    row |= {"record_id": "r", "leaf": bytes(32), "skipped_reason": None}
    columns = zip(*_columns(), strict=True)
    return pa.table({name: pa.repeat(pa.scalar(row[name], kind), count) for name, kind in columns})


def _columns() -> tuple[list[str], list[pa.DataType]]:
    return CONSUMPTION_SCHEMA.names, CONSUMPTION_SCHEMA.types


def test_a_table_that_unpacks_to_far_more_than_it_is_is_refused_before_it_is_read():
    sink = pa.BufferOutputStream()
    pq.write_table(_rows(2_000_000), sink, compression="zstd", use_dictionary=False)
    before = pa.total_allocated_bytes()
    with pytest.raises(EvidenceUnreadableError, match="far more than it is"):
        read_table(bytes(sink.getvalue()), CONSUMPTION_SCHEMA, "ledger")
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_a_table_of_other_columns_is_refused_before_it_is_read():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"x": pa.nulls(5_000_000)}), sink)
    with pytest.raises(EvidenceUnreadableError, match="columns"):
        read_table(bytes(sink.getvalue()), CONSUMPTION_SCHEMA, "ledger")


def test_text_that_is_no_text_is_refused():
    table = _rows(1).set_column(5, CONSUMPTION_SCHEMA.field("record_id"), pa.array([b"\xf3\x01"]).view(pa.string()))
    sink = pa.BufferOutputStream()
    pq.write_table(table.cast(CONSUMPTION_SCHEMA), sink)
    with pytest.raises(EvidenceUnreadableError, match="can be read"):
        read_table(bytes(sink.getvalue()), CONSUMPTION_SCHEMA, "ledger")


def test_an_instant_that_no_calendar_has_is_refused(readers: dict[str, Target]):
    said = json.loads(readers["manifest"].sound)
    said["lease_expires_at"] = "0001-01-01T00:00:00+14:00"
    with pytest.raises(ManifestError, match="lease_expires_at"):
        parse_manifest(canonical_json(said))


@pytest.mark.parametrize("path", ["../keys", "/dev/zero", "a/../../b", "", "a\0b", "a\\b", "."])
def test_a_training_statement_names_no_file_outside_of_its_directory(path: str):
    one = {"digest": {"sha256": "0" * 64}, "annotations": {"path": path, "root": "0", "rows": "1"}}
    for name, read in (("file", stated_files), ("consumption", consumption)):
        with pytest.raises(TrainingStatementError, match="outside of the model's directory"):
            read({"runDetails": {"byproducts": [{**one, "name": name}]}})


@pytest.mark.parametrize("rows", ["9" * 5_000, "-1", "1.0", "٣", ""])
def test_a_training_statement_counts_in_digits(rows: str):
    one = {"name": "consumption", "digest": {"sha256": "0" * 64}}
    one["annotations"] = {"path": "ledger", "root": "0", "rows": rows}
    with pytest.raises(TrainingStatementError, match="does not count"):
        consumption({"runDetails": {"byproducts": [one]}})
