"""How far a verification goes, and what an auditor's seed draws."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.verifying.depth import Depth, Level, drawn
from policies.errors import UsageError

ROOT = "ab" * 32


def sample(records: int, seed: str = "s") -> Depth:
    return Depth.asked(sample=records, seed=seed)


def test_a_draw_is_computed_as_documented():
    said = b"lineweight-sample-v1\x00audit-1\x00" + ROOT.encode() + b"\x00"
    expected = {int.from_bytes(hashlib.sha256(said + b"%d" % number).digest(), "big") % 1000 for number in range(3)}
    assert drawn(sample(3, "audit-1"), ROOT, 1000) == sorted(expected)


@given(st.integers(1, 60), st.integers(1, 40), st.text(max_size=5))
def test_a_draw_is_of_distinct_places_and_as_many_as_there_are(size, records, seed):
    places = drawn(sample(records, seed), ROOT, size)
    assert len(places) == len(set(places)) == min(size, records)
    assert places == sorted(places)
    assert all(0 <= place < size for place in places)


def test_another_seed_or_root_draws_others():
    assert drawn(sample(10, "a"), ROOT, 10_000) != drawn(sample(10, "b"), ROOT, 10_000)
    assert drawn(sample(10, "a"), ROOT, 10_000) != drawn(sample(10, "a"), "cd" * 32, 10_000)


def test_a_draw_is_even():
    """Of 4,000 draws of one of ten places, each place comes about as often: within five standard deviations."""
    found = [drawn(sample(1, str(number)), ROOT, 10)[0] for number in range(4_000)]
    assert all(abs(found.count(place) - 400) < 5 * 19 for place in range(10))


@pytest.mark.parametrize(
    ("asked", "level"),
    [({}, Level.FULL), ({"full": True}, Level.FULL), ({"fast": True}, Level.FAST), ({"sample": 3}, Level.SAMPLE)],
)
def test_a_command_asks_for_one_depth(asked, level):
    assert Depth.asked(**asked).level is level


@pytest.mark.parametrize(
    "asked",
    [
        {"fast": True, "full": True},
        {"fast": True, "sample": 3},
        {"seed": "s"},
        {"seed": "s", "fast": True},
        {"sample": 0},
        {"sample": 10_001},
    ],
)
def test_what_asks_for_no_depth_is_refused(asked):
    with pytest.raises(UsageError):
        Depth.asked(**asked)
