"""``lineweight snapshot``: from a request to a snapshot that is released, refreshed and compared, by commands."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.commands import lineweight
from tests.pipelines.acme import NOON, Acme

REQUEST = """\
name: support
policy: model-training
pool: shared
sources: [support-chat]
split: {by: person, parts: {train: 0.5, validation: 0.5}}
requested_by: ml-team
because: The assistant answers too slowly.
recipe: {base: tiny, epochs: 2}
lease_days: 3650
"""


@pytest.fixture
def home(world: Acme) -> Acme:
    """A home with records of ten people who agreed, governed, and nothing asked for."""
    world.agrees("acme")
    for number in range(10):
        world.consents(f"person {number}")
        world.says(f"person {number}", f"my order is late, number {number}")
    world.says("dan", "nobody asked me")
    world.delivers()
    world.lands()
    world.governs()
    sets_clock(world)
    return world


def sets_clock(world: Acme) -> None:
    (world.home / "lineweight.yaml").write_text(f"as_of: {world.now.isoformat()}\n")


def told(world: Acme, *words: object):
    said = lineweight("snapshot", *words, "--home", world.home, "--json")
    assert said.code == 0, said.err
    assert said.err == ""
    return said.document


def shown(world: Acme, *words: object) -> str:
    said = lineweight("snapshot", *words, "--home", world.home)
    assert said.code == 0, said.err
    return said.out


def files(world: Acme, text: str = REQUEST, *words: str):
    path = world.home.parent / f"{world.home.name}-request.yaml"
    path.write_text(text)
    return told(world, "request", path, *words)


def test_a_request_goes_all_the_way(home: Acme):
    assert files(home)["done"] == "filed"
    [asked] = told(home, "list")["requests"]
    assert (asked["name"], asked["state"], asked["requested_by"]) == ("support", "requested", "ml-team")

    assert told(home, "show", "support")["counts"]["permitted"] == 10
    assert "consent-unknown" in shown(home, "show", "support")

    built = told(home, "build", "support")
    assert built["snapshot"] == "support@v1"
    assert sum(built["parts"].values()) == 10
    [version] = told(home, "list")["snapshots"]
    assert (version["standing"]["state"], version["verified"]) == ("built", True)
    assert told(home, "show", "support")["requested"]["because"] == "The assistant answers too slowly."

    told(home, "approve", "support", "--because", "Looks right.")
    report = told(home, "list")
    assert report["requests"][0]["state"] == report["snapshots"][0]["standing"]["state"] == "approved"
    assert "nobody else looked" in shown(home, "list")
    release = told(home, "show", "support")["standing"]["release"]
    assert (release["base_models"], release["max_epochs"]) == (["tiny"], 2)

    assert told(home, "diff", "support@v1", "support")["same"]
    assert "No difference" in shown(home, "diff", "support@v1", "support")

    home.passes(days=1)
    home.consents("person 3", "withdrawn")
    sets_clock(home)
    assert told(home, "refresh", "support")["newly_revoked_by_reason"] == {"consent-withdrawn": 1}
    assert told(home, "show", "support")["standing"]["revoked"]["records"] == 1
    assert "consent-withdrawn" in shown(home, "show", "support")
    assert "consent-withdrawn" in shown(home, "diff", "support@v1", "support")

    told(home, "refuse", "support", "--because", "Somebody withdrew.")
    assert "refused" in shown(home, "list")
    assert told(home, "list")["snapshots"][0]["standing"]["state"] == "refused"


def test_every_fault_of_a_request_is_told_and_nothing_is_filed(home: Acme, tmp_path: Path):
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("name: Support\npolicy: unheard-of\npool: nobody\nsources: [elsewhere]\nsampel: 3\n")
    said = lineweight("snapshot", "request", faulty, "--home", home.home)
    assert said.code == 1
    for place in ("name", "policy", "pool", "sources.0", "sampel"):
        assert f"faulty.yaml: {place}: " in said.err
    assert list((home.home / "requests").iterdir()) == []


def test_filing_again_changes_nothing_and_filing_otherwise_has_to_be_said(home: Acme, tmp_path: Path):
    files(home)
    assert files(home)["done"] == "unchanged"
    other = tmp_path / "other.yaml"
    other.write_text(f"{REQUEST}seed: 8\n")
    said = lineweight("snapshot", "request", other, "--home", home.home)
    assert (said.code, "--replace" in said.err) == (1, True)
    told(home, "build", "support")
    assert files(home, f"{REQUEST}seed: 8\n", "--replace")["done"] == "replaced"
    [asked] = told(home, "list")["requests"]
    assert (asked["state"], asked["standing"]) == ("requested", "requested otherwise than support@v1")


def test_the_preview_of_a_built_snapshot_has_to_be_asked_for(home: Acme):
    files(home)
    told(home, "build", "support")
    assert "preview" not in told(home, "show", "support")
    assert told(home, "show", "support", "--preview")["would_be"] == "support@v2"
    assert told(home, "show", "support@v1", "--preview")["would_be"] == "support@v2"


def test_a_snapshot_is_not_built_by_a_policy_that_is_not_in_force(home: Acme):
    files(home)
    (home.home / "requests" / "support.yaml").write_text(REQUEST.replace("model-training", "another"))
    said = lineweight("snapshot", "build", "support", "--home", home.home)
    assert (said.code, "there is no policy another in force" in said.err) == (1, True)
    assert not (home.home / "snapshots").exists()


def test_a_version_that_does_not_verify_is_named_and_the_list_ends_with_1(home: Acme):
    files(home)
    told(home, "build", "support")
    manifest = home.home / "snapshots" / "support" / "v1" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"seed":0', b'"seed":1'))
    said = lineweight("snapshot", "list", "--home", home.home, "--json")
    assert said.code == 1
    [version] = json.loads(said.out)["snapshots"]
    assert not version["verified"]
    assert version["why"]
    assert "not verified" in lineweight("snapshot", "list", "--home", home.home).out


def test_a_lease_that_has_run_out_is_told(home: Acme, monkeypatch):
    files(home)
    told(home, "build", "support")
    told(home, "approve", "support")
    from pipelines.snapshots.listing import list_report

    place = home.deployment.home
    [version] = list_report(place, {}, place.trusted(), home.now + timedelta(days=3651))["snapshots"]
    assert (version["standing"]["state"], version["standing"]["lease_lapsed"]) == ("lapsed", True)


@pytest.mark.parametrize("words", [("list",), ("show", "demo"), ("refresh", "demo"), ("diff", "demo@v1", "demo")])
def test_asking_in_a_home_that_is_not_there_makes_none(tmp_path: Path, words: tuple[str, ...]):
    said = lineweight("snapshot", *words, "--home", tmp_path / "no-home")
    assert said.code == 2
    assert not (tmp_path / "no-home").exists()


def test_the_clock_of_the_home_decides(home: Acme):
    files(home)
    assert told(home, "show", "support")["as_of"]["effective_at"] == f"{NOON:%Y-%m-%dT%H:%M:%S}.000000Z"
