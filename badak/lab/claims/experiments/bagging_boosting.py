"""Bagging and boosting: what each does to bias and to variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.side_by_side import bagged, boosted, fitted
from badak.lab.measurement import Measurement

POINTS = np.linspace(-0.95, 0.95, 50)
BASES = MappingProxyType({"a weak net": 1, "a strong net": 20})
"""Hidden units of the network by the condition."""


def truth(x: Array) -> Array:
    """sin(2 pi x), the rule to be learned.

    >>> truth(np.array([0.25])).tolist()
    [1.0]
    """
    rule: Array = np.sin(2 * np.pi * x)
    return rule


def bagging_boosting(
    seeds: Sequence[int],
    *,
    bases: Mapping[str, int] = BASES,
    samples: int = 40,
    rows: int = 25,
    noise: float = 0.3,
    members: int = 10,
    share: float = 0.5,
) -> list[Measurement]:
    """One network, alone, bagged and boosted, on many samples of one known rule.

    Contenders: "Single", "Bagged", "Boosted". Measures, over fresh inputs: "squared bias" (of the
    mean prediction over the samples), "variance" (of the predictions over the samples) and "squared
    error" (their sum).

    Args:
        seeds: of the samples and the weights.
        bases: hidden units of the network, by the name of the condition.
        samples: from each of which all three learn.
        rows: of a sample.
        noise: the standard deviation of what is added to its targets.
        members: networks that are bagged, and that are boosted.
        share: what of each boosted network is added.

    >>> found = bagging_boosting([0, 1], samples=5, members=2, bases={"a weak net": 1})
    >>> len(found)
    18
    """
    measurements = []
    for condition, units in bases.items():
        for seed in seeds:
            random = generator(seed, "bagging and boosting")
            x = random.uniform(-1, 1, (samples, rows))
            t = truth(x) + noise * random.standard_normal(x.shape)
            fits = {
                "Single": fitted(x, t, units, seed=seed),
                "Bagged": bagged(x, t, units, members, seed=seed),
                "Boosted": boosted(x, t, units, members, share=share, seed=seed),
            }
            for contender, fit in fits.items():
                bias, variance = decomposed(fit(POINTS), truth(POINTS))
                measures = {
                    "squared bias": [bias],
                    "variance": [variance],
                    "squared error": [bias + variance],
                }
                measurements += readings(contender, condition, [seed], measures)
    return measurements


def decomposed(predictions: Array, rule: Array) -> tuple[float, float]:
    """Squared bias and variance, each a mean over the points: predictions (samples, points).

    The squared bias is freed of what the variance adds to it by chance, so it may be below 0.

    >>> decomposed(np.array([[1.0], [3.0]]), np.array([0.0]))
    (3.0, 2.0)
    """
    variance = float(predictions.var(axis=0, ddof=1).mean())
    distance = float(((predictions.mean(axis=0) - rule) ** 2).mean())
    return distance - variance / len(predictions), variance
