"""The training statement: SLSA provenance that names what was taken in, and is read back field by field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lineage.canonical import digest_of
from lineage.training_statement import (
    Consumption,
    Dependency,
    TrainingRun,
    TrainingStatementError,
    consumption,
    dependency,
    header_metadata,
    run_id,
    snapshot_label,
    stated_files,
    training_predicate,
    training_statement,
)
from tests.lineage.small_snapshot import SmallWorld

READ = Consumption("consumption/rank-0.parquet", "c" * 64, "d" * 64, 10)


@pytest.fixture
def predicate(world: SmallWorld) -> dict[str, Any]:
    return training_predicate(
        TrainingRun(
            run="run-1",
            builder="https://example.com/trainer",
            recipe={"steps": 2},
            internal={"threads": 1},
            snapshot=world.publish(),
            snapshot_statement_digest="a" * 64,
            dependencies=(Dependency("base-model", "model:tiny", "b" * 64, {"licence": "Apache-2.0"}),),
            consumption=READ,
            started_at=datetime(2026, 6, 1, tzinfo=UTC),
            finished_at=datetime(2026, 6, 1, 1, tzinfo=UTC),
            files={"config.json": "e" * 64},
        )
    )


def test_the_predicate_is_slsa_provenance(predicate: dict[str, Any]):
    assert set(predicate) == {"buildDefinition", "runDetails"}
    assert predicate["buildDefinition"]["buildType"] == "https://lineweight.dev/training/sft/v1"
    assert predicate["buildDefinition"]["externalParameters"] == {"steps": 2}
    assert predicate["runDetails"]["metadata"] == {
        "invocationId": "run-1",
        "startedOn": "2026-06-01T00:00:00.000000Z",
        "finishedOn": "2026-06-01T01:00:00.000000Z",
    }


def test_everything_taken_in_is_named_by_digest(predicate: dict[str, Any], world: SmallWorld):
    manifest = world.publish()
    dependencies = predicate["buildDefinition"]["resolvedDependencies"]
    assert [entry["name"] for entry in dependencies] == ["snapshot", "snapshot-statement", "policy", "base-model"]
    snapshot = dependency(predicate, "snapshot")
    assert snapshot.uri == "snapshot:demo@v1"
    assert snapshot.annotations == {"root": manifest.root}
    assert dependency(predicate, "policy").sha256 == manifest.policy.digest
    assert dependency(predicate, "base-model") == Dependency(
        "base-model", "model:tiny", "b" * 64, {"licence": "Apache-2.0"}
    )


def test_what_was_stated_is_read_back(predicate: dict[str, Any]):
    assert consumption(predicate) == READ
    assert stated_files(predicate) == {"config.json": "e" * 64}
    assert run_id(predicate) == "run-1"
    assert snapshot_label(predicate) == "demo@v1"


def test_the_header_of_the_weights_names_the_predicate_not_the_weights(predicate: dict[str, Any]):
    header = header_metadata(predicate)
    root = dependency(predicate, "snapshot").annotations["root"]
    assert header == {
        "format": "pt",
        "lineweight.snapshot": f"demo@v1 {root}",
        "lineweight.snapshot_statement": "a" * 64,
        "lineweight.consumption_root": "d" * 64,
        "lineweight.predicate": digest_of(predicate),
        "lineweight.run": "run-1",
    }


def test_the_statement_is_about_each_file_of_weights(predicate: dict[str, Any]):
    statement = training_statement(predicate, {"b.safetensors": "2" * 64, "a.safetensors": "1" * 64})
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [
        {"name": "a.safetensors", "digest": {"sha256": "1" * 64}},
        {"name": "b.safetensors", "digest": {"sha256": "2" * 64}},
    ]


@pytest.mark.parametrize("name", ["snapshot", "snapshot-statement"])
def test_what_is_missing_or_named_twice_is_refused(predicate: dict[str, Any], name: str):
    entries = predicate["buildDefinition"]["resolvedDependencies"]
    (entry,) = [entry for entry in entries if entry["name"] == name]
    for others in ([*entries, entry], [other for other in entries if other is not entry], "none"):
        predicate["buildDefinition"]["resolvedDependencies"] = others
        with pytest.raises(TrainingStatementError):
            header_metadata(predicate)


def test_a_malformed_predicate_is_refused_field_by_field(predicate: dict[str, Any]):
    ledger = predicate["runDetails"]["byproducts"][0]
    ledger["annotations"]["rows"] = "-1"
    with pytest.raises(TrainingStatementError, match="does not count"):
        consumption(predicate)
    del ledger["annotations"]["rows"]
    with pytest.raises(TrainingStatementError, match=r"annotations\.rows"):
        consumption(predicate)
    with pytest.raises(TrainingStatementError, match="one consumption ledger"):
        consumption({"runDetails": {"byproducts": []}})
    with pytest.raises(TrainingStatementError, match="invocationId"):
        run_id({"runDetails": {"metadata": []}})
