"""A model's bill of materials: the standard's strict validator takes it, and it says what was signed."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from lineage.canonical import sha256_hex
from lineage.exports.cyclonedx import bill_of_materials
from lineage.exports.figure import Figures
from lineage.exports.opening import open_trained
from lineage.model_signing import files_root, sign_model
from lineage.models import NotVerifiedError
from lineage.statement import open_envelope
from lineage.training_statement import Dependency, header_metadata
from tests.commands import lineweight
from tests.lineage.exports.world import DisclosedWorld
from tests.lineage.small_snapshot import safetensors

MODEL = "models/little/run-1"
CONFIG = b'{"architectures":["LlamaForCausalLM"],"model_type":"llama"}'
LIBRARIES = {"numpy": "2.4.6", "torch": "2.13.0+cpu"}


@pytest.fixture
def signed(disclosed: DisclosedWorld) -> DisclosedWorld:
    """Sign the model's statement anew, with all that a real run names."""
    world = disclosed
    predicate = json.loads(json.dumps(opened(world).predicate))
    definition = predicate["buildDefinition"]
    definition["internalParameters"] |= {"python": "3.11.7", "libraries": LIBRARIES}
    further = [
        Dependency("tokenizer", "file:tokenizer.json", sha256_hex(b"tokens"), {"learned-from": "the base model"}),
        Dependency("code", "lineweight@0.1.0", sha256_hex(b"code")),
    ]
    definition["resolvedDependencies"] += [one.document() for one in further]
    byproducts = predicate["runDetails"]["byproducts"]
    [config] = [one for one in byproducts if one["name"] == "file"]
    config["digest"]["sha256"] = sha256_hex(CONFIG)
    world.warehouse.write(f"{MODEL}/config.json", CONFIG)
    weights = safetensors(header_metadata(predicate))
    world.warehouse.write(f"{MODEL}/model.safetensors", weights)
    consumed = byproducts[0]["annotations"]["path"], byproducts[0]["digest"]["sha256"]
    files = {"model.safetensors": sha256_hex(weights), "config.json": sha256_hex(CONFIG), consumed[0]: consumed[1]}
    signature = sign_model("run-1", files, world.vault)
    world.warehouse.write(f"{MODEL}/model.sig", signature)
    named = {"model.sig": sha256_hex(signature), "model-signing-root": files_root(files)}
    world.sign_training(MODEL, predicate, {"model.safetensors": sha256_hex(weights), **named})
    return world


def opened(world: DisclosedWorld) -> Any:
    return open_envelope(world.warehouse.read(f"{MODEL}/training.dsse.json"), world.trusted)


def bill(world: DisclosedWorld, *, keys: bool = True) -> dict[str, Any]:
    place = world.root / MODEL
    return bill_of_materials(open_trained(place, world.warehouse, world.trusted), place, world.model_figures(keys=keys))


def part(bill: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in bill["components"] if one["type"] == kind)


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"].removeprefix("lineweight:"): one["value"] for one in component["properties"]}


@pytest.mark.parametrize("world", ["disclosed_once", "signed"])
@pytest.mark.parametrize("keys", [True, False], ids=["with keys", "without"])
def test_the_strict_validator_of_the_standard_takes_it(request: pytest.FixtureRequest, world: str, keys: bool):
    made = bill(request.getfixturevalue(world), keys=keys)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None


def test_the_model_is_listed_with_the_digests_that_were_signed(signed: DisclosedWorld):
    model = bill(signed)["metadata"]["component"]
    weights = opened(signed).artifacts["model.safetensors"]
    assert (model["type"], model["name"], model["version"]) == ("machine-learning-model", "little", "run-1")
    assert model["hashes"] == [{"alg": "SHA-256", "content": weights}]
    files = {one["name"]: one["hashes"][0]["content"] for one in model["components"]}
    assert files == {"model.safetensors": weights, "tokenizer.json": sha256_hex(b"tokens")}
    [base] = model["pedigree"]["ancestors"]
    assert (base["name"], base["hashes"][0]["content"]) == ("tiny", sha256_hex(b"base"))
    assert properties(model)["model-signing-root"] == opened(signed).artifacts["model-signing-root"]
    assert properties(model)["statement"] == opened(signed).statement_digest
    parameters = model["modelCard"]["modelParameters"]
    assert (parameters["architectureFamily"], parameters["modelArchitecture"]) == ("llama", "LlamaForCausalLM")
    assert parameters["datasets"] == [{"ref": "snapshot:demo@v1"}]


