"""The consumption ledger's root: a function of every column of every row, in order."""

import hashlib
from typing import Any

import pyarrow as pa
import pytest

from lineage import merkle
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.evidence_table import EvidenceUnreadableError

ROW: dict[str, Any] = {
    "epoch": 1,
    "optimizer_step": 2,
    "micro_step": 3,
    "shard": 4,
    "row": 5,
    "record_id": "r6",
    "leaf": b"\x07" * 32,
    "n_tokens": 8,
    "skipped_reason": None,
}


def root(*rows: dict[str, Any]) -> bytes:
    return consumption_root(pa.Table.from_pylist(list(rows), schema=CONSUMPTION_SCHEMA))


def test_a_row_is_encoded_as_documented():
    numbers = [(1, 4), (2, 8), (3, 4), (4, 4), (5, 8)]
    fixed = b"".join(number.to_bytes(size, "big") for number, size in numbers)
    row = fixed + b"\x07" * 32 + (8).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"r6"
    assert root(ROW) == hashlib.sha256(b"\x00" + row + b"\x00").digest()
    skipped = row + b"\x01" + (5).to_bytes(4, "big") + b"empty"
    assert root(ROW | {"skipped_reason": "empty"}) == hashlib.sha256(b"\x00" + skipped).digest()


@pytest.mark.parametrize(
    "change",
    [
        {name: value + 1}
        for name, value in ROW.items()
        if isinstance(value, int)
    ]
    + [{"record_id": "r7"}, {"leaf": bytes(32)}, {"skipped_reason": ""}],
    ids=str,
)  # fmt: skip
def test_every_column_counts(change: dict[str, Any]):
    assert root(ROW | change) != root(ROW)


def test_order_counts_and_nothing_read_has_a_root_too():
    other = ROW | {"row": 6}
    assert root(ROW, other) != root(other, ROW)
    assert root() == merkle.EMPTY_ROOT


def test_a_negative_number_is_refused():
    with pytest.raises(EvidenceUnreadableError):
        root(ROW | {"row": -1})
