"""Three distributions of mean 0, by the standard deviation that they are to have."""

from __future__ import annotations

import math

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import unknown_name
from badak.base.shapes import Shape

CUT = 2.0
"""Where a truncated normal ends, in deviations of the whole one."""

CUT_STD = 0.87962566103423978
"""The standard deviation of a standard normal that ends at -2 and 2."""


def normal(rng: np.random.Generator, shape: Shape, std: float) -> Array:
    """N(0, std^2)."""
    return rng.normal(0.0, std, shape)


def truncated_normal(rng: np.random.Generator, shape: Shape, std: float) -> Array:
    """A normal without its tails, made wider so that `std` is what is left.

    It is cut at 2 deviations of the whole normal, which lie at 2 / 0.8796 = 2.27 std.
    """
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > CUT).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return values * (std / CUT_STD)


def uniform(rng: np.random.Generator, shape: Shape, std: float) -> Array:
    """U(-a, a) with a = sqrt(3) std."""
    bound = math.sqrt(3.0) * std
    return rng.uniform(-bound, bound, shape)


BY_NAME = {"normal": normal, "truncated_normal": truncated_normal, "uniform": uniform}


def check_distribution(name: str) -> None:
    """A distribution's name as Keras has it.

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in BY_NAME:
        raise unknown_name("distribution", name, BY_NAME)
