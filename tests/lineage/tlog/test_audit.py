"""An audit names what was done to a log: each kind of harm by itself, and where."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.keys.vault import Vault
from lineage.tlog.audit import Audit, Fault, audit
from lineage.tlog.checkpoint import Checkpoint
from lineage.tlog.entry import signed_files
from lineage.tlog.log import LogForkedError
from lineage.tlog.publishing import CHECKPOINT, publish_log, published_checkpoints
from policies.errors import InputError, LineweightError, UsageError
from tests.lineage.tlog.signing import Signing
from tests.lineage.tlog.test_log import harmed

OTHER = "'" + "ab" * 32 + "'"


def audited(signing: Signing, *published: Path) -> Audit:
    outside = {name: note for place in published for name, note in published_checkpoints(place).items()}
    log = signing.log
    with log.ledger.reading_log() as book:
        rows, notes = book.rows(), book.notes()
    return audit(rows, notes, list(signed_files(signing.home.warehouse, signing.home.trusted())), outside, log.keys)


def faults(done: Audit) -> list[tuple[Fault, str]]:
    return [(one.fault, one.where) for one in done.wrong]


def test_a_log_nobody_harmed_is_sound(logged: Signing, tmp_path: Path):
    publish_log(logged.log, tmp_path / "out")
    done = audited(logged, tmp_path / "out")
    assert done.wrong == ()
    assert (done.entries, done.checkpoints, done.published, done.statements) == (7, 3, 2, 7)


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (f"UPDATE log_entries SET statement = {OTHER} WHERE position = 3",
         [(Fault.ENTRY_CHANGED, "entry 3"), (Fault.STATEMENT_CHANGED, "releases/d.dsse.json")]),
        ("UPDATE log_entries SET predicate_type = 'other' WHERE position = 5",
         [(Fault.ENTRY_CHANGED, "entries 4 to 6")]),
        ("DELETE FROM log_entries WHERE position = 2",
         [(Fault.ENTRY_MISSING, "entry 2"), (Fault.STATEMENT_UNLOGGED, "releases/c.dsse.json")]),
        ("DELETE FROM log_entries WHERE position = 6",
         [(Fault.LOG_CUT, "entry 6"), (Fault.STATEMENT_UNLOGGED, "releases/g.dsse.json")]),
        ("UPDATE log_checkpoints SET note = replace(note, '4', '5') WHERE size = 4",
         [(Fault.CHECKPOINT_REFUSED, "checkpoint 1")]),
        ("DELETE FROM log_checkpoints WHERE size = 7", [(Fault.ENTRIES_UNSIGNED, "entry 4")]),
        (f"INSERT INTO log_entries VALUES (7, 'kind', {OTHER}, 'releases/x.dsse.json', 0)",
         [(Fault.ENTRIES_UNSIGNED, "entry 7"), (Fault.STATEMENT_GONE, "releases/x.dsse.json")]),
    ],
    ids=["an entry changed", "its kind changed", "an entry removed", "the last removed", "a checkpoint changed",
         "a checkpoint removed", "an entry slipped in"],
)  # fmt: skip
def test_what_was_done_to_the_database_is_named(logged: Signing, harm: str, expected: list[tuple[Fault, str]]):
    harmed(logged.database, harm)
    assert [one for one in faults(audited(logged)) if one[0] is not Fault.STATEMENT_UNLOGGED or one in expected] == (
        expected
    )


def rewritten(signing: Signing, *harm: str) -> None:
    """Rewrite history as only whoever holds the log's key can: change it, and sign all of it again."""
    harmed(signing.database, *harm, "DELETE FROM log_checkpoints")
    with signing.home.ledger().writing_log() as book:
        rows, key = book.rows(), signing.log.key
        leaves = [row.entry.leaf() for row in rows]
        head = Checkpoint(key.name, len(leaves), merkle.root(leaves))
        book.add_note(head.size, head.sign(key.key, signing.home.vault()), signing.now)


