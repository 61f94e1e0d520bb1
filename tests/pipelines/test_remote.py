"""A deployment whose warehouse is an S3 store: the whole way, with keys and ledger on this machine alone."""

import json
from pathlib import Path

import pyarrow.fs as pafs
import pytest
from typer.testing import CliRunner

from lineage.snapshot import Snapshot
from lineage.verifying.verify import verify_path
from lineage.warehouse import Warehouse
from pipelines.cli import app
from pipelines.settings import Settings
from pipelines.snapshots.publish import Published
from tests.pipelines.acme import Acme, shard_rows
from tests.servers import S3Server

SAID = "Please renew the certificate of the blue wharf"


class RemoteAcme(Acme):
    """ACME's world with its files in an S3 store; declarations, logs, keys and ledger stay in a directory."""

    def __init__(self, place: Path, uri: str) -> None:
        kept = {"keys": place / "keys", "sources": place / "sources", "requests": place / "requests"}
        super().__init__(place, database_url=f"sqlite:///{place}/ledger.db", **kept)
        self.settings = self.settings.model_copy(update={"home": uri})

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.home)


@pytest.fixture(scope="module")
def world(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> RemoteAcme:
    """A world in which Ada gave consent, Bob did not, and both spoke; landed from one log."""
    world = RemoteAcme(tmp_path_factory.mktemp("acme"), s3.uri())
    world.agrees("acme")
    world.consents("ada")
    world.passes(days=1)
    for number in range(5):
        world.says("ada", f"{SAID}, number {number}.")
        world.says("bob", f"Nobody may read this, number {number}.")
    world.delivers()
    world.asks(shard_rows=2)
    world.lands()
    return world


@pytest.fixture(scope="module")
def published(world: RemoteAcme) -> Published:
    return world.publishes()


def fetched(warehouse: Warehouse, directory: str, to: Path) -> Path:
    """Copy a directory out of the warehouse, as an auditor gets it."""
    for path in warehouse.files(directory):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(warehouse.read(path))
    return to / directory


def test_a_snapshot_is_landed_governed_built_and_published(world: RemoteAcme, published: Published):
    rows = shard_rows(world, published)
    assert sorted(row["messages"][0]["content"] for row in rows) == [f"{SAID}, number {number}." for number in range(5)]
    counts = published.manifest.counts
    assert (counts.permitted, counts.denied, counts.quarantined) == (5, 5, 0)
    assert len(published.manifest.shards) == 3


def test_it_verifies_from_its_files_alone(world: RemoteAcme, published: Published, tmp_path: Path):
    deployment = world.deployment
    trusted = deployment.home.trusted()
    opened = Snapshot.open(world.warehouse, published.directory, trusted)
    assert opened.manifest == published.manifest

    copy = fetched(world.warehouse, published.directory, tmp_path)
    report = verify_path(copy, trusted, vault=deployment.vault)
    assert report.verified, report.broken
    assert "content" in [check.link for check in report.checks]


def test_nothing_but_whole_encrypted_files_is_in_the_store_and_nothing_of_them_on_this_machine(
    world: RemoteAcme, published: Published
):
    base, root = pafs.FileSystem.from_uri(world.settings.home)
    stored = [
        info.path.removeprefix(f"{root}/")
        for info in base.get_file_info(pafs.FileSelector(root, recursive=True))
        if info.type == pafs.FileType.File
    ]
    assert stored
    assert sorted(stored) == world.warehouse.files("")
    for path in stored:
        for word in (SAID.encode(), b"Nobody may read", b'"ada"', b'"bob"'):
            assert word not in world.warehouse.read(path), path
    assert {path.name for path in world.home.iterdir()} == {"keys", "ledger.db", "logs", "requests", "sources"}


def test_what_was_done_is_not_done_again(world: RemoteAcme, published: Published):
    """Encrypted files never repeat, so bytes that are the same were not written again."""
    paths = [path for path in world.warehouse.files("") if path.endswith((".parquet", ".dsse.json"))]
    before = {path: world.warehouse.read(path) for path in paths if not path.endswith("gate.parquet")}
    assert all(result.already for result in world.lands())
    assert world.publishes().already
    assert {path: world.warehouse.read(path) for path in before} == before


def test_a_second_version_names_the_first_as_its_parent(world: RemoteAcme, published: Published):
    world.says("ada", f"{SAID}, once more.", conversation="another talk")
    world.delivers("later.jsonl")
    world.lands()
    again = world.publishes()
    assert (again.manifest.version, again.manifest.rows) == (2, 6)
    assert again.manifest.parent == published.manifest.digest()


def test_the_commands_find_keys_and_ledger_where_the_store_says_they_are(
    world: RemoteAcme, published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LINEWEIGHT_{name.upper()}", raising=False)
    kept = ("database_url", "keys", "sources", "requests")
    lines = [f"{name}: {getattr(world.settings, name)}" for name in kept]
    world.warehouse.write("lineweight.yaml", "\n".join(lines).encode())

    def told(*words: str) -> dict[str, object]:
        result = CliRunner().invoke(app, [*words, "--home", world.settings.home, "--json"])
        assert result.exit_code == 0, (result.output, result.exception)
        return dict(json.loads(result.stdout))

    assert "all@v1" in str(told("snapshot", "list"))
    assert told("snapshot", "show", "all@v1")["rows"] == 5
    assert "support-chat" in str(told("ledger", "show"))
    assert "support-chat" in str(told("source", "list"))
    assert told("snapshot", "export", "all@v1", "--to", str(tmp_path / "out"), "--format", "jsonl")["records"] == 5
    assert SAID in "".join(path.read_text() for path in (tmp_path / "out").glob("*.jsonl"))
    world.warehouse.delete_file("lineweight.yaml")
