"""Hundreds of small networks in one: each fits its own rows, and none sees those of another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.core import Tensor, parameter
from badak.nn import Module
from badak.ops import tanh
from badak.optim import Adam
from badak.train import Trainer

Fit = Callable[[Array], Array]
"""What all networks say: (points,) for all, or (networks, points), -> (networks, points)."""


class SideBySide(Module):
    """Networks 1-units-1 with tanh that share nothing, one a column: (rows, networks) -> the same.

    Args:
        networks: how many.
        units: hidden units of each.
        random: where the first weights come from, of variance 1 over what comes in; the bends of
            the units lie within (-1, 1).

    >>> from badak.base.random import generator
    >>> SideBySide(4, 3, generator(0))(bd.zeros((5, 4))).shape
    (5, 4)
    """

    def __init__(self, networks: int, units: int, random: np.random.Generator) -> None:
        slopes = 3.0 * random.standard_normal((networks, units))
        self.slope = parameter(slopes)
        self.shift = parameter(-slopes * random.uniform(-1, 1, slopes.shape))
        self.weight = parameter(random.standard_normal(slopes.shape) / units**0.5)
        self.bias = parameter(np.zeros(networks))

    def forward(self, x: Tensor) -> Tensor:
        hidden = tanh(x.reshape(*x.shape, 1) * self.slope + self.shift)
        return (hidden * self.weight).sum(axis=-1) + self.bias


def fitted(
    x: Array, t: Array, units: int, *, updates: int = 300, lr: float = 0.03, seed: int = 0
) -> Fit:
    """Trains a network on each row of x and t by Adam on its squared error, all rows at once.

    Args:
        x: inputs, (networks, rows), about -1..1.
        t: targets, (networks, rows).
        units: hidden units of each network.
        updates: of the training.
        lr: the learning rate.
        seed: of the first weights.

    Returns:
        What the networks say of other inputs.

    >>> x = np.linspace(-1, 1, 20)[None].repeat(2, axis=0)
    >>> fit = fitted(x, np.stack([x[0], -x[1]]), units=3)
    >>> fit(np.array([0.5])).round(1).tolist()
    [[0.5], [-0.5]]
    """
    net = SideBySide(len(x), units, generator(seed, "side by side"))
    trainer = Trainer(net, "mean_squared_error", Adam(lr), progress=False)
    trainer.fit(x.T, t.T, updates=updates, batch_size=x.shape[1], shuffle=False)

    def fit(points: Array) -> Array:
        inputs = np.broadcast_to(points, (len(x), points.shape[-1]))
        return trainer.predict(inputs.T).T.astype(np.float64)

    return fit


def bagged(x: Array, t: Array, units: int, members: int, *, block: int = 1, seed: int = 0) -> Fit:
    """The mean of networks on bootstrap samples of each row of x and t.

    Args:
        x, t, units, seed: as for `fitted`.
        members: networks for each row.
        block: rows that are drawn together: 1 for the plain bootstrap, more for dependent rows
            (Kuensch 1989).

    >>> x = np.linspace(-1, 1, 20)[None]
    >>> bagged(x, x, units=3, members=4)(np.array([0.5])).round(1)
    array([[0.5]])
    """
    sets, rows = x.shape
    random = generator(seed, "bootstrap")
    starts = random.integers(0, rows - block + 1, (sets * members, -(-rows // block)))
    picked = (starts[..., None] + np.arange(block)).reshape(sets * members, -1)[:, :rows]
    drawn_x, drawn_t = (
        np.take_along_axis(part.repeat(members, axis=0), picked, axis=1) for part in (x, t)
    )
    fit = fitted(drawn_x, drawn_t, units, seed=seed)
    return lambda points: fit(points).reshape(sets, members, -1).mean(axis=1)


def boosted(x: Array, t: Array, units: int, stages: int, *, share: float, seed: int = 0) -> Fit:
    """The sum of networks that each fit what those before have left over.

    Friedman, "Greedy function approximation: a gradient boosting machine" (2001), for the squared
    error.

    Args:
        x, t, units, seed: as for `fitted`.
        stages: networks for each row.
        share: what of each network is added.

    >>> x = np.linspace(-1, 1, 20)[None]
    >>> boosted(x, x, units=3, stages=4, share=0.5)(np.array([0.5])).round(1)
    array([[0.5]])
    """
    fits: list[Fit] = []
    left = t
    for stage in range(stages):
        fit = fitted(x, left, units, seed=seed + 1000 * stage)
        left = left - share * fit(x)
        fits.append(fit)
    return lambda points: share * np.sum([fit(points) for fit in fits], axis=0)
