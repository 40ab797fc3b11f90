"""The course's exercise: one curve, one network, one learning rate, several optimizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.data import Dataset, TrainTest
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.tuning import tuned, values
from badak.lab.figures.regression_race import EDGE, NOISE, truth
from badak.lab.measurement import Measurement
from badak.lab.recipe import Recipe
from badak.lab.task import Task

_RULES: Mapping[str, str] = {"SGD": "sgd", "Momentum": "momentum", "Adam": "adam"}


def regression_course(
    seeds: Sequence[int],
    *,
    updates: int = 3500,
    rows: int = 10_000,
    lr: float = 0.01,
    layers: Sequence[int] = (64, 64),
) -> list[Measurement]:
    """SGD, Momentum and Adam learn exp(-x^2) cos(10 x) with noise of 0.03.

    Under "as set" all have the rate `lr`, under "tuned" each the best of a
    sweep, on the validation rows of the first seed.

    Measures: "squared error", the mean squared distance to the curve without noise.

    Args:
        seeds: of rows, weights and order.
        updates: with batches of 64 rows; the course looks after 500, 3500 and 9999.
        rows: how many, the validation rows among them.
        lr: the rate that all share.
        layers: tanh units.
    """
    tasks = {seed: Task(data_of(seed, rows), updates=updates) for seed in seeds}
    first = dict(list(tasks.items())[:1])
    found = []
    for name, optimizer in _RULES.items():
        recipe = Recipe(
            layers=tuple(layers), activation="tanh", init="xavier", optimizer=optimizer, lr=lr,
            batch_size=64,
        )  # fmt: skip
        for condition, one in (("as set", recipe), ("tuned", tuned(recipe, first))):
            losses = values(one, tasks, ["test loss"])["test loss"]
            found += readings(name, condition, seeds, {"squared error": losses})
    return found


def data_of(seed: int, rows: int) -> TrainTest:
    """The rows of a seed with their noise, and a fine grid without.

    >>> data_of(0, rows=50)
    TrainTest: 50 rows to train, 601 to test, of (1,), targets (1,)
    """
    random = generator(seed, "regression_course")
    x = random.uniform(-EDGE, EDGE, (rows, 1))
    grid = np.linspace(-EDGE, EDGE, 601)[:, None]
    noisy = truth(x) + random.normal(0.0, NOISE, x.shape)
    return TrainTest(_rows(x, noisy), _rows(grid, truth(grid)))


def _rows(x: Array, y: Array) -> Dataset:
    return Dataset(x.astype(np.float32), y.astype(np.float32))
