"""Pooling layers. The operation itself is tested with the operations."""

from __future__ import annotations

import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError


def test_the_largest_value_of_each_window_remains():
    x = bd.tensor([[[[1.0, 2.0, 5.0, 6.0], [4.0, 3.0, 8.0, 7.0]]]])

    assert nn.MaxPool2d(2)(x).tolist() == [[[[4.0, 8.0]]]]


def test_the_stride_is_the_kernel_unless_given():
    x = bd.arange(5).reshape(1, 1, 1, 5).astype("float32")

    assert nn.MaxPool2d((1, 2))(x).tolist() == [[[[1.0, 3.0]]]]
    assert nn.MaxPool2d((1, 2), stride=1)(x).tolist() == [[[[1.0, 2.0, 3.0, 4.0]]]]


def test_padding_is_never_the_largest():
    x = bd.full((1, 1, 2, 2), -5.0)

    assert nn.MaxPool2d(2, padding=1)(x).tolist() == [[[[-5.0, -5.0], [-5.0, -5.0]]]]


def test_the_gradient_goes_to_the_largest():
    x = bd.parameter([[[[1.0, 2.0], [4.0, 3.0]]]])

    g = bd.grad(nn.MaxPool2d(2)(x).sum(), x)

    assert g.tolist() == [[[[0.0, 0.0], [1.0, 0.0]]]]


def test_padding_of_more_than_half_a_kernel_is_refused():
    with pytest.raises(RangeError, match=r"padding must be at most half(.|\n)*at most 1(.|\n)*2"):
        nn.MaxPool2d(2, padding=2)(bd.zeros((1, 1, 4, 4)))


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ShapeError, match="larger"):
        nn.MaxPool2d(5)(bd.zeros((1, 1, 4, 4)))


def test_missing_axes_are_refused():
    with pytest.raises(ShapeError, match=r"MaxPool2d needs \(batch, channels, height, width\)"):
        nn.MaxPool2d(2)(bd.zeros((4, 4)))


@pytest.mark.parametrize("settings", [{"kernel_size": 0}, {"kernel_size": 2, "stride": 0}])
def test_a_setting_below_1_is_named(settings):
    with pytest.raises(RangeError, match=f"MaxPool2d: {list(settings)[-1]} must be at least 1"):
        nn.MaxPool2d(**settings)
