from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import DTypeError, RangeError


def test_gradient_of_repeated_positions_adds_up():
    x = bd.parameter([10.0, 20.0, 30.0])

    g = bd.grad(bd.gather(x, [2, 0, 2]), x, weight=[1.0, 2.0, 4.0])

    assert g.tolist() == [2.0, 0.0, 5.0]


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64", "int32", "int64"])
def test_positions_may_be_of_any_whole_kind(dtype):
    index = np.array([2, 0], dtype)

    assert bd.gather([1.0, 2.0, 3.0], index).tolist() == [3.0, 1.0]
    assert bd.scatter_add([1.0, 2.0], index, 3).tolist() == [2.0, 0.0, 1.0]
    assert bd.one_hot(index, 3).tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


@pytest.mark.parametrize("position", [-1, 3, 2**40])
@pytest.mark.parametrize(
    "function",
    [
        lambda i: bd.gather([1.0, 2.0, 3.0], [0, i]),
        lambda i: bd.scatter_add([1.0, 2.0], [0, i], 3),
        lambda i: bd.one_hot([0, i], 3),
        lambda i: bd.tensor([1.0, 2.0, 3.0]).take([0, i]),
    ],
    ids=["gather", "scatter_add", "one_hot", "take"],
)
def test_position_that_is_not_there_is_refused(function, position):
    with pytest.raises(RangeError, match=f"there is no position {position}"):
        function(position)


@pytest.mark.parametrize("index", [[0.5], [1.0], [True, False]])
@pytest.mark.parametrize(
    "function", [lambda i: bd.gather([1.0, 2.0], i), lambda i: bd.one_hot(i, 2)]
)
def test_positions_that_are_not_whole_numbers_are_refused(function, index):
    with pytest.raises(DTypeError, match="positions must be whole numbers"):
        function(index)


def test_scatter_add_wants_a_position_for_each_value():
    with pytest.raises(RangeError, match="values and positions do not match"):
        bd.scatter_add([1.0, 2.0, 3.0], [0, 1], 3)


def test_one_hot_adds_an_axis_to_any_shape():
    index = np.array([[0, 2], [1, 1]])

    np.testing.assert_array_equal(bd.one_hot(index, 3).data, np.eye(3)[index])
    assert bd.one_hot(np.zeros((0,), np.int64), 3).shape == (0, 3)
    assert bd.one_hot(2, 3).tolist() == [0.0, 0.0, 1.0]
