from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import DTypeError, RangeError, ShapeError


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda x: bd.concat([np.ones((2, 2)), np.ones((2, 3))]),
            ShapeError,
            "concat: tensor 1 has size 3 on axis 1, tensor 0 has 2",
        ),
        (
            lambda x: bd.concat([np.ones(2), np.ones((2, 2))]),
            ShapeError,
            "tensor 1 has 2 axes, tensor 0 has 1",
        ),
        (lambda x: bd.concat([]), ShapeError, "at least one tensor"),
        (lambda x: bd.concat([x, x], axis=2), RangeError, "concat: axis 2 is out of range"),
        (lambda x: bd.stack([]), ShapeError, "at least one tensor"),
        (lambda x: bd.stack([np.ones(2), np.ones(3)]), ShapeError, "tensor 1 has size 3"),
        (lambda x: bd.pad(x, [(1, 1)]), ShapeError, "a (before, after) pair for each axis"),
        (lambda x: bd.pad(x, [(1, -1), (0, 0)]), RangeError, "must be at least 0"),
        (
            lambda x: bd.pad(x, [(1.5, 0), (0, 0)]),
            DTypeError,
            "pad: padding must be a whole number",
        ),
        (lambda x: bd.pad([1, 2], [(1, 1)], 0.5), RangeError, "the value does not fit into int64"),
        (
            lambda x: bd.pad([1, 2], [(1, 1)], np.nan),
            RangeError,
            "the value does not fit into int64",
        ),
        (lambda x: bd.flip(x, 2), RangeError, "flip: axis 2 is out of range"),
        (lambda x: bd.one_hot([0], 0), RangeError, "one_hot: n must be at least 1"),
        (lambda x: x.reshape(4, 2), ShapeError, "reshape: 6 values cannot fill (4, 2)"),
        (lambda x: x.reshape(-1, -1), ShapeError, "at most one of them -1"),
        (lambda x: x.reshape(6.0), DTypeError, "a size in a shape must be a whole number"),
        (lambda x: x.transpose(0, 0), RangeError, "transpose needs each axis once"),
        (lambda x: x.transpose(0, 2), RangeError, "transpose: axis 2 is out of range"),
        (lambda x: x.broadcast_to(3), ShapeError, "broadcast"),
        (lambda x: x.squeeze(0), ShapeError, "squeeze: axis 0 has size 2"),
        (lambda x: x[0].mT, ShapeError, "mT needs at least two axes"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, text):
    with pytest.raises(error) as caught:
        call(bd.tensor(np.ones((2, 3))))

    assert text in str(caught.value)


def test_error_of_reshape_shows_both_shapes():
    with pytest.raises(ShapeError) as caught:
        bd.ones((2, 3)).reshape(4, 2)

    assert str(caught.value) == (
        "reshape: 6 values cannot fill (4, 2)\n"
        "  expected  sizes whose product is 6, at most one of them -1\n"
        "  got       (2, 3) -> (4, 2)"
    )


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_stack_is_that_of_numpy(axis):
    parts = [np.random.default_rng(seed).standard_normal((2, 3)) for seed in range(4)]

    out = bd.stack([bd.tensor(part, "float64") for part in parts], axis)

    np.testing.assert_array_equal(out.data, np.stack(parts, axis))


def test_stack_takes_numbers_and_tensors():
    x = bd.parameter(2.0)

    out = bd.stack([x, 3.0, x * x])

    assert out.tolist() == [2.0, 3.0, 4.0]
    assert bd.grad(out.sum(), x).item() == 5.0


def test_concat_takes_the_common_kind_and_gradients_flow_to_each_part():
    x, y = bd.parameter([1.0, 2.0]), bd.parameter([3.0])

    out = bd.concat([x, [7], y])

    assert out.tolist() == [1.0, 2.0, 7.0, 3.0]
    dx, dy = bd.grad(out, [x, y], weight=[1.0, 2.0, 3.0, 4.0])
    assert (dx.tolist(), dy.tolist()) == ([1.0, 2.0], [4.0])


@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 3), (0, 2)])
def test_shape_methods_are_those_of_numpy(shape):
    x, t = np.zeros(shape), bd.zeros(shape)

    assert t.T.shape == x.T.shape
    assert t.flatten().shape == x.flatten().shape
    assert t.squeeze().shape == x.squeeze().shape
    assert t.expand_dims(-1).shape == np.expand_dims(x, -1).shape
    assert t.expand_dims(0).shape == np.expand_dims(x, 0).shape
    assert t.reshape(-1 if x.size else shape).shape == x.reshape(-1 if x.size else shape).shape
