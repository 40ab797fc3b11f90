"""Shapes meet by NumPy's rule, and where NumPy refuses, so does Badak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base import shapes
from badak.base.errors import ShapeError

SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@given(st.lists(SHAPES, min_size=1, max_size=3))
def test_shapes_broadcast_by_the_rule_of_numpy(several):
    try:
        expected = np.broadcast_shapes(*several)
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.broadcast(*several)
    else:
        assert shapes.broadcast(*several) == expected


@given(x=SHAPES, y=SHAPES)
def test_sum_has_the_values_of_numpy_or_is_refused(x, y):
    a, b = np.full(x, 1.5, np.float32), np.full(y, 2.0, np.float32)
    try:
        expected = a + b
    except ValueError:
        with pytest.raises(ShapeError):
            bd.tensor(a) + b
    else:
        np.testing.assert_array_equal((bd.tensor(a) + b).data, expected)


@given(x=SHAPES, target=SHAPES)
def test_broadcast_to_is_that_of_numpy(x, target):
    a = np.ones(x, np.float32)
    try:
        expected = np.broadcast_to(a, target)
    except ValueError:
        with pytest.raises(ShapeError):
            bd.tensor(a).broadcast_to(target)
    else:
        assert bd.tensor(a).broadcast_to(target).shape == expected.shape


@given(x=SHAPES, y=SHAPES)
def test_gradient_of_a_broadcast_sum_counts_the_uses(x, y):
    try:
        shape = np.broadcast_shapes(x, y)
    except ValueError:
        return
    a, b = bd.parameter(np.zeros(x)), bd.parameter(np.zeros(y))

    grads = bd.grad(a + b, [a, b], weight=np.ones(shape))

    counts = [np.prod(shape) / max(np.prod(s), 1) for s in (x, y)]
    for g, s, count in zip(grads, (x, y), counts, strict=True):
        np.testing.assert_array_equal(g.data, np.full(s, count))
