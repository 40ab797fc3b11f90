"""Normalisation of each example by itself: layer, group, instance, root mean square."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def run(layer, x):
    return layer.to("float64")(bd.tensor(x, "float64")).numpy()


def standardised(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


@pytest.mark.technique(101)
@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (lambda: nn.LayerNorm((4, 2, 3)), (1, 2, 3)),
        (lambda: nn.LayerNorm((2, 3)), (2, 3)),
        (lambda: nn.LayerNorm(3), (3,)),
        (lambda: nn.LayerNorm(4, axis=1), (1,)),
        (lambda: nn.LayerNorm((4, 2), axis=1), (1, 2)),
    ],
)
def test_layer_norm_is_over_the_axes_it_names(layer, axes):
    x = 3 * numbers((5, 4, 2, 3)) + 1

    np.testing.assert_allclose(run(layer(), x), standardised(x, axes), rtol=1e-12)


@pytest.mark.technique(101)
def test_scale_and_shift_of_channels_stand_along_their_axis():
    layer = nn.LayerNorm(3, axis=1)
    layer.weight.assign([1.0, 2.0, 3.0])
    layer.bias.assign([0.0, 10.0, 20.0])
    x = numbers((2, 3, 2, 2))

    y = run(layer, x)

    gamma, beta = np.array([1.0, 2, 3])[:, None, None], np.array([0.0, 10, 20])[:, None, None]
    np.testing.assert_allclose(y, gamma * standardised(x, (1,)) + beta, rtol=1e-12)


@pytest.mark.technique(102)
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 2)])
def test_instance_norm_is_over_the_space_of_each_channel(shape):
    x = 3 * numbers(shape) + 1

    y = run(nn.InstanceNorm(3), x)

    np.testing.assert_allclose(y, standardised(x, tuple(range(2, len(shape)))), rtol=1e-12)


@pytest.mark.technique(103)
def test_group_norm_is_over_neighbouring_channels():
    x = numbers((2, 6, 3, 2))

    y = run(nn.GroupNorm(2, 6), x)

    groups = [standardised(x[:, :3], (1, 2, 3)), standardised(x[:, 3:], (1, 2, 3))]
    np.testing.assert_allclose(y, np.concatenate(groups, axis=1), rtol=1e-12)


@pytest.mark.technique(103)
@given(st.integers(1, 4), st.integers(2, 4), st.integers(0, 50))
def test_with_as_many_groups_as_channels_it_is_instance_norm(channels, side, seed):
    x = numbers((2, channels, side, side), seed)

    y = run(nn.GroupNorm(channels, channels), x)

    np.testing.assert_allclose(y, run(nn.InstanceNorm(channels), x), rtol=1e-12)


@pytest.mark.technique(103)
@given(st.integers(1, 4), st.integers(2, 4), st.integers(0, 50))
def test_with_one_group_it_is_layer_norm(channels, side, seed):
    x = numbers((2, channels, side, side), seed)

    y = run(nn.GroupNorm(1, channels), x)

    np.testing.assert_allclose(y, run(nn.LayerNorm((channels, side, side)), x), rtol=1e-12)


@pytest.mark.technique(101, 102, 103)
@pytest.mark.parametrize(
    "layer",
    [
        nn.LayerNorm((4, 3)),
        nn.LayerNorm(4, axis=1),
        nn.InstanceNorm(4, affine=True),
        nn.GroupNorm(2, 4),
        nn.RMSNorm((4, 3)),
    ],
    ids=repr,
)
def test_gradients_agree_with_differences(layer):
    assert bd.check_grad(layer.to("float64"), numbers((2, 4, 3)), order=2) < 1e-6


@pytest.mark.parametrize(
    "layer",
    [nn.LayerNorm((4, 3), eps=1e-12), nn.InstanceNorm(4, eps=1e-12), nn.GroupNorm(2, 4, eps=1e-12)],
    ids=repr,
)
@given(st.floats(0.5, 100), st.floats(-100, 100))
def test_scale_and_shift_of_the_input_do_not_matter(layer, scale, shift):
    x = numbers((2, 4, 3))

    np.testing.assert_allclose(run(layer, scale * x + shift), run(layer, x), atol=1e-9)


@pytest.mark.parametrize(("axes", "sizes"), [((2,), 5), ((1, 2), (3, 5))])
def test_rms_norm_divides_by_the_root_mean_square(axes, sizes):
    x = 3 * numbers((2, 3, 5)) + 1

    y = run(nn.RMSNorm(sizes, eps=0.1), x)

    expected = x / np.sqrt((x**2).mean(axes, keepdims=True) + 0.1)
    np.testing.assert_allclose(y, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rms_norm_without_eps_takes_that_of_the_dtype(dtype):
    x = np.full((1, 4), 1e-8)

    y = nn.RMSNorm(4).to(dtype)(bd.tensor(x, dtype)).numpy()

    expected = x / np.sqrt(1e-16 + np.finfo(dtype).eps)
    np.testing.assert_allclose(y, expected, rtol=1e-5)


def test_float32_keeps_its_digits_far_from_0():
    x = (numbers((2, 400)) + 3000.0).astype(np.float32)

    y = nn.LayerNorm(400)(bd.tensor(x)).numpy()

    np.testing.assert_allclose(y.var(1), 1.0, rtol=1e-3)


def test_what_is_learned_is_not_decayed_as_a_weight():
    tags = {name: set(x.tags) for name, x in nn.LayerNorm(3).parameters().items()}

    assert tags == {"weight": {"norm"}, "bias": {"norm", "bias"}}


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: nn.LayerNorm((2, 3)), (4, 3, 2)),
        (lambda: nn.LayerNorm(3, axis=1), (4, 2, 3)),
        (lambda: nn.LayerNorm((2, 3)), (3,)),
        (lambda: nn.RMSNorm(3), (4, 2)),
        (lambda: nn.GroupNorm(2, 4), (4, 3)),
        (lambda: nn.GroupNorm(4, 4), (3, 4)),
        (lambda: nn.InstanceNorm(3), (4, 2, 5)),
        (lambda: nn.InstanceNorm(3), (4, 3)),
        (lambda: nn.InstanceNorm(3), (4, 3, 1, 1)),
    ],
)
def test_another_shape_is_refused(layer, shape):
    with pytest.raises(ShapeError, match=r"these are other axes|holds the channels|has no spread"):
        layer()(bd.ones(shape))


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (RangeError, "LayerNorm: eps is out of range", lambda: nn.LayerNorm(3, eps=0)),
        (RangeError, "LayerNorm: normalized_shape is empty", lambda: nn.LayerNorm(())),
        (RangeError, "LayerNorm: normalized_shape must be", lambda: nn.LayerNorm((3, 0))),
        (RangeError, "LayerNorm: axis must be", lambda: nn.LayerNorm(3, axis=0)),
        (RangeError, "RMSNorm: eps is out of range", lambda: nn.RMSNorm(3, eps=-1.0)),
        (RangeError, "the groups must divide the channels", lambda: nn.GroupNorm(2, 3)),
        (RangeError, "GroupNorm: num_groups must be", lambda: nn.GroupNorm(0, 3)),
        (RangeError, "InstanceNorm: num_features must be", lambda: nn.InstanceNorm(0)),
        (DTypeError, "LayerNorm: eps must be a number", lambda: nn.LayerNorm(3, eps=None)),
    ],
)
def test_settings_out_of_range(error, words, make):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    "layer",
    [nn.LayerNorm(None), nn.RMSNorm(None), nn.GroupNorm(2, None), nn.InstanceNorm(None)],
    ids=repr,
)
def test_an_open_size_has_to_be_filled_before_use(layer):
    with pytest.raises(StateError, match=f"{type(layer).__name__} does not know its num_|normal"):
        layer(bd.zeros((2, 4, 3)))
