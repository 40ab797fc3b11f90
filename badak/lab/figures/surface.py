"""Functions of two numbers on which one can watch optimizers walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from badak import ops
from badak.base.context import no_grad
from badak.base.dtypes import Array, float64
from badak.base.errors import RangeError, ShapeError, StateError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.core import Tensor, grad, parameter
from badak.lab.descent import descend
from badak.optim import catalogue

_LOST = 1e100
"""Who has come so far does not come back."""


@dataclass(frozen=True)
class Surface:
    """A function f(x, y), and the walk over it that is worth looking at.

    Attributes:
        name: what it is called.
        formula: as text.
        value: f for tensors x and y of one shape.
        start: where walks begin.
        window: the part of the plane to draw: x from, x to, y from, y to.
        steps: of a walk.
        rates: learning rates of optimizers, by their names in `badak.optim`; each was chosen so
            that its walk is a good one.
        minima: where the function is smallest, if anywhere.
        contours: how many lines of equal height can be told apart.

    >>> valley = SURFACES["valley"]
    >>> valley.at(np.array([[-7.0, 2.0]]))
    array([6.45])
    >>> valley.slope(np.array([[-7.0, 2.0]]))
    array([[-0.7,  4. ]])
    """

    name: str
    formula: str
    value: Callable[[Tensor, Tensor], Tensor]
    start: tuple[float, float]
    window: tuple[float, float, float, float]
    steps: int
    rates: Mapping[str, float]
    minima: tuple[tuple[float, float], ...] = ()
    contours: int = 16

    def at(self, points: Array) -> Array:
        """f at points: (..., 2) -> (...)."""
        with no_grad():
            return self._values(parameter(points, float64)).numpy()

    def slope(self, points: Array) -> Array:
        """The gradient at points: (..., 2) -> (..., 2)."""
        where = parameter(points, float64)
        slopes: Array = grad(self._values(where).sum(), where).numpy()
        return slopes

    def _values(self, points: Tensor) -> Tensor:
        return self.value(points[..., 0], points[..., 1])

    def heights(self, resolution: int = 161) -> tuple[Array, Array, Array]:
        """x, y and f over the window, on a grid: (n,), (n,), (n, n) with y along axis 0."""
        x_from, x_to, y_from, y_to = self.window
        x, y = np.linspace(x_from, x_to, resolution), np.linspace(y_from, y_to, resolution)
        return x, y, self.at(np.stack(np.meshgrid(x, y), axis=-1))

    def rate(self, optimizer: str) -> float:
        """The learning rate of an optimizer here.

        Raises:
            RangeError: for an unknown name, or one that has none.
        """
        catalogue.get(optimizer)
        if optimizer not in self.rates:
            raise RangeError(
                f"{optimizer} has no learning rate of its own on the {self.name}",
                expected=f"one of {', '.join(self.rates)}",
                hint="give rates, one for each optimizer",
            )
        return self.rates[optimizer]

    def walk(
        self,
        optimizer: str,
        rate: float,
        start: Sequence[float] | None = None,
        steps: int | None = None,
    ) -> Array:
        """The points that an optimizer comes through, the start among them: (steps + 1, 2).

        Args:
            optimizer: its name in `badak.optim`; its other settings are its own.
            rate: its learning rate.
            start: where it begins; that of the surface unless given.
            steps: how many; those of the surface unless given.

        Raises:
            RangeError: for an unknown name, or numbers out of range.
            StateError: when the rate is so high that the walk leaves all numbers.
            ShapeError: for a start that is no point of the plane.
        """
        rule = catalogue.get(optimizer)
        where = self.start if start is None else tuple(real(z, "start") for z in start)
        if len(where) != len(self.start):
            raise ShapeError("start is a point of the plane", expected="x, y", got=where)
        count = positive(self.steps if steps is None else steps, "steps")
        points = descend(rule(lr=rate), self.slope, np.array([where]), count)[:, 0]
        if not (np.abs(points) < _LOST).all():
            raise StateError(
                f"{optimizer} leaves all numbers on the {self.name}",
                got=f"a learning rate of {rate:g}",
                hint="a lower rate",
            )
        return points


def get(name: str) -> Surface:
    """The surface of that name.

    >>> get("saddle").formula
    'x² - y²'

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in SURFACES:
        raise unknown_name("surface", name, SURFACES)
    return SURFACES[name]


def _rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def _rastrigin(x: Tensor, y: Tensor) -> Tensor:
    bumps = ops.cos(2 * np.pi * x) + ops.cos(2 * np.pi * y)
    return x * x + y * y + 20 - 10 * bumps


SURFACES = {
    one.name: one
    for one in (
        Surface(
            "valley",
            "x² / 20 + y²",
            lambda x, y: x * x / 20 + y * y,
            start=(-7.0, 2.0),
            window=(-10.0, 10.0, -5.0, 5.0),
            steps=30,
            rates={
                "sgd": 0.95, "momentum": 0.1, "nesterov": 0.1, "adagrad": 1.5, "rmsprop": 0.3,
                "adam": 0.3, "adamw": 0.3, "adamax": 0.5, "nadam": 0.3, "radam": 0.3,
                "adadelta": 100.0, "lion": 0.2,
            },
            minima=((0.0, 0.0),),
        ),
        Surface(
            "saddle",
            "x² - y²",
            lambda x, y: x * x - y * y,
            start=(-1.8, 0.001),
            window=(-2.0, 2.0, -1.5, 1.5),
            steps=90,
            rates={"sgd": 0.05, "momentum": 0.05, "nesterov": 0.05, "adagrad": 0.2,
                   "rmsprop": 0.05, "adam": 0.05},
        ),
        Surface(
            "rosenbrock",
            "(1 - x)² + 100 (y - x²)²",
            _rosenbrock,
            start=(-1.2, 1.0),
            window=(-2.0, 2.0, -1.0, 3.0),
            steps=400,
            rates={"sgd": 0.001, "momentum": 0.0005, "nesterov": 0.0005, "adagrad": 0.5,
                   "rmsprop": 0.02, "adam": 0.1},
            minima=((1.0, 1.0),),
        ),
        Surface(
            "rastrigin",
            "x² + y² + 20 - 10 (cos 2πx + cos 2πy)",
            _rastrigin,
            start=(-3.4, 2.4),
            window=(-4.0, 2.0, -1.5, 3.0),
            steps=100,
            rates={"sgd": 0.002, "momentum": 0.005, "nesterov": 0.005, "adagrad": 1.0,
                   "rmsprop": 0.1, "adam": 0.5},
            minima=((0.0, 0.0),),
            contours=4,
        ),
    )
}  # fmt: skip
