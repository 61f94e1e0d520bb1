"""What the tests of the pipelines share."""

from pathlib import Path

import pytest

from tests.pipelines.acme import Acme


@pytest.fixture
def world(tmp_path: Path) -> Acme:
    """An empty world at noon of 1 March 2026."""
    return Acme(tmp_path)
