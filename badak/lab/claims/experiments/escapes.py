"""Whether an optimizer gets out of a saddle, or over the rim of a shallow valley."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.numbers import real
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.descent import descend
from badak.lab.measurement import Measurement
from badak.optim import SGD, Momentum

LARGEST_TILT = 2.0 / 27.0**0.5
"""With more of it, x^4/4 - x^2/2 + tilt x has one valley only."""

_SLOPE_AT_RIM = 1e-12


def escapes(
    seeds: Sequence[int],
    *,
    barriers: Sequence[float] = (0.001, 0.01, 0.1),
    off_axis: Sequence[float] = (0.0, 1e-3),
    steps: int = 2000,
    lr: float = 0.01,
    momentum: float = 0.9,
) -> list[Measurement]:
    """SGD and Momentum at a saddle and in the shallow one of two valleys.

    The saddle is (x^2 - y^2) / 2, with a start near x = 1 and y exactly 0 or a little beside; left
    when |y| > 1. The valleys are x^4/4 - x^2/2 + tilt x with the tilt that gives the barrier; the
    start is on the outer slope of the shallow one, x in 1.2 .. 2.0, and it is left when the walk
    ends in the deep one.

    Under "same rate" both have `lr`; under "matched rate" SGD has lr / (1 - momentum), which on a
    steady slope takes steps of the same size.

    Measures: "left" (1 or 0), and "updates to leave" (`steps` where it was never left).

    Args:
        seeds: of the starts.
        barriers: how high the rim stands above the floor of the shallow valley.
        off_axis: values of y at the start.
        steps: how many updates at most.
        lr, momentum: the settings of Momentum.
    """
    places = [*_saddles(seeds, off_axis), *_valleys(seeds, barriers)]
    found = []
    for arm, rate in (("same rate", lr), ("matched rate", lr / (1.0 - momentum))):
        for place, slope, starts, has_left in places:
            for name, rule in (("SGD", SGD(rate)), ("Momentum", Momentum(lr, momentum))):
                out = has_left(descend(rule, slope, starts, steps))
                measures = {
                    "left": out.any(axis=0),
                    "updates to leave": np.where(out.any(axis=0), out.argmax(axis=0), steps),
                }
                found += readings(name, f"{place}, {arm}", seeds, measures)
    return found


_Place = tuple[str, Callable[[Array], Array], Array, Callable[[Array], Array]]
"""A name, the slope, the starts, and which points (steps + 1, starts) are outside."""


def _saddles(seeds: Sequence[int], off_axis: Sequence[float]) -> Iterator[_Place]:
    for y in off_axis:
        x = [generator(seed, "escapes", "saddle").uniform(0.5, 1.5) for seed in seeds]
        starts = np.stack([x, np.full(len(x), y)], axis=1)
        name = f"saddle, y = {y:g}"
        yield name, lambda p: p * np.array([1.0, -1.0]), starts, lambda p: np.abs(p[..., 1]) > 1.0


def _valleys(seeds: Sequence[int], barriers: Sequence[float]) -> Iterator[_Place]:
    outer = [[generator(seed, "escapes", "valley").uniform(1.2, 2.0)] for seed in seeds]
    for barrier in barriers:
        slope, rim = _valley(tilt_for(barrier))

        def ends_beyond(points: Array, rim: float = rim) -> Array:
            """From when on the walk stays on the other side of the rim, if it does."""
            beyond = points[..., 0] < rim
            return np.logical_and.accumulate(beyond[::-1])[::-1]

        yield f"barrier {barrier:g}", slope, np.array(outer), ends_beyond


def _valley(tilt: float) -> tuple[Callable[[Array], Array], float]:
    return (lambda x: x**3 - x + tilt), _places(tilt)[1]


def tilt_for(barrier: float) -> float:
    """The tilt of x^4/4 - x^2/2 + tilt x that gives the shallow valley a rim of this height.

    >>> round(tilt_for(0.25), 6), round(tilt_for(0.05), 4)  # without a tilt, it is 1/4
    (0.0, 0.2513)

    Raises:
        RangeError: for a barrier outside of 0 .. 1/4.
    """
    wanted = real(barrier, "barrier", above=0.0, at_most=0.25)
    low, high = 0.0, LARGEST_TILT
    while high - low > _SLOPE_AT_RIM:
        middle = (low + high) / 2
        low, high = (middle, high) if barrier_of(middle) > wanted else (low, middle)
    return low


def barrier_of(tilt: float) -> float:
    """How far the rim stands above the floor of the shallow valley.

    >>> barrier_of(0.0)
    0.25
    """
    floor, rim = (x**4 / 4 - x**2 / 2 + tilt * x for x in _places(tilt))
    return rim - floor


def _places(tilt: float) -> tuple[float, float]:
    """Where the shallow valley has its floor and its rim: the two larger roots of the slope."""
    angle = np.arccos(np.clip(-tilt / LARGEST_TILT, -1.0, 1.0)) / 3
    roots = sorted(2 / 3**0.5 * np.cos(angle - 2 * np.pi * k / 3) for k in range(3))
    return float(roots[2]), float(roots[1])
