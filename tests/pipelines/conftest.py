"""What the tests of the pipelines share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.acme import Acme
from tests.servers import S3Server, s3_server


@pytest.fixture
def world(tmp_path: Path) -> Acme:
    """An empty world at noon of 1 March 2026."""
    return Acme(tmp_path)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 store."""
    with s3_server() as server:
        yield server
