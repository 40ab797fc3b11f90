"""Ridge regression on many small data sets at once, and worlds that such data come from."""

from __future__ import annotations

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import unknown_name
from badak.base.random import generator

WORLDS = ("still", "wandering", "early break", "late break")
"""How the rule behaves in time: not at all, as a random walk, or changing once."""


def fitted(x: Array, y: Array, strength: float | Array = 1.0) -> Array:
    """The weights that make |y - x w|^2 + strength |w|^2 smallest, for each data set.

        w = (x^T x + strength I)^-1 x^T y

    Args:
        x: (..., rows, in).
        y: (..., rows).
        strength: broadcasts against the leading axes.

    Returns:
        (..., in).

    >>> fitted(np.array([[1.0], [1.0]]), np.array([2.0, 4.0]), strength=1.0)
    array([2.])
    """
    penalty = np.asarray(strength)[..., None, None] * np.eye(x.shape[-1])
    turned = np.swapaxes(x, -1, -2)
    solved: Array = np.linalg.solve(turned @ x + penalty, turned @ y[..., None])[..., 0]
    return solved


def squared_error(x: Array, y: Array, w: Array) -> Array:
    """The mean of (y - x w)^2 over the rows: (..., rows, in), (..., rows), (..., in) -> (...)."""
    rest = y - (x @ w[..., None])[..., 0]
    error: Array = np.mean(rest * rest, axis=-1)
    return error


def series(
    world: str, seed: int, repetitions: int, rows: int, features: int = 3, noise: float = 0.5
) -> tuple[Array, Array]:
    """Rows in the order of time whose linear rule may change.

        y_t = x_t . w_t + noise e_t

    Args:
        world: one of `WORLDS`.
        seed: of everything.
        repetitions: how many series.
        rows: of each; a break comes after a fifth or four fifths of all but the last sixth.
        features: how many numbers x_t has.
        noise: the standard deviation of what no rule tells.

    Returns:
        x (repetitions, rows, features) and y (repetitions, rows).

    Raises:
        RangeError: for an unknown world.
    """
    if world not in WORLDS:
        raise unknown_name("world", world, WORLDS)
    random = generator(seed, "series", world)
    x = random.standard_normal((repetitions, rows, features))
    w = np.repeat(random.standard_normal((repetitions, 1, features)), rows, axis=1)
    if world == "wandering":
        w += np.cumsum(0.1 * random.standard_normal(w.shape), axis=1)
    elif world != "still":
        share = 0.2 if world == "early break" else 0.8
        w[:, round(share * rows * 5 / 6) :] = random.standard_normal((repetitions, 1, features))
    y = np.sum(x * w, axis=-1) + noise * random.standard_normal((repetitions, rows))
    return x, y
