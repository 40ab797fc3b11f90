from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.random import generator
from badak.lab.statistics import effect_size

# Hedges and Olkin, "Statistical Methods for Meta-Analysis" (1985), table 2 of chapter 5.
CORRECTIONS = {2: 0.5642, 3: 0.7236, 4: 0.7979, 9: 0.9139, 19: 0.9599, 29: 0.9739}


@pytest.mark.parametrize("freedom", CORRECTIONS)
def test_correction_is_the_published_one(freedom):
    differences = np.arange(freedom + 1.0)
    plain = differences.mean() / differences.std(ddof=1)

    assert math.isclose(effect_size(differences) / plain, CORRECTIONS[freedom], abs_tol=5e-4)


def test_the_mean_over_many_samples_is_the_true_effect():
    samples = generator(0, "effect").standard_normal((4000, 5)) + 0.8

    assert abs(np.mean([effect_size(one) for one in samples]) - 0.8) < 0.03


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=9), st.sampled_from([-1.0, -4.0, 0.5]))
def test_the_unit_does_not_matter_and_the_sign_does(differences, unit):
    scaled = [unit * d for d in differences]

    expected = math.copysign(1.0, unit) * effect_size(differences)
    assert math.isclose(effect_size(scaled), expected, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("differences", "size"),
    [
        ([0.0, 0.0, 0.0], 0.0),
        ([0.1, 0.1, 0.1], math.inf),
        ([-2.0], -math.inf),
        ([math.inf, math.inf], math.inf),
    ],
)
def test_without_spread_the_effect_is_0_or_infinite(differences, size):
    assert effect_size(differences) == size


@pytest.mark.parametrize("differences", [[], [1.0, 2.0]])
def test_too_few_differences_have_no_effect_size(differences):
    assert math.isnan(effect_size(differences))
