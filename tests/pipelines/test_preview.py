"""Preview: what would be in a snapshot, and why the rest is out, told before anything is built."""

from datetime import timedelta

import pytest

from lineage.snapshot import list_snapshots
from pipelines.snapshots.preview import preview
from pipelines.snapshots.request import RequestError
from policies.errors import UsageError
from tests.pipelines.acme import NOON, Acme


@pytest.fixture
def talking(world: Acme) -> Acme:
    """Two tenants; Ada (de) agreed, Dan (fr) was never asked, Eve (us) spoke too early; all governed."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant, effective_at=NOON - timedelta(days=10))
    world.consents("eve")
    world.says("ada", "hello")
    world.says("ada", "hello", tenant="globex")
    world.says("dan", "nobody asked me", country="fr")
    world.says("eve", "long ago", country="us", at=(NOON - timedelta(days=5)).isoformat())
    world.delivers()
    world.lands()
    world.governs()
    world.asks(period={"from": (NOON - timedelta(days=1)).isoformat()})
    return world


def previewed(world: Acme, name: str = "all"):
    deployment = world.deployment
    return preview(deployment, name, deployment.as_of())


def test_the_preview_says_what_would_be_in_it_and_why_the_rest_is_out(talking: Acme):
    told = previewed(talking)
    assert told["would_be"] == "all@v1"
    assert told["counts"] == {
        "considered": 4,
        "permitted": 2,
        "denied": 2,
        "quarantined": 0,
        "denied_by_reason": {"consent-not-valid-at-collection": 1, "consent-unknown": 1},
    }
    assert told["by_tenant"] == {"acme": {"deny": 2, "permit": 1}, "globex": {"permit": 1}}
    assert told["by_jurisdiction"] == {"de": {"permit": 2}, "fr": {"deny": 1}, "us": {"deny": 1}}
    assert told["by_source"] == {"support-chat": {"deny": 2, "permit": 2}}
    assert {(row["reason"], row["jurisdiction"]) for row in told["left_out"]} >= {("consent-unknown", "fr")}


def test_the_preview_counts_what_the_build_then_counts(talking: Acme):
    told = previewed(talking)
    published = talking.publishes()
    assert published.manifest.counts.model_dump() == told["counts"]
    assert told["files"] == len(published.manifest.shards)
    assert previewed(talking)["would_be"] == "all@v2"


def test_a_preview_writes_nothing(talking: Acme):
    before = {path: path.read_bytes() for path in talking.home.rglob("*") if path.is_file()}
    previewed(talking)
    after = {path: path.read_bytes() for path in talking.home.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before.get(path)} <= {talking.home / "ledger.db"}
    assert after.keys() == before.keys()
    assert list_snapshots(talking.warehouse) == []


def test_what_has_landed_and_is_not_governed_is_told(talking: Acme):
    talking.says("ada", "one more")
    talking.says("ada", "and one", tenant="globex")
    talking.delivers("second.jsonl")
    talking.lands()
    told = previewed(talking)
    assert told["landed_not_governed"] == {"support-chat": 2}
    assert told["counts"]["considered"] == 4
    talking.asks("own", pool="globex")
    assert previewed(talking, "own")["landed_not_governed"] == {"support-chat": 1}
    talking.governs()
    assert previewed(talking)["landed_not_governed"] == {}


def test_where_nothing_is_governed_yet_the_preview_says_how_much_waits(world: Acme):
    world.agrees("acme")
    world.says("ada", "hello")
    world.delivers()
    world.lands()
    world.asks()
    told = previewed(world)
    assert (told["counts"]["considered"], told["landed_not_governed"]) == (0, {"support-chat": 1})


def test_the_jurisdiction_of_what_the_gate_denied_is_not_told_once_the_raw_records_are_gone(talking: Acme):
    for path in (talking.home / "landing").rglob("acme.parquet"):
        path.unlink()
    assert previewed(talking)["by_jurisdiction"]["not kept"]["deny"] >= 1


def test_the_parts_are_told(talking: Acme):
    talking.asks(split={"by": "person", "parts": {"train": 0.5, "validation": 0.5}})
    assert sum(previewed(talking)["parts"].values()) == 2


def test_what_cannot_be_built_cannot_be_previewed(talking: Acme):
    with pytest.raises(UsageError, match="no snapshot request elsewhere"):
        previewed(talking, "elsewhere")
    talking.asks(policy="unheard-of")
    with pytest.raises(RequestError, match="there is no policy unheard-of in force"):
        previewed(talking)
    talking.asks(sources=["elsewhere"])
    with pytest.raises(UsageError, match="no declared source elsewhere"):
        previewed(talking)
