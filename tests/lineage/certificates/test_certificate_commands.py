"""The commands: what is written, what is printed for machines, and that checking needs no home."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lineage.certificates.checking import check_certificate
from lineage.certificates.page import read_page, written
from lineage.dsse import TrustedKey
from lineage.keys.rotating import rotate_key
from tests.commands import lineweight
from tests.lineage.certificates.worlds import NOW, Certifying

AT = ("--at", NOW.isoformat())


@pytest.fixture(scope="module")
def home(issuing: Certifying) -> tuple[str, str]:
    return "--home", issuing.home.uri


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        (("person", "user 0", "--tenant", "acme"), 3),
        (("person", "nobody at all", "--tenant", "acme", "--no-statements"), 2),
        (("tenant", "acme"), 2),
        (("tenant", "acme", "--statements"), 4),
        (("model", "little"), 5),
    ],
    ids=["person", "nobody", "tenant", "tenant with statements", "model"],
)
def test_a_page_is_written_and_its_document_is_printed_for_machines(issuing, home, tmp_path: Path, words, pieces):
    made = tmp_path / "page.html"

    said = lineweight("certificate", *words, "--out", made, *AT, *home, "--json")
    assert said.code == 0, said.err
    certificate = read_page(made.read_bytes())
    assert said.document == certificate.document
    assert len(certificate.pieces) == pieces


def test_checking_needs_the_file_and_a_key_and_no_home(issuing: Certifying, home, tmp_path: Path, monkeypatch):
    made, key = tmp_path / "page.html", issuing.home.keys_directory / "signing.pub"
    assert lineweight("certificate", "person", "user 0", "--tenant", "acme", "--out", made, *AT, *home).code == 0
    monkeypatch.chdir(tmp_path)

    said = lineweight("certificate", "check", made, "--trust", key)
    assert said.code == 0, said.err
    assert "It holds." in said.out
    assert "Not checked. Models:" in said.out
    document = json.loads(lineweight("certificate", "check", made, "--trust", key, "--json").out)
    assert (document["verified"], document["kind"]) == (True, "person")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_that_was_changed_ends_the_check_with_1_and_a_sentence(issuing: Certifying, tmp_path: Path):
    made = tmp_path / "page.html"
    made.write_bytes(written(issuing.person()).replace(b"3 records of yours", b"no record of yours", 1))

    said = lineweight("certificate", "check", made, "--trust", issuing.home.keys_directory / "signing.pub")
    assert said.code == 1
    assert said.err.startswith("The page is not the one that was signed.")


def test_a_statement_that_is_not_enclosed_is_brought(issuing: Certifying, tmp_path: Path):
    made = tmp_path / "page.html"
    made.write_bytes(written(issuing.tenant()))
    statement = issuing.home.warehouse.local_path("snapshots/demo/v1/statement.dsse.json")

    key = issuing.home.keys_directory / "signing.pub"
    said = lineweight("certificate", "check", made, "--statement", statement, "--trust", key)
    assert "under the root of the snapshot that its signed statement says" in said.out


@pytest.mark.parametrize("words", [("person", "ada", "--tenant", "acme"), ("tenant", "acme"), ("model", "little")])
def test_where_there_are_no_keys_nothing_is_signed_and_no_key_is_made(issuing: Certifying, tmp_path: Path, words):
    empty, key = tmp_path / "empty", issuing.home.keys_directory / "signing.pub"
    empty.mkdir()

    said = lineweight("certificate", *words, "--out", tmp_path / "page.html", "--home", empty, "--trust", key)
    assert said.code == 2
    assert said.err.startswith("There is no key vault, so nothing can be signed.")
    assert not (empty / "keys").exists()


@pytest.mark.parametrize("name", ["first", "second"])
def test_after_a_rotation_whoever_trusts_one_of_the_keys_can_check(issuing: Certifying, tmp_path: Path, name: str):
    made = issuing.copied(tmp_path)
    keys = {"first": TrustedKey.from_pem(made.vault.public_key_pem)}
    rotate_key(made.home, "once a year", NOW + timedelta(days=1))
    keys["second"] = TrustedKey.from_pem(made.vault.public_key_pem)
    assert keys["first"] != keys["second"]

    certificate = made.person()
    checked = check_certificate(written(certificate), [keys[name]])
    assert certificate.document["issuer"]["rotations"] == ["rotation/1"]
    assert checked.signed_by == (keys["second"].key_id,)
