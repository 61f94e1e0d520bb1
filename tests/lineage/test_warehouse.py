"""The warehouse, on a disk and in a real S3 store: whole files or none, wherever they lie."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyarrow.fs as pafs
import pytest

from lineage.home import Home
from lineage.home_settings import HomeSettingsError
from lineage.warehouse import STAGING, Warehouse, WarehouseError
from tests.servers import BUCKET, S3Server

KILLED_WHILE_WRITING = """
import os, sys
from lineage.warehouse import Warehouse

with Warehouse(sys.argv[1]).staged("governed/acme/records.parquet") as sink:
    sink.write(b"x" * 6_000_000)
    sink.flush()
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(params=["disk", "s3"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place, in turn of each kind."""
    return str(tmp_path / "warehouse") if request.param == "disk" else request.getfixturevalue("s3").uri()


@pytest.fixture
def warehouse(uri: str) -> Warehouse:
    return Warehouse(uri)


def stored(uri: str) -> list[str]:
    """Return the names of all files in a place, whatever the warehouse makes of them."""
    base, root = pafs.FileSystem.from_uri(uri)
    found = base.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
    return sorted(info.path.removeprefix(f"{root}/") for info in found if info.type == pafs.FileType.File)


def test_what_is_written_is_read(warehouse: Warehouse):
    warehouse.write("landing/web/ab/batch.json", b"{}")
    assert warehouse.read("landing/web/ab/batch.json") == b"{}"
    assert (warehouse.exists("landing/web/ab/batch.json"), warehouse.exists("landing/web/ab")) == (True, False)
    assert warehouse.size("landing/web/ab/batch.json") == 2
    with warehouse.open("landing/web/ab/batch.json") as file:
        file.seek(1)
        assert file.read() == b"}"


def test_a_file_at_the_root_is_a_file_like_any_other(warehouse: Warehouse):
    warehouse.write("lineweight.yaml", b"workers: 2\n")
    assert warehouse.files("") == ["lineweight.yaml"]
    warehouse.delete_file("lineweight.yaml")
    assert not warehouse.exists("lineweight.yaml")


def test_a_file_is_replaced_as_a_whole(warehouse: Warehouse):
    warehouse.write("a/b", b"the longer one of the two")
    warehouse.write("a/b", b"new")
    assert warehouse.read("a/b") == b"new"


def test_a_file_is_not_there_before_it_is_whole(warehouse: Warehouse, uri: str):
    with warehouse.staged("governed/acme/records.parquet") as sink:
        sink.write(b"half of")
        sink.flush()
        assert not warehouse.exists("governed/acme/records.parquet")
        assert warehouse.files("") == []
        sink.write(b" it")
    assert warehouse.read("governed/acme/records.parquet") == b"half of it"
    assert stored(uri) == ["governed/acme/records.parquet"]


@pytest.mark.parametrize("broken", [ValueError, KeyboardInterrupt], ids=["an error", "an interruption"])
def test_a_write_that_breaks_off_leaves_nothing_and_what_was_there_stays(
    warehouse: Warehouse, uri: str, broken: type[BaseException]
):
    warehouse.write("a/kept", b"before")
    for path in ("a/kept", "a/new"):
        with pytest.raises(broken), warehouse.staged(path) as sink:
            sink.write(b"after")
            raise broken
    assert warehouse.read("a/kept") == b"before"
    assert stored(uri) == ["a/kept"]


def test_a_writer_that_is_killed_leaves_nothing_to_be_seen(warehouse: Warehouse, uri: str):
    died = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, uri], check=False, capture_output=True)
    assert died.returncode == -9, died.stderr
    assert warehouse.files("") == []
    assert not warehouse.exists("governed/acme/records.parquet")
    warehouse.write("governed/acme/records.parquet", b"whole")
    assert warehouse.files("governed") == ["governed/acme/records.parquet"]


def test_files_are_told_in_one_order_at_any_depth(warehouse: Warehouse):
    for path in ("s/b/2", "s/a/10", "s/a/9", "s/c", "t/x"):
        warehouse.write(path, b"")
    assert warehouse.files("s") == ["s/a/10", "s/a/9", "s/b/2", "s/c"]
    assert warehouse.directories("s") == ["a", "b"]
    assert (warehouse.files("nowhere"), warehouse.directories("nowhere")) == ([], [])


def test_a_tree_is_removed_with_all_in_it_and_nothing_beside_it(warehouse: Warehouse):
    for path in ("s/v1/a/b", "s/v1/c", "s/v10/d"):
        warehouse.write(path, b"")
    warehouse.delete_tree("s/v1")
    assert warehouse.files("s") == ["s/v10/d"]
    assert warehouse.files("s/v1") == []
    assert "v10" in warehouse.directories("s")
    warehouse.delete_tree("s/v1")
    warehouse.delete_file("s/v1/c")


def test_it_travels_to_another_process_as_its_uri(warehouse: Warehouse):
    warehouse.write("a/b", b"here")
    assert pickle.loads(pickle.dumps(warehouse)).read("a/b") == b"here"


@pytest.mark.parametrize("ask", [Warehouse.read, Warehouse.open, Warehouse.size], ids=["read", "open", "size"])
def test_a_file_that_is_not_there_is_told_by_its_path(warehouse: Warehouse, ask: Callable[..., object]):
    with pytest.raises(WarehouseError, match="a/b: "):
        ask(warehouse, "a/b")


def test_only_what_is_on_this_machine_has_a_place_on_its_disk(tmp_path: Path, s3: S3Server):
    for local in (Warehouse(tmp_path), Warehouse(f"file://{tmp_path}")):
        assert local.is_local
        assert local.local_path("a/b") == tmp_path / "a/b"
    remote = Warehouse(s3.uri())
    assert not remote.is_local
    with pytest.raises(WarehouseError, match="not on this machine"):
        remote.local_path()


def test_keys_may_stand_in_the_environment(s3: S3Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    Warehouse(s3.uri("environment")).write("a", b"seen")
    assert Warehouse(f"s3://{BUCKET}/environment?{s3.options}").read("a") == b"seen"


def test_neither_keys_nor_options_are_told(s3: S3Server):
    warehouse = Warehouse(s3.uri("told"))
    assert str(warehouse) == f"s3://{BUCKET}/told"
    with pytest.raises(WarehouseError) as refused:
        warehouse.read("absent")
    for told in (str(refused.value), repr(warehouse)):
        assert s3.secret_key not in told
        assert quote(s3.secret_key, safe="") not in told
    with pytest.raises(WarehouseError) as refused:
        Warehouse(f"s3://key:{s3.secret_key}@bad bucket/x")
    assert s3.secret_key not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_store_that_refuses_is_an_error_of_ours_whatever_is_asked(s3: S3Server):
    stranger = Warehouse(s3.uri("x").replace(s3.access_key, "stranger"))
    asked: list[Callable[[], object]] = [
        lambda: stranger.exists("a"),
        lambda: stranger.files("a"),
        lambda: stranger.directories("a"),
        lambda: stranger.read("a"),
        lambda: stranger.write("a/b", b""),
        lambda: stranger.delete_tree("a"),
    ]
    for ask in asked:
        with pytest.raises(WarehouseError, match=f"s3://{BUCKET}/x"):
            ask()


def test_a_home_elsewhere_says_where_its_ledger_and_its_keys_are(s3: S3Server, tmp_path: Path):
    uri = s3.uri()
    Warehouse(uri).write("lineweight.yaml", f"database_url: sqlite:///{tmp_path}/l.db\nkeys: {tmp_path}/k\n".encode())
    home = Home.at(uri).require()
    assert (home.database_url, home.keys_directory) == (f"sqlite:///{tmp_path}/l.db", tmp_path / "k")

    Warehouse(uri).write("lineweight.yaml", b"keys: k\nsources: s\n")
    with pytest.raises(HomeSettingsError) as refused:
        Home.at(uri)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == ["keys", "sources"]


def test_a_name_that_only_looks_like_one_being_written_is_told(warehouse: Warehouse):
    warehouse.write("a/staging-1", b"")
    warehouse.write(f"a/{STAGING}1", b"")
    assert warehouse.files("a") == ["a/staging-1"]
