"""Recognisers that a profile names: Presidio registries and Python attributes, or a run that does not begin."""

from pathlib import Path

import pytest

from pipelines.redaction.chosen import redactor_of
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.recognizers import RecognizerError, description, load_recognizers, origin_of
from tests.pipelines.redaction.plugged_recognizers import NUMBER, CustomerNumbers

REGISTRY = r"""
recognizers:
  - name: Old numbers
    supported_entity: CUSTOMER_NUMBER
    supported_language: en
    patterns:
      - {name: old, regex: '\bK\d{4}\b', score: 0.9}
    context: [customer]
  - name: CreditCardRecognizer
    type: predefined
  - name: German numbers
    supported_entity: CUSTOMER_NUMBER
    supported_language: de
    deny_list: [KD]
"""
MADE = "tests.pipelines.redaction.plugged_recognizers:made"


def profile_with(*sources: str) -> RedactionProfile:
    entities = {NUMBER: {"threshold": 0.4, "operator": "tag"}}
    said = {"profile": "acme", "version": 1, "languages": ("en",), "entities": entities, "recognizers": sources}
    return RedactionProfile.model_validate(said | {"names": {"tagger": None}})


def loaded(directory: Path, *sources: str):
    return load_recognizers(profile_with(*sources), directory)


def test_a_registry_gives_what_presidio_makes_of_it_in_the_profiles_languages_and_types(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(REGISTRY)
    (old,) = loaded(tmp_path, "own.yaml")
    assert (old.name, old.supported_entities, old.context) == ("Old numbers", [NUMBER], ["customer"])
    assert [pattern.regex for pattern in old.patterns] == [r"\bK\d{4}\b"]


@pytest.mark.parametrize("attribute", ["made", "CustomerNumbers"], ids=["a function", "a class"])
def test_a_python_attribute_gives_recognisers(tmp_path: Path, attribute: str):
    assert isinstance(
        loaded(tmp_path, f"tests.pipelines.redaction.plugged_recognizers:{attribute}")[0], CustomerNumbers
    )


def test_a_module_beside_the_profile_is_found(tmp_path: Path):
    (tmp_path / "acme_beside.py").write_text(
        "from tests.pipelines.redaction.plugged_recognizers import CustomerNumbers\nmine = [CustomerNumbers()]\n"
    )
    assert [one.name for one in loaded(tmp_path, "acme_beside:mine")] == ["CustomerNumbers"]


def test_a_module_beside_the_profile_is_never_taken_for_another_of_its_name(tmp_path: Path):
    (tmp_path / "json.py").write_text("mine = []\n")
    with pytest.raises(RecognizerError, match="another module has this name"):
        loaded(tmp_path, "json:mine")


def test_one_made_anew_from_its_origin_is_the_same(tmp_path: Path):
    for one in loaded(tmp_path, MADE):
        again = origin_of(one).recognizer()
        assert (type(again), again.name, description(again)) == (type(one), one.name, description(one))


@pytest.mark.parametrize(
    ("files", "source", "message"),
    [
        ({}, "absent.yaml", r"absent.yaml: cannot be loaded \(FileNotFoundError\)"),
        ({"own.yaml": "recognizers: [\n"}, "own.yaml", "own.yaml: line 2: not YAML"),
        ({"own.yaml": "supported_languages: [en]\n"}, "own.yaml", "own.yaml: recognizers: missing"),
        ({"own.yaml": "recognizers: [{name: NoSuch, type: predefined}]\n"}, "own.yaml", "cannot be loaded"),
        ({"own.yaml": REGISTRY.replace(NUMBER, "OTHER")}, "own.yaml", "none of it is among the entities"),
        ({}, "acme_absent:made", r"cannot be loaded \(ModuleNotFoundError\)"),
        ({}, "tests.pipelines.redaction.plugged_recognizers:absent", r"cannot be loaded \(AttributeError\)"),
        ({}, "tests.pipelines.redaction.plugged_recognizers:NUMBER", "is no Presidio recogniser"),
        ({"acme_broken.py": "mine = 1 / 0\n"}, "acme_broken:mine", r"cannot be loaded \(ZeroDivisionError\)"),
    ],
)
def test_what_gives_no_recogniser_is_refused(tmp_path: Path, files: dict[str, str], source: str, message: str):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RecognizerError, match=message) as refused:
        loaded(tmp_path, source)
    assert "KD" not in refused.value.diagnostics()


def test_patterns_run_with_all_others_and_the_rest_in_a_process(tmp_path: Path):
    entities = f"entities:\n  {NUMBER}: {{threshold: 0.4, operator: tag}}\n"
    profile = (
        f"profile: acme\nversion: 1\nlanguages: [en]\nnames: {{tagger: null}}\nrecognizers: ['{MADE}']\n{entities}"
    )
    (tmp_path / "acme.yaml").write_text(profile)
    redactor = redactor_of("acme", tmp_path, lambda tenant: bytes(32))
    (found,) = redactor.search(["KD-111111 was K1234"])
    assert [(span.start, span.end, span.entity_type) for span in found] == [(0, 9, NUMBER), (14, 19, NUMBER)]
    assert {"structured", "plugged"} <= redactor.figures().seconds.keys()


def test_description_changes_with_what_a_recogniser_is():
    one, other = CustomerNumbers(), CustomerNumbers()
    assert description(one) == description(other)
    other.version = "4"
    assert description(one) != description(other)
    other.version, other.context = "3", ["client"]
    assert description(one) != description(other)
