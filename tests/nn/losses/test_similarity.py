"""Directions: lengths do not matter, and none is no direction."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import ShapeError


@pytest.mark.technique(53)
@pytest.mark.parametrize("length", [1e-6, 1.0, 1000.0])
def test_same_opposite_and_right_angle(length):
    t = [[3.0, 4.0]] * 3
    p = bd.tensor(np.array([[3.0, 4.0], [-3.0, -4.0], [-4.0, 3.0]]) * length, "float64")

    values = nn.losses.cosine_similarity(p, t)

    np.testing.assert_allclose(values.numpy(), [-1, 1, 0], atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_of_zeros_is_like_nothing_and_has_a_gradient(dtype):
    p = bd.parameter([[0.0, 0.0]], dtype)

    loss = nn.CosineSimilarity()(p, [[3.0, 4.0]])

    assert float(loss) == 0.0
    np.testing.assert_allclose(bd.grad(loss, p).numpy(), [[-0.6e7, -0.8e7]], rtol=1e-6)


def test_numbers_have_no_direction():
    with pytest.raises(ShapeError, match="CosineSimilarity compares rows of values"):
        nn.CosineSimilarity()(bd.zeros(3), np.zeros(3))
