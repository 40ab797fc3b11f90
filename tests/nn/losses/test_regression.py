"""Losses for numbers: what may broadcast, the line and the parabola, large errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError

squares = nn.MeanSquaredError()


def test_the_square_of_one_error_in_two_is_a_half():
    assert float(squares([[1, 1], [1, 0]], [[0, 1], [0, 0]])) == 0.5


def test_small_whole_numbers_do_not_wrap_around():
    prediction, target = np.array([[1]], np.uint8), np.array([[21]], np.uint8)

    assert float(squares(prediction, target)) == 400.0


@pytest.mark.parametrize(
    ("prediction", "target", "hint"),
    [
        ((8, 1), (8,), "target.reshape(-1, 1)"),
        ((8,), (8, 1), "target.reshape(-1,)"),
        ((8, 2, 1), (8, 2), "target.reshape(-1, 2, 1)"),
        ((8, 3), (8, 4), None),
        ((8, 2, 3), (8, 3, 2), None),
    ],
)
def test_shapes_that_would_broadcast_are_refused(prediction, target, hint):
    with pytest.raises(ShapeError) as refusal:
        squares(bd.zeros(prediction), np.zeros(target))

    assert f"prediction {prediction}, target {target}" in str(refusal.value)
    assert refusal.value.hint == hint


@pytest.mark.technique(42)
def test_cost_of_a_linear_regression_is_the_mean_squared_error():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.5, 5.0])
    W, b = bd.parameter(1.5, "float64"), bd.parameter(0.25, "float64")

    cost = squares(W * bd.tensor(x, "float64") + b, y)

    errors = 1.5 * x + 0.25 - y
    assert float(cost) == pytest.approx((errors**2).sum() / 3, rel=1e-15)
    slopes = [float(g) for g in bd.grad(cost, [W, b])]
    assert slopes == pytest.approx([2 * (errors * x).mean(), 2 * errors.mean()], rel=1e-14)


@pytest.mark.technique(39)
def test_gradient_of_half_the_squares_is_the_error():
    x, t = np.random.default_rng(0).normal(size=(2, 4, 3))
    p = bd.parameter(x, "float64")

    g = bd.grad(nn.SumSquaredError("sum")(p, t), p)

    np.testing.assert_allclose(g.numpy(), x - t, rtol=1e-14)


@pytest.mark.technique(39)
def test_half_the_squares_of_rows_are_half_as_often_the_mean_as_they_have_values():
    x, t = np.random.default_rng(1).normal(size=(2, 4, 3))

    half = nn.losses.sum_squared_error(bd.tensor(x, "float64"), t)

    mean = nn.losses.mean_squared_error(bd.tensor(x, "float64"), t)
    np.testing.assert_allclose(half.numpy(), 3 / 2 * mean.numpy(), rtol=1e-14)


@pytest.mark.technique(54)
@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber_is_a_parabola_that_goes_on_as_its_tangents(delta):
    e = bd.parameter([-9.0, -delta, -delta / 2, 0.0, delta / 2, delta, 9.0], "float64")

    values = nn.losses.huber(e, bd.zeros(7), delta)

    ends, inner = delta * (9 - delta / 2), delta**2 / 8
    assert values.tolist() == pytest.approx([
        ends, delta**2 / 2, inner, 0.0, inner, delta**2 / 2, ends
    ])  # fmt: skip
    slopes = np.clip(e.numpy(), -delta, delta)
    np.testing.assert_allclose(bd.grad(values.sum(), e).numpy(), slopes)


@pytest.mark.parametrize("delta", [0.0, -1.0, math.nan])
def test_huber_needs_a_delta(delta):
    with pytest.raises(RangeError, match="Huber: delta"):
        nn.Huber(delta)
    with pytest.raises(RangeError, match="Huber: delta"):
        nn.losses.huber([1.0], [2.0], delta)


@pytest.mark.technique(55)
def test_log_cosh_of_large_errors_is_their_size_less_log_2():
    e = bd.parameter([-1000.0, 1000.0], "float64")

    values = nn.losses.log_cosh(e, bd.zeros(2))

    assert values.tolist() == pytest.approx([1000 - math.log(2)] * 2)
    assert bd.grad(values.sum(), e).tolist() == [-1.0, 1.0]


def test_an_absolute_error_of_0_has_no_slope():
    p = bd.parameter([1.0, 2.0, 3.0])

    assert bd.grad(nn.MeanAbsoluteError("sum")(p, [1.0, 1.0, 5.0]), p).tolist() == [0.0, 1.0, -1.0]


@pytest.mark.technique(51)
def test_a_target_of_0_makes_a_relative_error_enormous():
    values = nn.losses.mean_absolute_percentage_error(bd.tensor([1.0, 0.0], "float64"), [0.0, 0.0])

    assert values.tolist() == pytest.approx([1e9, 0.0])


@pytest.mark.technique(52)
def test_what_is_below_0_counts_as_0_in_a_logarithmic_error():
    p = bd.parameter([-5.0, 0.0, 1.0], "float64")

    values = nn.losses.mean_squared_logarithmic_error(p, [0.0, -2.0, 0.0])

    np.testing.assert_allclose(values.numpy(), [0, 0, math.log(2) ** 2], rtol=1e-6)
    assert bd.grad(values.sum(), p).tolist()[:2] == [0.0, 0.0]


def test_text_is_no_number():
    with pytest.raises(DTypeError, match="holds numbers"):
        squares(bd.zeros(1), ["one"])
