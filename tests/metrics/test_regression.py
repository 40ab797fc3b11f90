"""Regression metrics: scikit-learn's numbers; shapes that would broadcast are refused."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as peer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from badak.base.errors import RangeError, ShapeError
from badak.metrics import mean_absolute_error, mean_squared_error, r2_score

METRICS = [mean_squared_error, mean_absolute_error, r2_score]


@st.composite
def pairs(draw):
    shape = draw(st.sampled_from([(5,), (7, 1), (6, 3)]))
    values = arrays(np.float64, shape, elements=st.floats(-100, 100))
    return draw(values), draw(values) + np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1))


@pytest.mark.parametrize("metric", METRICS)
@given(pairs())
def test_a_metric_is_scikit_learns(metric, pair):
    prediction, target = pair
    columns = target.reshape(len(target), -1)
    if metric is r2_score and np.any(np.ptp(columns, axis=0) < 1e-3):
        return
    expected = getattr(peer, metric.__name__)(target, prediction)

    assert metric(prediction, target) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("prediction", "target", "words"),
    [
        (np.zeros((8, 1)), np.zeros(8), "prediction (8, 1), target (8,)"),
        (np.zeros(8), np.zeros((8, 1)), "target.reshape(8)"),
        (np.zeros((5, 2)), np.zeros((4, 2)), "equal shapes"),
        (np.zeros(0), np.zeros(0), "is empty"),
        (1.0, 2.0, "a single value"),
    ],
)
def test_shapes_that_differ_are_refused(metric, prediction, target, words):
    with pytest.raises(ShapeError) as caught:
        metric(prediction, target)

    assert words in str(caught.value)


@pytest.mark.parametrize("metric", METRICS)
def test_nan_is_refused(metric):
    with pytest.raises(RangeError, match="target has NaN"):
        metric([1.0, 2.0], [1.0, np.nan])


def test_sums_are_taken_in_float64():
    prediction, target = np.full(100_000, 1.1, np.float32), np.ones(100_000, np.float32)

    exact = (np.float64(np.float32(1.1)) - 1) ** 2
    assert mean_squared_error(prediction, target) == pytest.approx(exact, rel=1e-12)


def test_whole_numbers_do_not_wrap_around():
    assert mean_absolute_error(np.array([1], np.uint8), np.array([3], np.uint8)) == 2


def test_r2_of_targets_without_variance_is_undefined():
    with pytest.raises(RangeError, match="all targets are equal"):
        r2_score([1.0, 2.0], [3.0, 3.0])
    with pytest.raises(RangeError, match="all targets are equal"):
        r2_score([1.0], [1.0])
