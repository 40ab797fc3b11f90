"""Deep and shallow networks with as many parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.data import Dataset, TrainTest, load
from badak.lab.claims.experiments.trainings import Net, at_best_rate, over_rates
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import mlp
from badak.optim import Adam

SIZES = {"spiral": 600, "parity": 2000, "digits": 4000}
"""How many parameters the networks have for each data set, at most."""

RATES = (0.001, 0.00316, 0.01, 0.0316)
"""Half a decade apart, for Adam."""


def depth_for_size(
    seeds: Sequence[int], *, depths: Sequence[int] = (1, 2, 4), updates: int = 1000, bits: int = 10
) -> list[Measurement]:
    """Networks of several depths, as wide as the number of parameters allows.

    "spiral" has three arms; "parity" asks whether an odd number of bits is on, and keeps a fifth of
    all patterns for the test; "digits" are images. Each network learns at the rate of four that is
    best on validation rows.

    Measures: "test accuracy", "parameters".

    Args:
        seeds: of weights, splits and batches.
        depths: numbers of hidden layers.
        updates: of each training.
        bits: of the parity.
    """
    sets = {
        "spiral": load("spiral", rows=1000, test_rows=1000),
        "parity": parity(bits),
        "digits": load("digits"),
    }
    found = []
    for condition, data in sets.items():
        task = Task(data, updates=updates)
        inputs, outputs = data.shape[0], task.outputs
        for depth in depths:
            layers = [width_for(SIZES[condition], inputs, outputs, depth)] * depth
            best = at_best_rate(over_rates(_net(inputs, layers, outputs), Adam, RATES, task, seeds))
            contender = f"{depth} hidden layer{'s' if depth > 1 else ''}"
            for seed, one in zip(seeds, best, strict=True):
                values = {
                    "test accuracy": one.test["accuracy"],
                    "parameters": float(one.trainer.net.parameter_count()),
                }
                found += [
                    Measurement(contender, condition, measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def width_for(parameters: int, inputs: int, outputs: int, depth: int) -> int:
    """The most units a layer for which a network has no more parameters than that.

        (inputs + 1) n + (depth - 1) (n + 1) n + (n + 1) outputs <= parameters

    >>> width_for(200, inputs=2, outputs=3, depth=2)
    10
    """
    width = 1
    while _parameters(width + 1, inputs, outputs, depth) <= parameters:
        width += 1
    return width


def _parameters(width: int, inputs: int, outputs: int, depth: int) -> int:
    return (inputs + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * outputs


def parity(bits: int) -> TrainTest:
    """All patterns of bits, as -1 and 1; class 1 where an odd number of them is on.

    >>> parity(3)
    TrainTest parity: 6 rows to train, 2 to test, of (3,), 2 classes
    """
    on = (np.arange(2**bits)[:, None] >> np.arange(bits)) & 1
    data = Dataset(2.0 * on - 1.0, on.sum(axis=1) % 2, name="parity")
    return TrainTest.of(data, test_split=0.2, stratify=True)


def _net(inputs: int, layers: Sequence[int], outputs: int) -> Net:
    return lambda: mlp(inputs, layers, outputs)
