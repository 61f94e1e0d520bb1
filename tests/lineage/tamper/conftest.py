import shutil
from pathlib import Path

import pytest

from tests.lineage.tamper.attack import Copy
from tests.lineage.tamper.world import Genuine, build


@pytest.fixture(scope="session")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Genuine:
    """A small world, as it was taken home, and what is genuine beside it."""
    return build(tmp_path_factory.mktemp("tampered"))


@pytest.fixture
def copy(genuine: Genuine, tmp_path: Path) -> Copy:
    """A copy of what was taken home."""
    return Copy(Path(shutil.copytree(genuine.taken, tmp_path / "taken")), genuine)
