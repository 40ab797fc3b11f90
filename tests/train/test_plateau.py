"""ReduceLROnPlateau on curves that are known in advance."""

from __future__ import annotations

import math

import pytest

from badak import optim
from badak.base.errors import RangeError, StateError
from badak.train import Checkpoint, ReduceLROnPlateau
from tests.train.trainings import numbers, records, rows, trainer

NAN = math.nan


def run(curve, compile=False, **settings):
    """A training whose validation number follows a curve, and the rate of each epoch."""
    values = iter([0.0, *curve])  # the first is asked for by the rehearsal

    def score(prediction, t):
        return next(values) if len(t) == 3 else 0.0

    plateau = ReduceLROnPlateau("val_score", **{"mode": "min", "factor": 0.5} | settings)
    training = trainer(None, optim.SGD(1.0), metrics=[score], callbacks=[plateau], compile=compile)
    training.fit(rows(), validation_data=rows(3, seed=1), epochs=len(curve), batch_size=8)
    return training


@pytest.mark.technique(66)
@pytest.mark.parametrize(
    ("curve", "settings", "rates"),
    [
        ([5, 4, 3, 2, 1], {"patience": 1}, [1, 1, 1, 1, 1]),
        ([5, 5, 5, 5, 5], {"patience": 1}, [1, 1, 0.5, 0.25, 0.125]),
        ([5, 5, 5, 5, 5, 5], {"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.25]),
        ([5, 6, 4, 6, 6, 6], {"patience": 2}, [1, 1, 1, 1, 1, 0.5]),
        ([5, 5, 5, 5, 5, 5], {"patience": 1, "cooldown": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25]),
        ([5, 5, 5, 5, 5], {"patience": 1, "min_lr": 0.3}, [1, 1, 0.5, 0.3, 0.3]),
        ([1, 2, 3, 2, 2], {"patience": 2, "mode": "max"}, [1, 1, 1, 1, 1]),
        ([5, 4.9, 4.8, 4.7], {"patience": 2, "min_delta": 0.25}, [1, 1, 1, 0.5]),
        ([NAN, 5, NAN, 4, 4], {"patience": 1}, [1, 0.5, 0.5, 0.25, 0.25]),
    ],
)
def test_the_rate_of_each_epoch(curve, settings, rates):
    training = run(curve, **settings)

    assert training.history["lr"] == rates


def test_a_compiled_training_takes_the_lower_rate():
    eager, compiled = (run([5] * 4, compile=c, patience=1) for c in (False, True))

    assert float(compiled.optimizer.lr) == 0.125
    assert compiled.history["lr"] == eager.history["lr"]
    assert compiled.history["loss"] == pytest.approx(eager.history["loss"], rel=1e-5)


def test_resumed_equals_uninterrupted(tmp_path):
    def training(*callbacks):
        plateau = ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=10.0)
        return trainer(None, optim.SGD(0.5), callbacks=[plateau, *callbacks])

    straight, resumed = training(), training()
    straight.fit(rows(), epochs=6, batch_size=8)
    training(Checkpoint(tmp_path)).fit(rows(), epochs=3, batch_size=8)
    resumed.resume(tmp_path).fit(rows(), epochs=6, batch_size=8)

    assert resumed.history["lr"] == straight.history["lr"] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert numbers(resumed) == numbers(straight)
    assert records(resumed) == records(straight)


def test_a_number_that_is_not_recorded_is_refused():
    training = trainer(callbacks=[ReduceLROnPlateau()])

    with pytest.raises(StateError, match=r"ReduceLROnPlateau: 'val_loss' is not recorded"):
        training.fit(rows(), epochs=1, batch_size=8)


def test_a_rate_that_follows_a_schedule_is_refused():
    optimizer = optim.SGD(optim.schedules.Cosine(0.1, steps=10))
    training = trainer(None, optimizer, callbacks=[ReduceLROnPlateau("loss")])

    with pytest.raises(StateError, match="follows a schedule"):
        training.fit(rows(), epochs=1, batch_size=8)


@pytest.mark.parametrize(
    "settings",
    [{"factor": 1.0}, {"factor": 0}, {"patience": 0}, {"cooldown": -1}, {"min_lr": -1.0},
     {"min_delta": -1.0}, {"mode": "up"}, {"monitor": "val_gini"}],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(RangeError):
        ReduceLROnPlateau(**settings)
