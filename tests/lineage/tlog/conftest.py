"""A home in which things were signed, and a log of them."""

from pathlib import Path

import pytest

from lineage.home import Home
from tests.lineage.tlog.signing import Signing


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    """An empty home with a key."""
    return Signing(Home(str(tmp_path / "home"), seed=7))


@pytest.fixture
def logged(signing: Signing) -> Signing:
    """Seven statements, entered in three turns."""
    for turn in (("a", "b", "c"), ("d",), ("e", "f", "g")):
        for name in turn:
            signing.signs(name)
        signing.enters()
    return signing
