"""Two optimizers side by side: their formulas, and where their paths part."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError
from badak.base.shapes import positive
from badak.core import Tensor, grad, parameter
from badak.optim.formula import formula
from badak.optim.optimizer import Optimizer

ROUNDING = 1e-12
"""The paths are one as long as they differ by less, relative to how far they have gone."""

_START = (-7.0, 2.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """What `explain_difference` has found; printed, it is a text.

    Attributes:
        names: the two optimizers with their settings.
        formulas: what one step of each does, line by line.
        paths: where each was after each step, from the start on: (steps + 1, ...).
        step: the first step after which they stand apart, from 1; None when they never do.

    >>> found = explain_difference(optim.SGD(0.1), optim.SGD(0.1, momentum=0.9))
    >>> found.step, found.formulas[0]
    (2, ["W' = W - lr g"])
    """

    names: tuple[str, str]
    formulas: tuple[list[str], list[str]]
    paths: tuple[Array, Array]
    step: int | None

    def __str__(self) -> str:
        columns = [[name, *lines] for name, lines in zip(self.names, self.formulas, strict=True)]
        width = max(map(len, columns[0]))
        rows = zip_longest(*columns, fillvalue="")
        lines = [f"{left:<{width}}  |  {right}".rstrip() for left, right in rows]
        return "\n".join([*lines, "", *self._meeting()])

    __repr__ = __str__

    def _meeting(self) -> Iterator[str]:
        one, other = self.paths
        if self.step is None:
            yield f"In {len(one) - 1} steps their paths do not part."
            return
        yield f"Their paths part at step {self.step}:"
        for when in dict.fromkeys([self.step, len(one) - 1]):
            gap = float(np.abs(one[when] - other[when]).max())
            points = f"{_point(one[when])} and {_point(other[when])}"
            yield f"  after step {when}: {points}, {gap:.3g} apart"


def _point(values: Array) -> str:
    return f"({', '.join(f'{x:.6g}' for x in np.atleast_1d(values).ravel())})"


def explain_difference(
    a: Optimizer, b: Optimizer, gradients: Any = None, steps: int = 30
) -> Difference:
    """The formulas of two optimizers side by side, and the first step where their paths part.

    Both walk down f(x, y) = x^2 / 20 + y^2 from (-7, 2), or take the gradients given, from 0.

    Args:
        a: an optimizer, as it was made: what it remembers does not count, and stays.
        b: another.
        gradients: a gradient for each step, (steps, ...).
        steps: how many, when no gradients are given.

    Raises:
        DTypeError: for what is no optimizer.
        ShapeError: for gradients that are a single number.

    >>> book = optim.like("book", "AdaGrad", lr=1.5)
    >>> explain_difference(book, optim.like("lasagne", "AdaGrad", lr=1.5))
    AdaGrad(lr=1.5, eps=1e-07)        |  AdaGrad(lr=1.5, eps=1e-06, eps_at='inside')
    h' = h + g^2                      |  h' = h + g^2
    W' = W - lr g / (sqrt(h') + eps)  |  W' = W - lr g / sqrt(h' + eps)
    <BLANKLINE>
    Their paths part at step 1:
      after step 1: (-5.5, 0.5) and (-5.5, 0.5), 1.32e-06 apart
      after step 30: (-0.120162, 2.4...e-17) and (-0.120163, 2.4...e-17), 3.11e-07 apart
    """
    for one in (a, b):
        if not isinstance(one, Optimizer):
            raise DTypeError(
                "explain_difference takes two optimizers",
                got=repr(one),
                hint='optim.like("torch", "Adam"), optim.like("keras", "Adam")',
            )
    given = None
    if gradients is not None:
        given = as_array(gradients, [dtypes.float64]).astype(dtypes.float64)
        if given.ndim == 0:
            raise ShapeError("explain_difference: a gradient for each step", got="one number")
    count = positive(steps if given is None else len(given), "explain_difference: steps")
    paths = _path(a, given, count), _path(b, given, count)
    names, formulas = (repr(a), repr(b)), (formula(a), formula(b))
    return Difference(names, formulas, paths, _first_apart(*paths))


def _path(optimizer: Optimizer, gradients: Array | None, steps: int) -> Array:
    """The points of a walk that begins anew, the start among them."""
    walker = copy.deepcopy(optimizer)
    walker.state = {}
    walker.steps.assign(Tensor(np.asarray(0, dtypes.int64)))
    start = np.array(_START) if gradients is None else np.zeros(gradients.shape[1:])
    params = {"W": parameter(start, "float64")}
    points = [params["W"].numpy()]
    for step in range(steps):
        with walker.gradient_point(params):
            grads = {"W": gradients[step]} if gradients is not None else _slopes(params)
        walker.update(params, grads)
        points.append(params["W"].numpy())
    return np.array(points)


def _slopes(params: Mapping[str, Tensor]) -> Any:
    w = params["W"]
    return grad((w * w * np.array([0.05, 1.0])).sum(), params)


def _first_apart(one: Array, other: Array) -> int | None:
    axes = tuple(range(1, one.ndim))
    gap = np.abs(one - other).max(axis=axes)
    gone = np.maximum(np.abs(one - one[0]).max(axis=axes), np.abs(other - other[0]).max(axis=axes))
    apart = np.flatnonzero(gap > ROUNDING * np.maximum.accumulate(gone))
    return int(apart[0]) if len(apart) else None
