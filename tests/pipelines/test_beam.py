"""Beam: units in, results out, in order, whatever happens to some of them."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lineage.warehouse import Warehouse
from pipelines.beam import UnitRefusedError, run_units
from pipelines.landing.landed import tenant_path
from policies.errors import InputError
from tests.pipelines.acme import SOURCE, Acme


@dataclass(frozen=True)
class Word:
    """A unit: a word to be counted and written down."""

    text: str
    warehouse: Warehouse


@dataclass(frozen=True)
class Counted:
    """A result."""

    text: str
    letters: int


def count(word: Word) -> Counted:
    if not word.text.isalpha():
        raise InputError(f"{word.text}: is no word.", remedy="Write words.")
    word.warehouse.write(f"counted/{word.text}.txt", str(len(word.text)).encode())
    return Counted(word.text, len(word.text))


def crash(word: Word) -> Counted:
    raise ZeroDivisionError(word.text)


def slowly(word: Word) -> Counted:
    time.sleep(0.6)
    return count(word)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


def words(warehouse: Warehouse, *texts: str) -> list[Word]:
    return [Word(text, warehouse) for text in texts]


def test_results_come_in_the_order_of_the_units(warehouse: Warehouse):
    texts = [chr(ord("a") + number) * (1 + number * 7 % 5) for number in range(12)]
    results = run_units(words(warehouse, *texts), count, Counted, warehouse)
    assert results == [Counted(text, len(text)) for text in texts]


def test_no_unit_is_no_work(warehouse: Warehouse):
    assert run_units([], count, Counted, warehouse) == []


def test_a_unit_that_is_refused_is_told_and_the_others_are_done(warehouse: Warehouse):
    with pytest.raises(UnitRefusedError, match="4711: is no word") as refused:
        run_units(words(warehouse, "one", "4711", "three"), count, Counted, warehouse)
    assert refused.value.remedy == "Write words."
    assert warehouse.files("counted") == ["counted/one.txt", "counted/three.txt"]


def test_nothing_of_a_run_is_left_behind(warehouse: Warehouse):
    run_units(words(warehouse, "one"), count, Counted, warehouse)
    with pytest.raises(UnitRefusedError):
        run_units(words(warehouse, "4711"), count, Counted, warehouse)
    assert warehouse.directories("runs") == []


def test_a_fault_of_our_own_is_not_taken_for_a_refusal(warehouse: Warehouse):
    with pytest.raises(ZeroDivisionError):
        run_units(words(warehouse, "one"), crash, Counted, warehouse)
    assert warehouse.directories("runs") == []


def test_progress_is_told_on_the_way_and_at_the_end(warehouse: Warehouse):
    told: list[int] = []
    run_units(words(warehouse, "one", "two", "three"), slowly, Counted, warehouse, advance=told.append)
    assert told == sorted(told)
    assert any(0 < done < 3 for done in told)
    assert told[-1] == 3


@pytest.mark.slow
def test_two_workers_do_what_one_does(tmp_path: Path):
    done = []
    for workers in (1, 2):
        world = Acme(tmp_path / str(workers), seed=5, workers=workers)
        for name in ("first", "second", "third"):
            world.says("ada", f"hello, this is the {name} day", conversation=name)
            world.says("bob", "when?", at="yesterday")
            world.delivers(f"{name}.jsonl")
        landed = world.lands()
        assert [result.file for result in landed] == ["first.jsonl", "second.jsonl", "third.jsonl"]
        rows = [world.opened(tenant_path(SOURCE, one.batch, "acme"), "acme").to_pylist() for one in landed]
        done.append([(one.batch, one.records, one.reasons) for one in landed] + rows)
    assert done[0] == done[1]
