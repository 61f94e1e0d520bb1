"""What every format keeps to, over its sample in ``tests/samples/<format>/``: a new format is tested by adding one."""

import copy
import json
from pathlib import Path

import pytest

from pipelines.sources import all_formats
from pipelines.sources.interaction import RejectReason

SAMPLES = Path(__file__).parents[2] / "samples"
FORMATS = sorted(all_formats())
HOSTILE = (
    None,
    True,
    7,
    -1.5,
    10**400,
    "x",
    "",
    [],
    {},
    [7],
    [None],
    [[]],
    {"type": "text"},
    [{"type": "text", "text": 7}],
)


def lines_of(name):
    return [json.loads(line) for line in (SAMPLES / name / "day.jsonl").read_text(encoding="utf-8").splitlines()]


def places_in(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places_in(one, (*path, key))


def replaced(line, path, value):
    changed = copy.deepcopy(line)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def test_the_formats_are_found_by_themselves():
    assert FORMATS == ["claude_code", "openai_chat", "sharegpt"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_what_it_reads(name):
    assert all_formats()[name].name == name
    assert all_formats()[name].description.endswith(".")


@pytest.mark.parametrize("name", FORMATS)
def test_every_interaction_of_the_sample_begins_with_the_person_and_has_its_own_place(name, read_sample):
    reading = read_sample(name, lines_of(name))
    assert reading.rejected == []
    assert len(reading.interactions) >= 4
    assert len(set(reading.places)) == len(reading.places)
    for one in reading.interactions:
        assert next(said["role"] for said in one.messages if said["role"] != "system") == "user"
        assert one.occurred_at.utcoffset().total_seconds() == 0
        assert 1 <= one.line <= reading.log.lines


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_bytes_give_the_same_interactions_in_the_same_order(name, read_sample):
    assert read_sample(name, lines_of(name)).interactions == read_sample(name, lines_of(name)).interactions


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_delivered_twice_in_one_file_gives_nothing_more(name, read_sample):
    once, twice = read_sample(name, lines_of(name)), read_sample(name, lines_of(name) * 2)
    assert sorted(twice.places) == sorted(once.places)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("name", FORMATS)
def test_no_value_of_any_type_in_any_place_is_more_than_a_rejection(name, value, read_sample, recorded):
    lines = lines_of(name)
    places = [[path for path in places_in(line) if path] for line in lines]
    for place in range(max(map(len, places))):
        for parity in (0, 1):
            others = [
                replaced(line, paths[place], value) if number % 2 == parity and place < len(paths) else line
                for number, (line, paths) in enumerate(zip(lines, places, strict=True))
            ]
            reading = read_sample(name, others)
            assert len(recorded(reading)) == len(reading.interactions)
            assert all(isinstance(one.reason, RejectReason) for one in reading.rejections)
