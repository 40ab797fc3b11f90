"""Signals and gradients through deep networks at their initial weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.random import generator
from badak.lab.claims.experiments.spread import (
    gradient_flow,
    shared_signs,
    signal_gradients,
    signal_spread,
    spreads,
    weight_gradients,
)
from badak.nn import mlp


@pytest.mark.parametrize(("init", "factor"), [("xavier", 1 / np.sqrt(2)), ("he", 1.0)])
def test_relu_signals_change_by_the_known_factor_per_layer(init: str, factor: float) -> None:
    """He et al. (2015): the mean square times n var(w) / 2."""
    per_layer = [
        (sizes[-1] / sizes[0]) ** (1 / 7)
        for sizes in (spreads("relu", init, seed, 8, 300, 50) for seed in range(5))
    ]

    assert np.mean(per_layer) == pytest.approx(factor, abs=0.02)


def test_kinds_of_weights_differ_by_a_factor_alone() -> None:
    """Without an activation that saturates, sqrt(2) a layer."""
    xavier, he = (spreads("relu", init, 0, 4, 50, 20) for init in ("xavier", "he"))

    np.testing.assert_allclose(he / xavier, np.sqrt(2.0) ** np.arange(1, 5), rtol=1e-6)


def test_the_textbook_spread_of_sigmoid_behind_xavier_weights() -> None:
    """Five layers of 100, 1000 rows: 0.127 in the last."""
    last = [spreads("sigmoid", "xavier", seed, 5, 100, 1000)[-1] for seed in range(5)]

    assert np.mean(last) == pytest.approx(0.127, abs=0.01)


@given(st.integers(0, 2**32 - 1))
def test_shared_signs_do_not_depend_on_sizes_or_on_which_sign(seed: int) -> None:
    slope = generator(seed, "slope").standard_normal((9, 4))
    sizes = generator(seed, "sizes").uniform(0.1, 10.0, slope.shape)

    assert 0.5 <= shared_signs(slope) <= 1.0
    assert shared_signs(slope) == shared_signs(-slope * sizes)
    assert shared_signs(np.abs(slope)) == 1.0


@pytest.mark.parametrize(("name", "all_the_same"), [("sigmoid", True), ("tanh", False)])
def test_positive_inputs_give_one_row_gradients_of_one_sign(name: str, all_the_same: bool) -> None:
    net = mlp(8, [20, 20], 3, name, init="xavier").to("float64")
    x = generator(0, "x").standard_normal((1, 8))

    slope = weight_gradients(net, x, np.array([1]))[1]

    assert (shared_signs(slope) == 1.0) == all_the_same


def test_signal_gradients_follow_the_rule_from_layer_to_layer() -> None:
    net = mlp(4, [5, 6], 3, "tanh").to("float64")
    x = generator(0, "x").standard_normal((7, 4))

    first, second = signal_gradients(net, x, np.arange(7) % 3)

    hidden = np.tanh(x @ net[0].weight.numpy())
    np.testing.assert_allclose(first, second @ net[2].weight.numpy().T * (1 - hidden**2))


def test_sigmoid_loses_its_gradient_and_relu_keeps_it() -> None:
    contenders = {"Sigmoid": ("sigmoid", "xavier"), "ReLU": ("relu", "he")}
    found = {
        (one.contender, one.condition): one.value
        for one in gradient_flow([0], contenders=contenders, depths=[6], units=50, rows=[20])
        if one.measure == "decades of gradient"
    }

    # A layer of sigmoids passes on at most a quarter: a factor of 4 in each of five.
    assert found["Sigmoid", "6 layers"] < -5 * np.log10(4.0)
    assert abs(found["ReLU", "6 layers"]) < 0.5


def test_a_shallow_network_trains_from_either() -> None:
    found = signal_spread(
        [0], activations=["relu"], depth=3, units=20, rows=20, trained_depths=[2], updates=150
    )
    accuracies = [one.value for one in found if one.measure == "train accuracy"]

    assert len(accuracies) == 2
    assert min(accuracies) > 0.9
