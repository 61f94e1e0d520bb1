"""Proofs as files: small, closed, and worth nothing beside another snapshot's statement."""

import json
from pathlib import Path

import pytest

from lineage.dsse import SignatureRefusedError
from lineage.manifest import SnapshotManifest
from lineage.proving.files import PersonProofFile, ProofRefusedError, RecordProofFile, check_proof_file, read_proof_file
from lineage.proving.finding import commitments_of, people_in, person_in, record_in
from lineage.snapshot import Snapshot, SnapshotError
from policies.errors import UsageError
from tests.commands import Ran, lineweight
from tests.lineage.harm import DIRECTORY, LEAVES, flip
from tests.lineage.small_snapshot import SmallWorld, records
from tests.lineage.traced_world import traced_world

MOST_BYTES = 4096


def opened(world: SmallWorld, directory: str = DIRECTORY) -> Snapshot:
    return Snapshot.open(world.warehouse, directory, world.trusted)


def statement(world: SmallWorld, directory: str = DIRECTORY) -> bytes:
    return world.warehouse.read(f"{directory}/statement.dsse.json")


def record_proof(world: SmallWorld) -> bytes:
    snapshot = opened(world)
    record_id = records(world.vault, "globex")["record_id"][3].as_py()
    return RecordProofFile.of(record_in(snapshot, record_id), snapshot.manifest).to_bytes()


def person_proof(world: SmallWorld, person: str = "user 0") -> bytes:
    snapshot = opened(world)
    commitments = commitments_of(world.vault, "acme", [world.vault.data_subject_id("acme", person)])
    return PersonProofFile.of(person_in(snapshot, list(commitments.values())), snapshot.manifest).to_bytes()


@pytest.fixture
def published(trained: SmallWorld) -> SmallWorld:
    return trained


def test_a_record_is_shown_from_a_small_file_and_the_statement(published: SmallWorld):
    data = record_proof(published)
    shown = check_proof_file(data, statement(published), published.trusted)
    assert len(data) < MOST_BYTES
    assert shown.file.shows() == "A record with this leaf is in demo@v1."


def test_a_person_is_shown_to_be_in_or_not(published: SmallWorld):
    inside = check_proof_file(person_proof(published), statement(published), published.trusted)
    assert inside.file.shows() == "The person of this commitment wrote 3 records of demo@v1."
    outside = check_proof_file(person_proof(published, "a stranger"), statement(published), published.trusted)
    assert outside.file.shows() == "The person of this commitment wrote no record of demo@v1."


def test_a_proof_beside_another_snapshots_statement_is_refused(published: SmallWorld):
    other: SnapshotManifest = published.publish(2)
    for data in (record_proof(published), person_proof(published)):
        with pytest.raises(ProofRefusedError, match="about another snapshot"):
            check_proof_file(data, statement(published, other.directory), published.trusted)


def test_a_proof_under_a_statement_nobody_trusts_is_refused(published: SmallWorld, tmp_path: Path):
    stranger = SmallWorld(tmp_path / "stranger")
    with pytest.raises(SignatureRefusedError, match="unknown-key"):
        check_proof_file(record_proof(published), statement(published), stranger.trusted)


def test_a_statement_about_something_else_is_refused(published: SmallWorld):
    training = published.warehouse.read("models/little/run-1/training.dsse.json")
    with pytest.raises(ProofRefusedError, match="not about a snapshot"):
        check_proof_file(record_proof(published), training, published.trusted)


@pytest.mark.parametrize("part", ["record", "person"])
def test_a_proof_changed_anywhere_is_refused(published: SmallWorld, part: str):
    """Every hexadecimal digit of the file, one at a time, is changed to another; but for whom it is about."""
    data = record_proof(published) if part == "record" else person_proof(published)
    text, slipped = data.decode(), []
    about = text.index('"commitment":') if part == "person" else len(text)
    for place, letter in enumerate(text):
        if letter in "0123456789abcdef" and not about < place < about + 80:
            changed = text[:place] + ("0" if letter != "0" else "1") + text[place + 1 :]
            try:
                check_proof_file(changed.encode(), statement(published), published.trusted)
            except ProofRefusedError:
                continue
            slipped.append(changed[max(0, place - 20) : place + 5])
    assert slipped == []


