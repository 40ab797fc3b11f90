"""Flatten."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import ShapeError


def test_values_keep_their_order():
    x = np.arange(24.0).reshape(2, 3, 2, 2)

    np.testing.assert_array_equal(nn.Flatten()(x).numpy(), x.reshape(2, 12))


def test_rows_stay_as_they_are():
    x = bd.tensor([[1.0, 2.0]])

    assert nn.Flatten()(x).tolist() == x.tolist()


@pytest.mark.parametrize("shape", [(), (3,)])
def test_without_a_batch_axis_there_is_nothing_to_flatten(shape):
    with pytest.raises(ShapeError, match="Flatten needs a batch axis and at least one more"):
        nn.Flatten()(bd.zeros(shape))


@pytest.mark.parametrize("dim", [1, -2])
def test_unflatten_is_the_inverse(dim):
    x = bd.arange(48).reshape(2, 3, 4, 2)

    assert nn.Unflatten(dim, (3, -1))(x.reshape(2, 12, 2)).tolist() == x.tolist()


def test_sizes_that_do_not_fill_an_axis_are_refused():
    with pytest.raises(ShapeError, match="6 values cannot fill"):
        nn.Unflatten(1, (4, 5))(bd.zeros((2, 6)))
