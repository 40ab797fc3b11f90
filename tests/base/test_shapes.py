from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base import shapes
from badak.base.errors import DTypeError, RangeError, ShapeError

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@given(shape=SHAPES, target=st.lists(st.integers(-1, 6), max_size=4).map(tuple))
def test_reshaped_is_the_rule_of_numpy(shape, target):
    try:
        expected = np.zeros(shape).reshape(target).shape
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.reshaped(shape, target)
    else:
        assert shapes.reshaped(shape, target) == expected


@given(x=SHAPES, y=SHAPES)
def test_matmul_is_the_rule_of_numpy(x, y):
    try:
        expected = np.matmul(np.zeros(x), np.zeros(y)).shape
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.matmul(x, y)
    else:
        assert shapes.matmul(x, y) == expected


@given(
    size=st.integers(1, 20),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
)
def test_window_size_counts_the_windows_that_fit(size, kernel, stride, dilation):
    reach = dilation * (kernel - 1)

    count = sum(start + reach < size for start in range(0, size, stride))

    assert max(shapes.window_size(size, kernel, stride, dilation), 0) == count


@given(shape=SHAPES, data=st.data(), keepdims=st.booleans())
def test_reduced_is_the_shape_of_a_sum(shape, data, keepdims):
    axes = data.draw(st.sets(st.sampled_from(range(len(shape)))) if shape else st.just(set()))

    expected = np.zeros(shape).sum(axis=tuple(axes), keepdims=keepdims).shape

    assert shapes.reduced(shape, tuple(sorted(axes)), keepdims) == expected


@given(ndim=st.integers(0, 4), axis=st.integers(-6, 6))
def test_axis_is_counted_from_either_end(ndim, axis):
    if -ndim <= axis < ndim:
        assert shapes.axis_index(axis, ndim, "sum") == range(ndim)[axis]
    else:
        with pytest.raises(RangeError, match=f"sum: axis {axis} is out of range for {ndim} axes"):
            shapes.axis_index(axis, ndim, "sum")


def test_error_of_an_axis_of_a_0d_tensor_says_so():
    with pytest.raises(RangeError) as caught:
        shapes.axis_index(0, 0, "sum")

    assert caught.value.expected == "no axis: the tensor is 0-d"


def test_axes_are_sorted_and_each_is_named_once():
    assert shapes.axes_indices(None, 3, "sum") == (0, 1, 2)
    assert shapes.axes_indices((-1, 0), 3, "sum") == (0, 2)
    assert shapes.axes_indices([], 3, "sum") == ()
    assert shapes.axes_indices(np.int64(1), 3, "sum") == (1,)
    with pytest.raises(RangeError) as caught:
        shapes.axes_indices((2, 0, -1), 3, "sum")
    assert str(caught.value) == "sum: axis 2 is named twice\n  got       (2, 0, -1)"


def test_error_of_matmul_names_both_shapes_and_the_way_out():
    with pytest.raises(ShapeError) as caught:
        shapes.matmul((128, 784), (256, 784))

    assert str(caught.value) == (
        "matmul needs x.shape[-1] == y.shape[-2]\n"
        "  expected  x (128, 784) @ y (784, n)\n"
        "  got       x (128, 784) @ y (256, 784): 784 is not 256\n"
        "  try       y.T"
    )


def test_error_of_matmul_without_a_way_out_has_no_hint():
    with pytest.raises(ShapeError) as caught:
        shapes.matmul((2, 3), (4, 5))

    assert str(caught.value) == (
        "matmul needs x.shape[-1] == y.shape[-2]\n"
        "  expected  x (2, 3) @ y (3, n)\n"
        "  got       x (2, 3) @ y (4, 5): 3 is not 4"
    )


def test_error_of_broadcast_names_the_axis():
    with pytest.raises(ShapeError) as caught:
        shapes.broadcast((2, 3), (4,), where="add")

    assert str(caught.value) == (
        "add: shapes do not broadcast together\n"
        "  expected  sizes that are equal or 1, aligned at the right\n"
        "  got       (2, 3) and (4,): sizes 3 and 4 on axis -1\n"
        "  try       reshape one of them, or add an axis of size 1"
    )


@pytest.mark.parametrize("value", [2.5, "2", None, True, [2], np.float32(2)])
def test_what_is_no_whole_number_is_refused(value):
    for check in (lambda v: shapes.as_int(v, "n"), lambda v: shapes.positive(v, "n")):
        with pytest.raises(DTypeError, match="n must be a whole number"):
            check(value)


@pytest.mark.parametrize("value", [2, np.int32(2), np.uint8(2), np.array(2)])
def test_every_whole_number_is_taken(value):
    number = shapes.as_int(value, "n")

    assert number == 2
    assert type(number) is int


@pytest.mark.parametrize("value", [0, -1])
def test_number_below_1_is_not_positive(value):
    with pytest.raises(RangeError) as caught:
        shapes.positive(value, "in_features")

    assert str(caught.value) == f"in_features must be at least 1\n  got       {value}"


def test_each_takes_one_number_or_one_for_each_axis():
    assert shapes.each(2, 3, "stride") == (2, 2, 2)
    assert shapes.each((1, 2), 2, "stride") == (1, 2)
    assert shapes.each(0, 2, "padding", least=0) == (0, 0)
    with pytest.raises(ShapeError, match="stride needs one number, or one for each of 2 axes"):
        shapes.each((1, 2, 3), 2, "stride")
    with pytest.raises(RangeError, match="stride must be at least 1"):
        shapes.each((1, 0), 2, "stride")


@pytest.mark.parametrize("axes", [(0,), (0, 0, 1), (0, 1, 3), (-1, 2, 0)])
def test_order_of_axes_must_be_a_permutation(axes):
    with pytest.raises(RangeError):
        shapes.permutation(axes, 3)
