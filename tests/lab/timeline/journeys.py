"""Trainings to travel in, and all that is told of them."""

from __future__ import annotations

import pytest

from badak import optim
from tests.train.trainings import mlp, numbers, records, trainer

BOTH = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


def busy(compiled, callbacks=(), **changes):
    """Dropout, batch normalisation, a schedule and a metric: everything that has a state."""
    schedule = optim.schedules.Cosine(0.05, 1000)
    settings = {"optimizer": optim.Adam(schedule), "metrics": ["accuracy"], "seed": 5}
    return trainer(mlp(), callbacks=callbacks, compile=compiled, **(settings | changes))


def state_of(training):
    """All that a training is, but for what a clock says."""
    return numbers(training), repr(records(training)), training.position.record(), training.stop
