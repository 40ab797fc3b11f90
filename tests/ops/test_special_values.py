"""NaN, infinities, signed zeros and denormals come out as IEEE 754 and NumPy have them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak.core.dispatch import apply

NAN, INF = math.nan, math.inf
SPECIAL = np.array(
    [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2e-308, 1.8e308, -1.8e308, 0.5, 3.0]
)
SMALLEST32 = np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-38, 3e38, -3e38])

UNARY = {
    "neg": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}


def assert_same_bits(out, expected):
    """Equal values and signs of zero; any NaN is as good as another."""
    np.testing.assert_array_equal(out, expected)
    if expected.dtype.kind == "f":
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(out)[number], np.signbit(expected)[number])


@pytest.mark.parametrize("values", [SPECIAL, SMALLEST32.astype(np.float32)], ids=["f64", "f32"])
@pytest.mark.parametrize("name", UNARY)
def test_unary_function_of_special_values_is_that_of_numpy(name, values):
    x = bd.tensor(values, values.dtype)

    with np.errstate(all="ignore"):
        assert_same_bits(apply(name, x).data, UNARY[name](values))


@pytest.mark.parametrize("values", [SPECIAL, SMALLEST32.astype(np.float32)], ids=["f64", "f32"])
@pytest.mark.parametrize("name", BINARY)
def test_binary_function_of_special_values_is_that_of_numpy(name, values):
    x = bd.tensor(values, values.dtype)

    with np.errstate(all="ignore"):
        expected = BINARY[name](values[:, None], values)

    assert_same_bits(apply(name, x[:, None], x).data, expected)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        (
            "sigmoid",
            [(NAN, NAN), (INF, 1.0), (-INF, 0.0), (0.0, 0.5), (-0.0, 0.5), (-745.0, 5e-324)],
        ),
        ("erf", [(NAN, NAN), (INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0), (1e300, 1.0)]),
    ],
)
def test_function_of_our_own_has_its_limits(name, pairs):
    x, expected = np.array(pairs).T

    assert_same_bits(apply(name, bd.tensor(x, "float64")).data, expected)


def test_denormals_are_not_flushed_to_zero():
    x = bd.tensor([5e-324], "float64")

    assert (x + x).item() == 1e-323
    assert (x * 0.5).item() == 0.0
    assert (bd.tensor([2.2250738585072014e-308], "float64") / 2.0).item() == 1.1125369292536007e-308


def test_condition_that_is_nan_counts_as_true():
    assert bd.where([NAN, 0.0, -0.0], 1.0, 2.0).tolist() == [1.0, 2.0, 2.0]


@pytest.mark.parametrize("branch", [0, 1])
def test_branch_of_where_that_is_nan_spoils_no_other_row(branch):
    x = bd.parameter([-1.0, 4.0])
    chosen = (x > 0, bd.sqrt(x), x) if branch else (x <= 0, x, bd.sqrt(x))

    g = bd.grad(bd.where(*chosen).sum(), x)

    assert np.isfinite(bd.where(*chosen).data).all()
    # Row 0 is NaN, as in every framework: the slope of the root of -1 is, and 0 * NaN is too.
    # A safe argument (the next test) keeps it out.
    assert g.tolist()[1] == 0.25


def test_safe_argument_keeps_nan_out_of_the_gradient():
    x = bd.parameter([-1.0, 4.0])
    safe = bd.where(x > 0, x, 1.0)

    g = bd.grad(bd.where(x > 0, bd.sqrt(safe), 0.0).sum(), x)

    assert g.tolist() == [0.0, 0.25]


@pytest.mark.parametrize(
    ("function", "values", "slopes"),
    [
        (lambda x: bd.sqrt(bd.maximum(x, 0.0)), [-1.0, 4.0], [0.0, 0.25]),
        (lambda x: bd.log(bd.clip(x, 0.0, 1.0)), [-1.0, 0.5], [0.0, 2.0]),
        (lambda x: 1.0 / bd.minimum(x, 0.0), [1.0, -2.0], [-0.0, -0.25]),
        (lambda x: bd.sqrt(bd.where(x > 0, x, 0.0)), [-1.0, 4.0], [0.0, 0.25]),
        (lambda x: bd.sqrt(bd.where(x <= 0, 0.0, x)), [-1.0, 4.0], [0.0, 0.25]),
    ],
)
def test_infinite_gradient_does_not_pass_the_side_that_was_not_taken(function, values, slopes):
    x = bd.parameter(values)

    assert bd.grad(function(x).sum(), x).tolist() == slopes


def test_log_of_zero_times_zero_is_nan_as_ieee_says():
    x = bd.parameter([0.0])

    assert bd.log(x).tolist() == [-INF]
    assert np.isnan((x * bd.log(x)).data).all()
    assert bd.grad(bd.sqrt(x).sum(), x).tolist() == [INF]


def test_overflow_is_infinite_and_warns_nobody():
    assert bd.exp([1e4]).tolist() == [INF]
    assert bd.softmax([1e4, 0.0]).tolist() == [1.0, 0.0]
    assert (bd.tensor([3e38]) * 10.0).tolist() == [INF]