def test_a_history_signed_anew_is_told_by_the_published_copy_alone(logged: Signing, tmp_path: Path):
    publish_log(logged.log, tmp_path / "out")
    refusal = logged.home.warehouse.local_path("releases/b.dsse.json")
    refusal.unlink()
    rewritten(
        logged,
        "DELETE FROM log_entries WHERE position = 1",
        *(f"UPDATE log_entries SET position = {place - 1} WHERE position = {place}" for place in range(2, 7)),
    )
    assert audited(logged).wrong == ()
    told = faults(audited(logged, tmp_path / "out"))
    assert {fault for fault, _ in told} == {Fault.LOG_CUT}
    logged.signs("h")
    logged.enters()
    told = faults(audited(logged, tmp_path / "out"))
    assert (Fault.HISTORY_FORKED, str(tmp_path / "out" / CHECKPOINT)) in told
    with pytest.raises(LogForkedError, match="were published that are not the first"):
        publish_log(logged.log, tmp_path / "out")


def test_a_statement_that_is_gone_or_another_is_named(logged: Signing, tmp_path: Path):
    files = logged.home.warehouse
    files.local_path("releases/b.dsse.json").unlink()
    files.write("releases/c.dsse.json", files.read("releases/d.dsse.json"))
    logged.signs("h")
    logged.signs("i", by=Vault.open(tmp_path / "stranger", seed=8))
    assert faults(audited(logged)) == [
        (Fault.STATEMENT_GONE, "releases/b.dsse.json"),
        (Fault.STATEMENT_CHANGED, "releases/c.dsse.json"),
        (Fault.STATEMENT_UNLOGGED, "releases/h.dsse.json"),
        (Fault.STATEMENT_REFUSED, "releases/i.dsse.json"),
    ]


def test_a_published_note_of_somebody_else_is_refused(logged: Signing, tmp_path: Path):
    stranger = Vault.open(tmp_path / "stranger", seed=8)
    key = TrustedKey.from_pem(stranger.public_key_pem)
    (tmp_path / "note").write_bytes(Checkpoint(logged.log.key.name, 0, merkle.EMPTY_ROOT).sign(key, stranger))
    assert faults(audited(logged, tmp_path / "note")) == [(Fault.CHECKPOINT_REFUSED, str(tmp_path / "note"))]
    with pytest.raises(LineweightError):
        shutil.copy(tmp_path / "note", tmp_path / CHECKPOINT)
        publish_log(logged.log, tmp_path)


def test_publishing_twice_keeps_both_checkpoints(logged: Signing, tmp_path: Path):
    assert publish_log(logged.log, tmp_path / "out").before == 0
    logged.signs("h")
    logged.enters()
    assert (publish_log(logged.log, tmp_path / "out").before, len(published_checkpoints(tmp_path / "out"))) == (7, 3)
    lines = (tmp_path / "out" / "entries.jsonl").read_bytes().splitlines()
    assert merkle.root([merkle.leaf_hash(line) for line in lines]) == merkle.root(
        [row.entry.leaf() for row in logged.log.rows()]
    )
    assert (tmp_path / "out" / "log.vkey").read_text().strip() == logged.log.key.written()


def test_in_a_git_repository_what_is_published_is_committed(logged: Signing, tmp_path: Path, monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "log")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "log@example.com")
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", str(repository)], check=True)
    (repository / "notes.txt").write_text("somebody's own, not ours to commit")
    first = publish_log(logged.log, repository)
    again = publish_log(logged.log, repository)
    assert first.commit == again.commit != ""
    shown = subprocess.run(
        ["git", "-C", str(repository), "show", "--name-only", "--format=%s"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert shown[0] == f"{logged.log.key.name}: 7 entries"
    assert sorted(filter(None, shown[1:])) == ["checkpoint", "checkpoints/7", "entries.jsonl", "log.vkey"]


def test_an_empty_log_is_not_published_and_no_note_is_no_copy(signing: Signing, tmp_path: Path):
    with pytest.raises(UsageError, match="empty"):
        publish_log(signing.log, tmp_path)
    with pytest.raises(InputError, match="no published checkpoint"):
        published_checkpoints(tmp_path)


def test_the_published_entries_say_nothing_of_what_was_signed(logged: Signing, tmp_path: Path):
    publish_log(logged.log, tmp_path)
    for line in (tmp_path / "entries.jsonl").read_text().splitlines():
        assert set(json.loads(line)) == {"predicateType", "statement"}
