"""Verifying with proofs from the transparency log: what they show, and what they are refused for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.home import Home
from lineage.keys.vault import Vault
from lineage.statement import open_envelope
from lineage.tlog.entry import signed_files
from lineage.tlog.log import TransparencyLog, enter_statements
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.publishing import publish_log
from lineage.verifying.links import Link
from lineage.verifying.logged import NO_COPY, NO_PROOF, LogEvidence
from lineage.verifying.verify import verify_path
from policies.errors import InputError, UsageError
from tests.lineage.small_snapshot import SmallWorld

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MODEL, SNAPSHOT = "models/little/run-1", "snapshots/demo/v1"
STATEMENTS = {"model": f"{MODEL}/training.dsse.json", "snapshot": f"{SNAPSHOT}/statement.dsse.json"}


def home_of(world: SmallWorld, database: Path) -> Home:
    return Home(str(world.root), database_url=f"sqlite:///{database}", keys=world.root / "keys")


@pytest.fixture
def logged(trained: SmallWorld, tmp_path: Path) -> SmallWorld:
    """A world whose statements are in a log, published in ``out``, with a proof of each beside it."""
    home = Home(
        str(trained.warehouse.local_path()), database_url=f"sqlite:///{tmp_path}/l.db", keys=trained.root / "keys"
    )
    assert enter_statements(home, NOON) > 0
    log = TransparencyLog(home.ledger(), home.vault())
    publish_log(log, tmp_path / "out")
    for name, path in STATEMENTS.items():
        opened = open_envelope(trained.warehouse.read(path), trained.trusted)
        (tmp_path / f"{name}.tlog-proof").write_bytes(log.prove(opened.statement_digest).written())
    return trained


def verified(world: SmallWorld, what: str, tmp_path: Path, *proofs: str, published: tuple[Path, ...] = ()):
    evidence = LogEvidence.read([tmp_path / f"{name}.tlog-proof" for name in proofs], published)
    return verify_path(world.warehouse.local_path(what), world.trusted, log=evidence)


def test_proofs_and_a_published_copy_leave_nothing_to_be_said(logged: SmallWorld, tmp_path: Path):
    report = verified(logged, MODEL, tmp_path, "model", "snapshot", published=(tmp_path / "out",))
    assert report.verified
    told = [check for check in report.checks if check.link.endswith(Link.LOG)]
    assert [check.link for check in told] == ["transparency log", "snapshot: transparency log"]
    assert all("as published in" in check.detail for check in told)
    assert not [sentence for sentence in report.not_checked if sentence.startswith("Transparency")]


def test_without_a_copy_from_outside_it_is_said_that_history_could_have_been_rewritten(
    logged: SmallWorld, tmp_path: Path
):
    report = verified(logged, SNAPSHOT, tmp_path, "snapshot")
    assert report.verified
    assert NO_COPY in report.not_checked


def test_without_a_proof_it_is_said_of_which_statement(logged: SmallWorld, tmp_path: Path):
    report = verified(logged, MODEL, tmp_path, "model")
    assert report.verified
    assert NO_PROOF.format("snapshot's statement") in report.not_checked
    assert NO_PROOF.format("training statement") not in report.not_checked


def test_a_proof_of_something_else_is_refused(logged: SmallWorld, tmp_path: Path):
    report = verified(logged, SNAPSHOT, tmp_path, "model")
    assert report.broken is not None
    assert (report.broken.link, "proves no statement here" in report.broken.detail) == (Link.LOG, True)


def test_a_proof_by_a_log_nobody_trusts_is_refused(logged: SmallWorld, tmp_path: Path):
    vault = Vault.open(tmp_path / "stranger")
    forged = TransparencyLog(Home(str(tmp_path / "other")).ledger(), vault)
    forged.enter(list(signed_files(logged.warehouse, logged.trusted)), NOON)
    opened = open_envelope(logged.warehouse.read(STATEMENTS["snapshot"]), logged.trusted)
    (tmp_path / "snapshot.tlog-proof").write_bytes(forged.prove(opened.statement_digest).written())
    assert verified(logged, SNAPSHOT, tmp_path, "snapshot").broken is not None


def test_a_proof_under_a_checkpoint_that_was_never_published_is_refused(logged: SmallWorld, tmp_path: Path):
    """The operator keeps two logs, and shows the auditor the one that nobody else has seen."""
    second = Home(
        str(logged.warehouse.local_path()), database_url=f"sqlite:///{tmp_path}/2.db", keys=logged.root / "keys"
    )
    log = TransparencyLog(second.ledger(), second.vault())
    log.enter(list(signed_files(logged.warehouse, logged.trusted))[-1:], NOON)
    log.enter(list(signed_files(logged.warehouse, logged.trusted)), NOON)
    opened = open_envelope(logged.warehouse.read(STATEMENTS["snapshot"]), logged.trusted)
    (tmp_path / "snapshot.tlog-proof").write_bytes(log.prove(opened.statement_digest).written())
    assert verified(logged, SNAPSHOT, tmp_path, "snapshot").verified
    report = verified(logged, SNAPSHOT, tmp_path, "snapshot", published=(tmp_path / "out",))
    assert report.broken is not None
    assert "under no checkpoint that was published" in report.broken.detail


def test_what_cannot_be_read_or_used_is_refused(logged: SmallWorld, tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        LogEvidence.read([tmp_path / "absent"], [])
    with pytest.raises(NoteRefusedError):
        LogEvidence.read([tmp_path / "l.db"], [])
    with pytest.raises(UsageError, match="nothing is held against it"):
        LogEvidence.read([], [tmp_path / "out"])
