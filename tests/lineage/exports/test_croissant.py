"""Croissant: the reference reader takes the file without a word of complaint, and reads what anybody may read."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest

from lineage.canonical import sha256_hex
from lineage.exports.croissant import croissant, croissant_bytes
from lineage.exports.disclosure import Disclosure
from lineage.exports.opening import open_snapshot
from lineage.record import MESSAGE, RECORD_SCHEMA
from tests.lineage.exports.world import DisclosedWorld

# What the reader itself calls and is told not to: a class of rdflib, an argument of pandas.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword"),
]

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(disclosed_once: DisclosedWorld) -> Document:
    opened = open_snapshot(disclosed_once.root / "snapshots/demo/v1", disclosed_once.warehouse, disclosed_once.trusted)
    return croissant(disclosed_once.snapshot_figures(), Disclosure(languages=("de",)), opened.snapshot)


@pytest.fixture
def saved(disclosed_once: DisclosedWorld, document: Document, tmp_path: Path) -> Path:
    """The document where it belongs: in the snapshot's directory."""
    directory = shutil.copytree(disclosed_once.root / "snapshots/demo/v1", tmp_path / "v1")
    (directory / "croissant.json").write_bytes(croissant_bytes(document))
    return directory


def test_the_reference_reader_finds_neither_errors_nor_warnings(document: Document):
    issues = mlcroissant.Dataset(jsonld=document).metadata.ctx.issues

    assert (issues.errors, issues.warnings) == (set(), set())


def _without_digest(document: Document) -> None:
    del document["distribution"][0]["sha256"]


def _without_format(document: Document) -> None:
    del document["distribution"][1]["encodingFormat"]


def _of_no_version(document: Document) -> None:
    document["conformsTo"] = "http://mlcommons.org/croissant/9"


def _of_no_file(document: Document) -> None:
    document["recordSet"][0]["field"][0]["source"]["fileSet"]["@id"] = "elsewhere"


def _with_a_figure_less(document: Document) -> None:
    del document["recordSet"][2]["data"][0]["figures/sql"]


@pytest.mark.parametrize(
    "harm",
    [_without_digest, _without_format, _of_no_version, _of_no_file, _with_a_figure_less],
    ids=lambda one: one.__name__,
)
def test_the_reference_reader_would_complain_of(document: Document, harm: Callable[[Document], None]):
    harmed = copy.deepcopy(document)
    harm(harmed)

    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(jsonld=harmed)


def test_every_file_of_the_snapshot_is_named_with_its_digest_and_shards_are_said_to_be_encrypted(
    document: Document, saved: Path
):
    files = {one["contentUrl"]: one for one in document["distribution"] if one["@type"] == "cr:FileObject"}

    assert set(files) == {f"{part}/{path.name}" for part in ("shards", "leaves") for path in (saved / part).iterdir()}
    assert all(sha256_hex((saved / path).read_bytes()) == one["sha256"] for path, one in files.items())
    assert all(("Encrypted" in one["description"]) == path.startswith("shards/") for path, one in files.items())


def test_anybody_can_load_leaves_and_figures(saved: Path):
    dataset = mlcroissant.Dataset(jsonld=saved / "croissant.json")
    leaves = [
        name for path in sorted((saved / "leaves").iterdir()) for name in pq.read_table(path)["record_id"].to_pylist()
    ]

    assert [row["leaves/record_id"].decode() for row in dataset.records("leaves")] == leaves
    told = {row["figures/name"]: row for row in dataset.records("figures")}
    assert told["records"]["figures/value"] == "10"
    assert told["records"]["figures/place"] == "rows"


def test_every_column_of_a_record_is_described_as_the_schema_describes_it(document: Document):
    fields = {one["name"]: one for one in document["recordSet"][0]["field"]}

    assert {name: one["description"] for name, one in fields.items()} == {
        column.name: column.metadata[b"about"].decode() for column in RECORD_SCHEMA
    }
    assert [one["name"] for one in fields["messages"]["subField"]] == [column.name for column in MESSAGE]
    assert fields["occurred_at"]["dataType"] == "sc:DateTime"


def test_it_declares_croissant_1_1_and_rai_and_names_the_evidence(document: Document, disclosed_once: DisclosedWorld):
    manifest = json.loads((disclosed_once.root / "snapshots/demo/v1/manifest.json").read_bytes())
    named = {one["propertyID"]: one["value"] for one in document["identifier"]}

    assert document["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert named["Merkle root of the snapshot"] == manifest["root"]
    assert named["SHA-256 of the snapshot's manifest"] == sha256_hex(
        (disclosed_once.root / "snapshots/demo/v1/manifest.json").read_bytes()
    )


def test_rai_properties_are_those_of_the_vocabulary_and_tell_the_figures(document: Document):
    told = {name: value for name, value in document.items() if name.startswith("rai:")}

    assert {name.removeprefix("rai:") for name in told} == {
        "dataCollection",
        "dataCollectionType",
        "dataCollectionRawData",
        "dataCollectionMissingData",
        "dataCollectionTimeframe",
        "dataPreprocessingProtocol",
        "dataManipulationProtocol",
        "personalSensitiveInformation",
        "dataUseCases",
        "dataLimitations",
        "dataBiases",
        "dataReleaseMaintenancePlan",
    }
    assert told["rai:dataCollectionTimeframe"] == ["2026-05-01", "2026-05-01"]
    assert told["rai:personalSensitiveInformation"][0] == (
        "Records of 4 people, under keyed pseudonyms, by legal basis: consent 10."
    )
    assert told["rai:dataBiases"] == ["Not stated by the deployer."]
