from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError


def normal(*shape, seed=0):
    return bd.tensor(np.random.default_rng(seed).standard_normal(shape), "float64")


@pytest.mark.parametrize(
    ("x", "w", "out"),
    [
        ((1, 1, 5), (1, 1, 3), (1, 1, 3)),  # speech and text
        ((1, 1, 7, 7), (1, 1, 3, 3), (1, 1, 5, 5)),  # grey images
        ((1, 3, 7, 7), (1, 3, 3, 3), (1, 1, 5, 5)),  # colour images: as deep as the kernel
        ((1, 3, 7, 7), (10, 3, 3, 3), (1, 10, 5, 5)),  # one output channel a kernel
        ((2, 4, 5, 6, 7), (8, 4, 2, 3, 4), (2, 8, 4, 4, 4)),  # volumes
    ],
)
def test_shape_of_a_convolution(x, w, out):
    assert bd.conv(np.ones(x), np.ones(w)).shape == out


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_convolution_of_a_shifted_image_is_the_shifted_convolution(shift):
    image, kernel = normal(2, 3, 12, 12), normal(4, 3, 3, 3, seed=1)
    moved = bd.pad(image, [(0, 0), (0, 0), (shift, 0), (shift, 0)])[:, :, :12, :12]

    out, moved_out = bd.conv(image, kernel).data, bd.conv(moved, kernel).data

    # Equal where no window looks over the edge that moved in.
    np.testing.assert_allclose(
        moved_out[:, :, shift:, shift:], out[:, :, :-shift, :-shift], rtol=1e-12, atol=1e-12
    )


@given(steps=st.integers(1, 3), kernel=st.integers(1, 3), seed=st.integers(0, 99))
def test_convolution_is_linear_in_image_and_kernel(steps, kernel, seed):
    x, y = normal(1, 2, 7, seed=seed), normal(1, 2, 7, seed=seed + 100)
    w = normal(3, 2, kernel, seed=seed + 200)

    both = bd.conv(x + 2.0 * y, w, stride=steps)

    apart = bd.conv(x, w, stride=steps) + 2.0 * bd.conv(y, w, stride=steps)
    np.testing.assert_allclose(both.data, apart.data, rtol=1e-12, atol=1e-12)


def test_groups_do_not_see_each_other():
    x, w = normal(2, 4, 6), normal(6, 2, 3, seed=1)

    together = bd.conv(x, w, groups=2)

    apart = bd.concat([bd.conv(x[:, :2], w[:3]), bd.conv(x[:, 2:], w[3:])], axis=1)
    np.testing.assert_allclose(together.data, apart.data, rtol=1e-14)


def test_kernel_of_1x1_is_a_matrix_product_over_channels():
    x, w = normal(2, 3, 4, 5), normal(6, 3, 1, 1, seed=1)

    expected = np.einsum("nchw,oc->nohw", x.data, w.data[:, :, 0, 0])

    np.testing.assert_allclose(bd.conv(x, w).data, expected, rtol=1e-13, atol=1e-14)


def test_dilated_kernel_is_a_kernel_with_zeros_between():
    x, w = normal(1, 1, 9, 9), normal(1, 1, 3, 3, seed=1)
    wide = np.zeros((1, 1, 5, 5))
    wide[:, :, ::2, ::2] = w.data

    out = bd.conv(x, w, dilation=2)

    np.testing.assert_allclose(out.data, bd.conv(x, bd.tensor(wide, "float64")).data, rtol=1e-13)


def test_one_number_one_an_axis_and_one_pair_an_axis_say_the_same():
    x, w = normal(1, 1, 6, 6), normal(1, 1, 3, 3, seed=1)

    outs = [bd.conv(x, w, padding=p).data for p in (1, (1, 1), ((1, 1), (1, 1)))]

    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])


@pytest.mark.parametrize(
    ("x", "w", "options", "error", "text"),
    [
        ((1, 1, 2, 2), (1, 1, 5, 5), {}, ShapeError, "conv2d: the kernel (5, 5) is larger than"),
        ((1, 1, 4), (1, 1, 3), {"dilation": 2}, ShapeError, "conv1d: the kernel (3,) is larger"),
        ((28, 28), (8, 1, 3, 3), {}, ShapeError, "x[None, None] adds axes"),
        ((2, 28, 28, 3), (8, 3, 3, 3), {}, ShapeError, "for channels-last data x.transpose(0, 3,"),
        ((2, 5, 9), (8, 3, 3), {}, ShapeError, "5 channels in axis 1 of the input"),
        ((2, 4, 9), (3, 2, 3), {"groups": 2}, ShapeError, "3 kernels do not divide into 2 groups"),
        ((1, 1, 9), (1, 1, 0), {}, RangeError, "at least 1 value along each axis"),
        ((1, 1, 9), (1, 1), {}, ShapeError, "kernels need at least 3 axes"),
        ((1, 1, 9), (1, 1, 3), {"stride": 0}, RangeError, "conv1d: stride must be at least 1"),
        ((1, 1, 9), (1, 1, 3), {"dilation": -1}, RangeError, "conv1d: dilation must be at least 1"),
        ((1, 1, 9), (1, 1, 3), {"padding": -1}, RangeError, "conv1d: padding must be at least 0"),
        ((1, 1, 9), (1, 1, 3), {"groups": 0}, RangeError, "conv1d: groups must be at least 1"),
        ((1, 1, 9), (1, 1, 3), {"stride": 1.5}, DTypeError, "stride must be a whole number"),
        ((1, 1, 9), (1, 1, 3), {"stride": (1, 1)}, ShapeError, "one for each of 1 axes"),
        ((1, 1, 9), (1, 1, 3), {"padding": (1, 1)}, ShapeError, "one entry for each of 1 axes"),
    ],
)
def test_what_does_not_fit_is_refused(x, w, options, error, text):
    with pytest.raises(error) as caught:
        bd.conv(np.ones(x), np.ones(w), **options)

    assert isinstance(caught.value, BadakError)
    assert text in str(caught.value)