def test_a_proof_that_somebody_is_not_there_is_about_their_commitment_alone(published: SmallWorld):
    """Who is not in a snapshot stands between the same neighbours as others who are not: the proof names whom."""
    outside = read_proof_file(person_proof(published, "a stranger"))
    somebody = read_proof_file(person_proof(published, "another"))
    assert isinstance(outside, PersonProofFile)
    assert isinstance(somebody, PersonProofFile)
    assert outside.entries[0].commitment != somebody.entries[0].commitment
    assert (outside.records, somebody.records) == (0, 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda said: said.update(more=1), "no proof of"),
        (lambda said: said.pop("root"), "no proof of"),
        (lambda said: said.update(format="lineweight.record-proof/v2"), "no proof of"),
        (lambda said: said["digests"].pop("policy_digest"), "eight digests"),
        (lambda said: said["digests"].update(more="0" * 64), "eight digests"),
        (lambda said: said.update(root="0" * 64), "another root"),
        (lambda said: said["shard_path"].append("0" * 64), "does not lead"),
        (lambda said: said.update(shard_path=["0" * 64] * 64), "no proof of"),
        (lambda said: said.update(snapshot="demo@v2"), "another snapshot"),
    ],
)
def test_a_proof_that_says_something_else_is_refused(published: SmallWorld, change, fault: str):
    said = json.loads(record_proof(published))
    change(said)
    with pytest.raises(ProofRefusedError, match=fault):
        check_proof_file(
            json.dumps(said, sort_keys=True, separators=(",", ":")).encode(), statement(published), published.trusted
        )


def test_only_canonical_bytes_are_a_proof(published: SmallWorld):
    data = record_proof(published)
    with pytest.raises(ProofRefusedError, match="canonical"):
        read_proof_file(json.dumps(json.loads(data), indent=1).encode())
    for other in (b"", b"{}", b"[]", b"\xff", data[:-1]):
        with pytest.raises(ProofRefusedError):
            read_proof_file(other)


def test_what_is_not_there_cannot_be_proved(published: SmallWorld):
    with pytest.raises(UsageError, match="is not in demo@v1"):
        record_in(opened(published), "r" + "0" * 32)


def test_nothing_is_proved_from_leaves_that_were_touched(published: SmallWorld):
    snapshot = opened(published)
    flip(f"{DIRECTORY}/{LEAVES}")(published)
    with pytest.raises(SnapshotError):
        people_in(snapshot)


def test_people_of_another_snapshot_are_not_proved_with(published: SmallWorld):
    document = published.publish(2).document()
    document["data_subjects"]["root"] = "0" * 64
    published.sign(SnapshotManifest.model_validate(document))
    with pytest.raises(SnapshotError, match="not those of the manifest"):
        people_in(opened(published, "snapshots/demo/v2"))


@pytest.mark.parametrize("place", ["nowhere/proof.json", "."])
def test_a_proof_that_cannot_be_written_is_told_in_a_sentence(trained: SmallWorld, tmp_path: Path, place: str):
    record_id = records(trained.vault, "acme")["record_id"][0].as_py()
    said = lineweight("prove", "record", record_id, "demo@v1", "--out", tmp_path / place, "--home", trained.root)
    assert said.code == 1
    assert "cannot be written.\nName a file in a directory that exists." in said.err
    assert not list(tmp_path.glob(".staging-*"))


def test_of_an_id_under_which_nothing_was_said_that_is_told_beside_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = traced_world(tmp_path / "warehouse", monkeypatch)

    def asked(person: str) -> Ran:
        to, where = tmp_path / "proof.json", ("--tenant", "acme", "--home", world.root)
        return lineweight("prove", "person", person, "demo@v1", "--out", to, *where)

    assert "Nothing was ever said" not in asked("user 0").out
    for _ in range(2):  # a salt that was made by asking makes nobody known
        told = asked("usre 0")
        assert told.code == 0
        assert "wrote no record of demo@v1" in told.out
        assert "Nothing was ever said under this id" in told.out