def test_every_piece_of_evidence_is_named_by_the_digest_of_its_file(signed: DisclosedWorld):
    references = bill(signed)["metadata"]["component"]["externalReferences"]
    found = {one["url"]: one["hashes"][0]["content"] for one in references}
    assert found == {path: sha256_hex((signed.root / MODEL / path).read_bytes()) for path in found}
    assert set(found) == {
        "training.dsse.json",
        "snapshot/statement.dsse.json",
        "ticket.dsse.json",
        "model.sig",
        "recipe.json",
        "consumption/rank-0.parquet",
    }


def test_the_data_says_what_the_evidence_says(signed: DisclosedWorld):
    made, figures = bill(signed), signed.model_figures()
    data = part(made, "data")
    assert data["hashes"][0]["content"] == figures["snapshot_digest"].value
    assert data["licenses"] == [{"expression": "LicenseRef-Proprietary", "acknowledgement": "declared"}]
    told = {"properties": data["data"][0]["contents"]["properties"]}
    assert properties(told)["records"] == str(figures["records"].value)
    assert properties(told)["root"] == figures["root"].value
    read = properties(made["metadata"]["component"]["modelCard"])
    assert read["tokens_read"] == str(figures["tokens_read"].value)


def test_libraries_are_those_of_the_statement(signed: DisclosedWorld):
    libraries = [one for one in bill(signed)["components"] if one["type"] == "library"]
    assert {one["name"]: one["version"] for one in libraries} == LIBRARIES
    assert [one["purl"] for one in libraries] == ["pkg:pypi/numpy@2.4.6", "pkg:pypi/torch@2.13.0%2Bcpu"]
    assert part(bill(signed), "platform")["version"] == "3.11.7"
    assert part(bill(signed), "application")["hashes"][0]["content"] == sha256_hex(b"code")


@pytest.mark.parametrize(
    ("found", "expression"),
    [
        ({"CC-BY-4.0": 3}, "CC-BY-4.0"),
        ({"CC-BY-4.0": 3, "MIT OR Apache-2.0": 1}, "CC-BY-4.0 AND (MIT OR Apache-2.0)"),
        ({"CC-BY-4.0": 3, "unknown": 1}, None),
        (None, None),
    ],
    ids=["one", "several", "one unknown", "not readable"],
)
def test_licences_hold_each_for_its_part(disclosed_once: DisclosedWorld, found: dict[str, int], expression: str | None):
    from dataclasses import replace

    world = disclosed_once
    figures = world.model_figures()
    told = replace(figures["by_source_licence"], value=found, unknown="" if found else "no keys")
    changed = Figures(figures.evidence, {**figures.by_name, "by_source_licence": told})
    made = bill_of_materials(
        open_trained(world.root / MODEL, world.warehouse, world.trusted), world.root / MODEL, changed
    )
    licences = part(made, "data").get("licenses")
    assert licences == (None if expression is None else [{"expression": expression, "acknowledgement": "declared"}])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None


def test_the_same_model_has_the_same_bill_and_another_another(signed: DisclosedWorld, disclosed_once: DisclosedWorld):
    assert bill(signed) == bill(signed)
    assert bill(signed)["serialNumber"] != bill(disclosed_once)["serialNumber"]


def test_no_bill_is_written_of_a_model_that_does_not_verify(disclosed: DisclosedWorld, tmp_path: Path):
    (disclosed.root / MODEL / "config.json").write_bytes(b"{} ")
    with pytest.raises(NotVerifiedError, match="model files"):
        bill(disclosed)
    ran = lineweight("export", "cyclonedx", "little", "--to", tmp_path / "bom.json", "--home", disclosed.root)
    assert ran.code == 1
    assert not (tmp_path / "bom.json").exists()


def test_the_command_writes_the_bill(disclosed_once: DisclosedWorld, tmp_path: Path):
    asked = ("export", "cyclonedx", "little/run-1", "--to", tmp_path / "bom.json", "--home", disclosed_once.root)
    ran = lineweight(*asked, "--json")
    assert ran.code == 0, ran.err
    assert json.loads((tmp_path / "bom.json").read_text()) == bill(disclosed_once)
    assert ran.document["bill"] == bill(disclosed_once)
    assert ran.document["evidence"] == disclosed_once.model_figures().evidence.document()
    shown = lineweight("export", "cyclonedx", "little/run-1", "--home", disclosed_once.root)
    assert shown.out == (tmp_path / "bom.json").read_text()
