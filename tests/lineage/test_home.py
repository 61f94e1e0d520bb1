"""A home: what it says of itself, what is said over it, and what it never tells."""

from pathlib import Path

import pytest

from lineage.home import Home
from lineage.home_settings import HomeSettings, HomeSettingsError
from lineage.warehouse import Warehouse
from pipelines.settings import Settings
from policies.errors import UsageError


def home_that_says(root: Path, text: str) -> str:
    root.mkdir(exist_ok=True)
    (root / "lineweight.yaml").write_text(text, encoding="utf-8")
    return str(root)


def test_a_home_that_says_nothing_keeps_everything_in_it(tmp_path: Path):
    home = Home.at(str(tmp_path))
    assert (home.database_url, home.keys_directory) == (None, tmp_path / "keys")


def test_what_is_given_goes_before_the_file_and_the_file_before_what_is_built_in(tmp_path: Path):
    said = home_that_says(tmp_path, "database_url: sqlite:///said.db\nkeys: vault\n")
    assert (Home.at(said).database_url, Home.at(said).keys_directory) == ("sqlite:///said.db", tmp_path / "vault")
    given = Home.at(said, "sqlite:///given.db", tmp_path / "given")
    assert (given.database_url, given.keys_directory) == ("sqlite:///given.db", tmp_path / "given")


def test_a_home_named_by_a_file_uri_is_on_this_machine(tmp_path: Path):
    said = home_that_says(tmp_path, "keys: vault\n")
    assert Home.at(f"file://{said}").keys_directory == tmp_path / "vault"
    assert Home.at(f"file://{said}").ledger().url == f"sqlite:///{tmp_path}/ledger.db"


def test_the_directory_of_the_person_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    assert Home.at(home_that_says(tmp_path, "keys: ~/vault\n")).keys == tmp_path / "person/vault"


def test_every_fault_of_the_file_is_told_with_what_to_do_and_without_values(tmp_path: Path):
    said = home_that_says(tmp_path, "databse_url: postgresql://u:secret@db/x\nworkers: 0\n")
    with pytest.raises(HomeSettingsError) as refused:
        Home.at(said)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == ["workers", "databse_url"]
    assert "secret" not in str(refused.value)
    assert "lineweight.yaml" in refused.value.remedy


def test_a_home_elsewhere_keeps_neither_ledger_nor_keys():
    home = Home("mock://elsewhere")
    for missing, remedy in ((home.ledger, "--database-url"), (home.vault, "--keys")):
        with pytest.raises(UsageError) as refused:
            missing()
        assert remedy in refused.value.remedy


def test_every_setting_a_home_may_keep_is_one_of_the_deployment():
    assert set(HomeSettings.model_fields) == set(Settings.model_fields) - {"home", "seed"}


def test_a_home_without_a_file_says_nothing(tmp_path: Path):
    assert HomeSettings.of(Warehouse(tmp_path / "nowhere")).said() == {}
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["sources", "requests"])
def test_a_home_elsewhere_keeps_no_declarations(name: str):
    with pytest.raises(UsageError) as refused:
        getattr(Settings(home="mock://elsewhere", sources=None, requests=None), f"{name}_directory")
    assert f"LINEWEIGHT_{name.upper()}" in refused.value.remedy
