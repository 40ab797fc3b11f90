"""What the figures of trainings show, in small."""

from __future__ import annotations

import math

import numpy as np
import pytest

from badak import nn
from badak.base.errors import RangeError, ShapeError
from badak.data import load
from badak.data.sources import mnist
from badak.lab.drawing import LIGHT, panels
from badak.lab.figures import (
    bagging,
    batch_norm_scales,
    batch_size,
    initializer_race,
    learning_rates,
    optimizer_race,
    overfitting,
    regression_race,
    search_panel,
)
from badak.lab.figures.bands import band, curve_rows, dots, logarithmic
from badak.lab.figures.handwriting import handwriting
from badak.lab.figures.watching import LossCurve, watched
from badak.optim import SGD
from badak.train import Population, Trainer

DIGITS = {"data": "digits", "seeds": 2}


def last(picture, place, measure, by="contender"):
    """The mean over the seeds of a measure at the last place, by contender."""
    rows = [row for row in picture.rows if measure in row]
    end = max(row[place] for row in rows)
    found: dict[str, list[float]] = {}
    for row in rows:
        if row[place] == end:
            found.setdefault(row[by], []).append(row[measure])
    return {name: float(np.mean(values)) for name, values in found.items()}


def test_adam_is_ahead_of_sgd_at_the_rates_of_the_book():
    picture = optimizer_race(**DIGITS, hidden=[30] * 4, updates=100)

    loss = last(picture, "updates", "training loss")
    assert loss["Adam"] < 0.5 * loss["SGD"]
    accuracy = last(picture, "updates", "test accuracy")
    assert accuracy["Adam"] > accuracy["SGD"]


def test_the_gap_closes_with_the_learning_rate():
    race = {**DIGITS, "hidden": [30] * 4, "updates": 100}
    book = optimizer_race(**race, optimizers=["SGD"], rates=[0.01])
    tuned = optimizer_race(**race, optimizers=["SGD"], rates=[0.3])

    assert last(tuned, "updates", "training loss")["SGD"] < 0.8
    assert last(book, "updates", "training loss")["SGD"] > 1.0


def test_too_small_a_start_does_not_learn():
    picture = initializer_race(**DIGITS, lr=0.1, updates=60)

    loss = last(picture, "updates", "training loss")
    assert loss["std 0.01"] == pytest.approx(math.log(10), abs=0.01)
    assert loss["He"] < loss["Xavier"] < loss["std 0.01"]


def test_a_race_has_a_row_for_each_stretch_and_seed():
    picture = optimizer_race(**DIGITS, hidden=[5], updates=50, every=20, seed=3)

    curves = [row for row in picture.rows if "training loss" in row]
    assert {row["updates"] for row in curves} == {20, 40}
    assert {row["seed"] for row in picture.rows} == {3, 4}
    assert len(curves) == 4 * 2 * 2
    assert "1,442 rows of digits" in picture.caption


def test_adam_is_nearest_to_the_truth():
    picture = regression_race(at=(100, 400), rows=1000, seeds=2)

    error = last(picture, "updates", "squared error")
    assert error["Adam"] < 0.05 < error["Momentum"] < error["SGD"]


def test_more_spreads_train_with_batch_norm_than_without():
    scales = np.logspace(0, -4, 6)
    picture = batch_norm_scales(
        **DIGITS, scales=scales, rows=300, epochs=10, lr=0.03, hidden=[30] * 5
    )

    by_arm = {}
    for scale in scales:
        rows = [row for row in picture.rows if row["scale"] == scale and row["epoch"] == 10]
        for row in rows:
            by_arm[row["contender"]] = by_arm.get(row["contender"], 0) + (row["accuracy"] > 0.5)
    assert by_arm["with batch norm"] >= 2 + by_arm["without"]


def test_the_eps_of_keras_holds_batch_norm_back_where_weights_are_small():
    small = {**DIGITS, "scales": [1e-3], "rows": 300, "epochs": 10}

    book = last(batch_norm_scales(**small), "epoch", "accuracy")
    keras = last(batch_norm_scales(**small, eps=1e-3), "epoch", "accuracy")
    assert book["with batch norm"] > keras["with batch norm"] + 0.2


def test_weight_decay_holds_the_training_back():
    picture = overfitting(
        **DIGITS, rows=100, hidden=[50] * 2, epochs=200, dropout_epochs=1, lr=0.1, looks=2
    )

    train, test = (last(picture, "epoch", f"{part} accuracy") for part in ("training", "test"))
    assert train["nothing"] == 1.0 > train["weight decay 0.1"]
    assert 0.5 < test["nothing"] < 0.95


@pytest.mark.technique(148)
def test_a_search_shows_its_trials_best_first():
    picture = search_panel(data="digits", rows=200, trials=8, shown=3, hidden=[20], epochs=5)

    figure = picture.figure()
    ends = [row["validation accuracy"] for row in picture.rows if row["epoch"] == 5]
    drawn = [axis.lines[1].get_ydata()[-1] for axis in figure.axes[2:]]
    assert drawn == sorted(ends, reverse=True)[:3]
    rates = [row["lr"] for row in picture.rows]
    assert 1e-6 <= min(rates) < max(rates) <= 1e-2


def test_smaller_batches_are_ahead_after_equal_epochs_only():
    picture = batch_size(seeds=2, rows=256, sizes=[8, 256], epochs=4, updates=100)

    loss = {
        (row["equal"], row["batch size"], row["seed"]): row["training loss"] for row in picture.rows
    }
    assert all(loss["epochs", 8, seed] < 0.5 * loss["epochs", 256, seed] for seed in (0, 1))
    assert all(loss["updates", 8, seed] > 0.8 * loss["updates", 256, seed] for seed in (0, 1))


