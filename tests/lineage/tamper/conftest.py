import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.verifying import snapshot as verify_snapshot
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


@pytest.fixture(scope="session", autouse=True)
def policies_read_once() -> Iterator[None]:
    """The same bytes are the same policy; to read them hundreds of times would take longer than all the rest."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(verify_snapshot, "load_policy", functools.cache(verify_snapshot.load_policy))
        yield
