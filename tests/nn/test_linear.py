"""Linear: y = x W + b."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError


def test_forward_and_gradients_are_the_matrix_formulas():
    layer = nn.Linear(3, 2)
    x, g = np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(4, 2)
    layer.bias.assign([1.0, -1.0])
    w = layer.weight.numpy()

    y = layer(bd.tensor(x))
    gradients = bd.grad(y, layer.parameters(), weight=g)

    np.testing.assert_allclose(y.numpy(), x @ w + [1.0, -1.0], rtol=1e-5)
    np.testing.assert_allclose(gradients["weight"].numpy(), x.T @ g)
    np.testing.assert_allclose(gradients["bias"].numpy(), g.sum(axis=0))


def test_the_bias_starts_at_0():
    assert nn.Linear(3, 2).bias.tolist() == [0.0, 0.0]


def test_images_go_in_after_flatten():
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    x = np.arange(24.0).reshape(2, 3, 2, 2)

    np.testing.assert_array_equal(
        net(bd.tensor(x)).numpy(), net(bd.tensor(x.reshape(2, 12))).numpy()
    )


def test_linear_layers_alone_are_one_matrix():
    layers = [nn.Linear(4, 6), nn.Linear(6, 5), nn.Linear(5, 3)]
    net = nn.Sequential(*layers).to("float64")
    for layer in layers:
        layer.bias.assign(np.arange(float(layer.out_features)))
    x = np.random.default_rng(0).normal(size=(7, 4))

    bias = net(bd.zeros((1, 4), "float64")).numpy()
    matrix = net(bd.tensor(np.eye(4), "float64")).numpy() - bias

    np.testing.assert_allclose(net(bd.tensor(x, "float64")).numpy(), x @ matrix + bias, rtol=1e-12)


def test_tags_tell_weights_from_biases():
    layer = nn.Linear(1, 1)

    assert (layer.weight.tags, layer.bias.tags) == (("weight",), ("bias",))


def test_another_width_is_refused_with_the_number_to_set():
    with pytest.raises(ShapeError) as refusal:
        nn.Linear(5, 3)(bd.zeros((8, 4)))

    assert "Linear(5 -> 3)" in refusal.value.what
    assert (refusal.value.expected, refusal.value.got) == ("(..., 5)", (8, 4))
    assert refusal.value.hint == "in_features=4"


def test_an_image_is_told_to_be_flattened():
    with pytest.raises(ShapeError) as refusal:
        nn.Linear(784, 3)(bd.zeros((8, 1, 28, 28)))

    assert refusal.value.hint == "Flatten() first"


def test_a_single_number_is_refused():
    with pytest.raises(ShapeError, match=r"Linear\(5 -> 3\)"):
        nn.Linear(5, 3)(bd.tensor(1.0))


def test_whole_numbers_are_refused_with_the_conversion():
    with pytest.raises(DTypeError, match=r"Linear needs floats(.|\n)*int64(.|\n)*astype"):
        nn.Linear(2, 1)([[1, 2]])


def test_pixels_are_told_to_be_scaled():
    with pytest.raises(DTypeError, match=r"uint8(.|\n)*/ 255"):
        nn.Linear(2, 1)(np.zeros((1, 2), np.uint8))


@pytest.mark.parametrize("size", [0, -1])
@pytest.mark.parametrize("position", ["in_features", "out_features"])
def test_a_size_below_1_is_refused(size, position):
    sizes = {"in_features": 5, "out_features": 3, position: size}

    with pytest.raises(RangeError, match=f"{position} must be at least 1(.|\n)*{size}"):
        nn.Linear(**sizes)


@pytest.mark.parametrize("size", [2.5, "3", True])
@pytest.mark.parametrize("position", ["in_features", "out_features"])
def test_a_size_that_is_no_whole_number_is_refused(size, position):
    sizes = {"in_features": 5, "out_features": 3, position: size}

    with pytest.raises(DTypeError, match=f"{position} must be a whole number(.|\n)*{size}"):
        nn.Linear(**sizes)


def test_an_open_size_has_to_be_filled_before_use():
    layer = nn.Linear(None, 3)

    with pytest.raises(StateError, match=r"in_features yet(.|\n)*input_shape"):
        layer(bd.zeros((1, 2)))


def test_an_unknown_initialiser_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown initialiser 'xavir'(.|\n)*mean 'xavier'"):
        nn.Linear(2, 3, init="xavir")
