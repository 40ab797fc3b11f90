from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import RangeError, ShapeError
from badak.core.dispatch import apply


def test_windows_are_those_of_numpy():
    x = np.random.default_rng(0).standard_normal((2, 6, 7))

    out = bd.windows(bd.tensor(x, "float64"), (2, 3), stride=(2, 1))

    expected = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))[:, ::2]
    np.testing.assert_array_equal(out.data, expected)


def test_windows_share_the_memory_of_their_origin():
    x = bd.tensor(np.arange(5.0))

    assert np.shares_memory(bd.windows(x, 3).data, x.data)


def test_gradient_of_windows_counts_how_often_each_value_was_read():
    x = bd.parameter(np.zeros(5))

    assert bd.grad(bd.windows(x, 3).sum(), x).tolist() == [1.0, 2.0, 3.0, 2.0, 1.0]


def test_moving_average():
    x = bd.tensor([1.0, 2.0, 6.0, 3.0])

    assert bd.windows(x, 2).mean(1).tolist() == [1.5, 4.0, 4.5]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"kernel": 4}, ShapeError, "is larger than the input"),
        ({"kernel": 3, "dilation": 2}, ShapeError, "is larger than the input"),
        ({"kernel": (1, 1, 1)}, ShapeError, "is larger than the input"),
        ({"kernel": 0}, RangeError, "at least 1 value"),
        ({"kernel": 2, "stride": 0}, RangeError, "windows: stride must be at least 1"),
        ({"kernel": 2, "dilation": 0}, RangeError, "windows: dilation must be at least 1"),
        ({"kernel": 2, "stride": (1, 1)}, ShapeError, "one for each of 1 axes"),
    ],
)
def test_what_does_not_fit_is_refused(options, error, text):
    with pytest.raises(error) as caught:
        bd.windows(np.ones((2, 3)), **options)

    assert text in str(caught.value)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (3, 2), ()])
def test_fold_refuses_what_are_not_all_windows(shape):
    with pytest.raises(ShapeError, match="not all windows"):
        apply("fold", np.ones(shape), size=(5,), stride=(1,), dilation=(1,))
