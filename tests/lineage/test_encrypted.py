"""Encrypted Parquet: nobody without the key reads a byte, and a file opens only where it belongs."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.encrypted import (
    ContentUnreadableError,
    encrypted_writer,
    iter_encrypted,
    read_encrypted,
    row_groups,
    write_encrypted,
)
from lineage.record import RECORD_SCHEMA
from lineage.warehouse import Warehouse, WarehouseError
from tests.lineage.small_snapshot import SmallWorld, records

PLACE = "landing/web/acme.parquet"
KEY = bytes(range(32))
TABLE = pa.table({"word": ["wisteria", "magnolia", "hibiscus"], "number": [1, 2, 3]})


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    warehouse = Warehouse(tmp_path)
    write_encrypted(warehouse, PLACE, TABLE, key=KEY, aad=PLACE)
    return warehouse


def test_records_come_back_as_they_were(world: SmallWorld):
    table = records(world.vault, "acme")
    write_encrypted(world.warehouse, PLACE, table, key=KEY, aad=PLACE)
    again = read_encrypted(world.warehouse, PLACE, key=KEY, aad=PLACE)
    assert again.equals(table)
    assert again.schema.equals(RECORD_SCHEMA)


def test_the_file_shows_neither_values_nor_columns(warehouse: Warehouse):
    data = warehouse.read(PLACE)
    assert b"wisteria" not in data
    assert b"word" not in data
    assert data[-4:] == b"PARE"


def test_no_statistics_or_dictionary_keeps_a_value(warehouse: Warehouse):
    import pyarrow.parquet.encryption as pqe

    properties = pqe.create_decryption_properties(KEY, aad_prefix=PLACE.encode())
    metadata = pq.read_metadata(warehouse.open(PLACE), decryption_properties=properties)
    columns = [metadata.row_group(0).column(place) for place in range(metadata.num_columns)]
    assert not any(column.is_stats_set for column in columns)
    assert not any(column.has_dictionary_page for column in columns)


@pytest.mark.parametrize(
    ("key", "aad"),
    [(os.urandom(32), PLACE), (KEY, "landing/web/globex.parquet"), (KEY, "")],
    ids=["another key", "another place", "no place"],
)
def test_another_key_or_place_does_not_open_it(warehouse: Warehouse, key: bytes, aad: str):
    with pytest.raises(ContentUnreadableError, match=PLACE):
        read_encrypted(warehouse, PLACE, key=key, aad=aad)


def test_one_flipped_bit_anywhere_is_noticed(warehouse: Warehouse):
    whole = warehouse.read(PLACE)
    for place in range(4, len(whole)):
        data = bytearray(whole)
        data[place] ^= 1
        warehouse.local_path("harmed.parquet").write_bytes(data)
        with pytest.raises(ContentUnreadableError, match="harmed"):
            read_encrypted(warehouse, "harmed.parquet", key=KEY, aad=PLACE)


def test_a_file_cut_short_is_noticed(warehouse: Warehouse):
    whole = warehouse.read(PLACE)
    for length in range(0, len(whole), 7):
        warehouse.local_path("cut.parquet").write_bytes(whole[:length])
        with pytest.raises(ContentUnreadableError, match="cut"):
            read_encrypted(warehouse, "cut.parquet", key=KEY, aad=PLACE)


def test_a_file_in_the_clear_is_refused(warehouse: Warehouse):
    pq.write_table(TABLE, warehouse.local_path("clear.parquet"))
    with pytest.raises(ContentUnreadableError, match="clear"):
        read_encrypted(warehouse, "clear.parquet", key=KEY, aad="clear.parquet")


def test_a_column_that_is_not_there_is_refused_not_passed_over(warehouse: Warehouse):
    assert read_encrypted(warehouse, PLACE, key=KEY, aad=PLACE, columns=["number"]).num_columns == 1
    with pytest.raises(ContentUnreadableError, match="no column person"):
        read_encrypted(warehouse, PLACE, key=KEY, aad=PLACE, columns=["person"])


def test_a_missing_file_is_said_to_be_missing(warehouse: Warehouse):
    with pytest.raises(WarehouseError, match=r"absent\.parquet"):
        read_encrypted(warehouse, "absent.parquet", key=KEY, aad="absent.parquet")


def test_a_file_is_read_in_stretches_of_row_groups(warehouse: Warehouse):
    table = pa.table({"number": range(25)})
    write_encrypted(warehouse, "n.parquet", table, key=KEY, aad="n", row_group_rows=10)
    groups = row_groups(warehouse, "n.parquet", key=KEY, aad="n")
    assert [group.rows for group in groups] == [10, 10, 5]
    assert all(group.size_bytes > 0 for group in groups)
    batches = list(iter_encrypted(warehouse, "n.parquet", key=KEY, aad="n", row_groups=[1, 2], batch_rows=4))
    assert max(batch.num_rows for batch in batches) == 4
    assert pa.Table.from_batches(batches)["number"].to_pylist() == list(range(10, 25))


def test_nothing_stands_where_writing_failed(warehouse: Warehouse):
    with (
        pytest.raises(RuntimeError),
        encrypted_writer(warehouse, "half.parquet", TABLE.schema, key=KEY, aad="half.parquet") as writer,
    ):
        writer.write_table(TABLE)
        raise RuntimeError
    assert warehouse.files("") == [PLACE]
