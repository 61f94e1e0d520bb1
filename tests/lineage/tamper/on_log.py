"""Attacks on the transparency log and its proofs, and by whoever holds the ledger's database."""

import base64
import sqlite3
from collections.abc import Callable
from pathlib import Path

from lineage.home import Home
from lineage.revocation import REVOCATIONS_PREDICATE
from lineage.tlog.entry import Found, signed_files
from lineage.tlog.log import TransparencyLog
from lineage.tlog.proof import LogProof, read_proof
from lineage.verifying.logged import NO_COPY, NO_PROOF
from lineage.verifying.snapshot import NO_FACTS
from tests.lineage.tamper.attack import NOT_BUNDLED, UNREADABLE, Attack, Attacker, Copy
from tests.lineage.traced_world import NOW

FILES, KEY, DATABASE = Attacker.FILES, Attacker.KEY, Attacker.DATABASE
LINK = "transparency log"
TABLES = ("log_entries", "log_checkpoints", "consent_events")


def _proofs(copy: Copy) -> list[Path]:
    return sorted(copy.tree.glob("log/*.tlog-proof"))


def _each_proof(change: Callable[[LogProof], LogProof]) -> Callable[[Copy], None]:
    def changed(copy: Copy) -> None:
        for path in _proofs(copy):
            path.write_bytes(change(read_proof(path.read_bytes())).written())

    return changed


def _another_place(proof: LogProof) -> LogProof:
    return LogProof(proof.index ^ 1, proof.hashes, proof.checkpoint)


def _another_hash(proof: LogProof) -> LogProof:
    return LogProof(proof.index, (bytes(32), *proof.hashes[1:]), proof.checkpoint)


def _another_size(proof: LogProof) -> LogProof:
    return LogProof(proof.index, proof.hashes, proof.checkpoint.replace(b"\n4\n", b"\n5\n"))


def _of_another(copy: Copy) -> None:
    """The proof of the training statement is one of a revocation feed."""
    log = _log(copy.genuine.home, copy)
    feed = log.rows()[0].entry.statement
    _proofs(copy)[0].write_bytes(log.prove(feed).written())


def _log(home: Path, copy: Copy) -> TransparencyLog:
    deployment = Home(str(home), keys=copy.genuine.home / "keys")
    return TransparencyLog(deployment.ledger(), deployment.vault())


def _second_log(copy: Copy) -> TransparencyLog:
    """The operator keeps another log, in which the revocation feeds never were."""
    home = copy.tree.parent / "second"
    home.mkdir()
    log = _log(home, copy)
    log.enter(_without_feeds(copy.genuine.home), NOW)
    return log


def _without_feeds(home: Path) -> list[Found]:
    deployment = Home.at(str(home))
    found = signed_files(deployment.warehouse, deployment.trusted())
    return [one for one in found if one.entry is not None and one.entry.predicate_type != REVOCATIONS_PREDICATE]


def _forked(copy: Copy) -> None:
    log = _second_log(copy)
    for path in _proofs(copy):
        path.write_bytes(log.prove(path.name.removesuffix(".tlog-proof")).written())


def _strangers(copy: Copy) -> None:
    """A log with the same name, signed by somebody else."""
    log = _second_log(copy)
    for path in _proofs(copy):
        proof = log.prove(path.name.removesuffix(".tlog-proof"))
        text, _, line = proof.checkpoint.decode().rpartition("\n\n")
        signature = base64.b64decode(line.split(" ")[-1])
        forged = signature[:4] + copy.genuine.stranger.sign(f"{text}\n".encode())
        line = f"{line.rpartition(' ')[0]} {base64.b64encode(forged).decode()}\n"
        path.write_bytes(LogProof(proof.index, proof.hashes, f"{text}\n\n{line}".encode()).written())


def _database(*statements: str) -> Callable[[Path], None]:
    """Whoever owns the database drops what guards it, and does as they like."""

    def change(home: Path) -> None:
        with sqlite3.connect(home / "ledger.db") as database:
            for table in TABLES:
                for rule in ("update", "delete", "replace"):
                    database.execute(f"DROP TRIGGER {table}_no_{rule}")
            for statement in statements:
                database.execute(statement)

    return change


def _logged_again(home: Path) -> None:
    """All of the log is thrown away, and what is there now is entered and signed anew, without the feeds."""
    _database("DELETE FROM log_entries", "DELETE FROM log_checkpoints")(home)
    deployment = Home.at(str(home))
    TransparencyLog(deployment.ledger(), deployment.vault()).enter(_without_feeds(home), NOW)


def _at_home(
    name: str, change: Callable[[Path], None], link: str = "", untold: str = "", *, seen: bool = True
) -> Attack:
    return Attack(name, DATABASE, lambda copy: None, link, untold, home=change, published=seen)


ATTACKS = (
    Attack("a proof names another place in the log", FILES, _each_proof(_another_place), LINK),
    Attack("a hash of a proof is changed", FILES, _each_proof(_another_hash), LINK),
    Attack("a proof's checkpoint says another size", FILES, _each_proof(_another_size), LINK),
    Attack("the proof of another statement", FILES, _of_another, LINK),
    Attack("a proof that is no proof", FILES, lambda copy: _proofs(copy)[0].write_bytes(b"{}"), "bundle",
           directory=UNREADABLE),
    Attack("a proof is removed", FILES, lambda copy: _proofs(copy)[0].unlink(), untold=NO_PROOF.split("{}")[0]),
    Attack("proofs of a log that somebody else signed in its name", FILES, _strangers, LINK),
    Attack("a second log in which the revocations never were, and the auditor has what was published", KEY, _forked,
           LINK),
    Attack("a second log in which the revocations never were, and nothing was published", KEY, _forked,
           untold=NO_COPY, published=False),
    _at_home("an entry of the log is changed",
             _database(f"UPDATE log_entries SET statement = '{'0' * 64}' WHERE position = 0"), NOT_BUNDLED),
    _at_home("an entry is removed from the middle of the log", _database("DELETE FROM log_entries WHERE position = 1"),
             NOT_BUNDLED),
    _at_home("the log is cut short", _database("DELETE FROM log_entries WHERE position > 1"), NOT_BUNDLED),
    _at_home("the log is emptied", _database("DELETE FROM log_entries", "DELETE FROM log_checkpoints"),
             untold=NO_PROOF.split("{}")[0]),
    _at_home("the log is written anew without the revocations, and the auditor has what was published", _logged_again,
             LINK),
    _at_home("the log is written anew without the revocations, and nothing was published", _logged_again,
             untold=NO_COPY, seen=False),
    _at_home("consent events are removed from the ledger", _database("DELETE FROM consent_events"),
             "snapshot: consent receipts"),
    _at_home("a consent event says something else",
             _database("UPDATE consent_events SET document = replace(document, 'privacy', 'other')"),
             "snapshot: consent receipts"),
    _at_home("a withdrawal is removed from the ledger",
             _database("DELETE FROM consent_events WHERE event_id = 'withdrawn-1'"), untold=NO_FACTS),
)  # fmt: skip
