"""Networks without activations are one matrix, whatever their depth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.random import generator, seeded
from badak.lab.claims.experiments.linear_depth import affine, distance_from_affine, linear_depth
from badak.nn import Identity, mlp


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_deep_linear_networks_are_affine_with_the_rank_of_their_narrowest_layer(
    seed: int, depth: int, narrow: int
) -> None:
    with seeded(seed):
        net = mlp(6, [5] * depth + [narrow], 6, Identity, init="xavier").to("float64")
    x = generator(seed, "x").standard_normal((50, 6))
    y = net(x).numpy()

    assert distance_from_affine(x, y) < 1e-9
    assert np.linalg.matrix_rank(affine(x, y)[:-1], tol=1e-9) <= narrow


def test_the_nearest_affine_map_is_the_product_of_the_layers() -> None:
    net = mlp(3, [4, 5], 2, Identity).to("float64")
    x = generator(0, "x").standard_normal((20, 3))
    product = net[0].weight.numpy() @ net[2].weight.numpy() @ net[4].weight.numpy()

    np.testing.assert_allclose(affine(x, net(x).numpy())[:-1], product, atol=1e-10)


def test_relu_bends() -> None:
    """max(x, 0) = x/2 + |x|/2: of the variance 1/12 + 1/48 that of |x|/2, 1/48, is a fifth."""
    x = np.linspace(-1.0, 1.0, 10_001)[:, None]

    assert distance_from_affine(x, np.maximum(x, 0.0)) ** 2 == pytest.approx(0.2, abs=1e-3)


def test_no_depth_of_linear_layers_learns_xor() -> None:
    found = {
        (one.contender, one.measure): one.value
        for one in linear_depth([0], data=["xor"], units=10, layers=3, updates=300)
    }

    assert found["Deep, linear", "test error"] > 0.2
    assert found["One linear layer", "test error"] > 0.2
    assert found["Deep, ReLU", "test error"] < 0.05
    assert found["Deep, linear", "distance from affine"] < 1e-4
    assert found["Deep, ReLU", "distance from affine"] > 0.2
