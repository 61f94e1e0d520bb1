"""The key vault: made once, opened by the right master key alone, and telling nobody's name."""

import contextlib
import os
import pickle
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from lineage.keys.vault import KeyUnavailableError, SaltDestroyedError, Vault, VaultError

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def wrapped_salts(keys: Path) -> list[bytes]:
    """What the store holds, as it is written in the file."""
    with contextlib.closing(sqlite3.connect(keys / "salts.db")) as session:
        return [wrapped for (wrapped,) in session.execute("SELECT wrapped FROM salt")]


def test_a_vault_opens_again_with_the_same_keys(keys: Path):
    first = Vault.open(keys)
    person = first.data_subject_id("acme", "ada@example.com")
    salts = first.salts("acme", [person])
    again = Vault.open(keys)
    assert again.data_subject_id("acme", "ada@example.com") == person
    assert again.key_id == first.key_id
    assert again.salts("acme", [person]) == salts
    assert again.file_key("acme", "a.parquet") == first.file_key("acme", "a.parquet")


def test_every_file_but_the_public_key_is_its_owners_alone(keys: Path):
    Vault.open(keys, seed=7).salts("acme", [Vault.open(keys).data_subject_id("acme", "ada")])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.rglob("*") if path.is_file()}
    assert modes.pop("signing.pub") == 0o644
    assert set(modes) == {"master.key", "signing.key", "salts.db", "acme.key", "derived-from-seed"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_a_pseudonym_is_keyed_stable_and_different_in_every_tenant(keys: Path):
    vault = Vault.open(keys)
    person = vault.data_subject_id("acme", "ada")
    assert person.startswith("ds_")
    assert len(person) == 35
    assert vault.data_subject_id("acme", person) == person
    assert vault.data_subject_id("globex", "ada") != person
    assert Vault.open(keys.parent / "other").data_subject_id("acme", "ada") != person


def test_an_empty_id_names_nobody(keys: Path):
    with pytest.raises(VaultError, match="names no person"):
        Vault.open(keys).data_subject_id("acme", "")


def test_no_key_is_made_where_content_is_read(keys: Path):
    vault = Vault.open(keys)
    asked: list[Callable[[], object]] = [
        lambda: vault.file_key("acme", "a.parquet"),
        lambda: vault.surrogate_key("acme"),
        lambda: vault.salts("acme", ["ds_0"]),
        lambda: vault.data_subject_id("acme", "ada", create=False),
    ]
    for ask in asked:
        with pytest.raises(KeyUnavailableError, match="no key of tenant acme in this vault"):
            ask()
    assert not vault.has_tenant("acme")
    vault.file_key("acme", "a.parquet", create=True)
    assert vault.has_tenant("acme")


@pytest.mark.parametrize("tenant", ["", "../signing", "Acme", "a" * 64, "a.b", "acme\n"])
def test_what_is_not_a_tenants_name_gets_no_key(keys: Path, tenant: str):
    with pytest.raises(VaultError, match="not a tenant's name"):
        Vault.open(keys).file_key(tenant, "a.parquet", create=True)


def test_keys_for_different_uses_differ(keys: Path):
    vault = Vault.open(keys)
    known = [
        vault.file_key("acme", "a", create=True),
        vault.file_key("acme", "b"),
        vault.file_key("globex", "a", create=True),
        vault.surrogate_key("acme"),
    ]
    assert len(set(known)) == 4
    assert {len(key) for key in known} == {32}


def test_salts_are_random_and_one_a_person(keys: Path):
    vault = Vault.open(keys)
    vault.data_subject_id("acme", "ada")
    people = [f"ds_{number:032x}" for number in range(1_200)]
    salts = vault.salts("acme", people)
    assert set(salts) == set(people)
    assert len(set(salts.values())) == 1_200
    assert vault.known_salts("acme", [*people, "ds_unknown"]) == salts
    assert vault.salt("acme", "ds_unknown") is None
    assert vault.salt("acme", people[3]) == salts[people[3]]


def test_the_store_of_salts_names_nobody_and_keeps_no_salt_in_the_clear(keys: Path):
    vault = Vault.open(keys)
    person = vault.data_subject_id("acme", "ada")
    salt = vault.salts("acme", [person])[person]
    stored = (keys / "salts.db").read_bytes()
    assert person.encode() not in stored
    assert salt not in stored


def test_a_destroyed_salt_is_gone_and_everybody_elses_stays(keys: Path):
    vault = Vault.open(keys)
    ada, bob, eve = (vault.data_subject_id("acme", name) for name in ("ada", "bob", "eve"))
    kept = vault.salts("acme", [ada, bob])
    assert vault.destroy_salts("acme", [ada, eve], NOON) == 1
    assert vault.salt("acme", ada) is None
    assert vault.known_salts("acme", [ada, bob, eve]) == {bob: kept[bob]}
    assert vault.salts("acme", [bob]) == {bob: kept[bob]}
    assert vault.destroyed("acme", [ada, bob, eve]) == {ada: NOON, eve: NOON}


def test_no_new_salt_takes_the_place_of_a_destroyed_one(keys: Path):
    vault = Vault.open(keys)
    ada, bob, eve = (vault.data_subject_id("acme", name) for name in ("ada", "bob", "eve"))
    vault.salts("acme", [ada])
    vault.destroy_salts("acme", [ada, eve], NOON)
    for opened in (vault, Vault.open(keys)):
        for asked in ([ada], [bob, eve]):
            with pytest.raises(SaltDestroyedError, match=r"salt of a person was destroyed: ds_.* on 2026-06-01"):
                opened.salts("acme", asked)
    assert set(vault.known_salts("acme", [ada, bob, eve])) <= {bob}


def test_destroying_again_changes_neither_when_nor_anything_else(keys: Path):
    vault = Vault.open(keys)
    ada = vault.data_subject_id("acme", "ada")
    vault.salts("acme", [ada])
    assert vault.destroyed("acme", [ada]) == {}
    assert vault.destroy_salts("acme", [ada], NOON) == 1
    assert vault.destroy_salts("acme", [ada], NOON + timedelta(days=1)) == 0
    assert vault.destroyed("acme", [ada]) == {ada: NOON}


def test_of_a_destroyed_salt_no_file_of_the_vault_keeps_a_byte(keys: Path):
    vault = Vault.open(keys)
    vault.data_subject_id("acme", "ada")
    people = [f"ds_{number:032x}" for number in range(600)]
    vault.salts("acme", people)
    before = wrapped_salts(keys)
    vault.destroy_salts("acme", people[::7], NOON)
    gone = set(before) - set(wrapped_salts(keys))
    assert len(gone) == len(people[::7])
    files = {path.name: path.read_bytes() for path in keys.rglob("*") if path.is_file()}
    assert set(files) == {"master.key", "signing.key", "signing.pub", "salts.db", "acme.key"}
    assert not [name for name, data in files.items() for wrapped in gone if wrapped[4:] in data]
    assert all(wrapped in files["salts.db"] for wrapped in set(before) - gone)
    assert not [person for person in people if person.encode() in files["salts.db"]]


@pytest.mark.parametrize("mode", ["persist", "wal"])
def test_a_journal_left_over_is_overwritten_and_not_only_unlinked(keys: Path, tmp_path: Path, mode: str):
    vault = Vault.open(keys)
    vault.data_subject_id("acme", "ada")
    people = [f"ds_{number:032x}" for number in range(300)]
    vault.salts("acme", people)
    before = wrapped_salts(keys)
    with contextlib.closing(sqlite3.connect(keys / "salts.db")) as session:
        session.execute(f"PRAGMA journal_mode = {mode}")
        session.execute("UPDATE salt SET wrapped = wrapped || x'00'")
        session.commit()
    if mode == "persist":
        os.link(keys / "salts.db-journal", tmp_path / "journal")
        assert all(wrapped in (tmp_path / "journal").read_bytes() for wrapped in before)
    vault.destroy_salts("acme", people, NOON)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left for wrapped in before if wrapped[4:] in path.read_bytes()]
    assert {path.name for path in keys.glob("salts.db*")} == {"salts.db"}


