"""Activations at their extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn

finite = st.floats(-1e4, 1e4)


def slope(activation, x):
    x = bd.parameter(x, "float64")
    return bd.grad(activation(x).sum(), x).tolist()


def test_relu_is_0_below_and_at_0_and_has_no_slope_there():
    assert nn.ReLU()(bd.tensor([-2.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 3.0]
    assert slope(nn.ReLU(), [-2.0, 0.0, 3.0]) == [0.0, 0.0, 1.0]


def test_sigmoid_is_stable_far_out():
    assert nn.Sigmoid()(bd.tensor([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]
    assert slope(nn.Sigmoid(), [-1000.0, 0.0, 1000.0]) == [0.0, 0.25, 0.0]


@given(finite)
def test_the_slope_of_sigmoid_is_at_most_a_quarter(x):
    assert 0.0 <= slope(nn.Sigmoid(), x) <= 0.25


def test_five_sigmoids_pass_at_most_a_thousandth_of_the_slope():
    net = nn.Sequential(*(nn.Sigmoid() for _ in range(5)))

    slopes = slope(net, np.linspace(-10, 10, 201))

    assert 0 < max(slopes) < 0.25**5


@given(finite)
def test_tanh_is_odd_and_a_stretched_sigmoid(x):
    y = float(nn.Tanh()(bd.tensor(x, "float64")))

    assert float(nn.Tanh()(bd.tensor(-x, "float64"))) == -y
    twice = float(nn.Sigmoid()(bd.tensor(2 * x, "float64")))
    assert y == pytest.approx(2 * twice - 1, abs=1e-15)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Sigmoid(), nn.Tanh()], ids=str)
def test_nan_stays_nan(activation):
    assert np.isnan(activation(bd.tensor([np.nan])).numpy()).all()
