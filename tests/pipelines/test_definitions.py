"""Dagster: what the code location holds, that it loads as `dg` loads it, and that checks stop what they must."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from lineage.snapshot import list_snapshots
from pipelines.assets import build_assets
from pipelines.definitions import build_definitions
from pipelines.journey import unwatched
from pipelines.settings import Settings
from tests.pipelines.acme import SOURCE, Acme

ROOT = Path(__file__).parents[2]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")


@pytest.fixture
def talking(world: Acme) -> Acme:
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "write to ada.lovelace@analytical-engines.org please")
    world.delivers()
    world.asks()
    return world


def described(definitions: dg.Definitions) -> str:
    """Return assets, what they hang on, and their checks, as text."""
    graph = definitions.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        after = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys)) or "nothing"
        lines.append(f"{key.to_user_string()} (of {node.group_name}) after {after}")
        checks = sorted((one for one in graph.asset_check_keys if one.asset_key == key), key=lambda one: one.name)
        lines += [f"  check {one.name}{', blocking' if graph.get(one).blocking else ''}" for one in checks]
    return "\n".join(lines) + "\n"


def test_the_assets_and_their_checks_are_these(world: Acme, golden):
    world.asks()
    golden("assets.txt", described(build_definitions(world.settings)))


def test_sources_and_requests_are_the_partitions(talking: Acme):
    graph = build_definitions(talking.settings).resolve_asset_graph()
    keys = {name: graph.get(dg.AssetKey(name)).partitions_def.get_partition_keys() for name in ("landed", "snapshot")}
    assert keys == {"landed": [SOURCE], "snapshot": ["all"]}


def test_a_home_that_holds_nothing_yet_loads_all_the_same(tmp_path: Path):
    definitions = build_definitions(Settings(home=str(tmp_path / "new")))
    assert len(definitions.resolve_asset_graph().get_all_asset_keys()) == 5
    assert not (tmp_path / "new").exists(), "looking makes nothing"


def materialize(world: Acme, selection: list[str], partition: str) -> dg.ExecuteInProcessResult:
    from pipelines.definitions import _unwatched

    assert unwatched(0, 1) is None
    return dg.materialize(
        build_assets(world.deployment, _unwatched),
        selection=selection,
        partition_key=partition,
        run_config=QUIET,
        raise_on_error=False,
    )


def test_the_assets_do_the_journey_and_say_what_they_did(talking: Acme):
    governed = materialize(talking, ["landed", "governed"], SOURCE)
    assert governed.success
    told = governed.asset_materializations_for_node("governed")[0].metadata
    assert (told["records in"].value, told["permitted"].value, told["denied"].value) == (1, 1, 0)
    published = materialize(talking, ["staged_snapshot", "snapshot"], "all")
    assert published.success
    assert published.asset_materializations_for_node("snapshot")[0].metadata["snapshot"].value == "all@v1"
    assert [version for _, version, _ in list_snapshots(talking.warehouse)] == [1]


def test_a_failing_quality_check_stops_the_snapshot(talking: Acme, monkeypatch: pytest.MonkeyPatch):
    from pipelines import govern
    from pipelines.redaction.engine import Redactor
    from pipelines.redaction.profile import load_profile

    blind = Redactor(load_profile("strict-pseudonyms"), talking.deployment.vault.surrogate_key, tiers=())
    monkeypatch.setattr(govern, "_redactor", lambda *_: blind)
    talking.lands()
    talking.governs()
    result = materialize(talking, ["staged_snapshot", "snapshot"], "all")
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.metadata["does not hold"].value == "no mail address is left"
    assert not result.success
    assert result.asset_materializations_for_node("snapshot") == []
    assert list_snapshots(talking.warehouse) == []


@pytest.mark.slow
def test_dg_itself_lists_the_definitions(talking: Acme, tmp_path_factory: pytest.TempPathFactory):
    dg_command = shutil.which("dg", path=str(Path(sys.executable).parent))
    assert dg_command, "the extra `console` brings dg"
    environment = os.environ | {
        "LINEWEIGHT_HOME": str(talking.home),
        "DAGSTER_HOME": str(tmp_path_factory.mktemp("dagster")),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    listed = subprocess.run(
        [dg_command, "list", "defs", "--json"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280
    )
    assert listed.returncode == 0, listed.stderr
    found = {asset["asset_key"] for asset in json.loads(listed.stdout)["assets"]}
    assert found == {"landed", "governed", "staged_snapshot", "snapshot", "model"}
