"""Layers whose weight is computed: weight norm, spectral norm, noise on weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, StateError


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


LAYERS = [
    (lambda: nn.Linear(5, 3), (4, 5)),
    (lambda: nn.Conv1d(2, 3, 2), (2, 2, 5)),
    (lambda: nn.Conv2d(2, 3, 2, padding=1), (2, 2, 3, 4)),
    (lambda: nn.Conv3d(1, 2, 2, bias=False), (2, 1, 3, 3, 3)),
]
each_layer = pytest.mark.parametrize(("make", "shape"), LAYERS)


def rows(weight):
    """The weight as a matrix with a row for each output."""
    return weight.T if weight.ndim == 2 else weight.reshape(len(weight), -1)


@each_layer
@pytest.mark.parametrize(
    "wrap", [nn.WeightNorm, lambda layer: nn.WeightNoise(layer, 0.1)], ids=["norm", "noise"]
)
def test_the_wrapped_layer_begins_as_it_was(make, shape, wrap):
    layer = make().to("float64")
    x = bd.tensor(numbers(shape), "float64")
    y = layer(x).numpy()

    np.testing.assert_allclose(wrap(layer).to("float64")(x).numpy(), y, rtol=1e-6)


@each_layer
def test_weight_norm_is_free_of_the_length_of_its_weight(make, shape):
    layer = nn.WeightNorm(make()).to("float64")
    x = bd.tensor(numbers(shape), "float64")
    y = layer(x).numpy()

    layer.layer.weight.assign(7.0 * layer.layer.weight)

    np.testing.assert_allclose(layer(x).numpy(), y, rtol=1e-12)


@each_layer
def test_weight_norm_gives_each_output_the_length_of_its_scale(make, shape):
    layer = nn.WeightNorm(make()).to("float64")
    layer.scale.assign(1.0 + numbers(layer.scale.shape) ** 2)

    weight = layer.reweight(layer.layer.weight).numpy()

    lengths = np.linalg.norm(rows(weight), axis=1)
    np.testing.assert_allclose(lengths, layer.scale.numpy().ravel(), rtol=1e-12)


@each_layer
def test_spectral_norm_finds_the_largest_singular_value(make, shape):
    layer = nn.SpectralNorm(make(), n_power_iterations=300).to("float64")
    layer.layer.weight.assign(numbers(layer.layer.weight.shape))

    with bd.training():
        layer(bd.tensor(numbers(shape), "float64"))

    weight = layer.reweight(layer.layer.weight).numpy()
    np.testing.assert_allclose(np.linalg.norm(rows(weight), ord=2), 1.0, rtol=1e-9)


def test_spectral_norm_begins_near_its_singular_value():
    layer = nn.SpectralNorm(nn.Linear(20, 10))

    weight = layer.reweight(layer.layer.weight).numpy()

    assert 0.99 < np.linalg.norm(weight, ord=2) < 1.1


def test_spectral_norm_moves_its_vectors_in_training_alone():
    layer, x = nn.SpectralNorm(nn.Linear(5, 3)), bd.tensor(numbers((2, 5)))
    layer.layer.weight.assign(numbers((5, 3)))
    before = layer.u.numpy()

    layer(x)
    in_prediction = layer.u.numpy()
    with bd.training():
        layer(x)

    np.testing.assert_array_equal(in_prediction, before)
    assert np.abs(layer.u.numpy() - before).max() > 1e-3


def test_spectral_norm_gradient_holds_its_vectors():
    layer = nn.SpectralNorm(nn.Linear(3, 2)).to("float64")

    def output(weight):
        layer.layer.weight = weight
        return layer(numbers((4, 3)))

    assert bd.check_grad(output, numbers((3, 2)), order=2) < 1e-6


# Noise.


@pytest.mark.technique(121)
def test_the_gradient_is_taken_at_the_noised_weight_and_the_clean_one_is_stored():
    layer = nn.WeightNoise(nn.Linear(3, 1, bias=False), 0.5).to("float64")
    clean, x = layer.layer.weight.numpy(), np.eye(3)

    with bd.training():
        y = layer(bd.tensor(x, "float64"))  # its rows are the noised weight
        g = bd.grad((y * y).sum(), layer.layer.weight).numpy()

    assert np.abs(y.numpy() - clean).min() > 1e-3
    np.testing.assert_allclose(g, 2 * y.numpy(), rtol=1e-12)
    np.testing.assert_array_equal(layer.layer.weight.numpy(), clean)
    np.testing.assert_array_equal(layer.state_dict()["layer.weight"], clean)


@pytest.mark.technique(121)
def test_weights_get_new_noise_at_each_call_and_none_in_prediction():
    layer, x = nn.WeightNoise(nn.Linear(100, 100, bias=False), 0.2), np.eye(100)
    weight = layer.layer.weight.numpy()

    with bd.training():
        first, second = layer(x).numpy() - weight, layer(x).numpy() - weight

    for z in (first, second, (first - second) / np.sqrt(2)):
        assert abs(z.std() - 0.2) < 5 * 0.2 / np.sqrt(2 * z.size)
    np.testing.assert_array_equal(layer(x).numpy(), weight)


# All of them.


def test_another_parameter_can_be_meant():
    layer = nn.WeightNoise(nn.Linear(2, 3), 0.5, name="bias")

    with bd.training():
        y = layer(bd.zeros((2, 2))).numpy()

    assert (y[0] == y[1]).all()
    assert (y != 0).all()


def test_another_axis_can_be_that_of_the_outputs():
    layer = nn.WeightNorm(nn.Linear(5, 3), axis=0)

    assert layer.scale.shape == (5, 1)


def test_gradients_flow_to_the_weight_through_the_norm():
    layer = nn.WeightNorm(nn.Linear(3, 2, bias=False)).to("float64")

    def output(weight, scale):
        layer.layer.weight, layer.scale = weight, scale
        return layer(numbers((4, 3)))

    assert bd.check_grad(output, numbers((3, 2)), numbers((1, 2), 1), order=2) < 1e-6


def test_the_layer_itself_stays_as_it_is():
    inner = nn.Linear(2, 2)
    weight = inner.weight
    layer = nn.WeightNorm(inner)

    layer(bd.ones((1, 2)))

    assert inner.weight is weight
    assert layer.layer is inner


def test_an_open_size_is_filled_before_the_norm_is_made():
    layer = nn.WeightNorm(nn.Linear(None, 3))

    with pytest.raises(StateError, match="Linear does not know its in_features"):
        layer(bd.ones((1, 2)))
    layer.build((1, 2))

    assert layer(bd.ones((1, 2))).shape == (1, 3)
    assert sorted(layer.parameters()) == ["layer.bias", "layer.weight", "scale"]


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (DTypeError, "WeightNorm takes a layer", lambda: nn.WeightNorm(nn.Linear)),
        (RangeError, "has no parameter 'bias'", lambda: nn.WeightNoise(nn.PReLU(), 0.1, "bias")),
        (RangeError, "has no parameter 'kernel'", lambda: nn.WeightNorm(nn.Linear(2, 2), "kernel")),
        (RangeError, "WeightNorm: axis", lambda: nn.WeightNorm(nn.Linear(2, 2), axis=2)),
        (
            RangeError, "SpectralNorm: n_power_iterations",
            lambda: nn.SpectralNorm(nn.Linear(2, 2), n_power_iterations=0),
        ),
        (RangeError, "SpectralNorm: eps", lambda: nn.SpectralNorm(nn.Linear(2, 2), eps=0)),
        (RangeError, "GaussianNoise: std", lambda: nn.WeightNoise(nn.Linear(2, 2), -1.0)),
    ],
)  # fmt: skip
def test_what_cannot_be_wrapped(error, words, make):
    with pytest.raises(error, match=words):
        make()


# In threads.


def test_two_threads_may_use_one_layer():
    layer, x = nn.WeightNorm(nn.Linear(30, 30)), bd.tensor(numbers((20, 30)))
    weight, y = layer.layer.weight, layer(x).numpy()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: layer(x).numpy(), range(200)))

    assert all((z == y).all() for z in found)
    assert layer.layer.weight is weight
