import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage.index.keeping import Indexes
from lineage.trace.indexed import due_indexes
from tests.lineage.traced_world import TracedWorld, traced_world

Brought = Callable[[TracedWorld], Indexes]


def up_to_date(world: TracedWorld) -> Indexes:
    """The indices of a world, built where they are missing or stale."""
    indexes = Indexes(world.warehouse, world.vault, world.trusted)
    indexes.build(due_indexes(world.warehouse, world.trusted, indexes), lambda records: None)
    return indexes


@pytest.fixture(scope="session")
def indexed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one snapshot, one model trained on it, and their indices; each test gets a copy."""
    root = tmp_path_factory.mktemp("indexed") / "warehouse"
    with pytest.MonkeyPatch.context() as patches:
        up_to_date(traced_world(root, patches))
    return root


@pytest.fixture
def world(indexed_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    """A copy of the world, indexed."""
    return traced_world(Path(shutil.copytree(indexed_template, tmp_path / "warehouse")), monkeypatch)


@pytest.fixture
def brought() -> Brought:
    """Brings the indices of a world up to date."""
    return up_to_date
