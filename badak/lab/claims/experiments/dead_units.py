"""Units that no row moves any more, and how fast networks with several activations learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array, float64
from badak.core import Tensor, grad, parameter
from badak.lab.claims.experiments.trainings import Net, at_best_rate, over_rates
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import Module, activation, mlp, observing
from badak.optim import SGD

ACTIVATIONS = {"ReLU": "relu", "Leaky ReLU": "leaky_relu", "ELU": "elu", "Sigmoid": "sigmoid"}

RATES = (0.01, 0.0316, 0.1, 0.316, 1.0, 3.16)
"""Half a decade apart, for SGD."""

FLAT = 1e-3
"""A unit whose slope is below this for every row hardly moves."""


def dead_units(
    seeds: Sequence[int],
    *,
    contenders: Sequence[str] = ("ReLU", "Leaky ReLU", "Sigmoid"),
    layers: int = 3,
    units: int = 50,
    updates: int = 300,
) -> list[Measurement]:
    """Networks on digits at six learning rates, from the same initial weights.

    Measures: "dead units", the share of hidden units whose slope is below 0.001 for every training
    row, under "rate 0.01" and so on; "train loss" under "best rate", that of the rate with the
    lowest one.

    Args:
        seeds: of weights, splits and batches.
        contenders: names of `ACTIVATIONS`.
        layers, units: of the networks.
        updates: of each training.
    """
    task = Task("digits", updates=updates)
    found = []
    for contender in contenders:
        name = ACTIVATIONS[contender]
        grid = over_rates(_net(name, layers, units), SGD, RATES, task, seeds)
        for rate, row in zip(RATES, grid, strict=True):
            for seed, one in zip(seeds, row, strict=True):
                share = dead_share(one.trainer.net, name, one.parts.train.x)
                found.append(Measurement(contender, f"rate {rate:g}", "dead units", seed, share))
        best = at_best_rate(grid, lambda one: one.train["loss"])
        found += [
            Measurement(contender, "best rate", "train loss", seed, one.train["loss"])
            for seed, one in zip(seeds, best, strict=True)
        ]
    return found


def dead_share(net: Module, name: str, x: Array) -> float:
    """The share of hidden units whose slope is below `FLAT` for every row.

    Args:
        net: a network whose hidden layers have that activation.
        name: of the activation.
        x: (rows, in).

    >>> net = nn.mlp(1, [2], 1, "relu")
    >>> _ = net[0].weight.assign([[1.0, -1.0]])
    >>> dead_share(net, "relu", np.array([[1.0], [2.0]], np.float32))
    0.5
    """
    function = activation.get(name)
    before: list[Array] = []

    def watch(module: Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if type(module) is type(function):
            before.append(inputs[0].numpy())

    with observing(watch):
        net(Tensor(x))
    dead = [(np.abs(slope_of(function, values)) < FLAT).all(axis=0) for values in before]
    return float(np.mean(np.concatenate(dead)))


def slope_of(function: Module, x: Array) -> Array:
    """The derivative of an activation at each value.

    >>> slope_of(activation.get("relu"), np.array([-1.0, 2.0]))
    array([0., 1.])
    """
    at = parameter(np.nan_to_num(x), float64)
    found: Array = grad(function(at).sum(), at).numpy()
    return found


def _net(name: str, layers: int, units: int) -> Net:
    return lambda: mlp(64, [units] * layers, 10, name)
