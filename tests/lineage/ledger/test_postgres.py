"""What only a server does: many machines at once, and a password that nobody may see."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
import sqlalchemy as sa

from lineage.ledger.connecting import LedgerError
from lineage.ledger.store import Ledger
from policies.consent import ConsentEvent, ConsentStatus
from tests.servers import PostgresServer

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def consent(number: int) -> ConsentEvent:
    at = NOON + timedelta(minutes=number)
    return ConsentEvent(
        event_id=f"e-{number}",
        tenant="acme",
        data_subject_id=f"ds_{number % 7:032x}",
        state=ConsentStatus.WITHDRAWN if number % 3 == 0 else ConsentStatus.GIVEN,
        purposes=("train_ai_system",),
        effective_at=at,
        recorded_at=at,
    )


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as made:
        yield made


def _open(url: str) -> int:
    return len(Ledger.open(url).consents())


def test_a_new_database_gets_its_tables_once_though_several_processes_open_it_first(url: str):
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        assert list(pool.map(_open, [url] * 4)) == [0] * 4
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 1


def _import(url: str, first: int) -> tuple[int, int]:
    """Import a file that overlaps with the others' by half, and return how many events were new and known."""
    added = Ledger.open(url).add_consents([consent(number) for number in range(first, first + 200)])
    return added.new, added.known


def test_files_that_overlap_are_imported_at_once_and_each_event_is_recorded_once(url: str):
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        counts = list(pool.map(_import, [url] * 4, range(0, 400, 100)))
    assert sum(new for new, _ in counts) == 500
    assert sum(known for _, known in counts) == 300
    assert len(Ledger.open(url).consents()) == 500


def test_an_import_that_fails_leaves_nothing(url: str):
    ledger = Ledger.open(url)

    def breaks_off() -> Iterator[ConsentEvent]:
        yield from (consent(number) for number in range(50))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.add_consents(breaks_off())
    assert ledger.consents() == []


def test_a_ledger_answers_as_sqlite_does(url: str, tmp_path):
    events = [consent(number) for number in range(300)]
    ledgers = Ledger.open(url), Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    for held in ledgers:
        held.add_consents(reversed(events))
    for known_at in (NOON - timedelta(days=1), NOON + timedelta(minutes=150), NOON + timedelta(days=1)):
        told = [(held.consents(known_at=known_at), held.checkpoint(known_at)) for held in ledgers]
        assert told[0] == told[1]


def test_a_database_that_is_not_there_is_told_without_its_password(postgres: PostgresServer):
    with pytest.raises(LedgerError) as refused:
        Ledger.open(f"postgresql+psycopg://postgres:hunter2@/nowhere?host={postgres.directory}")
    assert "OperationalError" in str(refused.value)
    assert "hunter2" not in refused.value.diagnostics()


def test_no_connection_is_left_open(url: str, postgres: PostgresServer):
    ledger = Ledger.open(url)
    ledger.add_consents([consent(1)])
    ledger.checkpoint(NOON)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        asked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert connection.execute(asked).scalar() == 1
