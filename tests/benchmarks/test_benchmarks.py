"""The benchmarks stay runnable: each runs once on a few rows. What their figures are is nobody's business here."""

import json
import warnings

import pytest

from benchmarks import NAMES
from benchmarks.__main__ import page
from benchmarks.running import measure
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, figure, machine, take_turns


def test_contenders_take_turns_and_none_always_goes_first():
    order = []
    contenders = [
        Contender(name, lambda number, name=name: order.append((number, name)), {"rows": 1}) for name in "abc"
    ]
    timed = take_turns(contenders, rounds=3)
    assert order == [(0, "a"), (0, "b"), (0, "c"), (1, "b"), (1, "c"), (1, "a"), (2, "c"), (2, "a"), (2, "b")]
    assert [one.name for one in timed] == ["a", "b", "c"]


def test_a_ratio_is_made_within_each_round_and_by_the_amount_of_work():
    slow = Timed("slow", (1.0, 10.0, 100.0), {"rows": 10.0})
    fast = Timed("fast", (1.0, 5.0, 200.0), {"rows": 20.0})
    assert fast.ratio_to(slow) == 2.0
    assert fast.rate("rows") == 4.0
    assert as_figures("compared", [slow, fast]).rows[1] == ("fast", "5", "4", "2 x")


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (0.01234, "0.0123"), (4.567, "4.57"), (123.4, "123"), (123_456, "123,000")]
)
def test_a_figure_has_three_digits_that_count(value, written):
    assert figure(value) == written


def test_the_page_says_when_and_where_it_was_measured():
    written = page(
        {"on": "2026-06-01", "cores": "2", "processor": "p", "python": "3.11", "load_average": "0.1", "minutes": "1"},
        {"storage": Outcome((Figures("Sizes", ("", "bytes"), (("plain", "7"),)),))},
    )
    assert "2026-06-01: 2 cores (p)" in written
    assert "| plain | 7 |" in written


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_its_figures_can_be_written_down(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries compared with have to say is not ours
        outcome = measure(name, tiny=True)
    assert all(len(row) == len(table.columns) for table in outcome.tables for row in table.rows)
    assert all(second > 0 for timed in outcome.timed.values() for one in timed for second in one.seconds)
    document = json.loads(json.dumps(outcome.document()))
    assert {entry["title"] for entry in document["tables"]} >= set(document["timed"])
    written = page(machine() | {"minutes": "0"}, {name: outcome})
    assert all(table.title in written for table in outcome.tables)