def test_a_rate_can_be_too_small_right_and_too_large():
    picture = learning_rates(powers=[-5, -1, 2], updates=100, seeds=1)

    for name in ("SGD", "Momentum", "Adam"):
        small, right, large = (row for row in picture.rows if row["contender"] == name)
        assert right["training loss"] < 0.9 < 2 < small["training loss"]
        assert (small["diverged"], right["diverged"], large["diverged"]) == (0, 0, 1)


@pytest.mark.technique(138)
def test_the_mean_of_curves_is_smoother_than_they_are():
    picture = bagging(members=6, updates=300, rows=50, sizes=[1], units=10, seeds=1)

    y = np.array([row["y"] for row in picture.rows if row["panel"] == "curve"]).reshape(6, -1)
    mean = np.array([row["mean"] for row in picture.rows if row["panel"] == "curve"])[: y.shape[1]]
    np.testing.assert_allclose(mean, y.mean(axis=0), rtol=1e-6)
    roughness = [np.square(np.diff(curve, 2)).sum() for curve in (*y, mean)]
    assert roughness[-1] < np.mean(roughness[:-1])


@pytest.mark.parametrize("make", [optimizer_race, regression_race])
def test_optimizers_and_rates_come_in_pairs(make):
    with pytest.raises(ShapeError, match="each optimizer needs a learning rate"):
        make(optimizers=["SGD", "Adam"], rates=[0.1])
    with pytest.raises(RangeError, match="did you mean 'adam'"):
        make(optimizers=["Adan"], rates=[0.1])


@pytest.mark.parametrize(
    "make", [bagging, batch_norm_scales, batch_size, learning_rates, optimizer_race, overfitting]
)
def test_there_is_at_least_one_seed(make):
    with pytest.raises(RangeError, match="seeds"):
        make(data="digits", seeds=0)


def test_data_are_mnist_where_it_lies(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist, "find", lambda root=None: None)
    monkeypatch.setenv("BADAK_DATA", str(tmp_path))

    assert handwriting().name == "digits"
    with pytest.raises(RangeError, match="data of a figure"):
        handwriting("moons")


def test_data_are_mnist_where_it_is_asked_for(mnist_root):
    bundle = handwriting(rows=10)

    assert bundle.name == "mnist"
    assert len(bundle.train) == 10


@pytest.mark.parametrize("batch", [7, 10])
def test_the_loss_of_a_stretch_is_the_mean_over_its_rows(batch):
    data = load("xor", rows=40).train
    curves = [LossCurve(1), LossCurve(3)]
    Population(
        lambda: Trainer(nn.Linear(2, 2), "softmax_cross_entropy", SGD(0.1), callbacks=curves)
    ).fit(data, updates=12, batch_size=batch, progress=False)

    each = np.array(curves[0].losses)
    rows = np.array([min(batch, 40 - i % -(-40 // batch) * batch) for i in range(12)])
    means = (each * rows).reshape(4, 3).sum(axis=1) / rows.reshape(4, 3).sum(axis=1)
    np.testing.assert_allclose(curves[1].losses, means, rtol=1e-6)
    assert math.isnan(curves[1].padded(5)[4])


def test_watching_does_not_change_what_is_trained():
    data = load("xor", rows=40).train

    def population():
        return Population(lambda: Trainer(nn.Linear(2, 2), optimizer=SGD(0.1)), seeds=[0, 1])

    def weight(trainer):
        return trainer.net.weight.numpy()

    often = watched(population(), data, [0, 1, 5, 6], 10, weight)
    once = watched(population(), data, [6], 10, weight)
    assert often.shape == (2, 4, 2, 2)
    np.testing.assert_array_equal(often[:, -1], once[:, 0])
    assert not np.array_equal(often[:, 0], often[:, 1])


def test_what_has_broken_down_is_not_a_number():
    data = load("xor", rows=40).train
    broken = Population(lambda: Trainer(nn.mlp(2, [9, 9], 2), "mean_squared_error", SGD(100.0)))

    looks = watched(broken, data.one_hot(), [0, 20], 10, lambda trainer: 1.0)
    np.testing.assert_array_equal(looks, [[1.0, math.nan]])


def test_bands_and_dots_leave_out_what_is_no_number():
    _, (left, right) = panels(2, style=LIGHT)
    values = np.array([[1.0, 2.0, np.inf], [3.0, np.nan, np.nan]])
    band(left, LIGHT, 0, "a", [1, 2, 3], values)
    dots(right, LIGHT, ["a", "b"], values)

    line = left.lines[0].get_ydata()
    assert list(line[:2]) == [2.0, 2.0]
    assert line.mask[2]
    assert [len(of.get_ydata()) for of in right.lines] == [2, 1]


def test_ticks_of_a_short_logarithmic_axis_are_plain_numbers():
    figure, (axis,) = panels(1, style=LIGHT)
    axis.plot([1, 2], [0.2, 3.0])
    logarithmic(axis, "y")
    figure.canvas.draw()

    assert {"0.2", "0.5", "1", "2"} <= {text.get_text() for text in axis.get_yticklabels()}


def test_rows_of_data_hold_every_value():
    values = np.arange(6.0).reshape(2, 3)
    rows = list(curve_rows({"a": 1}, ("x", [5, 6, 7]), [0, 1], {"y": values}))

    assert [row["y"] for row in rows] == list(range(6))
    assert [(row["seed"], row["x"]) for row in rows[:4]] == [(0, 5), (0, 6), (0, 7), (1, 5)]
