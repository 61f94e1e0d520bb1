"""The order of a run is a function of the step, and its inverse is exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training_jobs.plan import EmptyPlanError, Permutation, TrainingPlan

ROOT = "ab" * 32


def plan(**changes):
    return TrainingPlan(**{"snapshot_root": ROOT, "records": 10, "batch_size": 4, "visits": 25, "seed": 0, **changes})


@settings(deadline=None)
@given(count=st.integers(1, 3000), key=st.text(max_size=8))
def test_a_permutation_visits_every_place_once_and_its_inverse_is_exact(count, key):
    permutation, places = Permutation(count, key), np.arange(count)
    moved = permutation.forward(places)
    assert sorted(moved) == list(places)
    assert np.array_equal(permutation.backward(moved), places)


def test_each_epoch_visits_every_record_once():
    whole = plan(visits=30)
    visited = np.concatenate([whole.records_of(step) for step in range(whole.steps)])
    epochs = np.concatenate([whole.epochs_of(step) for step in range(whole.steps)])
    for epoch in range(3):
        assert sorted(visited[epochs == epoch]) == list(range(10))


def test_two_epochs_have_different_orders():
    whole = plan(records=500, visits=1000, batch_size=500)
    assert not np.array_equal(whole.records_of(0), whole.records_of(1))


def test_the_last_step_holds_what_is_left():
    assert plan().steps == 7
    assert len(plan().records_of(6)) == 1


@settings(deadline=None)
@given(records=st.integers(1, 60), batch_size=st.integers(1, 9), visits=st.integers(1, 120), seed=st.integers(0, 9))
def test_the_steps_of_a_record_are_exactly_those_whose_batch_holds_it(records, batch_size, visits, seed):
    order = plan(records=records, batch_size=batch_size, visits=visits, seed=seed)
    held = {record: [] for record in range(records)}
    for step in range(order.steps):
        for record in sorted(set(order.records_of(step).tolist())):
            held[record].append(step)
    for record, steps in held.items():
        assert list(order.steps_of(record)) == steps
        assert order.first_step_of(record) == (steps[0] if steps else None)


def test_a_step_needs_nothing_but_the_plan():
    alone = plan(records=1000, visits=5000).records_of(777)
    walked = plan(records=1000, visits=5000)
    for step in range(777):
        walked.records_of(step)
    assert np.array_equal(walked.records_of(777), alone)


@pytest.mark.parametrize("changes", [{"seed": 1}, {"snapshot_root": "cd" * 32}, {"batch_size": 5}, {"visits": 26}])
def test_another_seed_snapshot_or_shape_is_another_plan(changes):
    assert plan(**changes).digest != plan().digest


@pytest.mark.parametrize("changes", [{"seed": 1}, {"snapshot_root": "cd" * 32}], ids=["seed", "snapshot"])
def test_another_seed_or_snapshot_is_another_order(changes):
    large = {"records": 1000, "batch_size": 1000, "visits": 1000}
    assert not np.array_equal(plan(**large, **changes).records_of(0), plan(**large).records_of(0))


def test_the_published_order_never_changes():
    """Old plans must replay: whoever changes these numbers must change ``plan.PERMUTATION`` too."""
    assert [plan().records_of(step).tolist() for step in range(3)] == [[2, 4, 0, 1], [5, 8, 3, 9], [7, 6, 5, 4]]
    assert plan().digest == "317647bf143b9f2e432938d7480562eec51b4eb305bccb5ea9cc62bf25231d36"


@pytest.mark.parametrize("step", [-1, 7])
def test_a_step_outside_the_plan_is_refused(step):
    with pytest.raises(IndexError):
        plan().records_of(step)


def test_a_record_outside_the_snapshot_is_refused():
    with pytest.raises(IndexError):
        plan().steps_of(10)


def test_an_empty_snapshot_has_no_plan():
    with pytest.raises(EmptyPlanError):
        plan(records=0)
