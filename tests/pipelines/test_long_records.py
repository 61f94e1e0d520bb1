"""Records of many pages, as coding agents leave them: a unit of work is bounded by text, not by rows alone."""

import pytest

from pipelines import journey
from pipelines.landing import records
from tests.pipelines.acme import Acme


def test_long_records_are_spread_over_units_and_none_is_lost(world: Acme, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "BATCH_CHARACTERS", 2_000)
    monkeypatch.setattr(journey, "UNIT_BYTES", 5_000)
    world.agrees("acme")
    world.consents("ada")
    world.passes(days=1)
    for number in range(12):
        world.says("ada", f"{number} " + "long answer " * 100)
    world.delivers()
    world.lands()
    parts = world.governs()
    assert len(parts) > 2
    assert sum(part.permitted for part in parts) == 12
    said = {row["messages"][0]["content"].split()[0] for row in world.governed_rows()}
    assert said == {str(number) for number in range(12)}


def test_short_records_stay_in_one_unit(world: Acme):
    world.agrees("acme")
    world.consents("ada")
    world.passes(days=1)
    for number in range(12):
        world.says("ada", f"question {number}")
    world.delivers()
    world.lands()
    assert len(world.governs()) == 1
