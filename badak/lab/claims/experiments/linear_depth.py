"""What depth is worth without activations, and with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.data import load
from badak.lab.claims.experiments.trainings import Net, at_best_rate, over_rates
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import Identity, mlp
from badak.optim import Adam

RATES = (0.001, 0.00316, 0.01, 0.0316)
"""Half a decade apart, for Adam."""


def linear_depth(
    seeds: Sequence[int],
    *,
    data: Sequence[str] = ("xor", "spiral"),
    units: int = 20,
    layers: int = 5,
    updates: int = 1000,
) -> list[Measurement]:
    """Networks without activations, deep and not, and deep ones with ReLU, after training.

    Measures: "test error", the share of rows answered wrong, at the learning rate that is best on
    validation rows; "distance from affine", see there; "rank" of the nearest affine map.

    Args:
        seeds: of weights, splits and batches.
        data: names of data sets of two inputs.
        units: of each hidden layer.
        layers: how many hidden layers a deep network has.
        updates: of each training.
    """
    found = []
    for name in data:
        task = Task(load(name, rows=2000), updates=updates)
        outputs = task.outputs

        def linear(hidden: int, outputs: int = outputs) -> Net:
            return lambda: mlp(2, [units] * hidden, outputs, Identity, init="xavier")

        def bent(outputs: int = outputs) -> Net:
            return lambda: mlp(2, [units] * layers, outputs, "relu", init="he")

        nets = {"One linear layer": linear(0), "Deep, linear": linear(layers), "Deep, ReLU": bent()}
        for contender, net in nets.items():
            for seed, one in zip(
                seeds, at_best_rate(over_rates(net, Adam, RATES, task, seeds)), strict=True
            ):
                x = generator(seed, "linear depth").uniform(-1.0, 1.0, (500, 2))
                y = one.trainer.predict(x.astype(np.float32)).astype(np.float64)
                values = {
                    "test error": 1.0 - one.test["accuracy"],
                    "distance from affine": distance_from_affine(x, y),
                    "rank": float(np.linalg.matrix_rank(affine(x, y)[:-1], tol=1e-3)),
                }
                found += [
                    Measurement(contender, name, measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def affine(x: Array, y: Array) -> Array:
    """The affine map nearest to y, by least squares: (in + 1, out), the last row its constants.

    >>> affine(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])).round(9).tolist()
    [[2.0], [1.0]]
    """
    found: Array = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return found


def distance_from_affine(x: Array, y: Array) -> float:
    """What is left of y beside the nearest affine map, as a share of its spread.

        |y - x A - b| / |y - mean(y)|

    0 for an affine function of x, 1 for one that has nothing of it.

    >>> x = np.linspace(-1.0, 1.0, 101)[:, None]
    >>> round(distance_from_affine(x, 2.0 * x + 1.0), 9), round(distance_from_affine(x, x**2), 9)
    (0.0, 1.0)
    """
    rest = y - np.column_stack([x, np.ones(len(x))]) @ affine(x, y)
    spread = np.linalg.norm(y - y.mean(axis=0))
    return float(np.linalg.norm(rest) / spread) if spread else 0.0
