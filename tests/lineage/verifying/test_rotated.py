"""Verifying what was signed before a key was retired, and what whoever stole it signed after."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lineage import merkle
from lineage.dsse import Signer, TrustedKey
from lineage.home import Home
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.keys.rotating import rotate_key
from lineage.keys.rotation import rotations_in, trusted_over_rotations
from lineage.keys.signing_key import PrivateKey, SigningKeys
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest, parse_manifest
from lineage.statement import open_envelope, sign_statement, snapshot_statement
from lineage.tlog.entry import signed_files
from lineage.tlog.log import TransparencyLog, enter_statements
from lineage.tlog.proof import LogProof
from lineage.tlog.publishing import publish_log
from lineage.verifying.links import Link, Report
from lineage.verifying.logged import OTHERS_WORD, OWN_WORD, LogEvidence
from lineage.verifying.release import NOT_OTHERS
from lineage.verifying.verify import verify_path
from tests.lineage.harm import DIRECTORY, broken
from tests.lineage.small_snapshot import AS_OF, SmallWorld
from tests.lineage.verifying.test_activation import published

DAY = timedelta(days=1)
RETIRED = AS_OF + 30 * DAY
SAID = OWN_WORD.format("snapshot's statement", RETIRED.date())
STATEMENT = f"{DIRECTORY}/statement.dsse.json"


@dataclass
class Rotated:
    """A world with a snapshot of before its key was retired; ``thief`` has the old key still."""

    world: SmallWorld
    home: Home
    manifest: SnapshotManifest
    old: TrustedKey
    thief: Signer

    @property
    def rotations(self) -> Mapping[str, bytes]:
        return rotations_in(self.world.warehouse)

    @property
    def log(self) -> TransparencyLog:
        return TransparencyLog(self.home.ledger(), self.home.vault())

    def enters(self, now: datetime = RETIRED + DAY) -> None:
        self.log.enter(list(signed_files(self.world.warehouse, self.home.trusted())), now)

    def signs_again(self, signer: Signer, **changes: datetime) -> None:
        """Put a snapshot signed by somebody in the place of the one that is there."""
        as_of = self.manifest.as_of.model_copy(update=changes)
        manifest = self.manifest.model_copy(update={"as_of": as_of, "lease_expires_at": RETIRED + 99 * DAY})
        self.world.warehouse.write(f"{DIRECTORY}/manifest.json", manifest.to_bytes())
        envelope = sign_statement(snapshot_statement(manifest, manifest.digest()), [signer])
        self.world.warehouse.write(STATEMENT, envelope)

    def prove(self, place: Path, log: TransparencyLog | None = None) -> LogEvidence:
        opened = open_envelope(self.world.warehouse.read(STATEMENT), [self.old, self.log.key.key])
        place.write_bytes((log or self.log).prove(opened.statement_digest).written())
        return LogEvidence.read([place], [])

    def verified(self, *trusted: TrustedKey, log: LogEvidence | None = None) -> Report:
        keys = trusted_over_rotations(trusted or self.world.trusted, self.rotations)
        return verify_path(self.world.warehouse.local_path(DIRECTORY), keys, log=log)


@pytest.fixture(scope="module")
def template(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PrivateKey]:
    """A world whose key was rotated, and that key; tests take copies of it."""
    world = SmallWorld(Path(shutil.copytree(untouched, tmp_path_factory.mktemp("rotated") / "warehouse")))
    home, key = Home(str(world.root)), (world.root / "keys/master.key").read_bytes()
    enter_statements(home, AS_OF)
    manifest = parse_manifest(world.warehouse.read(f"{DIRECTORY}/manifest.json"))
    world.release(manifest, decided_at=AS_OF - 2 * DAY)
    thief = SigningKeys(world.root / "keys", key).current
    rotate_key(home, "once a year", RETIRED)
    return world.root, thief


@pytest.fixture
def rotated(template: tuple[Path, PrivateKey], tmp_path: Path) -> Rotated:
    root, thief = template
    world = SmallWorld(Path(shutil.copytree(root, tmp_path / "warehouse")))
    manifest = parse_manifest(world.warehouse.read(f"{DIRECTORY}/manifest.json"))
    assert world.trusted[0] != thief.public
    return Rotated(world, Home(str(world.root)), manifest, thief.public, thief)


@pytest.mark.parametrize("end", ["the old key", "the new key"])
def test_a_snapshot_of_before_verifies_whichever_key_one_trusts(rotated: Rotated, end: str):
    key = rotated.old if end == "the old key" else rotated.world.trusted[0]
    report = rotated.verified(key)
    assert report.verified
    assert {SAID, OTHERS_WORD} <= set(report.not_checked)


def test_without_the_rotations_the_new_key_vouches_for_nothing_of_before(rotated: Rotated):
    report = verify_path(rotated.world.warehouse.local_path(DIRECTORY), rotated.world.trusted)
    assert broken(report) == Link.SIGNATURE
    assert "unknown-key" in report.checks[-1].detail


def test_a_proof_from_the_log_shows_that_it_was_signed_before(rotated: Rotated, tmp_path: Path):
    report = rotated.verified(log=rotated.prove(tmp_path / "p"))
    assert report.verified
    assert SAID not in report.not_checked


def test_a_proof_under_a_published_copy_of_before_shows_it_too(rotated: Rotated, tmp_path: Path):
    """An auditor who kept a proof and a checkpoint from before the key was stolen needs nothing newer."""
    log = TransparencyLog(rotated.home.ledger(), rotated.home.vault())
    with log.ledger.reading_log() as book:
        notes = book.notes()
    publish_log(log, tmp_path / "out")
    proof = log.prove(open_envelope(rotated.world.warehouse.read(STATEMENT), [rotated.old]).statement_digest)
    rows = [row.entry.leaf() for row in log.rows()]
    (tmp_path / "out/checkpoint").write_bytes(notes[0])
    place = tmp_path / "old.tlog-proof"
    place.write_bytes(_proof_under(notes[0], rows, proof.index))
    kept = LogEvidence.read([place], [tmp_path / "out"])
    report = rotated.verified(log=kept)
    assert report.verified
    assert SAID not in report.not_checked
    alone = rotated.verified(log=LogEvidence.read([place], []))
    assert alone.verified
    assert SAID in alone.not_checked


def _proof_under(note: bytes, leaves: list[bytes], index: int) -> bytes:
    size = int(note.split(b"\n")[1])
    return LogProof(index, tuple(merkle.inclusion_proof(leaves[:size], index)), note).written()


def test_what_a_stolen_key_signs_as_of_today_is_refused(rotated: Rotated):
    rotated.signs_again(rotated.thief, recorded_at=RETIRED + DAY)
    report = rotated.verified()
    assert broken(report) == Link.SIGNATURE
    assert "key-not-valid-then" in report.checks[-1].detail


def test_what_a_stolen_key_backdates_is_said_to_be_its_own_word(rotated: Rotated):
    rotated.signs_again(rotated.thief)
    report = rotated.verified()
    assert report.verified
    assert SAID in report.not_checked


def test_what_a_stolen_key_backdates_is_refused_by_its_place_in_the_log(rotated: Rotated, tmp_path: Path):
    rotated.signs_again(rotated.thief)
    rotated.enters()
    report = rotated.verified(log=rotated.prove(tmp_path / "p"))
    assert broken(report) == Link.LOG
    size = rotated.log.keys[0].validity.log_size
    assert f"its key was retired on {RETIRED.date()}, when the log had {size} entries" in report.checks[-1].detail


def test_a_log_that_a_stolen_key_made_up_proves_nothing_about_when(rotated: Rotated, tmp_path: Path):
    rotated.signs_again(rotated.thief)
    forged = _forged_log(rotated, tmp_path)
    report = rotated.verified(log=rotated.prove(tmp_path / "p", forged))
    assert report.verified
    assert SAID in report.not_checked
    publish_log(rotated.log, tmp_path / "out")
    rotated.prove(tmp_path / "p", forged)
    report = rotated.verified(log=LogEvidence.read([tmp_path / "p"], [tmp_path / "out"]))
    assert broken(report) == Link.LOG
    assert "under no checkpoint that was published" in report.checks[-1].detail


def _forged_log(rotated: Rotated, tmp_path: Path) -> TransparencyLog:
    """A log of one entry, signed by the old key as it was when it was the only one."""

    class Stolen:
        """What a thief needs of a vault."""

        signing_keys = (rotated.old,)
        key_id = rotated.old.key_id
        sign = rotated.thief.sign

    ledger = Home(str(tmp_path / "forged")).ledger()
    log = TransparencyLog(ledger, Stolen())  # type: ignore[arg-type]
    found = [one for one in signed_files(rotated.world.warehouse, [rotated.old]) if one.path == STATEMENT]
    log.enter(found, AS_OF)
    return log


def test_a_new_snapshot_by_the_new_key_needs_no_word_about_when(rotated: Rotated, tmp_path: Path):
    rotated.signs_again(rotated.home.vault())
    rotated.enters()
    report = rotated.verified(rotated.old, log=rotated.prove(tmp_path / "p"))
    assert report.verified
    assert SAID not in report.not_checked


def test_a_model_of_before_verifies_with_all_that_lies_beside_it(rotated: Rotated):
    keys = trusted_over_rotations(rotated.world.trusted, rotated.rotations)
    report = verify_path(rotated.world.warehouse.local_path("models/little/run-1"), keys)
    assert report.verified
    assert OWN_WORD.format("training statement", RETIRED.date()) in report.not_checked


def rotated_at_once(world: SmallWorld, tmp_path: Path) -> tuple[TrustedKey, ...]:
    """Rotate the key at the instant of everything in the small world; return the keys to trust."""
    rotate_key(Home(str(world.root), database_url=f"sqlite:///{tmp_path}/l.db"), "once a year", AS_OF)
    return trusted_over_rotations(world.trusted, rotations_in(world.warehouse))


def test_a_ticket_by_the_key_that_came_after_is_nobody_elses_word(world: SmallWorld, tmp_path: Path):
    manifest = world.publish()
    trusted = rotated_at_once(world, tmp_path)
    ticket = world.release(manifest, decided_at=AS_OF)
    report = verify_path(world.train(manifest, ticket=ticket), trusted)
    assert report.verified
    assert ticket.key_ids == (trusted[1].key_id,)
    assert NOT_OTHERS in report.not_checked


def test_a_ticket_that_says_it_is_older_than_its_key_is_refused(world: SmallWorld, tmp_path: Path):
    manifest = world.publish()
    trusted = rotated_at_once(world, tmp_path)
    model = world.train(manifest, ticket=world.release(manifest, decided_at=AS_OF - timedelta(microseconds=1)))
    report = verify_path(model, trusted)
    assert broken(report) == Link.TICKET
    assert "key-not-valid-then" in report.checks[-1].detail


def test_the_key_that_came_before_is_no_second_person_who_put_a_policy_in_force(world: SmallWorld, tmp_path: Path):
    maria = OfficerKey.open(new_officer_key("maria", tmp_path / "maria")[0])
    (tmp_path / "other").mkdir()
    shutil.copytree(world.root / "keys", tmp_path / "other/keys")
    before = Vault.open(tmp_path / "other/keys")  # a copy that is not rotated signs as the old key did
    trusted = (*rotated_at_once(world, tmp_path), TrustedKey.from_pem(maria.public_key_pem))
    published(world, [maria, before])
    report = verify_path(world.warehouse.local_path(DIRECTORY), trusted)
    assert broken(report) == Link.ACTIVATION
    assert "two trusted people" in report.checks[-1].detail
