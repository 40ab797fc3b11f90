"""EarlyStopping on curves that are known in advance."""

from __future__ import annotations

import math

import pytest

from badak.base.errors import DTypeError, RangeError, StateError
from badak.train import Callback, EarlyStopping
from badak.train.direction import larger_is_better
from tests.train.trainings import rows, trainer

NAN, INF = math.nan, math.inf


def run(curve, monitor="val_score", **settings):
    """A training whose validation number follows a curve, and the weights of each epoch."""
    values = iter([0.0, *curve])  # the first is asked for by the rehearsal
    weights = []

    def score(prediction, t):
        return next(values) if len(t) == 3 else 0.0

    class Look(Callback):
        def on_epoch_end(self, trainer, record):
            weights.append(trainer.net.state_dict()["0.weight"])

    stopping = EarlyStopping(monitor, **settings)
    training = trainer(metrics=[score], callbacks=[Look(), stopping])
    training.fit(rows(), validation_data=rows(3, seed=1), epochs=len(curve), batch_size=8)
    return training, weights


@pytest.mark.technique(118)
@pytest.mark.parametrize(
    ("curve", "settings", "epochs", "best"),
    [
        ([5, 4, 3, 2, 1, 0], {"mode": "min", "patience": 2}, 6, 6),
        ([5, 4, 6, 7, 1, 0], {"mode": "min", "patience": 2}, 4, 2),
        ([5, 4, 6, 3, 7, 8, 0], {"mode": "min", "patience": 2}, 6, 4),
        ([5, 5, 5, 5], {"mode": "min", "patience": 1}, 2, 1),
        ([1, 2, 3, 2, 1, 9], {"mode": "max", "patience": 2}, 5, 3),
        ([1, 2, 3, 2, 1, 9], {"mode": "min", "patience": 5}, 6, 1),
        ([9.0, 8.9, 8.8, 8.7, 8.6, 8.5], {"mode": "min", "min_delta": 0.25, "patience": 3}, 6, 4),
        ([9.0, 8.9, 8.8, 8.7, 8.6], {"mode": "min", "min_delta": 0.5, "patience": 3}, 4, 1),
        ([9.0, 8.5, 8.0, 7.5], {"mode": "min", "min_delta": 0.5, "patience": 1}, 2, 1),
        ([-9.0, -8.0, -8.9, -9.5], {"mode": "max", "min_delta": 0.5, "patience": 2}, 4, 2),
        ([NAN, 5, NAN, 4, NAN, NAN, 1], {"mode": "min", "patience": 2}, 6, 4),
        ([NAN, NAN, NAN, 1], {"mode": "min", "patience": 3}, 3, 0),
        ([INF, 3, -INF, 2], {"mode": "min", "patience": 3}, 4, 4),
        ([3, INF, 2, INF, INF], {"mode": "max", "patience": 4}, 5, 1),
    ],
)
def test_the_epoch_in_which_it_stops(curve, settings, epochs, best):
    training, weights = run(curve, **settings)
    stopping = training.callbacks[1]

    assert len(training.history) == epochs
    assert stopping.best_epoch == best
    assert bool(training.stop) == (epochs < len(curve) or stopping.waited == settings["patience"])
    kept = training.net.state_dict()["0.weight"]
    assert (kept == weights[best - 1 if best else epochs - 1]).all()


def test_the_last_weights_stay_when_asked_for():
    training, weights = run([1, 2, 3, 4], mode="min", patience=3, restore_best=False)

    assert (training.net.state_dict()["0.weight"] == weights[-1]).all()
    assert training.callbacks[1].best_epoch == 1


def test_the_reason_is_told():
    training, _ = run([5, 4, 6, 7, 1, 0], mode="min", patience=2)

    assert training.stop == "val_score has not improved on 4 (epoch 2) for 2 epochs"


def test_a_second_fit_begins_to_count_anew():
    stopping = EarlyStopping("loss", patience=1, min_delta=100)
    training = trainer(callbacks=[stopping])
    for epochs in (2, 4):
        training.fit(rows(), epochs=9, batch_size=8)
        assert len(training.history) == epochs


def test_what_is_watched_must_be_recorded():
    with pytest.raises(StateError, match="'val_los' is not recorded") as caught:
        trainer(callbacks=[EarlyStopping("val_los", mode="min")]).fit(
            rows(), batch_size=8, validation_split=0.25
        )
    assert caught.value.expected == "one of loss, val_loss"


def test_without_validation_data_it_says_how_to_get_them():
    training = trainer(callbacks=[EarlyStopping()])
    with pytest.raises(StateError, match="'val_loss' is not recorded") as caught:
        training.fit(rows(), batch_size=8)

    assert "validation_split=0.2" in caught.value.hint
    assert training.position.step == 0


@pytest.mark.parametrize(
    ("error", "words", "settings"),
    [
        (RangeError, "patience must be at least 1", {"patience": 0}),
        (DTypeError, "patience must be a whole number", {"patience": 1.5}),
        (RangeError, "min_delta is out of range", {"min_delta": -0.1}),
        (RangeError, "min_delta is out of range", {"min_delta": NAN}),
        (DTypeError, "min_delta must be a number", {"min_delta": "0.1"}),
        (RangeError, "unknown mode 'maxi'.*\n.*\n.*did you mean 'max'", {"mode": "maxi"}),
        (RangeError, "is a large 'val_gini' good or bad", {"monitor": "val_gini"}),
    ],
)
def test_settings_out_of_range(error, words, settings):
    with pytest.raises(error, match=words):
        EarlyStopping(**settings)


@pytest.mark.parametrize(
    ("name", "larger"),
    [
        ("loss", False),
        ("val_loss", False),
        ("val_accuracy", True),
        ("top_k_accuracy", True),
        ("val_r2_score", True),
        ("error_rate", False),
        ("mean_absolute_error", False),
        ("mse", False),
        ("glossy", None),
        ("val_rainfall", None),
    ],
)
def test_names_tell_which_way_is_better(name, larger):
    assert larger_is_better(name) is larger
