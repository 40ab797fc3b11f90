"""The exponentially weighted average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.optim import ewma


@pytest.mark.technique(72)
def test_worked_sequence():
    averages = ewma([1, 2, 3, 4, 5], beta=0.1)

    np.testing.assert_allclose(averages, [0.9, 1.89, 2.889, 3.8889, 4.88889], rtol=1e-15)


@pytest.mark.technique(73)
def test_worked_sequence_without_the_bias_of_the_start():
    averages = ewma([1, 2, 3, 4, 5], beta=0.1, bias_correction=True)

    np.testing.assert_allclose(averages, [1, 1.90909, 2.891892, 3.889289, 4.888939], atol=5e-6)


@pytest.mark.technique(73)
@given(st.floats(-1e6, -1e-3), st.floats(0, 0.999))
def test_the_corrected_average_of_a_constant_is_the_constant_from_the_first_value_on(c, beta):
    averages = ewma([c] * 50, beta, bias_correction=True)

    np.testing.assert_allclose(averages, c, rtol=1e-10)


@pytest.mark.technique(72)
def test_each_value_weighs_beta_times_as_much_as_the_one_after_it():
    weights = ewma(np.eye(6), beta=0.8)[-1]

    np.testing.assert_allclose(weights, 0.2 * 0.8 ** np.arange(5, -1, -1), rtol=1e-14)


def test_rows_are_averaged_each_for_itself_in_float64():
    values = np.random.default_rng(0).normal(size=(7, 3, 2)).astype("float32")

    averages = ewma(values, 0.9, bias_correction=True)

    assert (averages.shape, averages.dtype) == ((7, 3, 2), np.float64)
    np.testing.assert_array_equal(averages[:, 1, 0], ewma(values[:, 1, 0], 0.9, True))


def test_numbers_in_a_list_keep_all_their_digits():
    assert ewma([0.1], beta=0.0).tolist() == [0.1]


def test_of_nothing_there_is_no_average():
    assert ewma([], 0.5, bias_correction=True).shape == (0,)


@pytest.mark.parametrize("beta", [-0.1, 1.0, 2.0, float("nan")])
def test_beta_is_a_share(beta):
    with pytest.raises(RangeError, match="ewma: beta is out of range"):
        ewma([1.0], beta)


def test_what_is_no_sequence_of_numbers_is_refused():
    with pytest.raises(ShapeError, match="numbers over time"):
        ewma(1.0, 0.5)
    with pytest.raises(DTypeError):
        ewma(["a"], 0.5)
