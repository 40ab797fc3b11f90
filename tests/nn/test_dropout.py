"""Dropout in both conventions, of channels, and for SELU networks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError


def dropped(layer, x):
    with bd.training():
        return layer(bd.tensor(x)).numpy()


@pytest.mark.technique(112)
def test_outside_of_training_nothing_happens():
    x = bd.tensor([1.0, -2.0, 3.0])

    assert nn.Dropout(0.9)(x) is x


@given(st.floats(0.05, 0.95), st.integers(0, 100))
def test_the_share_that_is_dropped_is_p(p, seed):
    with bd.seeded(seed):
        y = dropped(nn.Dropout(p), np.ones(20_000))

    spread = np.sqrt(p * (1 - p) / 20_000)
    assert abs((y == 0).mean() - p) < 5 * spread


@pytest.mark.technique(112)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_expected_value_is_that_of_prediction(p):
    layer, x = nn.Dropout(p), np.linspace(-2, 3, 6)

    mean = np.mean([dropped(layer, np.tile(x, (4000, 1))).mean(0) for _ in range(5)], axis=0)

    error = np.abs(x) * np.sqrt(p / (1 - p) / 20_000)
    assert (np.abs(mean - x) <= 5 * error + 1e-6).all()


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_what_stays_grows(p):
    y = dropped(nn.Dropout(p), np.full(100, 3.0))

    np.testing.assert_allclose(sorted(set(y.tolist())), [0.0, 3.0 / (1 - p)], rtol=1e-6)


def test_the_gradient_passes_where_the_value_passed():
    layer, x = nn.Dropout(0.5), bd.parameter(np.full(50, 3.0))

    with bd.training():
        y = layer(x)
    g = bd.grad(y.sum(), x).numpy()

    np.testing.assert_array_equal(g, y.numpy() / 3.0)


def test_nothing_is_dropped_with_p_0():
    assert dropped(nn.Dropout(0), np.ones(1000)).tolist() == [1.0] * 1000


def test_each_call_draws_another_mask():
    layer = nn.Dropout(0.5)

    first, second = dropped(layer, np.ones(100)), dropped(layer, np.ones(100))

    assert 20 < (first != second).sum() < 80


def test_two_layers_draw_different_masks():
    first, second = dropped(nn.Dropout(0.5), np.ones(100)), dropped(nn.Dropout(0.5), np.ones(100))

    assert 20 < (first != second).sum() < 80


def test_a_resumed_training_draws_the_masks_it_would_have_drawn():
    layer, other = nn.Dropout(0.5), nn.Dropout(0.5)
    for _ in range(3):
        dropped(layer, np.ones(40))

    other.load_state_dict(layer.state_dict())

    np.testing.assert_array_equal(dropped(other, np.ones(40)), dropped(layer, np.ones(40)))


def test_the_mask_is_the_same_in_float32_and_float64():
    layer, x = nn.Dropout(0.5), np.ones(200)
    narrow = dropped(layer, x)
    layer.counter.assign(0)

    with bd.training():
        wide = layer(bd.tensor(x, "float64"))

    assert wide.dtype == np.float64
    np.testing.assert_array_equal(wide.numpy(), narrow)


def test_nan_and_infinity_can_be_dropped():
    y = dropped(nn.Dropout(0.5), np.full(100, np.nan))

    assert 0 < (y == 0).sum() < 100
    assert np.isnan(y[y != 0]).all()


@pytest.mark.parametrize("p", [1.5, 1.0, -0.1, float("nan"), float("inf")])
def test_p_is_in_0_to_1(p):
    with pytest.raises(RangeError, match=r"p is out of range(.|\n)*at least 0 and below 1"):
        nn.Dropout(p)


@pytest.mark.parametrize("p", ["0.5", None, True])
def test_p_is_a_number(p):
    with pytest.raises(DTypeError, match="Dropout: p must be a number"):
        nn.Dropout(p)


# The convention of the textbook.


@pytest.mark.technique(111)
def test_the_textbook_scales_in_prediction_alone():
    layer, x = nn.Dropout(0.25, inverted=False), np.linspace(1, 2, 20_000)

    y = dropped(layer, x)

    kept = y != 0
    np.testing.assert_array_equal(y[kept], x[kept].astype(np.float32))
    predicted = layer(bd.tensor(x)).numpy()
    np.testing.assert_allclose(predicted, 0.75 * x, rtol=1e-6)
    assert abs(y.mean() - predicted.mean()) < 5 * np.sqrt(0.25 * 0.75 / 20_000) * 2


@pytest.mark.technique(111)
def test_in_the_textbook_the_gradient_is_the_mask():
    layer, x = nn.Dropout(0.5, inverted=False), bd.parameter(np.full(50, 3.0))

    with bd.training():
        y = layer(x)
    g = bd.grad(y, x, weight=np.arange(50.0)).numpy()

    np.testing.assert_array_equal(g, np.arange(50.0) * (y.numpy() != 0))


@pytest.mark.technique(111, 112)
def test_both_conventions_expect_the_same_output_in_their_own_scale():
    with bd.seeded(3):
        book = nn.Dropout(0.2, inverted=False)
    with bd.seeded(3):
        inverted = nn.Dropout(0.2)
    x = np.linspace(1, 2, 50)

    np.testing.assert_allclose(dropped(book, x), 0.8 * dropped(inverted, x), rtol=1e-6)
    np.testing.assert_allclose(book(bd.tensor(x)).numpy(), 0.8 * inverted(x).numpy(), rtol=1e-6)


# Whole channels.

CHANNELS = [
    (nn.Dropout1d, (40, 30, 3)),
    (nn.Dropout2d, (40, 30, 3, 2)),
    (nn.Dropout3d, (40, 30, 2, 1, 2)),
]
channels = pytest.mark.parametrize(("kind", "shape"), CHANNELS)


@pytest.mark.technique(116)
@channels
def test_a_channel_of_an_example_is_dropped_as_a_whole(kind, shape):
    y = dropped(kind(0.3), np.ones(shape)).reshape(40, 30, -1)

    assert (y == y[:, :, :1]).all()
    gone = y[:, :, 0] == 0
    assert abs(gone.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / gone.size)
    assert len(np.unique(gone, axis=0)) == 40  # each example has a mask of its own
    np.testing.assert_allclose(y[~gone], 1 / 0.7, rtol=1e-6)


@channels
def test_channel_dropout_does_nothing_in_prediction(kind, shape):
    x = bd.ones(shape)

    assert kind(0.3)(x) is x


@channels
def test_channel_dropout_wants_its_axes(kind, shape):
    with pytest.raises(ShapeError, match=rf"{kind.__name__} needs \(batch, channels"):
        kind(0.3)(bd.ones(shape[:-1]))


# For SELU networks.


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5])
def test_alpha_dropout_keeps_mean_0_and_variance_1(p):
    x = np.random.default_rng(0).normal(size=100_000)

    y = dropped(nn.AlphaDropout(p), x)

    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


def test_alpha_dropout_has_the_numbers_of_the_paper():
    y = dropped(nn.AlphaDropout(0.1), np.full(1000, 0.5))

    a = (0.9 * (1 + 0.1 * 1.7580993408473766**2)) ** -0.5
    b = 0.1 * a * 1.7580993408473766
    expected = [-1.7580993408473766 * a + b, 0.5 * a + b]
    np.testing.assert_allclose(sorted(set(y.tolist())), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "kind", [nn.AlphaDropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.GaussianDropout]
)
@pytest.mark.parametrize("p", [1.0, -0.1])
def test_p_of_every_kind_is_in_0_to_1(kind, p):
    with pytest.raises(RangeError, match=f"{kind.__name__}: p is out of range"):
        kind(p)
