"""How elongated the loss of a linear model is, by the scale of its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.data import Scaling, load, standardize
from badak.lab.measurement import Measurement

CONDITIONS = ("two sizes", "correlated", "digits")

_LIT = 0.05
"""The share of images in which a pixel must be lit: one that never is has no curvature at all."""


def contours(
    seeds: Sequence[int], *, rows: int = 500, correlation: float = 0.99
) -> list[Measurement]:
    """The Hessian of a linear regression for raw, centred and standardised inputs, exactly.

    The contours of the loss are ellipses whose longest axis is sqrt(condition number) times the
    shortest. "two sizes" are two independent features, one up to 2,000 and one up to 5;
    "correlated" two of one size and mean 0; "digits" the pixels of half of the images, without
    those that are dark in nearly all of them.

    Measures: "log10 condition number"; "log10 updates" of gradient descent at its best rate until
    the error is a thousandth, for the worst start; see `updates_needed`.

    Args:
        seeds: of the rows.
        rows: how many of the two features.
        correlation: of the two features of one size.
    """
    found = []
    for seed in seeds:
        for condition in CONDITIONS:
            x = _inputs(condition, seed, rows, correlation)
            scaling = standardize(x)
            centred = Scaling(scaling.shift, np.ones_like(scaling.scale))
            arms = {"Raw": x, "Centred": centred(x), "Standardised": scaling(x)}
            for name, inputs in arms.items():
                number = condition_number(hessian(inputs))
                values = {
                    "log10 condition number": np.log10(number),
                    "log10 updates": np.log10(updates_needed(number)),
                }
                found += [
                    Measurement(name, condition, measure, seed, float(value))
                    for measure, value in values.items()
                ]
    return found


def hessian(x: Array) -> Array:
    """The second derivatives of 1 / (2 n) sum (x w + b - t)^2: those of (w, b), (in + 1, in + 1).

        H = X^T X / n,   X = [x, 1]

    It depends on neither the targets nor the weights.

    >>> hessian(np.array([[1.0], [3.0]]))
    array([[5., 2.],
           [2., 1.]])
    """
    with_bias = np.column_stack([x, np.ones(len(x))])
    second_moments: Array = with_bias.T @ with_bias / len(x)
    return second_moments


def condition_number(matrix: Array) -> float:
    """The largest eigenvalue of a symmetric matrix over the smallest; inf for a singular one.

    >>> condition_number(np.diag([4.0, 1.0, 2.0]))
    4.0
    """
    values = np.linalg.eigvalsh(matrix)
    rounding = values[-1] * len(values) * np.finfo(values.dtype).eps
    return float(values[-1] / values[0]) if values[0] > rounding else np.inf


def updates_needed(condition: float, share: float = 1e-3) -> float:
    """How many updates bring every error down to that share, at the best learning rate.

    The rate 2 / (smallest + largest eigenvalue) shrinks both extremes by

        (k - 1) / (k + 1)   in each update, k the condition number

    Polyak, "Introduction to Optimization" (1987). At least 1.

    >>> round(updates_needed(3.0), 2)  # each update halves the error
    9.97
    """
    if condition <= 1.0 or condition == np.inf:
        return condition
    # log1p: for large k the factor is 1 but for the last digits.
    return max(1.0, float(np.log(share) / np.log1p(-2.0 / (condition + 1.0))))


def _inputs(condition: str, seed: int, rows: int, correlation: float) -> Array:
    random = generator(seed, "contours", condition)
    if condition == "digits":
        pixels = load("digits").train.x.astype(np.float64)
        half = pixels[random.permutation(len(pixels))[: len(pixels) // 2]]
        return half[:, (half > 0.0).mean(axis=0) >= _LIT]
    if condition == "correlated":
        first, second = random.standard_normal((2, rows))
        other = correlation * first + np.sqrt(1.0 - correlation**2) * second
        return np.stack([first, other], axis=1)
    return random.uniform(0.0, [2000.0, 5.0], (rows, 2))