def test_while_others_hold_the_store_nothing_is_destroyed_halfway(keys: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lineage.keys.salts.BUSY_SECONDS", 0.0)
    vault = Vault.open(keys)
    ada = vault.data_subject_id("acme", "ada")
    held = vault.salts("acme", [ada])
    with contextlib.closing(sqlite3.connect(keys / "salts.db")) as session:
        session.execute("BEGIN IMMEDIATE")
        with pytest.raises(VaultError, match="store of salts"):
            vault.destroy_salts("acme", [ada], NOON)
    assert vault.salts("acme", [ada]) == held


def test_a_pickled_vault_carries_no_key(keys: Path):
    vault = Vault.open(keys)
    key = vault.file_key("acme", "a", create=True)
    travelling = pickle.dumps(vault)
    assert (keys / "master.key").read_bytes() not in travelling
    assert pickle.loads(travelling).file_key("acme", "a") == key


def test_many_at_once_agree_on_one_key_and_one_salt(keys: Path):
    def opened(_: int) -> tuple[str, bytes, bytes]:
        vault = Vault.open(keys)
        person = vault.data_subject_id("acme", "ada")
        return vault.key_id, vault.file_key("acme", "a"), vault.salts("acme", [person])[person]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(opened, range(16)))) == 1


def test_two_vaults_from_one_seed_hold_the_same_keys(tmp_path: Path):
    one, other = Vault.open(tmp_path / "one", seed=7), Vault.open(tmp_path / "other", seed=7)
    person = one.data_subject_id("acme", "ada")
    assert other.data_subject_id("acme", "ada") == person
    assert other.key_id == one.key_id
    assert other.salts("acme", [person]) == one.salts("acme", [person])
    assert Vault.open(tmp_path / "third", seed=8).key_id != one.key_id


