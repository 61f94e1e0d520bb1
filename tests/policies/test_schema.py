"""The schema for editors: current, true of every document there is, and strict."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from policies.document import DOCUMENTS, Policy
from policies.facts import FACT_FIELDS, FACT_SPACE
from policies.schema import SCHEMA_FILE, policy_schema, written_schema
from policies.strict_yaml import parse
from tests.docs.reading import DOCUMENTS as PAGES
from tests.docs.reading import blocks
from tests.strategies import policy_documents

VALIDATOR = Draft202012Validator(policy_schema())
SHIPPED: dict[str, Any] = parse((DOCUMENTS / "model-training.yaml").read_bytes()).value

SAMPLES = [
    (block.place, parsed.value)
    for page in PAGES
    for block in blocks(page)
    if block.language == "yaml" and "policy_id" in (parsed := parse(block.text.encode())).value
]


def faults(document: object) -> list[str]:
    return [".".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(document)]


def test_the_schema_that_ships_is_the_models_own():
    assert SCHEMA_FILE.read_text() == written_schema(), "write it anew: lineweight policy schema"


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(json.loads(written_schema()))


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_document_that_ships_satisfies_it(path: Path):
    assert faults(parse(path.read_bytes()).value) == []


@pytest.mark.parametrize(("place", "document"), SAMPLES, ids=[place for place, _ in SAMPLES])
def test_every_policy_of_the_documentation_satisfies_it(place: str, document: object):
    assert faults(document) == []


@given(policy_documents())
@settings(max_examples=50)
def test_every_document_that_can_be_read_satisfies_it(document):
    Policy.model_validate(document)
    assert faults(document) == []
    assert faults(json.loads(json.dumps(Policy.model_validate(document).document()))) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"versoin": 2}, ""),
        ({"version": "1"}, "version"),
        ({"version": 1.5}, "version"),
        ({"version": 0}, "version"),
        ({"policy_id": "Model Training"}, "policy_id"),
        ({"purpose": "advertising"}, "purpose"),
        ({"retain_days": 0}, "retain_days"),
        ({"commercial": "true"}, "commercial"),
        ({"notices": {"privacy": [3]}}, "notices.privacy.0"),
        ({"notices": {"privacy": []}}, "notices.privacy"),
        ({"deny": [{"id": "a", "when": {}, "because": "x"}]}, "deny.0.when"),
        ({"deny": [{"id": "a", "when": {"age_band": "adult"}, "because": "x"}]}, "deny.0.when.age_band"),
        ({"deny": [{"id": "a", "when": {"age_band": ["old"]}, "because": "x"}]}, "deny.0.when.age_band.0"),
        ({"deny": [{"id": "a", "when": {"age_band": []}, "because": "x"}]}, "deny.0.when.age_band"),
        ({"deny": [{"id": "a", "when": {"age_band": ["adult", "adult"]}, "because": "x"}]}, "deny.0.when.age_band"),
        ({"deny": [{"id": "a", "when": {"age_band": None}, "because": "x"}]}, "deny.0.when.age_band"),
        ({"deny": [{"id": "a", "when": {"jurisdiction": ["US"]}, "because": "x"}]}, "deny.0.when.jurisdiction.0"),
        ({"deny": [{"id": "permitted", "when": {"age_band": ["adult"]}, "because": "x"}]}, "deny.0.id"),
        ({"deny": [{"id": "a", "when": {"age_band": ["adult"]}}]}, "deny.0"),
        ({"deny": [{"id": "a", "when": {"age_band": ["adult"]}, "because": ""}]}, "deny.0.because"),
        ({"cases": [{"name": "a", "given": {"age_band": ["adult"]}, "expect": {}}]}, "cases.0.given.age_band"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_document_that_would_be_refused_does_not_satisfy_it(changes, where):
    assert where in faults(SHIPPED | changes)


def test_a_document_without_a_key_it_needs_does_not_satisfy_it():
    needed = ("policy_id", "version", "purpose", "retain_days", "redaction_profile", "deny", "permit", "cases")
    for name in needed:
        assert faults({key: value for key, value in SHIPPED.items() if key != name}) == [""]


def test_every_key_says_what_it_is_and_every_fact_lists_its_words():
    schema = policy_schema()
    parts = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]
    assert all(key["description"] for part in parts for key in part["properties"].values())
    given = schema["$defs"]["Given"]["properties"]
    assert set(given) == set(FACT_FIELDS)
    for name, values in FACT_SPACE.items():
        assert all(faults(SHIPPED | {"cases": [_case({name: value})]}) == [] for value in values)


def _case(given: dict[str, object]) -> dict[str, object]:
    return {"name": "x", "given": given, "expect": {"effect": "deny", "reason": "minors"}}
