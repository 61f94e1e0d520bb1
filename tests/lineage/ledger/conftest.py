"""Both databases that a ledger may be kept in, real ones; an empty one for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.ledger.store import Ledger
from tests.servers import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, in turn of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as made:
        yield made


@pytest.fixture
def ledger(url: str) -> Ledger:
    """An empty ledger, in turn in a database of each kind."""
    return Ledger.open(url)
