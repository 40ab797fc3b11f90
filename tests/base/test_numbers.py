from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import is_finite, real


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.5), np.int64(1), np.array(0.5)])
def test_number_of_any_type_is_taken(value):
    assert real(value, "lr") == value
    assert type(real(value, "lr")) is float


@pytest.mark.parametrize("value", ["0.5", b"1", None, True, [0.5], 1j, np.ones(2)])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(DTypeError, match="lr must be a number"):
        real(value, "lr")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_number_that_is_not_finite_is_refused(value):
    with pytest.raises(RangeError, match="lr is out of range"):
        real(value, "lr")


@pytest.mark.parametrize(
    ("limits", "inside", "outside"),
    [
        ({"above": 0}, 1e-300, 0),
        ({"at_least": 0}, 0, -1e-300),
        ({"below": 1}, 0.999, 1),
        ({"at_most": 1}, 1, 1.001),
    ],
)
def test_limits_are_kept(limits, inside, outside):
    assert real(inside, "p", **limits) == inside
    with pytest.raises(RangeError):
        real(outside, "p", **limits)


def test_error_names_all_limits():
    with pytest.raises(RangeError) as caught:
        real(1.5, "Dropout: p", at_least=0, below=1)

    assert str(caught.value) == (
        "Dropout: p is out of range\n"
        "  expected  a finite number at least 0 and below 1\n"
        "  got       1.5"
    )


@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64]),
        arrays.array_shapes(min_dims=0, min_side=0, max_side=4),
    )
)
def test_finite_is_what_numpy_calls_finite(array):
    assert is_finite(array) == np.isfinite(array).all()
