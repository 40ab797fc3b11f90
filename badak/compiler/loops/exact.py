"""x y + z with one rounding, in NumPy: what `fma` means where the processor's is not at hand.

Source: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms
using rounding to odd", IEEE Transactions on Computers 57 (2008).
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from badak.base.dtypes import Array, float32

_SAFE = 2.0**300
"""Between this and its inverse neither products nor their errors leave the range of float64."""


def fused(x: Array, y: Array, z: Array) -> Array:
    """x y + z, rounded once to the dtype of the arrays (float32 or float64).

    >>> x, z = np.float64(1 + 2**-30), np.float64(-1 - 2**-29)
    >>> float(fused(np.array([x]), np.array([x]), np.array([z]))[0]) == 2.0**-60
    True
    >>> float(x * x + z)
    0.0
    """
    with np.errstate(all="ignore"):
        if x.dtype == float32:
            return _fused_float32(x, y, z)
        return _fused_float64(x, y, z)


def _two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """The rounded sum and its error, which is a float too."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """The rounded product and its error."""
    product = x * y
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return product, error


def _halves(x: Array) -> tuple[Array, Array]:
    """x as a sum of two floats of half the digits."""
    scaled = 134217729.0 * x  # 2^27 + 1
    high = scaled - (scaled - x)
    return high, x - high


def _odd_sum(x: Array, y: Array) -> Array:
    """x + y rounded to odd: of the two neighbours of an inexact sum the one with an odd last bit.

    What is rounded to odd with a few digits more can be rounded again without harm.
    """
    total, error = _two_sum(x, y)
    even = (total.view(np.int64) & 1) == 0
    towards = np.where(error > 0, np.inf, -np.inf)
    inexact = np.isfinite(total) & (error != 0)
    return np.where(inexact & even, np.nextafter(total, towards), total)


def _fused_float32(x: Array, y: Array, z: Array) -> Array:
    wide = [a.astype(np.float64) for a in (x, y, z)]
    # The product of two float32 is a float64.
    return _odd_sum(wide[0] * wide[1], wide[2]).astype(np.float32)


def _fused_float64(x: Array, y: Array, z: Array) -> Array:
    product, low = _two_product(x, y)
    middle, middle_low = _two_sum(z, low)
    high, high_low = _two_sum(product, middle)
    result: Array = high + _odd_sum(middle_low, high_low)
    plain = (x == 0) | (y == 0) | ~np.isfinite(x) | ~np.isfinite(y)
    result = np.where(plain, x * y + z, result)
    for i in np.flatnonzero(~plain & ~(_is_safe(x) & _is_safe(y) & (_is_safe(z) | (z == 0)))):
        result[i] = _one_by_one(float(x[i]), float(y[i]), float(z[i]))
    return result


def _is_safe(x: Array) -> Array:
    size = np.abs(x)
    return (size < _SAFE) & (size > 1 / _SAFE)


def _one_by_one(x: float, y: float, z: float) -> float:
    if not math.isfinite(z):
        return z
    total = Fraction(x) * Fraction(y) + Fraction(z)
    if total == 0:  # of the product, which is not 0, and z: they cancel
        return 0.0
    try:
        result = float(total)
    except OverflowError:
        result = math.inf
    return math.copysign(result, 1 if total > 0 else -1)
