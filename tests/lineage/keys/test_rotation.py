"""Keys that outlive themselves: a new one takes over, and a retired one verifies what it signed while valid alone."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lineage.canonical import sha256_hex
from lineage.commands.key import key_app
from lineage.commands.log import log_app
from lineage.dsse import Refusal, SignatureRefusedError, TrustedKey, unverified_payload
from lineage.keys.files import VaultError
from lineage.keys.rotating import NotRotatedError, listed_keys, rotate_key
from lineage.keys.rotation import (
    LogThen,
    NamedKey,
    Rotation,
    RotationError,
    SignedRotation,
    open_rotation,
    read_rotations,
    rotations_beside,
    rotations_in,
    sign_rotation,
    trusted_over_rotations,
)
from lineage.keys.vault import Vault
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.tlog.audit import Audit, Fault, audit
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.entry import signed_files
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.publishing import publish_log, published_checkpoints
from policies.errors import InputError, UsageError
from tests.lineage.keys.rotated_home import BECAUSE, DAY, NOON, RotatedHome, chain, files, private_key, said, ticket

FIRST, SECOND, THIRD, FOURTH = (private_key(number) for number in range(1, 5))


@pytest.fixture
def rotating(tmp_path: Path) -> RotatedHome:
    """A home with a key and nothing else."""
    return RotatedHome.made(tmp_path)


def audited(rotating: RotatedHome, *published: Path) -> Audit:
    outside = {name: note for place in published for name, note in published_checkpoints(place).items()}
    with rotating.log.ledger.reading_log() as book:
        rows, notes = book.rows(), book.notes()
    found = list(signed_files(rotating.home.warehouse, rotating.home.trusted()))
    return audit(rows, notes, found, outside, rotating.log.keys)


def refused(data: bytes, trusted: tuple[TrustedKey, ...]) -> str:
    try:
        open_envelope(data, trusted)
    except SignatureRefusedError as error:
        return error.reason
    return ""


# ── one key takes another one's place ───────────────────────────────────────────────────────────────────────


def test_a_new_key_signs_and_both_said_so(rotating: RotatedHome):
    old = rotating.own
    rotating.signs("a")
    rotation = rotating.rotates()
    assert (rotating.own.key_id, rotation.said.old_key.key_id) == (rotation.said.new_key.key_id, old.key_id)
    assert rotating.read("rotations/00001.dsse.json") == rotation.envelope
    statement = json.loads(unverified_payload(rotation.envelope))
    pem = (rotating.keys / "signing.pub").read_bytes()
    assert statement["subject"] == [{"name": "signing.pub", "digest": {"sha256": sha256_hex(pem)}}]
    assert statement["predicateType"] == "https://lineweight.dev/attestation/key-rotation/v1"
    with rotating.log.ledger.reading_log() as book:
        first = open_checkpoint(book.notes()[0], old.log, [old])
    assert statement["predicate"] == {
        "number": 1,
        "previous": None,
        "retired_at": "2026-06-02T12:00:00.000000Z",
        "old_key": {"key_id": old.key_id, "public_key": old.raw.hex()},
        "new_key": {"key_id": rotating.own.key_id, "public_key": rotating.own.raw.hex()},
        "log": {"origin": old.log, "size": 1, "root": first.root.hex()},
        "because": BECAUSE,
    }


def test_of_the_old_private_key_nothing_is_left(rotating: RotatedHome, tmp_path: Path):
    os.link(rotating.keys / "signing.key", tmp_path / "linked")
    before = (tmp_path / "linked").read_bytes()
    rotating.rotates()
    assert set((tmp_path / "linked").read_bytes()) == {0}
    everything = [path for path in rotating.keys.rglob("*") if path.is_file()]
    assert {path.name for path in everything} == {
        "master.key", "salts.db", "signing.key", "signing.pub", "00001.dsse.json",
    }  # fmt: skip
    assert not [path for path in everything if before in path.read_bytes()]


def test_a_key_can_be_rotated_again_and_again_and_all_are_trusted_each_for_its_time(rotating: RotatedHome):
    paths = [rotating.signs("a")]
    for name in ("b", "c", "d"):
        rotating.rotates()
        paths.append(rotating.signs(name))
    trusted = rotating.home.trusted()
    assert [open_envelope(rotating.read(path), trusted).key_ids for path in paths] == [(key.key_id,) for key in trusted]
    bounds = [(key.validity.from_at, key.validity.until_at) for key in trusted]
    assert bounds[0][0] is bounds[-1][1] is None
    assert [until for _, until in bounds[:-1]] == [begun for begun, _ in bounds[1:]]
    assert {key.log for key in trusted} == {trusted[0].log}
    told = listed_keys(rotating.home)
    assert [one["state"] for one in told["keys"]] == ["retired"] * 3 + ["current"]
    assert [one["because"] for one in told["keys"]] == [BECAUSE] * 3 + [None]
    assert told["log"] == trusted[0].log


def test_a_key_that_was_never_rotated_is_trusted_without_bounds(rotating: RotatedHome):
    assert rotating.home.trusted() == (rotating.own,)
    assert [one["state"] for one in listed_keys(rotating.home)["keys"]] == ["current"]


def test_a_process_that_goes_on_meanwhile_signs_with_the_new_key(rotating: RotatedHome):
    running = rotating.home.vault()
    before = running.key_id
    rotation = rotating.rotates()
    path = rotating.signs("a", by=running)
    assert open_envelope(rotating.read(path), rotating.home.trusted()).key_ids == (rotation.said.new_key.key_id,)
    assert running.key_id != before
    assert running.public_key_pem == (rotating.keys / "signing.pub").read_bytes()
    assert running.rotations == (replace(rotation, name=running.rotations[0].name),)


def test_tenants_keys_and_salts_are_those_of_before(rotating: RotatedHome):
    vault = rotating.home.vault()
    person = vault.data_subject_id("acme", "ada")
    kept = (vault.salts("acme", [person]), vault.file_key("acme", "a"), vault.surrogate_key("acme"))
    rotating.rotates()
    vault = Vault.open(rotating.keys)
    assert (vault.salts("acme", [person]), vault.file_key("acme", "a"), vault.surrogate_key("acme")) == kept


def test_in_a_seeded_vault_the_new_key_is_a_function_of_the_seed_too(tmp_path: Path):
    homes = [RotatedHome.made(tmp_path / name) for name in ("a", "b")]
    for place in homes:
        shutil.rmtree(place.keys)
        place.home = replace(place.home, seed=7)
        place.rotates()
        place.rotates()
    assert homes[0].own == homes[1].own
    assert len({key.key_id for key in homes[0].home.trusted()}) == 3


def test_where_something_signed_would_not_be_trusted_any_more_nothing_is_rotated(rotating: RotatedHome):
    rotating.signs("from tomorrow", at=rotating.now + DAY)
    before = rotating.own
    with pytest.raises(NotRotatedError, match=r"from tomorrow.*says that it was made after 2026-06-01"):
        rotate_key(rotating.home, BECAUSE, rotating.now)
    assert rotating.own == before
    assert not rotating.home.warehouse.files("rotations")
    rotate_key(rotating.home, BECAUSE, rotating.now + DAY)


def test_a_statement_that_took_anothers_place_is_entered_before_its_key_is_retired(rotating: RotatedHome):
    rotating.signs("a")
    rotating.enters()
    path = rotating.signs("a", because="second thoughts")
    rotation = rotating.rotates()
    assert rotation.said.log.size == 2
    statement = open_envelope(rotating.read(path), rotating.home.trusted()).statement_digest
    assert rotating.log.prove(statement).index == 1


def test_what_was_prepared_for_another_vault_or_twice_is_refused(rotating: RotatedHome, tmp_path: Path):
    vault = rotating.home.vault()
    vault.next_key()
    stranger = chain([FIRST, SECOND])[0]
    with pytest.raises(VaultError, match="not of the key that signs here"):
        vault.rotate(stranger)
    twin = Vault.open(rotating.keys)
    made = [_rotation_of(one, because) for one, because in ((vault, "one"), (twin, "other"))]
    vault.rotate(made[0])
    with pytest.raises(VaultError, match="not of the key that signs here"):
        twin.rotate(made[1])
    assert Vault.open(rotating.keys).rotations[0].said.because == "one"


def _rotation_of(vault: Vault, because: str, then: LogThen | None = None) -> SignedRotation:
    """The next rotation of a vault whose log has no entries."""
    keys, before, new = vault.signing_keys, vault.rotations, vault.next_key()
    rotation = Rotation(
        number=len(keys),
        previous=before[-1].digest if before else None,
        retired_at=NOON + len(keys) * DAY,
        old_key=NamedKey.of(keys[-1]),
        new_key=NamedKey.of(new.public),
        log=then or LogThen(origin=keys[-1].log, size=0, root=sha256_hex(b"")),
        because=because,
    )
    return sign_rotation(rotation, vault, new)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda keys: (keys / "rotations/00001.dsse.json").unlink(), "is not the public half|rotation 1 is missing"),
        (lambda keys: (keys / "rotations/00002.dsse.json").unlink(), "is not the key of the newest rotation"),
        (lambda keys: (keys / "signing.pub").write_bytes(SECOND.public.pem), "is not the public half"),
        (lambda keys: (keys / "rotations/00002.dsse.json").write_bytes(b"{}"), "is no rotation of a key"),
    ],
    ids=["the first rotation gone", "the second gone", "another public key", "a rotation overwritten"],
)
def test_a_vault_whose_rotations_are_not_as_they_were_left_is_refused(
    rotating: RotatedHome, harm: Callable[[Path], object], says: str
):
    rotating.rotates()
    rotating.rotates()
    harm(rotating.keys)
    with pytest.raises((VaultError, RotationError), match=says):
        Vault.open(rotating.keys)


def test_the_commands_rotate_a_key_and_list_those_there_were(rotating: RotatedHome, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    home = ["--home", str(rotating.home.uri)]
    done = CliRunner().invoke(key_app, ["rotate", *home, "--because", f" {BECAUSE} ", "--json"])
    document = json.loads(done.output)
    assert (done.exit_code, document["rotation"], document["because"]) == (0, "rotations/00001.dsse.json", BECAUSE)
    assert document["new_key"]["key_id"] == rotating.own.key_id
    listed = json.loads(CliRunner().invoke(key_app, ["list", *home, "--json"]).output)
    assert listed == listed_keys(rotating.home)
    shown = CliRunner().invoke(key_app, ["list", *home]).output
    assert BECAUSE in shown
    assert all(one["key"][:16] in shown for one in listed["keys"])
    told = CliRunner().invoke(key_app, ["rotate", *home, "--because", "again"]).output
    assert "signs from now on" in told
    for nothing in (" ", "x" * 501):
        refusal = CliRunner().invoke(key_app, ["rotate", *home, "--because", nothing]).exception
        assert isinstance(refusal, UsageError)


# ── a process that dies half way ────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def dying_at(step: int) -> Iterator[None]:
    """End this process before its ``step``-th change to the disk."""
    passed = count(1)
    for name in ("link", "replace", "unlink", "fsync", "mkdir"):
        real = getattr(os, name)

        def stopping(*given: Any, _real: Callable[..., Any] = real, **named: Any) -> Any:
            if next(passed) == step:
                os._exit(9)
            return _real(*given, **named)

        setattr(os, name, stopping)
    yield


def rotated_by_a_process_that_dies(keys: Path, step: int) -> int:
    """Rotate in a process of its own that dies at a step; return its exit code."""
    child = os.fork()
    if child == 0:
        try:
            with dying_at(step):
                vault = Vault.open(keys)
                vault.rotate(_rotation_of(vault, BECAUSE))
        except BaseException:  # noqa: BLE001 - whatever happens, the child must not go on as a second test run
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_any_step_the_vault_opens_with_the_old_key_or_with_the_new_one(tmp_path: Path):
    first = Vault.open(tmp_path / "keys")
    first.rotate(_rotation_of(first, BECAUSE))
    states = []
    for step in count(1):
        keys = Path(shutil.copytree(first.directory, tmp_path / f"killed-{step}"))
        private = (keys / "signing.key").read_bytes()
        code = rotated_by_a_process_that_dies(keys, step)
        assert code in (0, 9)
        vault = Vault.open(keys)
        states.append(len(vault.rotations))
        assert (vault.key_id == first.key_id) == (states[-1] == 1)
        assert vault.signing_keys[-1].verifies(vault.sign(b"data"), b"data")
        assert vault.public_key_pem == (keys / "signing.pub").read_bytes()
        assert not (keys / "signing.key.old").exists()
        left = [path.name for path in keys.rglob("*") if path.is_file() and private in path.read_bytes()]
        assert left == ([] if states[-1] == 2 else ["signing.key"])
        vault.rotate(_rotation_of(vault, "again"))
        if code == 0:
            break
    assert states == sorted(states)
    assert {1, 2} == set(states)
    assert len(states) > 10


def test_where_a_process_died_between_the_vault_and_the_warehouse_whoever_opens_the_vault_next_makes_up_for_it(
    rotating: RotatedHome,
):
    path, old = rotating.signs("a"), rotating.own
    rotating.enters()
    vault = Vault.open(rotating.keys)
    with rotating.log.held() as (_, head):
        rotation = _rotation_of(vault, BECAUSE, LogThen(origin=head.origin, size=head.size, root=head.root.hex()))
        vault.rotate(rotation)
    assert refused(rotating.read(path), rotating.home.trusted()) == Refusal.UNKNOWN_KEY
    rotating.passes()
    assert rotating.enters() == 1
    assert rotating.read("rotations/00001.dsse.json") == rotation.envelope
    assert open_envelope(rotating.read(path), rotating.home.trusted()).key_ids == (old.key_id,)
    assert audited(rotating).wrong == ()


# ── whom one trusts when one trusts one key ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", [FIRST, SECOND, THIRD, FOURTH], ids=["oldest", "second", "third", "newest"])
def test_with_one_key_of_a_chain_all_are_trusted_each_for_its_own_time(given):
    rotations = chain([FIRST, SECOND, THIRD, FOURTH])
    trusted = trusted_over_rotations([given.public], files(rotations))
    assert [key.key_id for key in trusted] == [key.key_id for key in (FIRST, SECOND, THIRD, FOURTH)]
    for number, key in enumerate((FIRST, SECOND, THIRD, FOURTH)):
        at = {
            "too early": NOON + (number - 1) * DAY,
            "in time": NOON + number * DAY + DAY / 2,
            "too late": NOON + (number + 2) * DAY,
        }
        told = {when: refused(ticket("a", key, moment), trusted) for when, moment in at.items()}
        assert told["in time"] == ""
        assert told["too early"] == (Refusal.NOT_VALID_THEN if number else "")
        assert told["too late"] == (Refusal.NOT_VALID_THEN if key is not FOURTH else "")


def test_both_ends_given_are_one_chain_and_whoever_is_not_of_it_stays_as_trusted(tmp_path: Path):
    stranger = private_key(9)
    rotations = files(chain([FIRST, SECOND]))
    trusted = trusted_over_rotations([stranger.public, SECOND.public, FIRST.public], rotations)
    assert [key.key_id for key in trusted] == [stranger.key_id, FIRST.key_id, SECOND.key_id]
    assert trusted[0] == stranger.public
    assert trusted_over_rotations([stranger.public], rotations) == (stranger.public,)
    assert trusted_over_rotations([stranger.public], {}) == (stranger.public,)
    assert trusted_over_rotations([], rotations) == ()


def test_a_copy_of_a_rotation_is_the_same_rotation():
    rotations = chain([FIRST, SECOND, THIRD])
    once = trusted_over_rotations([FIRST.public], files(rotations))
    assert trusted_over_rotations([FIRST.public], files([*rotations, *reversed(rotations)])) == once


def _fork() -> list[SignedRotation]:
    rotations = chain([FIRST, SECOND, THIRD])
    stolen = sign_rotation(said(2, SECOND, FOURTH, rotations[0]), SECOND, FOURTH)
    return [*rotations, stolen]


def _after(*keys: Any, **changes: Any) -> list[SignedRotation]:
    """A chain whose last rotation says something else than it should."""
    rotations = chain(keys[:-1])
    last = said(len(keys) - 1, keys[-2], keys[-1], rotations[-1], **changes)
    return [*rotations, sign_rotation(last, keys[-2], keys[-1])]


@pytest.mark.parametrize(
    ("rotations", "says"),
    [
        (_fork, "2-rotations/00002.* and|1-rotations/00002.*: the chain forks"),
        (lambda: [*chain([FIRST, SECOND]), *chain([FIRST, THIRD])], "the chain forks"),
        (lambda: [*chain([FIRST, SECOND]), *chain([THIRD, FOURTH])], "the chain forks"),
        (lambda: chain([FIRST, SECOND, THIRD, FOURTH])[::2], "rotation 2 is missing"),
        (lambda: chain([FIRST, SECOND, THIRD])[1:], "rotation 1 is missing"),
        (lambda: chain([FIRST, SECOND, FIRST]), "the chain goes round"),
        (lambda: chain([FIRST, SECOND, THIRD, SECOND]), "forks|goes round"),
        (lambda: _after(FIRST, SECOND, THIRD, previous=sha256_hex(b"other")), "does not name the rotation before it"),
        (lambda: _after(FIRST, SECOND, THIRD, retired_at=NOON), "retires a key before it was put in place"),
        (
            lambda: _after(FIRST, SECOND, THIRD, log=LogThen(origin="elsewhere", size=2, root="ab" * 32)),
            "names another log",
        ),
        (
            lambda: _after(FIRST, SECOND, THIRD, log=LogThen(origin=FIRST.public.log, size=0, root="ab" * 32)),
            "the log was shorter than before",
        ),
    ],
    ids=["a fork", "two first ones", "two chains", "a gap", "no beginning", "round", "back to a key of before",
         "another one before", "back in time", "another log", "a log cut short"],
)  # fmt: skip
def test_what_is_no_chain_is_refused_and_named(rotations: Callable[[], list[SignedRotation]], says: str):
    with pytest.raises(RotationError, match=says):
        trusted_over_rotations([FIRST.public], files(rotations()))


def test_a_rotation_that_does_not_retire_the_key_before_is_refused():
    first = chain([FIRST, SECOND])[0]
    other = sign_rotation(said(2, THIRD, FOURTH, first), THIRD, FOURTH)
    with pytest.raises(RotationError, match="retires another key than the one before put in place"):
        trusted_over_rotations([SECOND.public], files([first, other]))


@pytest.mark.parametrize(("signer", "which"), [(FIRST, "old"), (SECOND, "new")])
def test_a_rotation_that_one_key_alone_signed_is_refused(signer, which: str):
    rotation = chain([FIRST, SECOND])[0]
    alone = sign_statement(json.loads(unverified_payload(rotation.envelope)), [signer])
    with pytest.raises(RotationError, match=f"alone: is signed by the {which} key alone"):
        trusted_over_rotations([FIRST.public], {"alone": alone})


def _signed(predicate: dict[str, Any], artifact: str | None = None, kind: str | None = None) -> bytes:
    about = artifact or sha256_hex(SECOND.public.pem)
    kind = kind or "https://lineweight.dev/attestation/key-rotation/v1"
    return sign_statement(statement_of({"signing.pub": about}, kind, predicate), [FIRST, SECOND])


SOUND = said(1, FIRST, SECOND, None).document()
ITSELF = {"key_id": FIRST.key_id, "public_key": FIRST.public.raw.hex()}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{}", "is no rotation of a key: malformed"),
        (_signed({**SOUND, "because": " "}), "does not say which key takes which one's place"),
        (_signed({**SOUND, "more": 1}), "does not say which key"),
        (_signed({**SOUND, "retired_at": "2026-06-02T14:00:00+02:00"}), "not written as it is by Lineweight"),
        (_signed({**SOUND, "new_key": {**SOUND["new_key"], "key_id": FIRST.key_id}}), "does not say which key"),
        (_signed({**SOUND, "new_key": ITSELF}), "in its own place"),
        (_signed({**SOUND, "number": 2}), "does not say which key"),
        (_signed({**SOUND, "log": {**SOUND["log"], "origin": "example.com/log"}}), "does not say which key"),
        (_signed(SOUND, artifact=sha256_hex(FIRST.public.pem)), "about something else than the new key"),
        (_signed(SOUND, kind="https://example.com/other/v1"), "is a statement about something else"),
        (sign_statement(statement_of({}, "x", {}), [FIRST]), "does not say which key"),
    ],
    ids=["no envelope", "no reason", "a word more", "another spelling", "another id", "itself", "no first",
         "log's name", "another artifact", "another kind", "another statement"],
)  # fmt: skip
def test_what_is_no_rotation_is_refused_although_it_is_signed(data: bytes, says: str):
    with pytest.raises(RotationError, match=f"^found: .*{says}"):
        open_rotation(data, "found")


def test_a_rotation_by_a_signature_that_does_not_match_is_refused():
    envelope = json.loads(chain([FIRST, SECOND])[0].envelope)
    envelope["signatures"][1]["sig"] = envelope["signatures"][0]["sig"]
    with pytest.raises(RotationError, match="bad-signature"):
        open_rotation(json.dumps(envelope).encode(), "found")


def test_rotations_are_found_beside_an_artifact_or_given_as_files(rotating: RotatedHome, tmp_path: Path):
    rotating.rotates()
    home = rotating.home.warehouse.local_path()
    (home / "snapshots/demo/v1").mkdir(parents=True)
    beside = rotations_beside(home / "snapshots/demo/v1")
    assert list(beside.values()) == list(rotations_in(rotating.home.warehouse).values())
    assert read_rotations([home / "rotations/00001.dsse.json"]).keys() == beside.keys()
    assert rotations_beside(tmp_path) == {}
    with pytest.raises(InputError, match="cannot be read"):
        read_rotations([tmp_path / "absent"])


def test_who_names_the_retired_key_trusts_the_new_one_over_the_rotations_of_the_home(
    rotating: RotatedHome, tmp_path: Path
):
    (tmp_path / "old.pub").write_bytes(rotating.own.pem)
    rotating.rotates()
    assert rotating.home.trusted([tmp_path / "old.pub"]) == rotating.home.trusted()


# ── whoever stole a key that was retired ────────────────────────────────────────────────────────────────────


def test_a_stolen_key_that_was_retired_signs_nothing_that_is_of_today(rotating: RotatedHome):
    thief = rotating.thief()
    rotating.rotates()
    path = rotating.signs("stolen", by=thief)
    assert refused(rotating.read(path), rotating.home.trusted()) == Refusal.NOT_VALID_THEN
    assert rotating.enters() == 0
    assert [(one.fault, one.where) for one in audited(rotating).wrong] == [(Fault.STATEMENT_REFUSED, path)]


def test_a_stolen_key_makes_no_second_successor(rotating: RotatedHome):
    thief, own = rotating.thief(), rotating.own
    rotating.rotates()
    evil = said(1, thief, FOURTH, None, log=LogThen(origin=own.log, size=0, root=sha256_hex(b"")))
    rotating.home.warehouse.write("rotations/evil.dsse.json", sign_rotation(evil, thief, FOURTH).envelope)
    with pytest.raises(RotationError, match="the chain forks"):
        rotating.home.trusted()


# ── the log goes on ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_keeps_its_name_and_the_new_key_signs_its_checkpoints(rotating: RotatedHome, tmp_path: Path):
    rotating.signs("a")
    rotating.enters()
    old, name = rotating.own, rotating.log.key.name
    publish_log(rotating.log, tmp_path / "out")
    rotation = rotating.rotates()
    rotating.signs("b")
    rotating.enters()
    assert rotating.log.key.name == name == old.log
    head = rotating.log.head() or b""
    assert open_checkpoint(head, name, rotating.home.trusted()[1:]).size == 3
    with pytest.raises(NoteRefusedError):
        open_checkpoint(head, name, [old])
    assert publish_log(rotating.log, tmp_path / "out").before == 1
    assert audited(rotating, tmp_path / "out").wrong == ()
    published = (tmp_path / "out" / "rotations/00001.dsse.json").read_bytes()
    assert published == rotation.envelope
    assert len((tmp_path / "out" / "log.vkey").read_text().splitlines()) == 2


def test_a_retired_key_signs_no_longer_log_and_no_other_one(rotating: RotatedHome):
    rotating.signs("a")
    thief, old = rotating.thief(), rotating.own
    rotation = rotating.rotates()
    trusted, then = rotating.home.trusted(), rotation.said.log
    true = Checkpoint(then.origin, then.size, bytes.fromhex(then.root))
    for checkpoint, taken in (
        (true, True),
        (replace(true, root=bytes(32)), False),
        (replace(true, size=then.size + 1), False),
    ):
        note = checkpoint.sign(old, thief)
        if taken:
            assert open_checkpoint(note, then.origin, trusted) == checkpoint
        else:
            with pytest.raises(NoteRefusedError, match="retired when the log had fewer entries, or others"):
                open_checkpoint(note, then.origin, trusted)


def test_a_proof_is_checked_over_the_rotation_and_tells_what_was_signed_too_late(rotating: RotatedHome, tmp_path: Path):
    home, thief = ["--home", str(rotating.home.uri)], rotating.thief()
    signed = [rotating.signs("a")]
    rotating.rotates()
    signed += [rotating.signs("b"), rotating.signs("backdated", by=thief, at=NOON + timedelta(hours=1))]
    rotating.enters()
    told = []
    for number, name in enumerate(signed):
        path, proof = rotating.home.warehouse.local_path(name), str(tmp_path / f"{number}.tlog-proof")
        assert CliRunner().invoke(log_app, ["prove", str(path), "--out", proof, *home]).exit_code == 0
        told.append(CliRunner().invoke(log_app, ["check", str(path), "--proof", proof, *home, "--json"]))
    assert [done.exit_code for done in told] == [0, 0, 1]
    assert {json.loads(done.output)["log"] for done in told[:2]} == {rotating.log.key.name}
    assert "when the log had 1 entries" in str(told[2].exception)


def test_an_audit_holds_the_log_against_what_the_rotation_said_of_it(rotating: RotatedHome):
    for name in ("a", "b"):
        rotating.signs(name)
    rotating.rotates()
    keys = rotating.log.keys
    lying = replace(keys[0], validity=replace(keys[0].validity, log_root=bytes(32)))
    longer = replace(keys[0], validity=replace(keys[0].validity, log_size=9))
    with rotating.log.ledger.reading_log() as book:
        rows, notes = book.rows(), book.notes()
    for changed, fault in ((lying, Fault.HISTORY_FORKED), (longer, Fault.LOG_CUT)):
        done = audit(rows, notes, [], {}, (changed, *keys[1:]))
        assert (fault, "rotation 1") in [(one.fault, one.where) for one in done.wrong]
