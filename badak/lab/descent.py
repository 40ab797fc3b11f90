"""The walk of an optimizer over a function whose slope is known as a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from badak.base.dtypes import Array, float64
from badak.core import Tensor, parameter
from badak.optim import SGD, Adadelta, AdaGrad, Adam, Momentum, Nesterov, Optimizer, RMSProp


@dataclass(frozen=True, slots=True)
class Walker:
    """An optimizer with the learning rate and the settings that the textbook gives it.

    Attributes:
        rule: its class.
        lr: the learning rate on x^2 / 20 + y^2.
        settings: the others.

    >>> WALKERS["SGD"].optimizer()
    SGD(lr=0.95)
    """

    rule: type[Optimizer]
    lr: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    def optimizer(self, lr: float | None = None) -> Optimizer:
        """A new one, with the textbook's learning rate or another."""
        return self.rule(lr=self.lr if lr is None else lr, **self.settings)


WALKERS: Mapping[str, Walker] = {
    "SGD": Walker(SGD, 0.95),
    "Momentum": Walker(Momentum, 0.1),
    "Nesterov": Walker(Nesterov, 0.1),
    "AdaGrad": Walker(AdaGrad, 1.5, {"eps": 1e-7}),
    "RMSProp": Walker(RMSProp, 0.01, {"alpha": 0.9}),
    "Adadelta": Walker(Adadelta, 1.0, {"rho": 0.95}),
    "Adam": Walker(Adam, 0.3),
}
"""The rates of the textbook's picture of paths, where it has one; Nesterov takes Momentum's."""


def descend(
    optimizer: Optimizer, slope: Callable[[Array], Array], starts: Array, steps: int
) -> Array:
    """The points that an optimizer comes through, from many starts at once.

    The rules look at each number alone, so the starts do not know of each other.

    Args:
        optimizer: a new one.
        slope: the gradient at some points: (..., coordinates) -> the same shape.
        starts: (starts, coordinates).
        steps: how many.

    Returns:
        (steps + 1, starts, coordinates), in float64. Numbers may become infinite.

    >>> descend(SGD(lr=0.25), lambda x: 2 * x, np.array([[8.0]]), 2)[:, 0, 0]
    array([8., 4., 2.])
    """
    params: dict[str, Tensor] = {"x": parameter(starts, float64)}
    points = [params["x"].numpy()]
    with np.errstate(all="ignore"):  # a rate that is too high is one of the answers
        for _ in range(steps):
            with optimizer.gradient_point(params):
                gradient = slope(params["x"].numpy())
            bounded = np.clip(np.nan_to_num(gradient), -_LARGEST, _LARGEST)
            optimizer.update(params, {"x": Tensor(bounded)})
            points.append(params["x"].numpy())
    return np.stack(points)


_LARGEST = 1e100
"""Optimizers refuse slopes without a number; a walk that has come so far is lost anyway."""
