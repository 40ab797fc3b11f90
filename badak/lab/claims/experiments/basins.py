"""Where gradient descent and its noisy kind come to rest: which valley, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.descent import descend
from badak.lab.measurement import Measurement
from badak.optim import SGD

_SETTLING = 500
"""Updates without noise after the run: down to the floor of the valley that it has ended in."""

_FLAT = 1e-4
_NEAR = 0.1


@dataclass(frozen=True)
class Landscape:
    """A function with more than one place where gradient descent can come to rest.

    Attributes:
        slope: its gradient, (..., coordinates) -> the same shape.
        curvature: its second derivatives along the coordinates, likewise.
        lowest: where its lowest point is, (coordinates,); none where it has no single one.
        low, high: starts are drawn between these, (coordinates,).
        lr: a learning rate that is below 2 / curvature everywhere between them.
    """

    slope: Callable[[Array], Array]
    curvature: Callable[[Array], Array]
    low: tuple[float, ...]
    high: tuple[float, ...]
    lr: float
    lowest: tuple[float, ...] | None = None

    def settled(self, points: Array) -> Array:
        """The floors of the valleys that points lie in."""
        floors: Array = descend(SGD(self.lr), self.slope, points, _SETTLING)[-1]
        return floors

    def reached(self, points: Array) -> dict[str, Array]:
        """Which points are what people want, by measure: (points,) each.

        >>> LANDSCAPES["saddle"].reached(np.array([[0.0, 1.0], [0.0, 0.0]]))
        {'at a local minimum': array([ True, False])}
        """
        with np.errstate(all="ignore"):
            flat = np.abs(self.slope(points)) < _FLAT
            hollow = self.curvature(points) > _FLAT
        found: dict[str, Array] = {"at a local minimum": np.all(flat & hollow, axis=-1)}
        if self.lowest is not None:
            near = np.abs(self.settled(points) - self.lowest) < _NEAR
            found["in the deepest valley"] = np.all(near, axis=-1)
        return found


def _rastrigin(dimensions: int) -> Landscape:
    """sum x^2 - 10 cos(2 pi x): a valley at every whole number, the lowest at 0."""
    wave = 2 * np.pi
    return Landscape(
        lambda x: 2 * x + 10 * wave * np.sin(wave * x),
        lambda x: 2 + 10 * wave**2 * np.cos(wave * x),
        (-5.12,) * dimensions, (5.12,) * dimensions, 0.001, (0.0,) * dimensions,
    )  # fmt: skip


LANDSCAPES: Mapping[str, Landscape] = {
    # x^4/4 - x^2/2 + x/10: the left valley is the deeper one.
    "two valleys": Landscape(
        lambda x: x**3 - x + 0.1, lambda x: 3 * x**2 - 1, (-2.0,), (2.0,), 0.05, (-1.04668,)
    ),
    "Rastrigin 1-D": _rastrigin(1),
    "Rastrigin 2-D": _rastrigin(2),
    # x^2/2 + y^4/4 - y^2/2: minima at y = 1 and -1, a saddle between them at y = 0.
    "saddle": Landscape(
        lambda p: np.stack([p[..., 0], p[..., 1] ** 3 - p[..., 1]], axis=-1),
        lambda p: np.stack([np.ones_like(p[..., 0]), 3 * p[..., 1] ** 2 - 1], axis=-1),
        (-1.0, -1.0), (1.0, 1.0), 0.1,
    ),
    # The same, from its ridge.
    "ridge of the saddle": Landscape(
        lambda p: np.stack([p[..., 0], p[..., 1] ** 3 - p[..., 1]], axis=-1),
        lambda p: np.stack([np.ones_like(p[..., 0]), 3 * p[..., 1] ** 2 - 1], axis=-1),
        (-1.0, 0.0), (1.0, 0.0), 0.1,
    ),
    # -exp(-x^2 / 2) from far away, where it is flat.
    "plateau": Landscape(
        lambda x: x * np.exp(-(x**2) / 2), lambda x: (1 - x**2) * np.exp(-(x**2) / 2),
        (6.0,), (10.0,), 0.1, (0.0,),
    ),
}  # fmt: skip


def basins(
    seeds: Sequence[int],
    *,
    places: Sequence[str] = ("two valleys", "Rastrigin 1-D", "Rastrigin 2-D"),
    noises: Sequence[float] = (0.3, 3.0),
    rates: Sequence[float] = (1.0,),
    starts: int = 100,
    updates: int = 1000,
) -> list[Measurement]:
    """Gradient descent with the exact slope, and SGD with noise on it, from many starts.

    Noise on the slope, with mean 0, is what drawing one example of many does. The conditions are
    places, noises and rates: "two valleys, noise 0.3", "saddle, noise 0, 50 times the rate". Beside
    "GD" and "SGD" there are "no training", which ends where it starts, and "half of the runs", a
    mark to be passed.

    Measures: "at a local minimum", the share of starts whose run ends where the slope is 0 and the
    curvature positive (SGD goes down without noise first); and "in the deepest valley", the share
    that ends there (asked by going down without noise), where there is one.

    Args:
        seeds: of starts and noise.
        places: names of `LANDSCAPES`.
        noises: standard deviations of the noise on the slope, as multiples of the mean size of the
            slope between the starts.
        rates: learning rates, as multiples of that of the landscape.
        starts: how many for each seed.
        updates: how many.
    """
    found = []
    for place in places:
        scene = LANDSCAPES[place]
        begun = np.concatenate([_drawn(scene, seed, starts) for seed in seeds])
        size = float(np.abs(scene.slope(begun)).mean())
        for factor in rates:
            lr = factor * scene.lr
            ended = descend(SGD(lr), scene.slope, begun, updates)[-1]
            for noise in noises:
                noisy = _noisy(scene, seeds, starts, noise * size)
                wandered = descend(SGD(lr), noisy, begun, updates)[-1]
                ends = {"GD": ended, "SGD": scene.settled(wandered), "no training": begun}
                rate = "" if factor == 1.0 else f", {factor:g} times the rate"
                condition = f"{place}, noise {noise:g}{rate}"
                for name, points in ends.items():
                    shares = {
                        measure: reached.reshape(len(seeds), starts).mean(axis=1)
                        for measure, reached in scene.reached(points).items()
                    }
                    found += readings(name, condition, seeds, shares)
                half = dict.fromkeys(shares, [0.5] * len(seeds))
                found += readings("half of the runs", condition, seeds, half)
    return found


def _drawn(scene: Landscape, seed: int, starts: int) -> Array:
    size = (starts, len(scene.low))
    return generator(seed, "basins", "start").uniform(scene.low, scene.high, size)


def _noisy(
    scene: Landscape, seeds: Sequence[int], starts: int, noise: float
) -> Callable[[Array], Array]:
    streams = [generator(seed, "basins", "noise") for seed in seeds]
    size = (starts, len(scene.low))

    def slope(points: Array) -> Array:
        chance = [stream.normal(0.0, noise, size) for stream in streams]
        noisy: Array = scene.slope(points) + np.concatenate(chance)
        return noisy

    return slope
