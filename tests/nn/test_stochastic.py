"""Random layers that stay on in prediction, in NumPy and as machine code."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn

RANDOM = [
    lambda: nn.Dropout(0.5),
    lambda: nn.Dropout(0.5, inverted=False),
    lambda: nn.AlphaDropout(0.5),
    lambda: nn.GaussianNoise(0.5),
    lambda: nn.GaussianDropout(0.5),
    lambda: nn.WeightNoise(nn.Linear(6, 6), 0.5),
]
every_random_layer = pytest.mark.parametrize("make", RANDOM)


@every_random_layer
def test_sampled_draws_what_training_draws_and_then_it_is_off(make):
    with bd.seeded(1):
        layer = make()
    with bd.seeded(1):
        twin = make()
    x = bd.ones((4, 6))
    with bd.training():
        expected = [twin(x).numpy() for _ in range(2)]

    drawn = [nn.sampled(layer)(x).numpy() for _ in range(2)]

    np.testing.assert_array_equal(drawn, expected)
    assert not np.array_equal(*drawn)
    np.testing.assert_array_equal(layer(x).numpy(), layer(x).numpy())


def test_sampled_leaves_batch_norm_in_prediction():
    norm, x = nn.BatchNorm(3), bd.tensor(np.arange(12.0).reshape(4, 3))

    y = nn.sampled(nn.Sequential(norm, nn.Dropout(0.0)))(x)

    np.testing.assert_array_equal(y.numpy(), norm(x).numpy())
    assert norm.running_mean.tolist() == [0.0] * 3


def test_an_error_inside_switches_it_off_again():
    layer = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
    with pytest.raises(ValueError, match="Linear"):
        nn.sampled(layer)(bd.ones((2, 4)))

    x = bd.ones((2, 3))

    assert layer[0](x) is x


@every_random_layer
def test_sampled_machine_code_draws_the_same(make):
    with bd.seeded(1):
        layer = make()
    with bd.seeded(1):
        twin = make()
    x = bd.ones((4, 6))
    draw, compiled = nn.sampled(twin), bd.compile(nn.sampled(layer))

    for _ in range(3):
        np.testing.assert_allclose(compiled(x).numpy(), draw(x).numpy(), rtol=1e-5, atol=1e-6)
    assert compiled.is_native
