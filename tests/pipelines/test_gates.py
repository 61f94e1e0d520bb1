"""Gates: what Great Expectations found decides what the next stage may have."""

import json
from datetime import timedelta

import pytest

from lineage.encrypted import write_encrypted
from pipelines.gates import GateFailedError, GateResult, check_governed, check_staged
from pipelines.journey import governed_parts, stage_snapshot
from pipelines.snapshots.publish import publish
from pipelines.snapshots.staging import PublicationRefusedError
from tests.pipelines.acme import NOON, Acme


def found(meaning: str = "no mail address is left", success: bool = False, severity: str = "critical") -> dict:
    return {"file": "a.parquet", "meaning": meaning, "success": success, "severity": severity}


@pytest.fixture
def governed(world: Acme) -> Acme:
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    world.delivers()
    world.lands()
    world.governs()
    world.asks()
    return world


def test_what_failed_is_named_with_its_file():
    with pytest.raises(GateFailedError, match=r"web: a\.parquet: it does not hold that no mail address is left"):
        GateResult((found(success=True), found())).require("web")


def test_a_warning_is_told_and_stops_nothing():
    result = GateResult((found(severity="warning"), found(success=True)))
    assert result.success
    result.require("web")


def test_no_file_at_all_is_no_failure():
    assert GateResult(()).success
    assert GateResult(()).summary()["expectations"] == 0


def test_the_summary_names_each_meaning_once():
    summary = GateResult((found(), found(), found("one tenant a file"), found(success=True))).summary()
    assert summary == {
        "files": 1,
        "expectations": 4,
        "failed": 3,
        "does not hold": "no mail address is left, one tenant a file",
    }


def test_sound_records_pass_and_the_result_holds_no_value(governed: Acme):
    result = check_governed(governed.deployment, governed_parts(governed.deployment))
    assert result.success
    assert result.results
    assert "my order is late" not in json.dumps(result.results)


def test_a_governed_file_that_was_tampered_with_fails(governed: Acme):
    [part] = governed_parts(governed.deployment)
    path = f"{part.output}/records.parquet"
    rows = governed.opened(path, "acme")
    messages = rows["messages"].to_pylist()
    messages[0][0]["content"] = "write to ada@analytical-engines.org"
    changed = rows.set_column(rows.schema.get_field_index("messages"), "messages", [messages])
    key = governed.deployment.vault.file_key("acme", path)
    write_encrypted(governed.warehouse, path, changed.cast(rows.schema), key=key, aad=path)
    result = check_governed(governed.deployment, [part])
    assert [one["meaning"] for one in result.failures()] == ["no mail address is left"]


def test_the_result_of_a_staged_snapshot_is_kept_beside_its_shards(governed: Acme):
    directory = stage_snapshot(governed.deployment, "all")
    assert check_staged(governed.deployment, directory).success
    kept = json.loads((governed.home / directory / "quality.json").read_bytes())
    assert kept["success"] is True
    assert {one["file"] for one in kept["results"]} == {"shards/00000-acme.parquet"}


def test_what_is_of_the_future_is_held_back(governed: Acme):
    directory = stage_snapshot(governed.deployment, "all")
    draft = governed.home / directory / "draft.json"
    document = json.loads(draft.read_bytes())
    document["as_of"]["effective_at"] = (NOON - timedelta(days=1)).isoformat()
    draft.write_text(json.dumps(document))
    result = check_staged(governed.deployment, directory)
    assert [one["meaning"] for one in result.failures()] == ["nothing is of the future"]
    with pytest.raises(PublicationRefusedError, match="a quality gate failed"):
        publish(governed.warehouse, governed.deployment.vault, directory)


def test_there_is_nothing_to_check_where_nothing_is_staged(governed: Acme):
    with pytest.raises(PublicationRefusedError, match="nothing is staged"):
        check_staged(governed.deployment, "snapshots/all/v1")
