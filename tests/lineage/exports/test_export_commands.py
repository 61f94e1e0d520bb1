"""``lineweight export``: what is written, that it is the same each time, and that it names nobody."""

import json
from pathlib import Path

import pytest

from lineage.canonical import sha256_hex
from tests.commands import Ran, lineweight
from tests.lineage.exports.world import DisclosedWorld

OF_SNAPSHOT, OF_MODEL = ("croissant", "dataset-card"), ("model-card", "eu-summary", "california")
ABOUT = dict.fromkeys(OF_SNAPSHOT, "demo@v1") | dict.fromkeys(OF_MODEL, "little/run-1")
DISCLOSURE = "provider: {name: ACME GmbH}\n"


def _export(world: DisclosedWorld, name: str, *more: object) -> Ran:
    return lineweight("export", name, ABOUT[name], "--home", world.root, *more)


@pytest.mark.parametrize("name", ABOUT)
def test_the_same_evidence_gives_the_same_file_twice(disclosed_once: DisclosedWorld, name: str, tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"

    said = [_export(disclosed_once, name, "--to", first), _export(disclosed_once, name, "--to", second, "--json")]

    assert [one.code for one in said] == [0, 0], said
    assert first.read_bytes() == second.read_bytes()
    document = said[1].document
    assert document["sha256"] == sha256_hex(first.read_bytes())
    assert document["to"] == str(second)
    assert document["evidence"]["artifact"] == ABOUT[name]
    manifest = (disclosed_once.root / "snapshots/demo/v1/manifest.json").read_bytes()
    assert document["evidence"]["manifest_digest"] == sha256_hex(manifest)
    assert said[0].out.startswith(f"{first}: {name} of {ABOUT[name]}")


@pytest.mark.parametrize("name", ABOUT)
def test_no_export_names_a_person_a_record_or_what_anybody_said(disclosed_once: DisclosedWorld, name: str):
    world = disclosed_once
    people = [world.person(tenant, number) for tenant in ("acme", "globex") for number in (0, 1)]
    records = [row["record_id"] for row in world.consumed_rows()]
    said = ["user 0", "user 1", "add page", "Done.", "builder-1", "chat ", "given-", "day-1.jsonl"]

    shown, told = _export(world, name), _export(world, name, "--json")

    assert (shown.code, told.code) == (0, 0)
    assert [one for one in (*people, *records, *said) if one in shown.out or one in told.out] == []


def test_customers_are_named_by_croissant_alone_because_files_are(disclosed_once: DisclosedWorld):
    named = [name for name in ABOUT if "globex" in _export(disclosed_once, name).out]

    assert named == ["croissant"]


@pytest.mark.parametrize("name", ABOUT)
def test_what_does_not_verify_is_not_disclosed(disclosed: DisclosedWorld, name: str, tmp_path: Path):
    path = disclosed.root / "snapshots/demo/v1/leaves/000-acme.parquet"
    path.write_bytes(path.read_bytes()[:-1])

    said = _export(disclosed, name, "--to", tmp_path / "out")

    assert said.code == 1
    assert "lineweight verify" in said.err
    assert list(tmp_path.glob("out*")) == []


def test_who_trusts_another_key_is_told_nothing(disclosed_once: DisclosedWorld, tmp_path: Path):
    from lineage.keys.vault import Vault

    stranger = tmp_path / "stranger.pub"
    stranger.write_bytes(Vault.open(tmp_path / "keys").public_key_pem)

    assert _export(disclosed_once, "eu-summary", "--trust", stranger).code == 1


@pytest.mark.parametrize("name", ABOUT)
def test_a_page_is_about_one_kind_of_artifact(disclosed_once: DisclosedWorld, name: str):
    other = "little" if name in OF_SNAPSHOT else "demo@v1"

    said = lineweight("export", name, other, "--home", disclosed_once.root)

    assert said.code == 2
    assert "This is no" in said.err


def test_a_disclosure_with_a_fault_is_refused_and_a_sound_one_is_told(disclosed: DisclosedWorld):
    path = disclosed.root / "disclosure.yaml"
    path.write_text("provider: {nmae: ACME}", encoding="utf-8")
    refused = _export(disclosed, "california")
    path.write_text(DISCLOSURE, encoding="utf-8")
    told = _export(disclosed, "california")

    assert (refused.code, told.code) == (1, 0)
    assert "disclosure.yaml: provider.nmae: Extra inputs are not permitted" in refused.err
    assert "**Developer:** ACME GmbH" in told.out


def test_without_keys_a_page_says_what_is_not_known(disclosed: DisclosedWorld, tmp_path: Path):
    key = tmp_path / "signing.pub"
    key.write_bytes((disclosed.root / "keys/signing.pub").read_bytes())

    said = _export(disclosed, "california", "--keys", tmp_path / "nowhere", "--trust", key)

    assert said.code == 0
    assert "People spoke from not known (the records are encrypted, and there are no keys here)" in said.out
    assert not (tmp_path / "nowhere").exists()


def test_the_summary_as_json_has_sections_figures_and_queries(disclosed_once: DisclosedWorld):
    document = _export(disclosed_once, "eu-summary", "--json").document

    figures = {one["name"]: one for one in document["figures"]}
    asked = {name for section in document["sections"] for one in section["answers"] for name in one["figures"]}
    assert asked == set(figures)
    assert all(one["query"] for one in figures.values())
    assert json.dumps(document).count("1.3.") == 1


def test_a_file_that_cannot_be_written_is_told(disclosed_once: DisclosedWorld, tmp_path: Path):
    said = _export(disclosed_once, "dataset-card", "--to", tmp_path / "no/such/directory/card.md")

    assert said.code == 1
    assert "cannot be written" in said.err
