"""Recall: a planted value counts as found only where it is gone from all the text of its record."""

import json
from pathlib import Path

import pytest

from pipelines.demonstration.measuring import recall_of_planted
from tests.pipelines.acme import SOURCE, Acme

MAIL = "ada.lovelace@analytical-engines.org"


def plant(world: Acme, *values: tuple[str, str, str]) -> Path:
    """Write down what was planted: value, type and the product's id of the conversation."""
    rows = [
        {"value": value, "type": kind, "source": SOURCE, "tenant": "acme", "record": conversation, "position": 0}
        for value, kind, conversation in values
    ]
    path = world.home / "planted.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def talking(world: Acme) -> Acme:
    world.agrees("acme")
    world.consents("ada")
    return world


def governs(world: Acme) -> None:
    world.delivers()
    world.lands()
    world.governs()


def test_what_is_gone_is_found_and_what_stands_is_not(talking: Acme):
    talking.says("ada", f"write to {MAIL}, the word is xylophone", conversation="one")
    governs(talking)
    planted = plant(talking, (MAIL, "EMAIL_ADDRESS", "one"), ("xylophone", "SECRET", "one"))
    assert recall_of_planted(talking.deployment, planted).document() == {
        "planted": 2,
        "found": 1,
        "by_type": {"EMAIL_ADDRESS": {"planted": 1, "found": 1}, "SECRET": {"planted": 1, "found": 0}},
    }


def test_records_that_nobody_sees_are_not_counted(talking: Acme):
    talking.says("bob", f"write to {MAIL}", conversation="denied")
    governs(talking)
    recall = recall_of_planted(talking.deployment, plant(talking, (MAIL, "EMAIL_ADDRESS", "denied")))
    assert recall.document() == {"planted": 0, "found": 0, "by_type": {}}


def test_a_record_delivered_twice_is_counted_once(talking: Acme):
    for name in ("one.jsonl", "two.jsonl"):
        talking.says("ada", "the word is xylophone", conversation="one")
        talking.delivers(name)
        talking.passes(days=1)
    talking.lands()
    talking.governs()
    recall = recall_of_planted(talking.deployment, plant(talking, ("xylophone", "SECRET", "one")))
    assert recall.planted == {"SECRET": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"tool_calls": [{"id": "t", "function": {"name": "run", "arguments": '{"path": "/srv/xylo\\u0070hone"}'}}]},
        {"tool_calls": [{"id": "t", "function": {"name": "run", "arguments": '{"xylophone": {"deep": [1]}}'}}]},
    ],
    ids=["behind an escape", "as a key"],
)
def test_a_value_in_tool_arguments_is_seen(talking: Acme, more):
    answer = {"role": "assistant", "content": None} | more
    said = [{"role": "user", "content": "do it"}, answer]
    talking.says("ada", "", conversation="one", messages=said)
    governs(talking)
    recall = recall_of_planted(talking.deployment, plant(talking, ("xylophone", "SECRET", "one")))
    assert (recall.planted, recall.found) == ({"SECRET": 1}, {"SECRET": 0})
