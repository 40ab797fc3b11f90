"""What a convolution is: worked numbers, counts of parameters, a matrix, a filter, a gradient."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# How many parameters.


@pytest.mark.technique(151)
def test_99_to_10_takes_990_weights_when_dense():
    dense = nn.Linear(99, 10, bias=False)

    assert dense.parameter_count() == 990
    assert dense.summary((99,)).parameters == 990


@pytest.mark.technique(151)
@pytest.mark.parametrize(("kernel", "outputs"), [(90, 10), (10, 90)])
def test_a_kernel_of_90_gives_10_outputs_of_99_and_one_of_10_gives_90(kernel, outputs):
    layer = nn.Conv1d(1, 1, kernel, bias=False)

    assert layer.parameter_count() == kernel
    assert layer.summary((1, 99)).rows[-1].output_shape == (1, outputs)


# A convolution is linear.


@pytest.mark.technique(152)
def test_a_convolution_in_one_dimension_is_a_toeplitz_matrix():
    kernel, x = numbers(3), numbers(8, seed=1)
    matrix = np.array(
        [[kernel[j - i] if 0 <= j - i < 3 else 0.0 for j in range(8)] for i in range(6)]
    )

    y = bd.conv(bd.tensor(x[None, None], "float64"), kernel[None, None])

    np.testing.assert_allclose(y.numpy()[0, 0], matrix @ x, rtol=1e-12)


@pytest.mark.technique(152)
@pytest.mark.parametrize(
    "settings",
    [{}, {"stride": 2, "padding": 1}, {"dilation": 2}, {"padding": "same"}, {"groups": 2}],
    ids=str,
)
def test_a_convolution_is_one_sparse_matrix(settings):
    layer = nn.Conv2d(2, 4, 2, bias=False, **settings).to("float64")
    unit_images = np.eye(2 * 5 * 4).reshape(-1, 2, 5, 4)
    columns = layer(bd.tensor(unit_images, "float64")).numpy()
    matrix, x = columns.reshape(len(unit_images), -1).T, numbers(3, 2, 5, 4)

    y = layer(bd.tensor(x, "float64")).numpy()

    np.testing.assert_allclose(
        y.reshape(3, -1), x.reshape(3, -1) @ matrix.T, rtol=1e-10, atol=1e-12
    )
    weights = set(np.round(layer.weight.numpy().ravel(), 12))
    assert set(np.round(matrix[matrix != 0], 12)) <= weights  # the same few numbers everywhere


# A kernel as a filter.


@pytest.mark.technique(153)
def test_sobel_answers_to_an_edge_and_blur_softens_it():
    image = np.zeros((1, 1, 6, 8))
    image[..., 4:] = 1.0  # dark at the left, bright at the right
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    layer = nn.Conv2d(1, 3, 3, bias=False)
    layer.weight.assign(np.stack([sobel, sobel.T, np.full((3, 3), 1 / 9)])[:, None])

    upright, level, blurred = layer(bd.tensor(image)).numpy()[0, :, 2]

    np.testing.assert_allclose(upright, [0, 0, 4, 4, 0, 0], atol=1e-6)
    np.testing.assert_allclose(level, 0, atol=1e-6)  # there is no edge from above to below
    np.testing.assert_allclose(blurred, [0, 0, 1 / 3, 2 / 3, 1, 1], atol=1e-6)


# The kernel stays as it is while it slides: what moves in the image moves in the result.


@pytest.mark.technique(154)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("shift", [2, 4])
def test_a_shifted_image_gives_the_shifted_result(stride, shift):
    layer, image = nn.Conv2d(2, 3, 3, stride).to("float64"), numbers(1, 2, 14, 14)
    moved = np.roll(image, (shift, shift), axis=(2, 3))

    y, y_moved = (layer(bd.tensor(x, "float64")).numpy() for x in (image, moved))

    far = shift // stride
    np.testing.assert_allclose(y_moved[..., far:, far:], y[..., :-far, :-far], rtol=1e-12)


@pytest.mark.technique(154)
def test_a_global_pool_behind_it_makes_it_indifferent_to_the_place():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.GlobalMaxPool()).to("float64")
    image = np.zeros((1, 1, 12, 12))
    image[..., 4:7, 4:7] = numbers(3, 3)

    y, y_moved = (
        net(bd.tensor(x, "float64")).numpy() for x in (image, np.roll(image, (2, -1), axis=(2, 3)))
    )

    np.testing.assert_allclose(y_moved, y, rtol=1e-12)


# Shapes.


@pytest.mark.technique(155)
@pytest.mark.parametrize(
    ("layer", "x", "y"),
    [
        (nn.Conv1d(1, 1, 3), (1, 1, 7), (1, 1, 5)),  # speech, text
        (nn.Conv2d(1, 1, 3), (1, 1, 7, 7), (1, 1, 5, 5)),  # a grey image
        (nn.Conv2d(3, 1, 3), (1, 3, 7, 7), (1, 1, 5, 5)),  # a colour image is not three-dimensional
        (nn.Conv2d(3, 10, 3), (1, 3, 7, 7), (1, 10, 5, 5)),  # ten kernels, ten channels
        (nn.Conv3d(1, 10, 3), (1, 1, 7, 7, 7), (1, 10, 5, 5, 5)),  # a volume is
    ],
    ids=str,
)
def test_a_kernel_has_the_channels_of_its_input_and_each_gives_one(layer, x, y):
    assert layer(bd.zeros(x)).shape == y
    assert layer.weight.shape[:2] == (y[1], x[1])


# Numbers, forwards and backwards.


@pytest.mark.technique(156)
def test_1_to_5_with_1_0_minus_1_gives_minus_2_three_times():
    layer = nn.Conv1d(1, 1, 3, bias=False)
    layer.weight.assign([[[1.0, 0.0, -1.0]]])

    assert layer(bd.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])).tolist() == [[[-2.0, -2.0, -2.0]]]


@pytest.mark.technique(157)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2},
        {"padding": ((1, 0), (0, 2))},
        {"dilation": (1, 2)},
        {"groups": 2},
        {"stride": (2, 1), "padding": 1, "dilation": 2, "groups": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("function", [bd.conv, bd.conv_transpose])
def test_gradients_of_convolutions_are_the_central_differences(function, settings):
    x, w = numbers(2, 4, 5, 5), numbers(4, 2 if "groups" in settings else 4, 2, 2, seed=1)

    assert bd.check_grad(lambda x, w: function(x, w, **settings), x, w, order=2) < 1e-6


# Channels that do not see each other.


def test_a_depthwise_convolution_has_one_kernel_a_channel():
    layer, x = (
        nn.Conv2d(3, 3, 3, padding="same", groups=3, bias=False).to("float64"),
        numbers(2, 3, 5, 5),
    )

    y = layer(bd.tensor(x, "float64")).numpy()

    assert layer.weight.shape == (3, 1, 3, 3)
    for c in range(3):
        alone = bd.conv(x[:, c : c + 1], layer.weight[c : c + 1], padding=1)
        np.testing.assert_allclose(y[:, c], alone.numpy()[:, 0], rtol=1e-12)


def test_same_padding_of_an_even_kernel_reaches_further_behind():
    layer = nn.Conv1d(1, 1, 4, padding="same", bias=False)
    layer.weight.assign([[[1.0, 10.0, 100.0, 1000.0]]])

    assert layer(bd.tensor([[[0.0, 0.0, 1.0, 0.0, 0.0]]])).tolist() == [[[1000, 100, 10, 1, 0]]]


def test_same_padding_is_for_stride_1_and_words_are_checked():
    with pytest.raises(RangeError, match="padding 'same' keeps the size"):
        nn.Conv1d(1, 1, 3, stride=2, padding="same")
    with pytest.raises(RangeError, match="unknown padding 'smae'"):
        nn.Conv1d(1, 1, 3, padding="smae")
    assert nn.Conv1d(1, 1, 3, padding="valid")(bd.zeros((1, 1, 5))).shape == (1, 1, 3)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_the_size(kernel, dilation):
    layer = nn.Conv2d(1, 1, kernel, padding="same", dilation=dilation)

    assert layer(bd.zeros((1, 1, 6, 9))).shape == (1, 1, 6, 9)
