"""Learning rates from far too small to far too large, on a bowl and on networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from badak.base.random import generator
from badak.lab.claims.experiments.trainings import Trained, at_best_rate, over_rates
from badak.lab.descent import descend
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import Module, mlp
from badak.optim import SGD, Adam, Optimizer

CURVATURE = np.array([0.1, 2.0])
"""The eigenvalues of the Hessian of x^2 / 20 + y^2."""

LIMIT = 2.0 / CURVATURE.max()
"""At this rate gradient descent on it neither comes nearer nor goes away."""

SHARES = {"Far too small": 1e-3, "Just below the limit": 0.95, "Just above the limit": 1.05}
"""Rates as shares of the limit, by the name of the contender."""

RULES: Mapping[str, Callable[[float], Optimizer]] = {"SGD": SGD, "Adam": Adam}

DECADES = range(-5, 2)
"""Of the rates that networks are trained at: 0.00001 to 10."""

_LEAST, _MOST = 1e-30, 1e30


def learning_rates(
    seeds: Sequence[int], *, steps: int = 100, updates: int = 300, units: int = 50
) -> list[Measurement]:
    """The loss after the same number of updates at several rates.

    Under "quadratic" gradient descent goes down x^2 / 20 + y^2 from a start that the seed draws, at
    shares of its exact limit. Under "digits, SGD" and "digits, Adam" networks learn at seven rates,
    a decade apart; contenders are "Best rate", the one with the lowest training loss, "Far too
    small", 1000 times smaller, and "Far too large", the largest. "Start" is before any update.

    Measures: "log10 loss".

    Args:
        seeds: of starts, weights, splits and batches.
        steps: of the descent.
        updates: of each network.
        units: of its two hidden layers.
    """
    return [*_on_a_bowl(seeds, steps), *_on_digits(seeds, updates, units)]


def quadratic(share: float, start: tuple[float, float], steps: int) -> float:
    """log10 of x^2 / 20 + y^2 after gradient descent at that share of the limit.

    Each update multiplies x by 1 - 0.1 lr and y by 1 - 2 lr. At the limit y keeps its size:

    >>> round(10 ** quadratic(1.0, (0.0, 3.0), steps=100), 6)
    9.0
    """
    points = descend(SGD(lr=share * LIMIT), lambda x: CURVATURE * x, np.array([start]), steps)
    x, y = points[-1, 0]
    return _log10(x * x / 20.0 + y * y)


def _on_a_bowl(seeds: Sequence[int], steps: int) -> list[Measurement]:
    found = []
    for seed in seeds:
        x, y = np.array([-7.0, 2.0]) + generator(seed, "learning rates").normal(0.0, 0.5, 2)
        ends = {name: quadratic(share, (x, y), steps) for name, share in SHARES.items()}
        ends["Start"] = _log10(x * x / 20.0 + y * y)
        found += [_measured(name, "quadratic", seed, end) for name, end in ends.items()]
    return found


def _on_digits(seeds: Sequence[int], updates: int, units: int) -> list[Measurement]:
    task = Task("digits", updates=updates)
    rates = [10.0**decade for decade in DECADES]

    def net() -> Module:
        return mlp(64, [units, units], 10)

    def loss(one: Trained) -> float:
        return one.train["loss"]

    found = []
    untrained = over_rates(net, SGD, [1e-30], Task("digits", updates=1), seeds)[0]
    for name, rule in RULES.items():
        grid = over_rates(net, rule, rates, task, seeds)
        best = at_best_rate(grid, loss)
        slow = max(rates.index(best[0].lr) - 3, 0)
        rows = {"Start": untrained, "Far too small": grid[slow], "Best rate": best}
        for contender, row in {**rows, "Far too large": grid[-1]}.items():
            for seed, one in zip(seeds, row, strict=True):
                found.append(_measured(contender, f"digits, {name}", seed, _log10(loss(one))))
    return found


def _measured(contender: str, condition: str, seed: int, value: float) -> Measurement:
    return Measurement(contender, condition, "log10 loss", seed, value)


def _log10(value: float) -> float:
    """Within what can be drawn: a loss that is no number counts as the largest."""
    return math.log10(min(max(value, _LEAST), _MOST)) if value == value else math.log10(_MOST)
