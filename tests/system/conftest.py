"""What the whole-journey tests share: one finished demo, and one finished small world to harm copies of."""

import shutil
from pathlib import Path

import pytest

from tests.commands import lineweight
from tests.pipelines.acme import NOON, Acme
from tests.system.finished import FinishedDemo, demo_at


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> FinishedDemo:
    """A finished demo; nobody changes it."""
    return demo_at(tmp_path_factory.mktemp("demo") / "home", tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of two tenants whose records stand in the snapshot ``all@v1``, made by commands."""
    world = Acme(tmp_path_factory.mktemp("published") / "home")
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
        world.says("ada", f"hello from {tenant}", tenant=tenant)
    world.says("bob", "nobody asked me")
    world.delivers()
    world.asks()
    (world.home / "lineweight.yaml").write_text(f"as_of: {NOON.isoformat()}\n")
    for words in (("land",), ("govern",), ("snapshot", "build", "all")):
        said = lineweight(*words, "--home", world.home, "--json")
        assert said.code == 0, said.err
    return world.home


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Path:
    """A copy of that home, to do harm to."""
    return Path(shutil.copytree(published_once, tmp_path / "home"))
