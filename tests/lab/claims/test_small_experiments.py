"""Early stopping, sparsity, dead units, smoothness, convolutions, short runs and depth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.random import generator
from badak.data import load
from badak.lab.claims.experiments.convolutions import convolution_sizes, moved, shifted_digits
from badak.lab.claims.experiments.dead_units import dead_share, dead_units, slope_of
from badak.lab.claims.experiments.depth_for_size import parity, width_for
from badak.lab.claims.experiments.short_runs import rank_correlation, short_runs
from badak.lab.claims.experiments.smoothness import bends, smoothness
from badak.lab.claims.experiments.sparsity import shares, sparsity
from badak.lab.claims.experiments.stopping import stop, stopping
from badak.lab.measurement import Measurement
from badak.nn import MeanSquaredError, activation, mlp
from badak.optim import SGD
from badak.train import EarlyStopping, Trainer


def by_name(found: list[Measurement], measure: str) -> dict[tuple[str, str], float]:
    return {(one.contender, one.condition): one.value for one in found if one.measure == measure}


# ---------------------------------------------------------------------- early stopping


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.integers(1, 10))
def test_stop_is_the_best_epoch_so_far_and_waits_as_long_as_told(
    losses: list[float], patience: int
) -> None:
    best, trained = stop(losses, patience)

    assert losses[best] == min(losses[:trained])
    assert losses.index(losses[best]) == best
    assert trained == min(best + 1 + patience, len(losses))


def test_stop_is_what_the_callback_does() -> None:
    data = load("sine", rows=20, noise=0.5, seed=3)
    watched = EarlyStopping("val_loss", patience=2)
    rule = SGD(0.4)  # high enough to swing
    net = mlp(1, [5], 1, "tanh")
    trainer = Trainer(net, MeanSquaredError(), rule, (), [watched], progress=False)
    history = trainer.fit(data.train, validation_data=data.test, epochs=40, batch_size=5)

    best, trained = stop(history["val_loss"], patience=2)

    assert (best + 1, trained) == (watched.best_epoch, len(history))


def test_stopping_early_pays_where_labels_are_wrong() -> None:
    found = stopping([0], noises=[0.4], rows=150, units=50, epochs=40, lr=0.01)
    loss = by_name(found, "test loss")
    condition = "40 % wrong labels"

    assert loss["Best epoch", condition] <= loss["Early stopping", condition]
    assert loss["Early stopping", condition] < loss["Last epoch", condition] - 0.1


def test_a_curve_that_only_falls_is_never_stopped() -> None:
    assert stop(np.linspace(1.0, 0.0, 9).tolist(), 1) == (8, 9)


# ---------------------------------------------------------------------- sparsity


def test_only_the_proximal_step_makes_zeros() -> None:
    zeros = by_name(sparsity([0], strength=0.01, layers=[()], updates=300), "zero weights")
    (condition,) = {where for _, where in zeros}

    assert zeros["L1, proximal step", condition] > 0.3
    others = ("L1, gradient", "L2", "None")
    assert [zeros[name, condition] for name in others] == [0.0, 0.0, 0.0]


def test_both_ways_of_l1_make_weights_small() -> None:
    small = by_name(sparsity([0], strength=0.01, layers=[()], updates=300), "small weights")
    (condition,) = {where for _, where in small}

    assert small["L1, gradient", condition] > small["L2", condition] + 0.2


def test_shares_leave_biases_out() -> None:
    net = mlp(2, [], 2)
    net[0].weight.assign([[1.0, 0.0], [2.0, 3.0]])

    assert shares(net) == {"zero weights": 0.25, "small weights": 0.25}


# ---------------------------------------------------------------------- dead units


@pytest.mark.parametrize(
    ("name", "slopes"),
    [
        ("relu", [0.0, 1.0]),
        ("leaky_relu", [0.01, 1.0]),
        ("elu", [np.exp(-2.0), 1.0]),
        ("sigmoid", [0.104994, 0.104994]),
    ],
)
def test_slopes_of_activations_are_those_of_the_formula(name: str, slopes: list[float]) -> None:
    found = slope_of(activation.get(name), np.array([-2.0, 2.0]))

    np.testing.assert_allclose(found, slopes, rtol=1e-5)


def test_a_unit_is_dead_only_if_no_row_moves_it() -> None:
    net = mlp(1, [3], 1, "relu")
    net[0].weight.assign([[1.0, 1.0, 1.0]])
    net[0].bias.assign([-10.0, -1.5, 0.0])
    x = np.array([[1.0], [2.0]], np.float32)

    assert dead_share(net, "relu", x) == pytest.approx(1 / 3)


def test_large_rates_kill_units_of_relu_and_of_nobody_else() -> None:
    found = dead_units([0], contenders=["ReLU", "Leaky ReLU"], layers=2, units=20, updates=100)
    dead = by_name(found, "dead units")

    assert dead["ReLU", "rate 3.16"] > dead["ReLU", "rate 0.01"] + 0.2
    assert {share for (who, _), share in dead.items() if who == "Leaky ReLU"} == {0.0}


# ---------------------------------------------------------------------- smoothness


@given(st.floats(-5.0, 5.0), st.floats(-3.0, 3.0))
def test_bends_of_a_parabola_are_exact(a: float, b: float) -> None:
    x = np.linspace(-1.0, 1.0, 101)

    slope, curvature = bends(x, a * x * x / 2 + b * x)

    assert curvature == pytest.approx(abs(a), abs=1e-8)
    inner = x[1:-1]
    assert slope == pytest.approx(float(np.sqrt(np.mean((a * inner + b) ** 2))), abs=1e-8)


def test_decay_makes_functions_smoother_and_weights_smaller() -> None:
    found = smoothness([0], decays=[0.0, 0.01], rows=15, units=20, updates=1000)

    for measure in ("slope", "log10 curvature", "weight norm"):
        values = by_name(found, measure)
        assert values["Decay 0.01", "sine"] < values["Decay 0", "sine"]


# ---------------------------------------------------------------------- convolutions


def test_parameters_of_the_worked_examples() -> None:
    found = by_name(convolution_sizes([0]), "parameters")

    assert found["Fully connected", "99 numbers to 10"] == 990
    assert found["Convolution", "99 numbers to 10"] == 90
    assert found["Convolution", "99 numbers to 90"] == 10
    assert found["Convolution", "7 x 7 x 3 to 5 x 5 x 10"] == 270


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_what_moved_there_comes_back_but_for_the_edge(pixels: int, seed: int) -> None:
    x = generator(seed, "picture").uniform(1.0, 2.0, (2, 1, 6, 6))
    right, left, down, up = moved(x, pixels)

    np.testing.assert_array_equal(moved(right, pixels)[1][..., :-pixels], x[..., :-pixels])
    np.testing.assert_array_equal(moved(down, pixels)[3][:, :, :-pixels], x[:, :, :-pixels])
    np.testing.assert_array_equal(left[..., :-pixels], x[..., pixels:])
    assert (right[..., :pixels] == 0).all()
    assert (up[:, :, -pixels:] == 0).all()


def test_a_mean_over_positions_loses_less_when_digits_move() -> None:
    found = by_name(shifted_digits([0], shifts=[1], channels=4, updates=80), "accuracy lost")

    lost = found["Convolution, mean", "moved by 1"]
    assert lost < found["Fully connected", "moved by 1"]


# ---------------------------------------------------------------------- short runs, depth


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20, unique=True))
def test_rank_correlation_of_an_order_with_itself_and_its_reverse(values: list[float]) -> None:
    x = np.array(values)

    assert rank_correlation(x, 1e3 * np.argsort(np.argsort(x))) == 1.0
    assert rank_correlation(x, -x) == pytest.approx(-1.0)


def test_rank_correlation_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    x, y = generator(0, "ranks").standard_normal((2, 25))

    assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_short_runs_choose_well_when_they_are_as_long_as_the_others() -> None:
    found = short_runs([0], settings=6, epochs=4, short=[4], rows=200, units=10)
    accuracy = by_name(found, "test accuracy")

    assert by_name(found, "rank correlation") == {("Short runs first", "short runs of 4"): 1.0}
    assert len(set(accuracy.values())) == 1


@given(st.integers(50, 5000), st.integers(1, 5))
def test_width_is_the_largest_that_fits(parameters: int, depth: int) -> None:
    width = width_for(parameters, 4, 3, depth)
    sizes = [mlp(4, [n] * depth, 3).parameter_count() for n in (width, width + 1)]

    assert sizes[1] > parameters
    assert sizes[0] <= parameters or width == 1


def test_parity_changes_with_every_bit() -> None:
    data = parity(5)
    x = np.concatenate([data.train.x, data.test.x])
    t = np.concatenate([data.train.t, data.test.t])
    classes = {tuple(row): int(label) for row, label in zip(x.tolist(), t, strict=True)}

    assert len(classes) == 32
    for row, label in classes.items():
        for bit in range(5):
            other = (*row[:bit], -row[bit], *row[bit + 1 :])
            assert classes[other] == 1 - label