def test_a_vault_says_that_it_was_derived_from_a_seed(tmp_path: Path):
    Vault.open(tmp_path / "one", seed=7)
    reopened = Vault.open(tmp_path / "one")
    assert reopened.derived_from_seed
    assert reopened.data_subject_id("late", "ada") == Vault.open(tmp_path / "two", seed=7).data_subject_id(
        "late", "ada"
    )
    assert not Vault.open(tmp_path / "random").derived_from_seed


def test_a_master_key_from_the_environment_is_not_written_down(keys: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LINEWEIGHT_MASTER_KEY", "ab" * 32)
    made = Vault.open(keys)
    assert not (keys / "master.key").exists()
    assert Vault.open(keys).key_id == made.key_id
    monkeypatch.setenv("LINEWEIGHT_MASTER_KEY", "cd" * 32)
    with pytest.raises(VaultError, match=r"signing\.key: does not open"):
        Vault.open(keys)
    monkeypatch.setenv("LINEWEIGHT_MASTER_KEY", "short")
    with pytest.raises(VaultError, match="LINEWEIGHT_MASTER_KEY is not 64"):
        Vault.open(keys)
    monkeypatch.delenv("LINEWEIGHT_MASTER_KEY")
    with pytest.raises(VaultError, match=r"master\.key: the key file is missing"):
        Vault.open(keys)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("file", "harm", "message"),
    [
        ("master.key", lambda path: path.write_bytes(os.urandom(32)), r"signing\.key: does not open"),
        ("master.key", lambda path: path.write_bytes(b"short"), r"master\.key: does not hold 32 bytes"),
        ("master.key", lambda path: path.unlink(), r"master\.key: the key file is missing"),
        ("master.key", lambda path: path.chmod(0o644), r"master\.key: others than its owner may read it"),
        ("signing.key", _flip, r"signing\.key: does not open"),
        ("signing.key", lambda path: path.write_bytes(b""), r"signing\.key: is not a key file"),
        ("signing.key", lambda path: path.unlink(), r"signing\.key: the key file is missing"),
        ("signing.pub", _flip, r"signing\.pub: is not the public half"),
        ("salts.db", lambda path: path.unlink(), r"salts\.db: the key file is missing"),
        ("salts.db", lambda path: path.chmod(0o640), r"salts\.db: others than its owner"),
        ("salts.db", lambda path: path.write_bytes(b"no database" * 99), r"salts\.db: the store of salts"),
        ("tenants/acme.key", _flip, r"acme\.key: does not open"),
        ("tenants/acme.key", lambda path: path.chmod(0o604), r"acme\.key: others than its owner"),
    ],
)
def test_a_vault_that_is_not_as_it_was_left_is_refused_by_file(
    keys: Path, file: str, harm: Callable[[Path], object], message: str
):
    Vault.open(keys).data_subject_id("acme", "ada")
    harm(keys / file)
    with pytest.raises(VaultError, match=message):
        Vault.open(keys).salts("acme", ["ds_1"])


def test_the_key_of_one_tenant_cannot_stand_in_for_anothers(keys: Path):
    vault = Vault.open(keys)
    vault.data_subject_id("acme", "ada")
    (keys / "tenants/acme.key").rename(keys / "tenants/globex.key")
    with pytest.raises(VaultError, match=r"globex\.key: does not open"):
        Vault.open(keys).surrogate_key("globex")


def test_another_seed_or_a_seed_given_later_is_refused(tmp_path: Path):
    Vault.open(tmp_path / "seeded", seed=7)
    with pytest.raises(VaultError, match="derived from another seed"):
        Vault.open(tmp_path / "seeded", seed=8)
    Vault.open(tmp_path / "random")
    with pytest.raises(VaultError, match="was not derived from a seed"):
        Vault.open(tmp_path / "random", seed=7)


def test_a_signature_verifies_with_the_published_key(keys: Path):
    vault = Vault.open(keys)
    public = load_pem_public_key((keys / "signing.pub").read_bytes())
    public.verify(vault.sign(b"data"), b"data")
    assert vault.public_key_pem == (keys / "signing.pub").read_bytes()
