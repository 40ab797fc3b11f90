from __future__ import annotations

import numpy as np
import pytest

import badak as bd


def derivatives(function, at, order):
    """The first derivatives of a function of one number, one after another."""
    x = bd.parameter(at, "float64")
    y, found = function(x), []
    for _ in range(order):
        y = bd.grad(y, x, create_graph=True)
        found.append(y.item())
    return found


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [
        (0.0, [0.0, 0.0, 0.0, 0.0]),
        (1.0, [1.0, 0.0, 0.0, 0.0]),
        (2.0, [0.0, 2.0, 0.0, 0.0]),
        (3.0, [0.0, 0.0, 6.0, 0.0]),
    ],
)
def test_all_derivatives_of_a_whole_power_exist_at_0(exponent, expected):
    assert derivatives(lambda x: x**exponent, 0.0, 4) == expected


def test_derivative_of_a_power_of_a_negative_number_is_real():
    assert derivatives(lambda x: x**3.0, -2.0, 3) == [12.0, -12.0, 6.0]


def test_slope_of_a_root_at_0_is_infinite():
    assert derivatives(lambda x: x**0.5, 0.0, 1) == [np.inf]


def test_mixed_derivative_of_a_power_with_exponent_0_is_one_over_the_base():
    x, y = bd.parameter(2.0), bd.parameter(0.0)

    slope = bd.grad(x**y, x, create_graph=True)

    assert bd.grad(slope, y).item() == 0.5


def test_power_of_0_does_not_move_with_its_positive_exponent():
    y = bd.parameter([0.0, 0.5, 3.0])

    assert bd.grad((bd.zeros(3) ** y).sum(), y).tolist() == [0.0, 0.0, 0.0]


def test_python_numbers_stand_on_either_side():
    x = bd.tensor([2.0, 4.0])

    assert [(1 + x).tolist(), (1 - x).tolist()] == [[3.0, 5.0], [-1.0, -3.0]]
    assert [(3 * x).tolist(), (8 / x).tolist()] == [[6.0, 12.0], [4.0, 2.0]]
    assert [(2**x).tolist(), (+x).tolist()] == [[4.0, 16.0], [2.0, 4.0]]
    assert abs(-x).tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    "other", [np.array([1.0, 2.0]), [1.0, 2.0], (1.0, 2.0), np.float64(2), np.int64(2), True]
)
def test_arrays_lists_and_scalars_stand_on_either_side(other):
    x = bd.tensor([2.0, 4.0])

    for out in (x + other, other + x, x * other, other * x, x == other, other == x):
        assert isinstance(out, bd.Tensor)
        assert out.shape == (2,)
    np.testing.assert_array_equal((other - x).data, -(x - other).data)


def test_of_equal_values_the_second_has_the_gradient():
    x, y = bd.parameter([1.0, 2.0, 3.0]), bd.parameter([1.0, 3.0, 2.0])

    assert [g.tolist() for g in bd.grad(bd.maximum(x, y).sum(), [x, y])] == [[0, 0, 1], [1, 1, 0]]
    assert [g.tolist() for g in bd.grad(bd.minimum(x, y).sum(), [x, y])] == [[0, 1, 0], [1, 0, 1]]


def test_gradient_of_clip_is_1_inside_only():
    x = bd.parameter([-1.0, 0.0, 0.5, 1.0, 2.0])

    assert bd.grad(bd.clip(x, 0.0, 1.0).sum(), x).tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert bd.grad(x.clip(0.0, 1.0).sum(), x).tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("function", [bd.abs, bd.sign, bd.floor])
def test_slope_at_the_kink_is_0(function):
    x = bd.parameter([0.0])

    assert bd.grad(function(x).sum(), x).tolist() == [0.0]
