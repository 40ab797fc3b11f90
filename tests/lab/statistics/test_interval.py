from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from badak.base.errors import RangeError, ShapeError
from badak.base.random import generator
from badak.lab.statistics import Interval, paired_interval
from badak.lab.statistics.interval import ends
from tests.lab.statistics import noise

TRIALS = 8000
FINITE = st.floats(-1e6, 1e6)
ROWS = st.lists(FINITE, min_size=2, max_size=12)


@pytest.mark.parametrize("kind", [noise.normal, noise.skewed], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("n", [5, 10, 20])
def test_95_percent_intervals_hold_the_mean_in_at_least_93_of_100_cases(kind, n):
    differences = kind((n, TRIALS), generator(0, "coverage", kind.__name__, n))

    assert 1 - noise.missed(differences).mean() >= 0.93


@pytest.mark.parametrize("n", [5, 10, 20])
def test_intervals_of_normal_differences_are_not_wider_than_needed(n):
    differences = noise.normal((n, TRIALS), generator(0, "waste", n))

    assert 1 - noise.missed(differences).mean() <= 0.965


@pytest.mark.parametrize("sign", [1, -1])
def test_no_end_is_nearer_than_that_of_student(sign):
    differences = sign * generator(0, "student").gamma(1.0, size=7)

    ours = paired_interval(differences)
    theirs = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)

    assert ours.low <= theirs.low + 1e-12
    assert ours.high >= theirs.high - 1e-12


def test_percentiles_are_those_of_all_resamples():
    differences = np.array([0.0, 1.0, 5.0, 30.0])
    every = np.array(list(itertools.product(range(4), repeat=4)))
    drawn = np.stack([(every == i).sum(axis=1) for i in range(4)], axis=1)

    mean, low, high = ends(differences, drawn, 0.025)

    means = differences[every].mean(axis=1)
    stretch = math.sqrt(4 / 3) * stats.t.ppf(0.975, 3) / stats.norm.ppf(0.975)
    least = stats.t.ppf(0.975, 3) * stats.sem(differences)
    left, right = np.quantile(means, [0.025, 0.975])
    assert math.isclose(low, mean - max(stretch * (mean - left), least))
    assert math.isclose(high, mean + max(stretch * (right - mean), least))
    assert high - mean > mean - low, "the longer tail lies above"


@given(ROWS)
def test_estimate_is_the_mean_and_lies_within(differences):
    found = paired_interval(differences, resamples=50)

    assert math.isclose(found.estimate, np.mean(differences), rel_tol=1e-9, abs_tol=1e-9)
    assert found.low <= found.estimate <= found.high


@given(ROWS, st.floats(0.5, 0.9), st.floats(0.91, 0.999))
def test_more_confidence_is_a_wider_interval(differences, less, more):
    narrow = paired_interval(differences, less, resamples=50)
    wide = paired_interval(differences, more, resamples=50)

    slack = 1e-9 * max(map(abs, differences))
    assert wide.low <= narrow.low + slack
    assert wide.high >= narrow.high - slack


@given(ROWS, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_does_not_matter(differences, unit):
    plain = paired_interval(differences, resamples=50)
    scaled = paired_interval([unit * d for d in differences], resamples=50)

    assert (scaled.low, scaled.high) == (unit * plain.low, unit * plain.high)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e-300, 1e308, 5e-324, math.inf, -math.inf])
@pytest.mark.parametrize("n", [2, 3, 7])
def test_equal_differences_have_an_interval_of_width_0(value, n):
    assert paired_interval([value] * n) == Interval(value, value, value, 0.95)


def test_the_largest_floats_do_not_overflow_into_nan():
    found = paired_interval([1.7e308, -1.7e308, 1.7e308])

    assert math.isclose(found.estimate, 1.7e308 / 3)
    assert (found.low, found.high) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("differences", "low", "high"),
    [
        ([math.inf] * 4 + [-1.0], math.inf, math.inf),
        ([-math.inf] * 4 + [1.0], -math.inf, -math.inf),
        ([math.inf] + [1.0] * 4, -math.inf, math.inf),
        ([math.inf, -math.inf], -math.inf, math.inf),
    ],
)
def test_infinite_differences_outweigh_all_finite_ones(differences, low, high):
    found = paired_interval(differences)

    assert (found.low, found.high) == (low, high)


@given(st.integers(1, 4))
def test_infinity_is_the_limit_of_large_differences(count):
    small, infinite = [0.5] * (5 - count), [math.inf] * count
    large = paired_interval([*small, *([1e12] * count)])
    limit = paired_interval([*small, *infinite])

    assert (limit.low > 0, limit.high > 0) == (large.low > 0, large.high > 0)


def test_equal_seeds_give_equal_intervals_and_others_do_not():
    differences = generator(0, "once").gamma(0.3, size=20)

    assert paired_interval(differences) == paired_interval(differences)
    assert paired_interval(differences, seed=1) != paired_interval(differences)


@pytest.mark.parametrize("differences", [[], [1.0]])
def test_one_difference_needs_more_seeds(differences):
    with pytest.raises(RangeError, match="an interval needs more seeds"):
        paired_interval(differences)


def test_nan_is_refused_with_what_to_do_instead():
    with pytest.raises(RangeError, match="as infinitely bad"):
        paired_interval([1.0, math.nan, 2.0])


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, math.nan])
def test_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(RangeError, match="confidence is out of range"):
        paired_interval([1.0, 2.0], confidence)


def test_a_table_of_differences_is_refused():
    with pytest.raises(ShapeError, match="in one row"):
        paired_interval(np.zeros((3, 2)))
