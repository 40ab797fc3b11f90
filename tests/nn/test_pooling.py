"""Pooling layers. The operation itself is tested with the operations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


# Other kinds of windows. Agreement with PyTorch, window by window, is in tests/agree.

RAMP = [[[1.0, 2.0, 3.0, 4.0, 5.0]]]


def test_mean_values():
    assert nn.AvgPool1d(2)(bd.tensor(RAMP)).tolist() == [[[1.5, 3.5]]]


def test_padding_counts_in_a_mean_unless_told_otherwise():
    x = bd.ones((1, 1, 2))

    assert nn.AvgPool1d(2, 2, 1)(x).tolist() == [[[0.5, 0.5]]]
    assert nn.AvgPool1d(2, 2, 1, count_include_pad=False)(x).tolist() == [[[1.0, 1.0]]]


def test_in_ceil_mode_a_last_short_window_counts():
    assert nn.MaxPool1d(2, ceil_mode=True)(bd.tensor(RAMP)).tolist() == [[[2.0, 4.0, 5.0]]]
    assert nn.AvgPool1d(2, ceil_mode=True)(bd.tensor(RAMP)).tolist() == [[[1.5, 3.5, 5.0]]]


def test_in_ceil_mode_windows_that_fit_stay_as_they_are():
    assert nn.MaxPool1d(3, 1, ceil_mode=True)(bd.tensor(RAMP)).tolist() == [[[3.0, 4.0, 5.0]]]


def test_in_ceil_mode_a_window_that_begins_behind_the_end_does_not():
    assert nn.MaxPool1d(1, 4, ceil_mode=True)(bd.tensor(RAMP)).tolist() == [[[1.0, 5.0]]]
    assert nn.MaxPool1d(1, 5, ceil_mode=True)(bd.tensor(RAMP)).tolist() == [[[1.0]]]


def test_dilation_skips_values():
    assert nn.MaxPool1d(2, 1, dilation=3)(bd.tensor(RAMP)).tolist() == [[[4.0, 5.0]]]


@pytest.mark.parametrize(
    ("adaptive", "whole"),
    [(nn.AdaptiveAvgPool2d, nn.GlobalAvgPool), (nn.AdaptiveMaxPool2d, nn.GlobalMaxPool)],
)
def test_one_adaptive_window_is_the_global_pool(adaptive, whole):
    x = bd.tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 7)), "float64")

    np.testing.assert_allclose(adaptive(1)(x).numpy()[:, :, 0, 0], whole()(x).numpy(), rtol=1e-14)


@pytest.mark.parametrize("layer", [nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d])
def test_as_many_adaptive_windows_as_values_change_nothing(layer):
    assert layer(5)(bd.tensor(RAMP)).tolist() == RAMP
    assert layer(None)(bd.tensor(RAMP)).tolist() == RAMP


@given(n=st.integers(1, 12), m=st.integers(1, 12))
def test_adaptive_windows_cover_all_values_and_are_never_empty(n, m):
    x = bd.tensor(np.arange(n)[None, None], "float64")

    largest, mean = nn.AdaptiveMaxPool1d(m)(x).data[0, 0], nn.AdaptiveAvgPool1d(m)(x).data[0, 0]

    smallest = 2 * mean - largest  # a window is a run of neighbours
    assert smallest[0] == 0
    assert largest[-1] == n - 1
    assert np.all(smallest[1:] <= largest[:-1] + 1 + 1e-9)
    assert np.all(largest - smallest < np.ceil(n / m) + 1)


def test_of_equal_largest_values_an_adaptive_pool_takes_the_first_in_reading_order():
    x = bd.parameter(np.array([[[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]]]))

    g = bd.grad(nn.AdaptiveMaxPool2d(2)(x)[..., 0, 0], x, weight=[[1.0]])

    assert g.tolist() == [[[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.MaxPool1d(2), (4, 4), r"MaxPool1d needs \(batch, channels, length\)"),
        (nn.AvgPool3d(2), (1, 1, 4, 4), r"AvgPool3d needs \(batch, channels, depth, height, width"),
        (nn.AdaptiveAvgPool1d(2), (1, 1, 4, 4), r"needs \(batch, channels, length\)"),
        (nn.AdaptiveAvgPool1d(2), (1, 1, 0), r"needs \(batch, channels, space\)"),
        (nn.GlobalAvgPool(), (4, 4), r"needs \(batch, channels, space\)"),
        (nn.GlobalMaxPool(), (4, 4, 0), r"needs \(batch, channels, space\)"),
    ],
    ids=str,
)
def test_what_has_no_windows_is_refused(layer, shape, words):
    with pytest.raises(ShapeError, match=words):
        layer(bd.zeros(shape))


def test_settings_of_adaptive_pools_are_checked():
    with pytest.raises(RangeError, match="AdaptiveAvgPool2d: output_size must be at least 1"):
        nn.AdaptiveAvgPool2d((2, 0))
    with pytest.raises(ShapeError, match="AdaptiveMaxPool2d: output_size needs one number, or one"):
        nn.AdaptiveMaxPool2d((2, 2, 2))
