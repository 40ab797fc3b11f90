"""Convolutional layers. The operation itself is tested with the operations."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError


def test_every_kernel_slides_over_every_place():
    layer = nn.Conv2d(1, 1, 2)
    layer.weight.assign([[[[1.0, 2.0], [3.0, 4.0]]]])
    layer.bias.assign([0.5])

    y = layer(bd.arange(9).reshape(1, 1, 3, 3).astype("float32"))

    # 0 1 2
    # 3 4 5     the first window: 0 * 1 + 1 * 2 + 3 * 3 + 4 * 4 + 0.5
    # 6 7 8
    assert y.tolist() == [[[[27.5, 37.5], [57.5, 67.5]]]]


def test_the_bias_starts_at_0_and_belongs_to_a_channel():
    layer = nn.Conv2d(1, 2, 1)
    assert layer.bias.tolist() == [0.0, 0.0]

    layer.bias.assign([1.0, 2.0])
    y = layer(bd.zeros((1, 1, 2, 2)))

    assert y.tolist() == [[[[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]]]]


def test_a_kernel_as_large_as_the_image_is_a_linear_layer():
    conv, x = nn.Conv2d(2, 5, 3), np.random.default_rng(0).normal(size=(4, 2, 3, 3))
    linear = nn.Linear(18, 5)
    linear.weight.assign(conv.weight.numpy().reshape(5, 18).T)

    y = conv(bd.tensor(x)).numpy().reshape(4, 5)

    np.testing.assert_allclose(y, linear(bd.tensor(x.reshape(4, 18))).numpy(), rtol=1e-4)


def test_a_kernel_larger_than_the_image_is_refused():
    with pytest.raises(ShapeError, match=r"kernel \(5, 5\) is larger(.|\n)*\(2, 2\)"):
        nn.Conv2d(1, 1, 5)(bd.zeros((1, 1, 2, 2)))


def test_channels_last_is_recognised():
    with pytest.raises(ShapeError, match=r"28 channels in axis 1(.|\n)*channels-last"):
        nn.Conv2d(3, 4, 3)(bd.zeros((2, 28, 28, 3)))


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((28, 28), "x[None, None] adds axes"),
        ((64, 28, 28), "x[:, None] adds the axis of channels"),
        ((1, 28, 28), "x[None] adds axes"),
        ((1, 1, 1, 28, 28), None),
    ],
)
def test_a_missing_axis_is_refused_with_the_way_to_add_it(shape, hint):
    with pytest.raises(ShapeError, match=r"Conv2d needs \(batch, channels, 2 axes") as refusal:
        nn.Conv2d(1, 4, 3)(bd.zeros(shape))

    assert refusal.value.hint == hint
    if hint is not None:
        added = eval(hint.split(" adds")[0], {"x": np.zeros(shape)})
        assert nn.Conv2d(1, 4, 3)(added.astype("float32")).ndim == 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stride": 0}, "Conv2d: stride must be at least 1"),
        ({"dilation": -1}, "Conv2d: dilation must be at least 1"),
        ({"kernel_size": 0}, "Conv2d: kernel_size must be at least 1"),
        ({"padding": -1}, "Conv2d: padding must be at least 0"),
        ({"groups": 0}, "Conv2d: groups must be at least 1"),
        ({"in_channels": 0}, "Conv2d: in_channels must be at least 1"),
        ({"out_channels": -2}, "Conv2d: out_channels must be at least 1"),
        ({"groups": 3}, "groups must divide the channels"),
        ({"in_channels": 3, "groups": 2}, "groups must divide the channels"),
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_named(settings, words):
    usual = {"in_channels": 2, "out_channels": 4, "kernel_size": 3}

    with pytest.raises(RangeError, match=words):
        nn.Conv2d(**usual | settings)


@pytest.mark.parametrize("name", ["in_channels", "out_channels", "kernel_size", "stride"])
def test_a_setting_that_is_no_whole_number_is_named(name):
    usual = {"in_channels": 2, "out_channels": 4, "kernel_size": 3}

    with pytest.raises(DTypeError, match=f"Conv2d: {name} must be a whole number"):
        nn.Conv2d(**usual | {name: 2.5})


def test_a_setting_for_another_number_of_axes_is_refused():
    with pytest.raises(ShapeError, match="Conv2d: kernel_size needs one number, or one for each"):
        nn.Conv2d(1, 1, (3, 3, 3))


def test_an_open_size_has_to_be_filled_before_use():
    with pytest.raises(StateError, match=r"Conv2d does not know its in_channels(.|\n)*input_shape"):
        nn.Conv2d(None, 3, 3)(bd.zeros((1, 1, 5, 5)))
