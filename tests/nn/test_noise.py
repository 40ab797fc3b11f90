"""Noise on activations."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError


def noised(layer, x):
    with bd.training():
        return layer(bd.tensor(x)).numpy()


@pytest.mark.technique(120)
def test_noise_has_its_standard_deviation_and_no_mean():
    z = noised(nn.GaussianNoise(0.3), np.full(100_000, 2.0)) - 2.0

    assert abs(z.std() - 0.3) < 5 * 0.3 / np.sqrt(2 * 100_000)
    assert abs(z.mean()) < 5 * 0.3 / np.sqrt(100_000)


@pytest.mark.technique(120)
def test_without_spread_and_in_prediction_nothing_happens():
    x = bd.tensor([1.0, -2.0, 3.0])

    assert nn.GaussianNoise(0.5)(x) is x
    np.testing.assert_array_equal(noised(nn.GaussianNoise(0.0), x.numpy()), x.numpy())


def test_each_call_and_each_layer_draws_anew():
    layer, other, x = nn.GaussianNoise(1.0), nn.GaussianNoise(1.0), np.zeros(100)

    first, second, third = noised(layer, x), noised(layer, x), noised(other, x)

    assert not (first == second).any()
    assert not (first == third).any()


def test_the_gradient_passes_unchanged():
    x = bd.parameter(np.ones(5))

    with bd.training():
        g = bd.grad(nn.GaussianNoise(0.5)(x).sum(), x)

    assert g.tolist() == [1.0] * 5


def test_a_resumed_training_draws_the_noise_it_would_have_drawn():
    layer, other = nn.GaussianNoise(0.5), nn.GaussianNoise(0.2)
    noised(layer, np.ones(3))

    other.load_state_dict(layer.state_dict())

    np.testing.assert_array_equal(noised(other, np.ones(9)), noised(layer, np.ones(9)))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_gaussian_dropout_has_mean_and_variance_of_dropout(p):
    x = np.full(200_000, 3.0)

    y, z = noised(nn.GaussianDropout(p), x), noised(nn.Dropout(p), x)

    assert abs(y.mean() - 3) < 0.05
    np.testing.assert_allclose(y.var(), 9 * p / (1 - p), rtol=0.03)
    np.testing.assert_allclose(z.var(), y.var(), rtol=0.03)


@pytest.mark.parametrize("std", [-0.1, float("nan"), float("inf")])
def test_std_is_at_least_0(std):
    with pytest.raises(RangeError, match="GaussianNoise: std is out of range"):
        nn.GaussianNoise(std)


def test_std_is_a_number():
    with pytest.raises(DTypeError, match="GaussianNoise: std must be a number"):
        nn.GaussianNoise("much")
