"""Dropout in its inverted form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError


def dropped(layer, x):
    with bd.training():
        return layer(bd.tensor(x)).numpy()


def test_outside_of_training_nothing_happens():
    x = bd.tensor([1.0, -2.0, 3.0])

    assert nn.Dropout(0.9)(x) is x


@given(st.floats(0.05, 0.95), st.integers(0, 100))
def test_the_share_that_is_dropped_is_p(p, seed):
    with bd.seeded(seed):
        y = dropped(nn.Dropout(p), np.ones(20_000))

    spread = np.sqrt(p * (1 - p) / 20_000)
    assert abs((y == 0).mean() - p) < 5 * spread


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
