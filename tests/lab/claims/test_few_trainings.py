"""Experiments that train small networks: the textbook's numbers, and what must be so."""

from __future__ import annotations

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.base.random import generator
from badak.data import load
from badak.lab.claims.experiments.flatness import rank_correlation
from badak.lab.claims.experiments.regression_course import data_of
from badak.lab.claims.experiments.table import (
    activation_spread,
    batches,
    bias_variance,
    flatness,
    overfitting,
    regression_course,
    split_ratio,
    symmetry,
)
from badak.lab.claims.experiments.tuning import tuned, values
from badak.lab.compare import RATES
from badak.lab.measurement import paired
from badak.lab.recipe import Recipe
from badak.lab.task import Task

# start, standard deviation in layer 5, share outside of 0.05 .. 0.95: of sigmoid units
HISTOGRAMS = [("std 1", 0.44, 0.66), ("std 0.01", 0.013, 0.0), ("Xavier", 0.127, 0.0)]


@pytest.fixture(scope="module")
def spreads():
    return activation_spread(range(5))


@pytest.mark.parametrize(("start", "spread", "saturated"), HISTOGRAMS)
def test_the_histograms_of_sigmoid_units_have_their_known_widths(spreads, start, spread, saturated):
    found = [
        paired(spreads, m, "sigmoid, layer 5", [start]).mean() for m in ("spread", "saturated")
    ]

    assert found[0] == pytest.approx(spread, rel=0.05)
    assert found[1] == pytest.approx(saturated, abs=0.04)


def test_units_of_xaviers_sigmoid_say_nearly_the_same_of_every_row_in_deep_layers(spreads):
    first, last = (
        paired(spreads, "unit spread", f"sigmoid, layer {n}", ["Xavier"]).mean() for n in (1, 5)
    )
    overall = paired(spreads, "spread", "sigmoid, layer 5", ["Xavier"]).mean()

    assert first > 0.2
    assert last < overall / 50


def test_the_scale_of_normal_weights_does_not_change_which_relu_units_are_zero():
    found = activation_spread([0, 1], activations=("relu",), layers=3, units=30, rows=50)
    share = paired(found, "saturated", "relu, layer 3", ["std 1", "std 0.01", "Xavier", "He"])

    np.testing.assert_allclose(share, share[:, :1].repeat(4, axis=1), atol=1e-3)


def test_units_that_start_alike_stay_alike_and_learn_nothing_but_the_shares_of_the_classes():
    found = symmetry([0, 1], epochs=10)
    names = ["random", "all zero", "all equal", "zero in the last layer"]
    units = paired(found, "different units", "digits", names)
    loss = paired(found, "train loss", "digits", names).mean(axis=0)
    labels = load("digits").train.t
    shares = np.bincount(labels) / len(labels)
    prior = -(shares * np.log(shares)).sum()

    np.testing.assert_array_equal(units, [[30, 1, 1, 30]] * 2)
    assert loss[1] == pytest.approx(prior, abs=0.002)
    assert max(loss[0], loss[3]) < 1.0 < loss[2]


def test_equal_epochs_give_small_batches_more_updates_and_so_a_lower_loss():
    found = batches([0, 1], sizes=(16, 256), epochs=4, updates=40)
    apart = paired(found, "train loss", "equal epochs", ["batch 16", "batch 256"])
    equal = paired(found, "train loss", "equal updates", ["batch 16", "batch 256"])

    assert (apart[:, 0] < apart[:, 1] - 0.5).all()
    assert np.abs(np.subtract(*equal.T)).max() < 0.3


def test_a_batch_of_all_rows_is_steadier_than_one_of_a_single_row():
    found = batches([0, 1], sizes=(1, 2000), conditions=["equal updates"], updates=100)
    moves = paired(found, "unsteadiness", "equal updates", ["batch 1", "batch 2000"])

    assert (moves[:, 0] > 2 * moves[:, 1]).all()


