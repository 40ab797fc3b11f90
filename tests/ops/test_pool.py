from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import RangeError, ShapeError


@pytest.mark.parametrize(
    ("function", "numpys"), [(bd.max_pool, np.max), (bd.average_pool, np.mean)]
)
def test_windows_side_by_side_are_reduced_one_by_one(function, numpys):
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 4))

    out = function(bd.tensor(x, "float64"), (3, 2))

    blocks = x.reshape(2, 3, 2, 3, 2, 2)
    np.testing.assert_allclose(out.data, numpys(blocks, axis=(3, 5)), rtol=1e-14)


def test_padding_is_never_the_largest():
    x = bd.tensor(-np.ones((1, 1, 2, 2)))

    assert bd.max_pool(x, 2, padding=1).tolist() == [[[[-1.0, -1.0], [-1.0, -1.0]]]]


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool"])
def test_padding_of_whole_numbers_is_never_the_largest(dtype):
    x = np.zeros((1, 1, 4), dtype)

    for given in (x, bd.tensor(x)):
        out = bd.max_pool(given, 2, padding=1)
        assert out.dtype == np.dtype(dtype)
        assert out.tolist() == [[[0, 0, 0]]]


def test_padding_counts_in_the_mean_unless_told_otherwise():
    x = bd.ones((1, 1, 2))

    assert bd.average_pool(x, 2, padding=1).tolist() == [[[0.5, 0.5]]]
    assert bd.average_pool(x, 2, padding=1, count_padding=False).tolist() == [[[1.0, 1.0]]]


def test_gradient_of_max_pool_goes_to_the_first_largest_of_each_window():
    x = bd.parameter([[[1.0, 1.0, 0.0, 2.0]]])

    assert bd.grad(bd.max_pool(x, 2).sum(), x).tolist() == [[[1.0, 0.0, 0.0, 1.0]]]


def test_gradients_of_overlapping_windows_add_up():
    x = bd.parameter([[[1.0, 3.0, 2.0]]])

    assert bd.grad(bd.max_pool(x, 2, stride=1).sum(), x).tolist() == [[[0.0, 2.0, 0.0]]]
    assert bd.grad(bd.average_pool(x, 2, stride=1).sum(), x).tolist() == [[[0.5, 1.0, 0.5]]]


def test_value_that_is_nan_wins_its_window():
    x = bd.tensor([[[1.0, np.nan, 0.0, 2.0]]])

    np.testing.assert_array_equal(bd.max_pool(x, 2).data, [[[np.nan, 2.0]]])


@pytest.mark.parametrize("function", [bd.max_pool, bd.average_pool])
@pytest.mark.parametrize("shape", [(2, 1, 6), (2, 1, 5, 4), (1, 1, 3, 4, 2)])
def test_derivatives_of_pooling_are_the_central_differences(function, shape):
    count = int(np.prod(shape))
    x = np.random.default_rng(0).permutation(count).reshape(shape) / 4

    assert bd.check_grad(lambda x: function(x, 2, stride=1, padding=1), x, order=2) < 1e-6


@pytest.mark.parametrize("function", [bd.max_pool, bd.average_pool])
@pytest.mark.parametrize(
    ("shape", "options", "error", "text"),
    [
        ((1, 1, 4, 4), {"kernel": 2, "padding": 2}, RangeError, "at most half of the kernel"),
        ((1, 1, 4, 4), {"kernel": 5}, ShapeError, "larger than the input"),
        ((4, 4), {"kernel": 2}, ShapeError, "(batch, channels, space)"),
        ((1, 1, 4, 4), {"kernel": 2, "stride": 0}, RangeError, "stride must be at least 1"),
        ((1, 1, 4, 4), {"kernel": 0}, RangeError, "kernel must be at least 1"),
        ((1, 1, 4, 4), {"kernel": (2,)}, ShapeError, "one for each of 2 axes"),
    ],
)
def test_what_does_not_fit_is_refused(function, shape, options, error, text):
    with pytest.raises(error) as caught:
        function(np.ones(shape), **options)

    assert text in str(caught.value)


def test_error_of_too_much_padding_says_how_much_there_may_be():
    with pytest.raises(RangeError) as caught:
        bd.max_pool(np.ones((1, 1, 4, 4)), 2, padding=2)

    assert str(caught.value) == (
        "max_pool: padding must be at most half of the kernel\n  expected  at most 1\n  got       2"
    )
