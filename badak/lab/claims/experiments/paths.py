"""Optimizers on the textbook's elongated bowl: how they walk, and how far they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import unknown_name
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.descent import WALKERS, Walker, descend
from badak.lab.measurement import Measurement

START = (-7.0, 2.0)
"""Where the textbook's picture begins."""

RATES = 10.0 ** np.arange(-3.0, 1.05, 0.1)
"""Ten learning rates a decade, the same for every optimizer."""

_LEAST, _MOST = 1e-300, 1e300


def paths(
    seeds: Sequence[int],
    *,
    kappas: Sequence[float] = (20.0, 100.0),
    contenders: Sequence[str] = ("SGD", "Momentum", "AdaGrad", "Adam"),
    steps: int = 30,
    spread: float = 0.5,
) -> list[Measurement]:
    """Optimizers on x^2 / kappa + y^2, whose condition number is kappa; 20 is the textbook's.

    Each seed is a start near (-7, 2). Under "as set" each optimizer has the learning rate of the
    textbook; under "tuned" the best of `RATES` for twenty other starts; see `best_rate`.

    Measures: "log10 value" after `steps`, as a share of the value at the start; "sign flips" of y;
    "path length"; "overshoot in x" and "overshoot in y", how far the walk comes beyond the minimum
    as a share of the distance at the start.

    Args:
        seeds: of the starts.
        kappas: condition numbers.
        contenders: names of `WALKERS`.
        steps: how many updates.
        spread: the standard deviation of the starts in both directions.

    Raises:
        RangeError: for an unknown contender.
    """
    rules: Mapping[str, Walker] = WALKERS
    for name in contenders:
        if name not in rules:
            raise unknown_name("optimizer of the textbook's bowl", name, rules)
    starts = np.stack([_start(seed, "walk", spread) for seed in seeds])
    practice = np.stack([_start(number, "practice", spread) for number in range(20)])
    found = []
    for kappa in kappas:
        for name in contenders:
            walker = rules[name]
            rates = {"as set": walker.lr, "tuned": best_rate(walker, kappa, practice, steps)}
            for arm, rate in rates.items():
                points = walk(walker, kappa, starts, steps, rate)
                measures = described(points, kappa)
                found += readings(name, f"kappa {kappa:g}, {arm}", seeds, measures)
    return found


def walk(
    walker: Walker, kappa: float, starts: Array, steps: int = 30, lr: float | None = None
) -> Array:
    """The points that an optimizer comes through on x^2 / kappa + y^2.

    Args:
        walker: which optimizer.
        kappa: the condition number.
        starts: (starts, 2).
        steps: how many updates.
        lr: a learning rate other than the textbook's.

    Returns:
        (steps + 1, starts, 2).

    >>> walk(WALKERS["SGD"], 20.0, np.array([START]))[-1, 0].round(6)
    array([-0.350393,  0.084782])
    """
    curvature = np.array([2.0 / kappa, 2.0])
    return descend(walker.optimizer(lr), lambda points: curvature * points, starts, steps)


def described(points: Array, kappa: float) -> dict[str, Array]:
    """What is measured of each walk, by name: (starts,) each.

    Args:
        points: (steps + 1, starts, 2).
        kappa: the condition number.

    >>> found = described(walk(WALKERS["SGD"], 20.0, np.array([START])), 20.0)
    >>> float(found["sign flips"][0]), round(float(found["path length"][0]), 2)
    (30.0, 36.99)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        legs = np.hypot(*np.moveaxis(np.diff(points, axis=0), -1, 0))
        beyond = np.max(-points / points[0], axis=0, initial=0.0)
    y = np.sign(points[..., 1])
    height = log10_value(points, kappa)
    return {
        "log10 value": height[-1] - height[0],
        "sign flips": (y[1:] * y[:-1] < 0).sum(axis=0).astype(np.float64),
        "path length": legs.sum(axis=0),
        "overshoot in x": beyond[:, 0],
        "overshoot in y": beyond[:, 1],
    }


def log10_value(points: Array, kappa: float) -> Array:
    """The logarithm of x^2 / kappa + y^2, within what a float holds: (..., 2) -> (...).

    >>> log10_value(np.array([[0.0, 10.0], [np.inf, 0.0]]), 20.0)
    array([  2., 300.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = points[..., 0] ** 2 / kappa + points[..., 1] ** 2
    logarithm: Array = np.log10(np.clip(np.nan_to_num(values, nan=_MOST), _LEAST, _MOST))
    return logarithm


def best_rate(walker: Walker, kappa: float, starts: Array, steps: int) -> float:
    """The rate of `RATES` with the lowest value, in the mean of the logarithm over the starts.

    What counts is the highest value of the last third of the walk: one that swings through the
    minimum just at the end has not arrived.

    >>> starts = np.array([START])
    >>> round(best_rate(WALKERS["SGD"], 20.0, starts, 30), 3)  # it diverges above 1
    0.794
    """
    left = []
    for rate in RATES:
        points = walk(walker, kappa, starts, steps, float(rate))
        left.append(log10_value(points, kappa)[-max(steps // 3, 1) :].max(axis=0).mean())
    return float(RATES[int(np.argmin(left))])


def _start(seed: int, purpose: str, spread: float) -> Array:
    return np.array(START) + generator(seed, "paths", purpose).normal(0.0, spread, 2)