def test_at_equal_loss_there_is_a_sharpness_and_after_a_breakdown_there_is_none():
    settings = {"sizes": (32,), "layers": (10,), "conditions": ["equal loss"]}
    reached = batches([0], loss=1.0, **settings)
    with pytest.warns(UserWarning, match="far above usual"):
        broken = batches([0], loss=1.0, lr=1e30, **settings)

    assert np.isfinite([one.value for one in reached]).all()
    assert [one.value for one in broken] == [np.inf, -np.inf]


def test_conditions_of_batches_are_known_ones():
    with pytest.raises(RangeError, match="equal epochs"):
        batches([0], conditions=["equal epoch"])


def test_correlations_are_between_minus_one_and_one_and_those_of_chance_are_zero():
    found = flatness([0], sizes=(16, 32), rates=(0.1, 0.2), layers=(8,), loss=1.5)
    by_name = {one.contender: one.value for one in found}

    assert by_name["chance"] == 0
    assert all(-1 <= value <= 1 for value in by_name.values())
    assert len(by_name) == 3


def test_rank_correlation_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    x, y = generator(1).normal(size=(2, 9))

    assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_few_rows_and_large_weights_widen_the_gap():
    found = overfitting([0, 1, 2], updates=300, units=(20, 40), rows=(100, 1000), lr=0.2)
    data = paired(found, "gap", "fewer data", ["100 rows", "1000 rows"]).mean(axis=0)
    start = paired(found, "gap", "larger weights", ["weights times 3", "weights as usual"])

    assert data[0] > data[1] + 0.02
    assert start.mean(axis=0)[0] > start.mean(axis=0)[1]


def test_squared_bias_and_variance_add_up_and_one_unit_is_the_more_biased():
    found = bias_variance([0, 1], widths=(1, 10), samples=4, updates=300)
    names = ["narrower", "wider"]
    parts = {
        measure: paired(found, measure, "1 to 10 units", names)
        for measure in ("squared bias", "variance", "squared error")
    }

    np.testing.assert_allclose(parts["squared bias"] + parts["variance"], parts["squared error"])
    assert (parts["squared bias"][:, 0] > parts["squared bias"][:, 1]).all()


def test_the_estimate_from_few_validation_rows_is_off_by_whole_rows():
    found = split_ratio(range(3), shares=(0.5, 0.9), rows=100, updates=60)
    accuracy = paired(found, "test accuracy", "digits", ["5 to 5", "9 to 1"])
    error = paired(found, "error of the estimate", "digits", ["9 to 1"])[:, 0]

    tenths = 10 * (accuracy[:, 1][:, None] + error[:, None] * [1, -1])
    assert (np.abs(tenths - tenths.round()).min(axis=1) < 1e-6).all()
    assert accuracy[:, 1].mean() > accuracy[:, 0].mean()


def test_the_course_tests_against_the_curve_without_noise():
    parts = data_of(seed=0, rows=500)
    x, y = parts.test.x, parts.test.t

    np.testing.assert_allclose(y, np.exp(-(x**2)) * np.cos(10 * x), atol=1e-6)
    residual = parts.train.t - np.exp(-(parts.train.x**2)) * np.cos(10 * parts.train.x)
    assert residual.std() == pytest.approx(0.03, rel=0.1)


def test_at_one_rate_for_all_adam_is_first_and_sgd_knows_no_more_than_the_mean():
    found = regression_course([0, 1], updates=500, rows=1000, layers=(32, 32))
    error = paired(found, "squared error", "as set", ["SGD", "Adam"])

    assert (error[:, 0] > 1.5 * error[:, 1]).all()
    # the variance of exp(-x^2) cos(10 x) over (-3, 3)
    assert error[:, 0] == pytest.approx(0.104, abs=0.005)


def test_the_tuned_rate_is_the_best_of_the_sweep_of_compare():
    tasks = {0: Task("moons", updates=30)}
    recipe = Recipe(layers=(10,), optimizer="sgd", lr=0.01)
    losses = [
        values(recipe.with_rate(0.01 * factor), tasks, ["validation loss"])["validation loss"][0]
        for factor in RATES
    ]

    assert tuned(recipe, tasks).rate == 0.01 * RATES[int(np.argmin(losses))]
