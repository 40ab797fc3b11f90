"""The fused product and sum, against fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.compiler.loops.exact import fused

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS, FLOATS, FLOATS)
def test_float64_is_the_fraction_rounded_once(x, y, z):
    exact = Fraction(x) * Fraction(y) + Fraction(z)

    out = float(fused(*(np.array([v]) for v in (x, y, z)))[0])

    try:
        assert out == float(exact)
    except OverflowError:
        assert out == math.copysign(math.inf, 1 if exact > 0 else -1)


@given(hnp.arrays(np.float32, 3, elements=st.floats(-1e4, 1e4, width=32)))
def test_float32_is_at_most_half_a_step_from_the_fraction(numbers):
    x, y, z = (Fraction(float(v)) for v in numbers)

    out = fused(*(numbers[i : i + 1] for i in range(3)))[0]

    error = abs(Fraction(float(out)) - (x * y + z))
    assert error <= Fraction(float(np.spacing(np.abs(out)))) / 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_rounding_keeps_what_two_would_lose(dtype):
    tiny = np.array([np.finfo(dtype).eps], dtype)
    x, y = 1 + tiny, 1 - tiny

    np.testing.assert_array_equal(fused(x, y, -np.ones(1, dtype)), -tiny * tiny)
    assert (x * y - 1 == 0).all()


def test_infinities_nan_and_zeros_are_those_of_ieee():
    inf, nan = np.inf, np.nan
    x = np.array([inf, inf, 1e200, 0.0, -0.0, 2.0, nan])
    y = np.array([1.0, 0.0, 1e200, 5.0, 5.0, 3.0, 1.0])
    z = np.array([-inf, 1.0, -inf, -0.0, -0.0, -6.0, 1.0])

    out = fused(x, y, z)

    np.testing.assert_array_equal(out, [nan, nan, -inf, 0.0, -0.0, 0.0, nan])
    np.testing.assert_array_equal(np.signbit(out[3:6]), [False, True, False])
