import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lineage.officer_homes import OfficerHome
from tests.lineage.small_snapshot import SmallWorld
from tests.servers import S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 store."""
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with the snapshot demo@v1 and a model trained on it; tests take copies of it."""
    world = SmallWorld(tmp_path_factory.mktemp("untouched") / "warehouse")
    world.train(world.publish())
    return world.root


@pytest.fixture
def world(untouched: Path, tmp_path: Path) -> SmallWorld:
    """A warehouse with keys and nothing else."""
    shutil.copytree(untouched / "keys", tmp_path / "warehouse/keys")
    return SmallWorld(tmp_path / "warehouse")


@pytest.fixture
def trained(untouched: Path, tmp_path: Path) -> SmallWorld:
    """A copy of a warehouse with demo@v1 and a model trained on it, to do harm to."""
    return SmallWorld(Path(shutil.copytree(untouched, tmp_path / "warehouse")))


@pytest.fixture
def officer_home(tmp_path: Path) -> OfficerHome:
    """A home whose officers are maria, jonas and anna."""
    return OfficerHome(tmp_path)
