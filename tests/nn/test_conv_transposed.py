"""Transposed convolutions: the adjoint, sizes, refusals. Agreement with PyTorch is in agree/."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError

LAYERS = {
    1: (nn.Conv1d, nn.ConvTranspose1d),
    2: (nn.Conv2d, nn.ConvTranspose2d),
    3: (nn.Conv3d, nn.ConvTranspose3d),
}


@st.composite
def settings(draw):
    """How kernels move along each of one to three axes."""
    n = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 2))
    rows = []
    for _ in range(n):
        kernel, stride, dilation = (draw(st.integers(1, 3)) for _ in range(3))
        least = dilation * (kernel - 1) + 1
        rows.append((least + draw(st.integers(0, 4)), kernel, stride, dilation))
    sizes, kernels, strides, dilations = zip(*rows, strict=True)
    padding = tuple((draw(st.integers(0, 1)), draw(st.integers(0, 1))) for _ in range(n))
    return sizes, kernels, strides, padding, dilations, groups


@given(how=settings(), seed=st.integers(0, 99))
def test_it_is_the_adjoint_of_the_convolution_of_the_same_settings(how, seed):
    size, kernel, stride, padding, dilation, groups = how
    noise = np.random.default_rng(seed)
    x, w = noise.normal(size=(2, 2 * groups, *size)), noise.normal(size=(groups, 2, *kernel))
    forward = bd.conv(bd.tensor(x, "float64"), w, stride, padding, dilation, groups)
    y = noise.normal(size=forward.shape)
    left = zip(size, forward.shape[2:], kernel, stride, padding, dilation, strict=True)
    more = [s - ((r - 1) * step - sum(p) + d * (k - 1) + 1) for s, r, k, step, p, d in left]

    back = bd.conv_transpose(bd.tensor(y, "float64"), w, stride, padding, more, dilation, groups)

    assert back.shape == x.shape
    np.testing.assert_allclose((forward.data * y).sum(), (x * back.data).sum(), rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_layer_gives_back_the_size_that_the_convolution_took(n):
    forward, backward = LAYERS[n]
    x = bd.ones((2, 3) + (7,) * n)

    y = forward(3, 5, 3, stride=2, padding=1)(x)

    assert backward(5, 3, 3, stride=2, padding=1)(y).shape == x.shape
    assert backward(5, 3, 3, stride=2, padding=1, output_padding=1)(y).shape == (2, 3) + (8,) * n


def test_every_value_lays_its_kernel_into_the_result():
    layer = nn.ConvTranspose1d(1, 1, 3, stride=2)
    layer.weight.assign([[[1.0, 10.0, 100.0]]])
    layer.bias.assign([0.5])

    # 1 10 100           of the first value
    #      2  20 200     of the second, two places on
    assert layer(bd.tensor([[[1.0, 2.0]]])).tolist() == [[[1.5, 10.5, 102.5, 20.5, 200.5]]]


def test_output_padding_lengthens_the_end_alone():
    layer = nn.ConvTranspose1d(1, 1, 1, stride=3, output_padding=2, bias=False)
    layer.weight.assign([[[1.0]]])

    assert layer(bd.tensor([[[1.0, 2.0]]])).tolist() == [[[1.0, 0.0, 0.0, 2.0, 0.0, 0.0]]]


def test_he_keeps_the_spread_whatever_the_stride():
    x = bd.tensor(np.random.default_rng(0).normal(size=(4, 64, 16, 16)))

    y = nn.ConvTranspose2d(64, 64, 4, stride=2, bias=False)(x)

    assert y.numpy()[:, :, 4:-4, 4:-4].std() == pytest.approx(np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"output_padding": 2}, RangeError, "output_padding must be less than the stride"),
        ({"output_padding": -1}, RangeError, "output_padding must be at least 0"),
        ({"groups": 3}, RangeError, "groups must divide the channels"),
        ({"kernel_size": (1, 2, 3)}, ShapeError, "kernel_size needs one number"),
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_named(settings, error, words):
    usual = {"in_channels": 2, "out_channels": 4, "kernel_size": 3, "stride": 2}

    with pytest.raises(error, match=f"ConvTranspose2d: {words}"):
        nn.ConvTranspose2d(**usual | settings)


@pytest.mark.parametrize(
    ("x", "options", "error", "words"),
    [
        ((1, 3, 4), {}, ShapeError, "3 channels in axis 1"),
        ((1, 2), {}, ShapeError, "2 axes more than there is space"),
        ((1, 2, 4), {"groups": 3}, ShapeError, "2 channels for a kernel"),
        ((1, 2, 1), {"padding": 2}, ShapeError, "nothing is left"),
        ((1, 2, 4), {"stride": 2, "output_padding": 2}, RangeError, "less than the stride"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(x, options, error, words):
    with pytest.raises(error, match=words):
        bd.conv_transpose(np.ones(x), np.ones((2, 1, 3)), **options)
