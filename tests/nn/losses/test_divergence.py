"""Divergence and Poisson: where they are least, and where a probability or a rate is 0."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError


@pytest.mark.technique(48)
def test_divergence_is_cross_entropy_less_entropy():
    p, t = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 5))

    divergence = nn.KLDivergence()(bd.tensor(p, "float64"), t)

    cross = nn.CategoricalCrossentropy()(bd.tensor(p, "float64"), t)
    own = nn.CategoricalCrossentropy()(bd.tensor(t, "float64"), t)
    assert float(divergence) == pytest.approx(float(cross) - float(own), rel=1e-12)


@pytest.mark.technique(48)
def test_divergence_of_equals_is_0_and_a_probability_of_0_is_not_infinite():
    t = [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    p = bd.tensor([[0.0, 1.0], [0.5, 0.5], [0.0, 1.0]], "float64")

    values = nn.losses.kl_divergence(p, t)

    np.testing.assert_allclose(values.numpy(), [0, 0, -math.log(1e-7)], rtol=1e-5, atol=1e-15)


def test_divergence_needs_rows():
    with pytest.raises(ShapeError, match="KLDivergence compares rows of values"):
        nn.KLDivergence()(bd.zeros(3), np.zeros(3))


def test_scores_taken_for_probabilities_are_warned_about():
    with pytest.warns(UserWarning, match="KLDivergence: some predictions are outside of 0..1"):
        nn.KLDivergence()(bd.tensor([[3.0, -2.0], [0.0, 0.0]]), [[0.5, 0.5], [1.0, 0.0]])


@pytest.mark.technique(47)
def test_the_likeliest_rate_is_the_number_of_events():
    p = bd.parameter([1.0, 4.0, 9.0], "float64")

    slopes = bd.grad(nn.Poisson("sum")(p, [1, 4, 9]), p)

    np.testing.assert_allclose(slopes.numpy(), 0, atol=1e-6)


def test_a_negative_number_of_events_is_refused():
    with pytest.raises(RangeError, match=r"numbers of events(.|\n)*-1 at row 1"):
        nn.Poisson()(bd.zeros(2), [3, -1])
