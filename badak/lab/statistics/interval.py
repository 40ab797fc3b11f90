"""How far the mean of a few differences can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import real
from badak.base.random import generator
from badak.base.shapes import positive
from badak.lab.statistics.student import student_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and the values that it may stand for.

    Attributes:
        estimate: the mean difference.
        low, high: the ends; infinite where trials broke down.
        confidence: how often such an interval holds the true mean.

    >>> Interval(0.5, 0.25, 0.75, 0.95)
    0.5 [0.25, 0.75]
    """

    estimate: float
    low: float
    high: float
    confidence: float

    @property
    def excludes_zero(self) -> bool:
        """Whether there is a difference at all.

        >>> Interval(0.5, 0.25, 0.75, 0.95).excludes_zero
        True
        """
        return self.low > 0 or self.high < 0

    def __repr__(self) -> str:
        return f"{self.estimate:.3g} [{self.low:.3g}, {self.high:.3g}]"


def paired_interval(
    differences: Sequence[float] | Array,
    confidence: float = 0.95,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """The bootstrap interval of the mean of paired differences, honest for 5 to 20 of them.

    The percentiles of resampled means are too narrow for few values, and the percentiles that
    Hesterberg ("What Teachers Should Know About the Bootstrap", 2015) takes instead do not exist
    among the resamples of five. So their distances from the mean are stretched by as much as a
    normal sample of n would ask for, and no end is nearer than Student's:

        upper = mean + max(sqrt(n / (n - 1)) t / z  (percentile - mean),  t s / sqrt(n))

    with t of n - 1 degrees of freedom, z its limit for many, and s the standard deviation. For
    skewed differences the first holds better, for few of them the second.

    An infinite difference (one contender of the pair broke down) is larger than any finite one:
    the ends are then those of the signs of the infinite ones, times infinity.

    Args:
        differences: (n,), n at least 2, one a seed.
        confidence: how often the interval shall hold the true mean.
        resamples: of the bootstrap.
        seed: of the resampling; equal arguments give equal intervals.

    Raises:
        RangeError: for fewer than 2 differences, one that is NaN, a confidence outside of (0, 1).
        ShapeError: when they do not stand in one row.

    >>> paired_interval([3.0, 5.0, 4.0, 6.0, 4.5])
    4.5 [3.07, 5.93]
    >>> paired_interval([2.0, 2.0, 2.0])
    2 [2, 2]
    """
    scaled, unit = scaled_differences(differences)
    outside = (1 - real(confidence, "confidence", above=0, below=1)) / 2
    n = len(scaled)
    if n < 2:
        raise RangeError(
            "an interval needs more seeds", expected="at least 2 differences", got=n, hint="5 seeds"
        )
    drawn = generator(seed, "bootstrap", n).multinomial(
        n, np.full(n, 1 / n), size=positive(resamples, "resamples")
    )
    estimate, low, high = (float(value) for value in ends(scaled, drawn, outside))
    if math.isinf(unit):  # 0 x infinity is no number; an end at 0 is open on its side
        low, high = low or -1.0, high or 1.0
    return Interval(estimate * unit, low * unit, high * unit, confidence)


def ends(differences: Array, drawn: Array, outside: float) -> tuple[Array, Array, Array]:
    """Mean, lower and upper end by the formula of `paired_interval`.

    Args:
        differences: (n,), or (n, trials) for many at once.
        drawn: how often each resample has drawn each difference, (resamples, n).
        outside: the share that is left out on each side.

    >>> mean, low, high = ends(np.array([1.0, 2.0]), np.array([[2, 0], [1, 1], [0, 2]]), 0.025)
    >>> round(float(mean), 1), round(float(low), 1), round(float(high), 1)
    (1.5, -4.9, 7.9)
    """
    n = len(differences)
    mean, resampled = differences.sum(axis=0) / n, drawn @ differences / n
    left, right = np.quantile(resampled, [outside, 1 - outside], axis=0)
    student = student_quantile(1 - outside, n - 1)
    stretch = math.sqrt(n / (n - 1)) * student / -NormalDist().inv_cdf(outside)
    least = student * differences.std(axis=0, ddof=1) / math.sqrt(n)
    below = np.maximum(stretch * (mean - left), least)
    above = np.maximum(stretch * (right - mean), least)
    return mean, mean - below, mean + above


def scaled_differences(differences: Sequence[float] | Array) -> tuple[Array, float]:
    """Differences over the largest of them, and the largest: what no sum of squares overflows.

    Beside an infinite one the finite ones count for nothing: they become 0.

    >>> scaled_differences([2.0, -4.0]), scaled_differences([2.0, -np.inf])
    ((array([ 0.5, -1. ]), 4.0), (array([ 0., -1.]), inf))
    """
    values = np.asarray(differences, np.float64)
    if values.ndim != 1:
        raise ShapeError("differences stand in one row", expected="(n,)", got=values.shape)
    if np.isnan(values).any():
        raise RangeError(
            "a difference is not a number",
            got="nan",
            hint="count a trial that broke down as infinitely bad, and two of them as equal",
        )
    unit = float(np.abs(values).max(initial=0.0))
    if math.isinf(unit):
        return np.where(np.isinf(values), np.sign(values), 0.0), unit
    return (values / unit if unit else values), unit
