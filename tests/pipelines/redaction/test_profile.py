"""Profiles: read strictly, told apart by name and digest, those that ship and a home's own."""

from pathlib import Path

import pytest

from pipelines.redaction.chosen import UnfoundEntityError, redactor_of
from pipelines.redaction.credentials import credential_rules
from pipelines.redaction.people.announced import announced_rules
from pipelines.redaction.profile import (
    NamesSettings,
    ProfileNameError,
    RedactionProfile,
    UnknownProfileError,
    load_profile,
    shipped_profiles,
)
from pipelines.redaction.structured import structured_rules
from policies.strict_yaml import DocumentError, read_document

OWN = """\
profile: acme
version: 1
languages: [en, de]
entities:
  EMAIL_ADDRESS: {threshold: 0.5, operator: mask}
"""


def written(directory: Path, text: str = OWN, name: str = "acme") -> Path:
    (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def read(text: str) -> RedactionProfile:
    return read_document(text.encode(), "acme.yaml", RedactionProfile)


def test_two_profiles_ship_and_the_wider_looks_for_all_that_the_other_does():
    strict, wide = load_profile("strict-pseudonyms"), load_profile("presidio-defaults")
    assert shipped_profiles() == ("presidio-defaults", "strict-pseudonyms")
    assert strict.entities.keys() < wide.entities.keys()
    assert {"DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "URL"} <= wide.entities.keys() - strict.entities.keys()


def test_the_wider_profile_finds_from_no_higher_a_score_on():
    strict, wide = load_profile("strict-pseudonyms").entities, load_profile("presidio-defaults").entities
    assert [name for name in strict if wide[name].threshold > strict[name].threshold] == []


@pytest.mark.parametrize("name", shipped_profiles())
def test_something_finds_every_type_that_a_shipped_profile_names(name: str):
    profile = load_profile(name)
    rules = (*structured_rules(), *credential_rules(), *announced_rules())
    found = {rule.entity_type for rule in rules} | set(profile.names.labels.values())
    assert sorted(profile.entities.keys() - found) == []


@pytest.mark.parametrize("name", ["lenient", "../strict-pseudonyms", "", "Strict", "strict-pseudonyms.yaml"])
def test_an_unknown_profile_is_refused_and_the_known_ones_are_named(name: str, tmp_path: Path):
    with pytest.raises(UnknownProfileError) as refused:
        load_profile(name, written(tmp_path))
    assert "Known: presidio-defaults, strict-pseudonyms, acme." in refused.value.remedy


def test_a_profile_of_ones_own_says_little_and_the_rest_is_as_strict_as_what_ships(tmp_path: Path):
    profile = load_profile("acme", written(tmp_path))
    assert (profile.other_languages, profile.blobs, profile.max_chars) == ("quarantine", "drop", 20_000_000)
    assert profile.names == NamesSettings(tagger="shipped", model=None, labels={}, gate="learned")
    assert profile.entities["EMAIL_ADDRESS"].operator == "mask"
    assert profile.recognizers == ()


def test_a_file_of_ones_own_cannot_take_the_name_of_a_profile_that_ships(tmp_path: Path):
    directory = written(tmp_path, OWN.replace("acme", "strict-pseudonyms"), "strict-pseudonyms")
    with pytest.raises(ProfileNameError, match="a profile of this name ships"):
        load_profile("strict-pseudonyms", directory)


def test_a_file_is_named_as_the_profile_in_it(tmp_path: Path):
    with pytest.raises(ProfileNameError, match="says acme"):
        load_profile("other", written(tmp_path, OWN, "other"))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("version: 1", "version: 0", "version"),
        ("[en, de]", "[]", "languages"),
        ("[en, de]", "[en, en]", "languages"),
        ("[en, de]", "[en, english]", "languages.1"),
        ("0.5", "1.5", "entities.EMAIL_ADDRESS.threshold"),
        ("mask", "encrypt", "entities.EMAIL_ADDRESS.operator"),
        ("EMAIL_ADDRESS", "mail", "entities.mail"),
        ("entities", "max_chars: 0\nentities", "max_chars"),
        ("entities", "blobs: keep\nentities", "blobs"),
        ("entities", "other_languages: pass\nentities", "other_languages"),
        ("entities", "names: {gate: shut}\nentities", "names.gate"),
        ("entities", "names: {tagger: mine}\nentities", "names.tagger"),
        ("entities", "ner: {model: en}\nentities", "ner"),
        ("entities", "recognizers: [../other.txt]\nentities", "recognizers.0"),
        ("entities", "recognizers: [os.system]\nentities", "recognizers.0"),
    ],
)
def test_what_is_no_profile_is_refused_by_the_path_of_its_fault(before: str, after: str, fault: str):
    with pytest.raises(DocumentError) as refused:
        read(OWN.replace(before, after))
    assert [one.split(": ")[1] for one in refused.value.faults] == [fault]


def test_all_faults_of_a_profile_are_named_at_once():
    with pytest.raises(DocumentError) as refused:
        read("profile: p\nversion: 0\nlanguages: [en]\nmax_chars: 1\nentitys: {}\n")
    assert {fault.split(": ")[1] for fault in refused.value.faults} == {"version", "entities", "entitys"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1", "version: 2"),
        ("0.5", "0.6"),
        ("mask", "tag"),
        ("[en, de]", "[en]"),
        ("entities", "blobs: quarantine\nentities"),
        ("entities", "names: {gate: open}\nentities"),
        ("entities", "recognizers: [own.yaml]\nentities"),
    ],
)
def test_every_change_of_a_profile_changes_its_digest(before: str, after: str):
    assert read(OWN.replace(before, after)).digest != read(OWN).digest


def test_a_type_that_nothing_finds_is_refused_before_anything_passes_for_clean(tmp_path: Path):
    directory = written(tmp_path, OWN + "  EMAIL_ADRESS: {threshold: 0.5, operator: mask}\n")
    with pytest.raises(UnfoundEntityError, match="nothing finds EMAIL_ADRESS"):
        redactor_of("acme", directory, lambda tenant: bytes(32))
