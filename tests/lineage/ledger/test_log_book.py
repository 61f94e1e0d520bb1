"""The log's two tables are only ever added to, in databases of both kinds."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from lineage.home import Home
from lineage.ledger.connecting import LedgerError
from lineage.ledger.store import Ledger
from lineage.tlog.log import TransparencyLog
from tests.lineage.tlog.signing import Signing


@pytest.fixture
def signing(url: str, tmp_path: Path) -> Signing:
    """A home whose log has one entry."""
    made = Signing(Home(str(tmp_path / "home"), database_url=url, seed=7))
    made.signs("a")
    assert made.enters() == 1
    return made


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE log_entries SET path = 'x'",
        "DELETE FROM log_entries",
        "UPDATE log_checkpoints SET note = 'x'",
        "DELETE FROM log_checkpoints",
    ],
)
def test_no_row_is_changed_or_removed(signing: Signing, url: str, harm: str):
    engine = sa.create_engine(url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(harm)
    engine.dispose()
    [row] = TransparencyLog(Ledger.open(url), signing.home.vault()).rows()
    assert row.path == "releases/a.dsse.json"


def test_a_position_is_taken_once(signing: Signing):
    [row] = signing.log.rows()
    with pytest.raises(LedgerError), signing.home.ledger().writing_log() as book:
        book.add([row])
