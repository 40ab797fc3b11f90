"""Noise of which we know that its mean is 0, and how often an interval says so."""

from __future__ import annotations

import numpy as np

from badak.base.random import generator
from badak.lab.statistics.interval import ends

RESAMPLES = 1000
BLOCK = 4000  # trials at once, so that memory stays small


def normal(shape, draw):
    return draw.standard_normal(shape)


def skewed(shape, draw):
    """Skewness 1: that of the gamma distribution of shape 4."""
    return (draw.gamma(4.0, size=shape) - 4.0) / 2.0


def equal_skewed_contenders(shape, draw):
    return draw.exponential(size=shape) - draw.exponential(size=shape)


def equal_accuracies(shape, draw):
    """Of 360 test rows, with trainings that differ by 2 points of accuracy."""
    one, other = (
        draw.binomial(360, np.clip(0.9 + 0.02 * draw.standard_normal(shape), 0, 1))
        for _ in range(2)
    )
    return (one - other) / 360


def missed(differences, confidence=0.95):
    """Of (n, trials) differences of mean 0: for each trial, whether its interval excludes 0."""
    n, trials = differences.shape
    drawn = generator(1, "drawn", n).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    found = []
    for start in range(0, trials, BLOCK):
        part = differences[:, start : start + BLOCK]
        _, low, high = ends(part, drawn, (1 - confidence) / 2)
        found.append((low > 0) | (high < 0))
    return np.concatenate(found)
