"""Bounds on what may be left: computed from counts, and a manifest that states others is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.bounds import rate_at_most, share_at_least
from lineage.manifest import inconsistencies
from lineage.residual import UNMEASURED, Canaries, Residual, Seen


@pytest.mark.parametrize(
    ("found", "planted", "least"),
    [(40, 40, 0.9123), (39, 40, 0.8711), (0, 40, 0.0), (100, 100, 0.963), (0, 0, 0.0), (1, 2, 0.0945)],
)
def test_the_least_share_is_wilsons(found, planted, least):
    assert share_at_least(found, planted) == least


@pytest.mark.parametrize(
    ("seen", "characters", "most"), [(0, 30_000, 1.0), (0, 0, 10_000.0), (10, 10_000, 16.9582), (1, 10_000, 4.7281)]
)
def test_the_most_of_none_is_the_rule_of_three_and_of_some_that_of_a_poisson_count(seen, characters, most):
    assert rate_at_most(seen, characters) == most


@given(st.integers(0, 60), st.integers(1, 10**6))
def test_the_bound_of_a_rate_covers_95_of_100(seen, characters):
    rate = rate_at_most(seen, characters) * characters / 10_000
    terms = (math.exp(-rate + k * math.log(rate) - math.lgamma(k + 1)) for k in range(seen + 1))
    assert sum(terms) <= 0.0515


@given(st.integers(0, 300), st.integers(0, 300))
def test_more_found_of_as_many_is_never_less_sure(one, other):
    planted = max(one, other, 1)
    low, high = sorted((one, other))
    assert 0 <= share_at_least(low, planted) <= share_at_least(high, planted) <= 1
    assert share_at_least(high, planted) <= high / planted


def residual(canaries, seen):
    second = UNMEASURED.second_detector.model_copy(update={"seen": seen, "characters": 1000})
    return Residual(canaries=canaries, second_detector=second)


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        (residual(None, {}), None),
        (residual({"PERSON": Canaries.of(10, 8)}, {"PERSON": Seen.of(2, 1000)}), None),
        (residual({"PERSON": Canaries(planted=8, found=9, at_least=0.9)}, {}), "more canaries of PERSON"),
        (residual({"PERSON": Canaries(planted=8, found=8, at_least=0.9)}, {}), "bound on canaries of PERSON"),
        (residual({}, {"PERSON": Seen(spans=0, at_most_per_10k=0.1)}), "bound on PERSON seen"),
    ],
    ids=["nothing planted", "in order", "more found than planted", "too sure", "seen too seldom"],
)
def test_a_manifest_whose_bounds_do_not_follow_from_its_counts_contradicts_itself(world, stated, fault):
    manifest = world.publish()
    redaction = manifest.redaction.model_copy(update={"residual": stated})
    faults = inconsistencies(manifest.model_copy(update={"redaction": redaction}))
    assert len(faults) == (fault is not None)
    assert all(str(fault) in one for one in faults)


def test_what_may_be_left_is_part_of_what_is_signed(world):
    first = world.publish()
    redaction = first.redaction.model_copy(update={"residual": UNMEASURED})
    assert first.model_copy(update={"redaction": redaction}).digest() != first.digest()
