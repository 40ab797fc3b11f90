from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd

NUMBERS = st.floats(-1e4, 1e4)
ROWS = st.lists(NUMBERS, min_size=1, max_size=6)


@given(ROWS)
def test_softmax_is_a_distribution(row):
    y = bd.softmax(bd.tensor(row, "float64"))

    assert np.all((y.data >= 0) & (y.data <= 1))
    assert y.sum().item() == pytest.approx(1.0, abs=1e-14)


@given(ROWS, st.floats(-1e3, 1e3))
def test_softmax_does_not_feel_a_shift(row, shift):
    x = bd.tensor(row, "float64")

    np.testing.assert_allclose(bd.softmax(x + shift).data, bd.softmax(x).data, 1e-9, 1e-12)


@given(ROWS)
def test_logsumexp_lies_between_the_largest_and_that_plus_log_n(row):
    value = bd.logsumexp(bd.tensor(row, "float64")).item()

    assert max(row) <= value <= max(row) + math.log(len(row)) + 1e-11


@given(ROWS)
def test_log_softmax_is_the_log_of_softmax(row):
    x = bd.tensor(row, "float64")

    probable = bd.softmax(x).data > 1e-300

    np.testing.assert_allclose(
        bd.log_softmax(x).data[probable], np.log(bd.softmax(x).data[probable]), 1e-10, 1e-12
    )


@given(ROWS)
def test_gradient_of_logsumexp_is_softmax(row):
    x = bd.parameter(row, "float64")

    np.testing.assert_allclose(
        bd.grad(bd.logsumexp(x), x).data, bd.softmax(x).data, rtol=1e-9, atol=1e-300
    )


@given(NUMBERS)
def test_gradient_of_softplus_is_sigmoid(value):
    x = bd.parameter(value, "float64")

    assert bd.grad(bd.softplus(x), x).item() == pytest.approx(bd.sigmoid(x).item(), rel=1e-14)


@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_second_derivative_of_softplus_is_the_slope_of_sigmoid(value):
    x = bd.parameter(value, "float64")

    slope = bd.grad(bd.softplus(x), x, create_graph=True)

    s = bd.sigmoid(x).item()
    assert bd.grad(slope, x).item() == pytest.approx(s * (1 - s), rel=1e-14)


@given(NUMBERS)
def test_softplus_of_x_less_softplus_of_minus_x_is_x(value):
    x = bd.tensor(value, "float64")

    difference = bd.softplus(x) - bd.softplus(-x)

    assert difference.item() == pytest.approx(value, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([-math.inf, -math.inf], -math.inf),
        ([math.inf, 0.0], math.inf),
        ([-math.inf, 0.0], 0.0),
        ([math.nan, 0.0], math.nan),
    ],
)
def test_logsumexp_of_infinite_scores_is_the_limit(row, expected):
    np.testing.assert_array_equal(bd.logsumexp(bd.tensor(row)).data, expected)


def test_score_of_minus_infinity_has_probability_0_and_gradient_0():
    x = bd.parameter([0.0, -math.inf, 0.0])

    y = bd.softmax(x)

    assert y.tolist() == [0.5, 0.0, 0.5]
    assert bd.grad(y[0], x).tolist() == [0.25, 0.0, -0.25]


@pytest.mark.parametrize("axis", [0, 1, -1, None, (0, 2)])
def test_axes_are_those_of_numpy(axis):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    total = np.exp(x).sum(axis=axis, keepdims=True)

    np.testing.assert_allclose(bd.softmax(bd.tensor(x, "float64"), axis).data, np.exp(x) / total)
    np.testing.assert_allclose(
        bd.logsumexp(bd.tensor(x, "float64"), axis, keepdims=True).data, np.log(total)
    )


@pytest.mark.parametrize("function", [bd.softmax, bd.log_softmax, bd.logsumexp, bd.softplus])
def test_derivatives_are_the_central_differences(function):
    x = np.random.default_rng(0).standard_normal((2, 3))

    assert bd.check_grad(function, x, order=2) < 1e-6
