import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lineage.exports.world import DisclosedWorld, disclosed_world


@pytest.fixture(scope="session")
def disclosed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DisclosedWorld]:
    """The world to disclose; what only reads it shares it."""
    with pytest.MonkeyPatch.context() as patched:
        world = disclosed_world(tmp_path_factory.mktemp("disclosed") / "warehouse", patched)
    yield world


@pytest.fixture
def disclosed(disclosed_once: DisclosedWorld, tmp_path: Path) -> DisclosedWorld:
    """A copy of it, to do harm to."""
    return DisclosedWorld(Path(shutil.copytree(disclosed_once.root, tmp_path / "warehouse")))
