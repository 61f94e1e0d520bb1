"""Connecting to the ledger's database, and bringing its tables up to date."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import NullPool

from lineage.ledger.tables import REVISION
from policies.errors import LineweightError

MIGRATIONS = Path(__file__).parent / "migrations"
WRITES = "lineweight_writes"
BUSY_SECONDS = 60
CACHE_KIB = 65_536  # digests come in no order, so a large import touches all of an index
ADVISORY_LOCK = 0x6C696E6577  # "linew": one writer at a time, and one migration


class LedgerError(LineweightError):
    """The ledger cannot be opened, or refuses what it was asked to hold."""

    remedy = "Check that the database exists and can be written, and that this Lineweight is as new as it."


def connect(url: str) -> Engine:
    """Return an engine for a ledger, with its tables up to date.

    One connection a transaction: a ledger is asked seldom, may be held in many processes and survives a fork.
    SQLite runs in write-ahead mode, so that processes read while one writes; a writer takes the lock at its
    beginning and waits for its turn.

    Args:
        url: An SQLAlchemy URL: ``sqlite:////path/ledger.db`` or ``postgresql+psycopg://…``.

    Raises:
        LedgerError: There is no such database, or a later version of Lineweight made it.
    """
    with refusing("The ledger's database cannot be opened"):
        engine = _engine(url)
        if _revision(engine) != REVISION:
            with writing(engine) as connection:
                _migrate(connection)
    return engine


@contextlib.contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn a database's error into a LedgerError that names ``what`` and the kind of error, never the row."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(f"{what}: {type(cause).__name__}.") from error


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which nobody else writes; it commits when the block ends well."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        yield connection


def _engine(url: str) -> Engine:
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=NullPool)
    engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # BEGIN is ours to say
        cursor = connection.cursor()  # type: ignore[attr-defined]
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Turn on write-ahead mode. SQLite does not wait for its turn here, so that we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _migrate(connection: Connection) -> None:
    from alembic import command  # a third of a second, and needed once in a ledger's life
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerError("The ledger was made by a later version of Lineweight.") from error
