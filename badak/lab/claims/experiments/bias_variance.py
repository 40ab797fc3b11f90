"""Bias and variance of networks of growing width, where the truth is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.side_by_side import fitted
from badak.lab.measurement import Measurement


def bias_variance(
    seeds: Sequence[int],
    *,
    widths: Sequence[int] = (1, 3, 30, 300),
    samples: int = 12,
    rows: int = 40,
    noise: float = 0.3,
    updates: int = 1000,
    lr: float = 0.03,
) -> list[Measurement]:
    """Networks with one hidden layer of tanh units learn sin(pi x) from samples with noise.

    The conditions are steps of width, "1 to 3 units" and so on, with the contenders "narrower" and
    "wider". Measures, in the mean over x: "squared bias", of the mean prediction against sin pi x;
    "variance", of the predictions; "squared error", of a prediction against sin pi x: their sum.

    Args:
        seeds: of the samples; all widths see the same ones.
        widths: hidden units, growing.
        samples: how many networks are trained for each width and seed, each on a sample of its own.
        rows: of a sample.
        noise: the standard deviation of what is added to sin pi x.
        updates, lr: of Adam with all rows at once.
    """
    grid = np.linspace(-1.0, 1.0, 101)
    by_width: dict[int, list[dict[str, float]]] = {width: [] for width in widths}
    for seed in seeds:
        random = generator(seed, "bias_variance")
        x = random.uniform(-1.0, 1.0, (samples, rows))
        y = np.sin(np.pi * x) + random.normal(0.0, noise, x.shape)
        for width in widths:
            fit = fitted(x, y, width, updates=updates, lr=lr, seed=seed)
            by_width[width].append(decomposed(fit(grid), np.sin(np.pi * grid)))
    found = []
    for narrow, wide in itertools.pairwise(widths):
        for name, width in (("narrower", narrow), ("wider", wide)):
            measures = {
                measure: [numbers[measure] for numbers in by_width[width]]
                for measure in by_width[width][0]
            }
            found += readings(name, f"{narrow} to {wide} units", seeds, measures)
    return found


def decomposed(predictions: Array, truth: Array) -> dict[str, float]:
    """Squared bias, variance and their sum, the squared error.

    Args:
        predictions: (samples, places).
        truth: (places,).

    >>> decomposed(np.array([[1.0], [3.0]]), np.array([1.0]))
    {'squared bias': 1.0, 'variance': 1.0, 'squared error': 2.0}
    """
    return {
        "squared bias": float(((predictions.mean(axis=0) - truth) ** 2).mean()),
        "variance": float(predictions.var(axis=0).mean()),
        "squared error": float(((predictions - truth) ** 2).mean()),
    }
