"""The record leaf: anybody can recompute it, and it changes with everything it stands for."""

import hashlib
import json

import pyarrow as pa
import pytest

from lineage import leaf
from lineage.canonical import NotCanonicalError
from lineage.evidence_table import EvidenceUnreadableError, read_table, table_bytes
from tests.lineage.small_snapshot import SmallWorld, leaves_of, records


def digests(fill: int = 0) -> pa.Table:
    row = {name: bytes([fill + place]) * 32 for place, name in enumerate(leaf.DIGEST_COLUMNS)}
    return pa.Table.from_pylist([{"record_id": "r1", **row}], schema=leaf.UNSEALED_SCHEMA)


def test_a_leaf_is_the_hash_of_a_zero_byte_and_eight_digests():
    sealed = leaf.seal(digests())
    side_by_side = b"".join(bytes([place]) * 32 for place in range(8))
    assert sealed["leaf"].to_pylist() == [hashlib.sha256(b"\x00" + side_by_side).digest()]
    # A vector for other implementations: eight digests, the first of zeros, the last of 0x07.
    assert sealed["leaf"][0].as_py().hex() == "226235d81cd570a46fc3bc0eb1e0ff10be3fd734ff9ef0009e1831914f47350f"


@pytest.mark.parametrize("column", leaf.DIGEST_COLUMNS)
def test_changing_any_digest_breaks_the_leaf(column: str):
    sealed = leaf.seal(pa.concat_tables([digests(), digests(100)]))
    assert leaf.check(sealed)
    place = sealed.schema.get_field_index(column)
    swapped = sealed[column].take(pa.array([1, 0]))
    assert not leaf.check(sealed.set_column(place, sealed.schema.field(column), swapped))


def test_leaves_of_no_records_can_be_sealed():
    sealed = leaf.seal(digests().slice(0, 0))
    assert sealed.num_rows == 0
    assert leaf.check(sealed)


def test_sealing_puts_columns_in_their_order_and_makes_the_leaf_anew():
    shuffled = leaf.seal(digests()).select(list(reversed(leaf.LEAF_SCHEMA.names)))
    assert leaf.seal(shuffled).schema.equals(leaf.LEAF_SCHEMA)


def test_a_commitment_needs_the_persons_salt():
    salt, other = bytes(32), bytes([1]) * 32
    assert leaf.record_commitment(salt, b"d" * 32) != leaf.record_commitment(other, b"d" * 32)
    ours = leaf.data_subject_commitment(salt, "acme", "ds_1")
    assert ours != leaf.data_subject_commitment(other, "acme", "ds_1")
    assert ours != leaf.data_subject_commitment(salt, "globex", "ds_1")
    assert len(ours) == 32


def test_record_digests_see_every_column(world: SmallWorld):
    table = records(world.vault, "acme", rows=1)
    (before,) = leaf.record_digests(table)
    row = table.to_pylist()[0]
    changes = {
        "line": 2,
        "participants": ["ds_1"],
        "messages": [{**row["messages"][0], "reasoning": ""}, row["messages"][1]],
        "outcome": {**row["outcome"], "score": 0.5},
        "attributes": [("branch", "dev"), ("build", "0")],
        "model": None,
    }
    after = [
        leaf.record_digests(pa.Table.from_pylist([{**row, name: value}], schema=table.schema))[0]
        for name, value in changes.items()
    ]
    assert len({before, *after}) == len(changes) + 1


def test_record_digests_are_of_canonical_json(world: SmallWorld):
    table = records(world.vault, "acme", rows=1)
    document = leaf.record_document(table.to_pylist()[0])
    assert document["occurred_at"] == "2026-05-01T12:00:00.000000Z"
    assert document["attributes"] == [["branch", "main"], ["build", "0"]]
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    canonical = canonical.replace('"score":1.0', '"score":1')
    assert leaf.record_digests(table) == [hashlib.sha256(canonical.encode()).digest()]
    assert leaf.record_digests(table.to_batches()[0]) == leaf.record_digests(table)


def test_a_record_that_has_no_canonical_form_is_refused(world: SmallWorld):
    row = records(world.vault, "acme", rows=1).to_pylist()[0]
    row["outcome"]["score"] = float("nan")
    with pytest.raises(NotCanonicalError):
        leaf.record_digests(pa.Table.from_pylist([row], schema=records(world.vault, "acme").schema))


def test_a_file_of_leaves_is_read_back_and_of_anything_else_refused(world: SmallWorld):
    leaves = leaves_of(world.vault, "acme", records(world.vault, "acme"))
    data = table_bytes(leaves, leaf.LEAF_SCHEMA)
    assert read_table(data, leaf.LEAF_SCHEMA, "leaves").equals(leaves)
    with pytest.raises(EvidenceUnreadableError, match="leaves: is not a Parquet file"):
        read_table(data[:-9], leaf.LEAF_SCHEMA, "leaves")
    with pytest.raises(EvidenceUnreadableError, match="leaves: its columns"):
        read_table(data, leaf.UNSEALED_SCHEMA, "leaves")
    hole = leaves.set_column(0, pa.field("record_id", pa.string()), pa.array([None] * leaves.num_rows, pa.string()))
    with pytest.raises(EvidenceUnreadableError, match="nulls in record_id"):
        table_bytes(hole, leaf.LEAF_SCHEMA)
