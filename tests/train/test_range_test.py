"""The learning-rate range test."""

from __future__ import annotations

import numpy as np
import pytest

from badak import nn, optim
from badak.base.errors import RangeError, ShapeError, StateError
from badak.optim import schedules
from badak.train import NotFiniteError, RangeTest, lr_range_test
from tests.train.trainings import mlp, numbers, rows, trainer

QUICK = {"start": 1e-4, "end": 100.0, "steps": 60, "batch_size": 8}


def seen(losses, start=1e-3, end=1.0):
    return RangeTest(np.geomspace(start, end, len(losses)), np.array(losses), diverged=False)


def test_rates_grow_by_the_same_factor_from_start_to_end():
    found = lr_range_test(trainer(), rows(), start=1e-3, end=1e-1, steps=21, batch_size=8)

    np.testing.assert_allclose(found.lrs, 1e-3 * 100 ** (np.arange(21) / 20))
    assert len(found.losses) == 21
    assert not found.diverged


def test_each_update_is_made_with_its_own_rate():
    used = []

    class Note(optim.SGD):
        def update(self, params, grads):
            used.append(float(self.lr))
            super().update(params, grads)

    found = lr_range_test(trainer(optimizer=Note()), rows(), **QUICK | {"end": 0.1})

    assert used == found.lrs.tolist()


@pytest.mark.technique("66b")
def test_the_test_ends_where_the_loss_grows_beyond_all_measure():
    found = lr_range_test(trainer(loss=nn.MeanSquaredError(), net=wide()), regression(), **QUICK)

    too_high = found.smoothed > 4.0 * np.minimum.accumulate(found.smoothed)
    assert found.diverged
    assert too_high.tolist() == [False] * (len(found.lrs) - 1) + [True]
    assert 10 < len(found.lrs) == len(found.losses) < 60


def test_a_loss_that_is_not_finite_ends_the_test():
    x, t = regression()
    training = trainer(net=wide(), loss=nn.MeanSquaredError())

    found = lr_range_test(training, x, t * 1e15, **QUICK | {"start": 1.0, "end": 1e3, "steps": 10})

    assert found.diverged
    assert len(found.lrs) < 10
    assert np.isfinite(found.losses).all()


def test_a_loss_that_is_not_finite_from_the_start_is_an_error():
    x, t = regression()

    with pytest.raises(NotFiniteError, match="the loss is inf"):
        lr_range_test(trainer(net=wide(), loss=nn.MeanSquaredError()), x, t * 1e30, **QUICK)


def wide():
    return nn.Sequential(nn.Linear(5, 50), nn.Linear(50, 1))


def regression():
    x = np.random.default_rng(0).normal(size=(40, 5))
    return x, x.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "optimizer",
    [
        optim.SGD(0.1),
        optim.Adam(0.02),
        optim.Momentum(schedules.Cosine(0.1, steps=10)),
    ],
    ids=repr,
)
def test_network_and_optimizer_stay_as_they_were(optimizer):
    training = trainer(mlp(), optimizer)
    training.fit(rows(), epochs=1, batch_size=8)
    before, text = numbers(training), repr(training)

    lr_range_test(training, rows(), **QUICK)

    assert numbers(training) == before
    assert repr(training) == text


def test_a_training_after_it_is_the_one_without_it():
    tested, untested = (trainer(mlp(), optim.Adam(0.02), seed=3) for _ in range(2))
    lr_range_test(tested, rows(), **QUICK)

    for training in (tested, untested):
        training.fit(rows(), epochs=2, batch_size=8)

    assert numbers(tested) == numbers(untested)


@pytest.mark.technique("66b")
def test_the_suggestion_trains():
    x, t = regression()
    training = trainer(nn.Sequential(nn.Linear(5, 1)), loss=nn.MeanSquaredError())
    training.optimizer.lr = lr_range_test(training, x, t, **QUICK).suggestion

    history = training.fit(x, t, epochs=30, batch_size=8)

    assert history["loss"][-1] < history["loss"][0] / 1000


def test_the_suggestion_is_a_tenth_of_the_rate_with_the_lowest_smoothed_loss():
    found = seen([5.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 9.0, 9.0])

    assert found.suggestion == pytest.approx(found.lrs[6] / 10)
    assert "suggestion 0.018" in repr(found)


def test_smoothing_is_an_average_without_the_bias_of_the_start():
    assert seen([2.0] * 9).smoothed == pytest.approx([2.0] * 9)


def test_where_the_loss_only_grows_there_is_no_suggestion():
    found = seen([1.0, 2.0, 3.0, 4.0])

    assert "no suggestion" in repr(found)
    with pytest.raises(StateError, match=r"does not fall(.|\n)*a lower start"):
        _ = found.suggestion


def test_the_picture(tmp_path):
    found = seen([5.0, 4.0, 3.0, 2.0, 9.0])

    figure = found.plot(tmp_path / "range.png")

    axis = figure.axes[0]
    assert (axis.get_xscale(), axis.get_xlabel(), axis.get_ylabel()) == (
        "log", "learning rate", "loss",
    )  # fmt: skip
    assert axis.lines[1].get_ydata().tolist() == found.smoothed.tolist()
    assert axis.lines[2].get_xdata()[0] == found.suggestion
    assert (tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": 0.0}, "lr_range_test: start is out of range"),
        ({"start": 1.0, "end": 0.5}, "lr_range_test: end is out of range"),
        ({"steps": 9}, "lr_range_test: too few steps"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_settings_that_make_no_test_are_refused(settings, words):
    with pytest.raises(RangeError, match=words):
        lr_range_test(trainer(), rows(), **settings)


def test_data_that_do_not_fit_the_network_are_refused():
    with pytest.raises(ShapeError):
        lr_range_test(trainer(), np.zeros((20, 4)), np.zeros(20, "int64"), **QUICK)
