"""Bagging where people warn of it: few rows, outliers, dependent rows."""

from __future__ import annotations

from collections.abc import Sequence

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.bagging_boosting import POINTS, truth
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.side_by_side import bagged, fitted
from badak.lab.measurement import Measurement

_OUTLIER = 5.0


def bagging_limits(
    seeds: Sequence[int],
    *,
    samples: int = 20,
    rows: int = 60,
    few: int = 20,
    noise: float = 0.3,
    outliers: float = 0.1,
    dependence: float = 0.8,
    units: int = 20,
    members: int = 10,
) -> list[Measurement]:
    """One network alone and the mean of networks on bootstrap samples of the same rows.

    Conditions: "enough rows"; "few rows"; "outliers", which are noise five times as large in some
    rows; "a time series", whose rows follow one another and whose noise is an AR(1) process of the
    same spread. "Block bootstrap" draws runs of rows instead of single ones.

    Measure: "squared error", the distance to the known rule at fresh inputs, a mean over samples.

    Args:
        seeds: of the samples and the weights.
        samples: a seed.
        rows: of a sample; `few` of one with few rows.
        noise: the spread of the noise in targets.
        outliers: the share of rows that are outliers.
        dependence: the correlation of the noise of neighbours in a time series.
        units: hidden units of the network.
        members: networks that are bagged.

    >>> found = bagging_limits([0], samples=2, members=2)
    >>> sorted({one.condition for one in found})
    ['a time series', 'enough rows', 'few rows', 'outliers']
    """
    measurements = []
    for condition in ("enough rows", "few rows", "outliers", "a time series"):
        errors: dict[str, list[float]] = {}
        for seed in seeds:
            random = generator(seed, "limits of bagging", condition)
            x = random.uniform(-1, 1, (samples, few if condition == "few rows" else rows))
            errors_of_rows = noise * random.standard_normal(x.shape)
            if condition == "outliers":
                errors_of_rows[random.random(x.shape) < outliers] *= _OUTLIER
            if condition == "a time series":
                x.sort(axis=1)
                errors_of_rows = _dependent(errors_of_rows, dependence)
            t = truth(x) + errors_of_rows
            fits = {
                "Single": fitted(x, t, units, seed=seed),
                "Bagged": bagged(x, t, units, members, seed=seed),
                "Block bootstrap": bagged(x, t, units, members, block=5, seed=seed),
            }
            for contender, fit in fits.items():
                error = float(((fit(POINTS) - truth(POINTS)) ** 2).mean())
                errors.setdefault(contender, []).append(error)
        for contender, values in errors.items():
            measurements += readings(contender, condition, seeds, {"squared error": values})
    return measurements


def _dependent(shocks: Array, dependence: float) -> Array:
    """An AR(1) process of the same spread: e_t = a e_(t-1) + sqrt(1 - a^2) shock_t."""
    series = shocks.copy()
    for i in range(1, shocks.shape[1]):
        series[:, i] = dependence * series[:, i - 1] + (1 - dependence**2) ** 0.5 * shocks[:, i]
    return series
