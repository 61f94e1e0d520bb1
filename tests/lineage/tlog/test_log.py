"""The log of a home: what is signed is entered once, in one order, and provable from files alone."""

import itertools
import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.keys.vault import Vault
from lineage.statement import open_envelope
from lineage.tlog.checkpoint import open_checkpoint
from lineage.tlog.entry import LogEntry
from lineage.tlog.log import LogForkedError, enter_statements
from lineage.tlog.proof import read_proof, verify_entry
from policies.errors import UsageError
from tests.lineage.tlog.signing import NOON, Signing


def key_of(signing: Signing) -> TrustedKey:
    return TrustedKey.from_pem(signing.home.vault().public_key_pem)


def test_what_was_signed_is_entered_once_and_in_order(logged: Signing):
    rows = logged.log.rows()
    assert [row.position for row in rows] == list(range(7))
    assert [row.path for row in rows] == logged.paths
    assert logged.enters() == 0
    head = open_checkpoint(logged.log.head() or b"", logged.log.key.name, [key_of(logged)])
    assert (head.size, head.root) == (7, merkle.root([row.entry.leaf() for row in rows]))


def test_a_copy_of_a_statement_is_no_second_entry(signing: Signing):
    path = signing.signs("a")
    signing.home.warehouse.write("models/m/run/ticket.dsse.json", signing.home.warehouse.read(path))
    assert signing.enters() == 1
    assert [row.path for row in signing.log.rows()] == [path]


def test_what_no_trusted_key_signed_is_not_entered(signing: Signing, tmp_path: Path):
    signing.signs("a")
    signing.signs("b", by=Vault.open(tmp_path / "stranger", seed=8))
    signing.home.warehouse.write("releases/c.dsse.json", b"{}")
    assert signing.enters() == 1


def test_an_empty_home_has_an_empty_log(signing: Signing):
    assert signing.enters() == 0
    assert signing.log.head() is None
    with pytest.raises(UsageError, match="not in the log"):
        signing.log.prove("ab" * 32)


def test_every_statement_is_proved_from_its_file_and_the_proof_alone(logged: Signing):
    key = key_of(logged)
    for place, path in enumerate(logged.paths):
        opened = open_envelope(logged.home.warehouse.read(path), [key])
        proof = read_proof(logged.log.prove(opened.statement_digest).written())
        assert proof.index == place
        checkpoint = verify_entry(LogEntry.of(opened).data(), proof, logged.log.key.name, [key])
        assert checkpoint.size == 7


def test_a_checkpoint_signed_earlier_is_a_beginning_of_the_log_as_it_is(logged: Signing):
    leaves = [row.entry.leaf() for row in logged.log.rows()]
    with logged.home.ledger().reading_log() as book:
        heads = [open_checkpoint(note, logged.log.key.name, [key_of(logged)]) for note in book.notes()]
    assert [head.size for head in heads] == [3, 4, 7]
    for older in heads:
        proof = merkle.consistency_proof(leaves, older.size)
        assert merkle.verify_consistency(older.size, 7, older.root, merkle.root(leaves), proof)


def _enter(home: object) -> int:
    return enter_statements(home, NOON)  # type: ignore[arg-type]


def test_two_processes_that_enter_at_once_enter_everything_once(signing: Signing):
    for number in range(20):
        signing.signs(f"s{number:02d}")
    signing.home.ledger()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.map(_enter, [signing.home] * 4)) == 20
    assert [row.position for row in signing.log.rows()] == list(range(20))


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE log_entries SET statement = replace(statement, substr(statement, 1, 2), 'zz') WHERE position = 2",
        "DELETE FROM log_entries WHERE position = 2",
        "DELETE FROM log_entries WHERE position = 6",
        "DELETE FROM log_checkpoints",
        "DELETE FROM log_checkpoints WHERE size = 7",
        "INSERT INTO log_entries VALUES (7, 'kind', 'digest', 'path', 0)",
    ],
    ids=["an entry changed", "an entry removed", "the last removed", "no checkpoint", "the newest checkpoint removed",
         "an entry slipped in"],
)  # fmt: skip
def test_a_log_that_is_not_what_was_signed_is_neither_added_to_nor_proved_from(logged: Signing, harm: str):
    harmed(logged.database, harm)
    logged.signs("h")
    with pytest.raises(LogForkedError):
        logged.enters()
    with pytest.raises(LogForkedError):
        logged.log.prove("ab" * 32)


def harmed(database: Path, *statements: str) -> None:
    """Change a database behind its triggers' back."""
    with sqlite3.connect(database) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'log_%'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_however_it_grew_every_older_head_is_consistent_with_every_newer(turns: list[int], tmp_path_factory):
    from lineage.home import Home

    signing = Signing(Home(str(tmp_path_factory.mktemp("home")), seed=7))
    for turn, count in enumerate(turns):
        for number in range(count):
            signing.signs(f"t{turn}n{number}")
        assert signing.enters() == count
    leaves = [row.entry.leaf() for row in signing.log.rows()]
    assert len(leaves) == sum(turns)
    with signing.home.ledger().reading_log() as book:
        heads = [open_checkpoint(note, signing.log.key.name, [key_of(signing)]) for note in book.notes()]
    for older, newer in itertools.pairwise(heads):
        proof = merkle.consistency_proof(leaves[: newer.size], older.size)
        assert merkle.verify_consistency(older.size, newer.size, older.root, newer.root, proof)
