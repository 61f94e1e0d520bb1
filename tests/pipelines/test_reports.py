"""Reports: what the stages tell a machine adds up, and what they tell a person says the same."""

import pytest

from pipelines.reports import (
    added,
    governing_report,
    landing_report,
    most_first,
    show_governing,
    show_landing,
    show_published,
    snapshot_report,
)
from tests.pipelines.acme import SOURCE, Acme


def test_counts_are_added_by_name_and_sorted():
    assert added([{"b": 1, "a": 2}, {"b": 3}, {}]) == {"a": 2, "b": 4}
    assert list(added([{"b": 1, "a": 2}])) == ["a", "b"]


def test_the_largest_count_comes_first_and_equal_ones_by_name():
    assert most_first({"c": 1, "a": 1, "b": 5}) == [("b", 5), ("a", 1), ("c", 1)]


@pytest.fixture
def told(world: Acme) -> Acme:
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "write to ada.lovelace@analytical-engines.org please")
    world.says("bob", "nobody asked me")
    world.says("ada", "when?", at="yesterday")
    world.delivers()
    world.asks()
    return world


def test_what_landed_and_what_was_governed_add_up(told: Acme, capsys: pytest.CaptureFixture[str]):
    landed = landing_report({SOURCE: told.lands()})
    counts = landed["sources"][SOURCE]
    assert (counts["files"], counts["records"], counts["quarantined"], counts["landed_before"]) == (1, 2, 1, 0)
    assert counts["quarantined"] == sum(counts["quarantined_by_reason"].values())
    assert counts["records"] == sum(counts["by_tenant"].values())
    governed = governing_report({SOURCE: told.governs()})
    counts = governed["sources"][SOURCE]
    assert counts["records"] == counts["permitted"] + counts["denied"] + counts["quarantined"] == 2
    assert counts["denied_by_reason"] == {"consent-unknown": 1}
    assert (counts["redacted"], counts["entities"]) == (1, {"EMAIL_ADDRESS": 1})
    assert landing_report({SOURCE: told.lands()})["sources"][SOURCE]["landed_before"] == 1
    show_landing(landed)
    show_governing(governed)
    printed = capsys.readouterr().out
    for word in (SOURCE, "time-unreadable", "consent-unknown", "EMAIL_ADDRESS"):
        assert word in printed


def test_what_was_published_accounts_for_every_record(told: Acme, capsys: pytest.CaptureFixture[str]):
    told.lands()
    published = told.publishes()
    report = snapshot_report(published)
    counts = report["records"]
    assert counts["considered"] == counts["permitted"] + counts["denied"] + counts["quarantined"] == 2
    assert counts["denied"] == sum(counts["denied_by_reason"].values())
    assert report["tenants"] == {"acme": counts["permitted"]}
    assert (report["snapshot"], report["root"]) == ("all@v1", published.manifest.root)
    show_published(report | {"published_before": True})
    assert "nothing changed" in capsys.readouterr().out
