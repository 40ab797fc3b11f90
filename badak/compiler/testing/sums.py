"""Bounds of sums and of sums of products, whatever the order in which they are added up.

    |computed - true| <= n u sum |terms|,   u = 2^-24 (float32) or 2^-53 (float64)

for n terms, with one rounding each for a product; see Higham, "Accuracy and Stability of Numerical
Algorithms" (2002), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from badak.base.dtypes import Array, DType, float32
from badak.compiler.testing.interval import Interval, unsigned_zeros

PRODUCTS = ("conv", "conv_input_grad", "conv_weight_grad", "matmul")
LINEAR = (*PRODUCTS, "fold", "scatter_add", "sum")
"""Primitives whose result is linear in each of their inputs (positions aside)."""

Run = Callable[..., Array]


def summed(name: str, run: Run, inputs: list[Interval], dtype: DType) -> Interval:
    """What a sum may be, for terms within intervals."""
    if name == "scatter_add":
        index = inputs[1].low
        return _linear(lambda x: run(x, index), inputs[0], dtype)
    if name in PRODUCTS:
        return _bilinear(run, inputs[0], inputs[1], dtype)
    return _linear(run, inputs[0], dtype)


class _Parts:
    """An interval as middle, radius and marks, in wider floats."""

    def __init__(self, x: Interval) -> None:
        wide = np.float64 if x.dtype == float32 else np.longdouble
        low: Array = x.low.astype(wide)
        high: Array = x.high.astype(wide)
        self.finite = np.isfinite(low) & np.isfinite(high) & ~x.free
        self.middle = np.where(self.finite, low * 0.5 + high * 0.5, 0)
        self.radius = np.where(self.finite, high * 0.5 - low * 0.5, 0)
        self.size = np.abs(self.middle)
        self.broken = self.finite & ((self.middle != np.rint(self.middle)) | (self.radius != 0))
        self.doubtful = ~x.exact
        self.one = np.ones(low.shape)


def _marks(run: Run, marks: Array) -> Array:
    """Which results a marked term takes part in."""
    return run(marks.astype(np.float64)) > 0


def _linear(run: Run, x: Interval, dtype: DType) -> Interval:
    free = _marks(run, x.free)
    if dtype.kind != "f":
        result = run(x.low)
        return Interval(result, result, free)
    p = _Parts(x)
    center, spread = run(p.middle), run(p.radius)
    count = run(p.one)
    slack = np.where(count > 1, count, 0)
    return _sum(
        (center, spread, run(p.size) + spread, slack),
        run(x.low),
        _marks(run, ~p.finite),
        _marks(run, p.broken),
        _marks(run, p.doubtful),
        free,
        dtype,
    )


def _bilinear(run: Run, x: Interval, y: Interval, dtype: DType) -> Interval:
    ones = np.ones(x.low.shape), np.ones(y.low.shape)

    def touched(a: Array, b: Array) -> Array:
        return _marks(lambda m: run(m, ones[1]), a) | _marks(lambda m: run(ones[0], m), b)

    free = touched(x.free, y.free)
    if dtype.kind != "f":
        result = run(x.low, y.low)
        return Interval(result, result, free)
    p, q = _Parts(x), _Parts(y)
    spread = run(p.size, q.radius) + run(p.radius, q.size) + run(p.radius, q.radius)
    return _sum(
        (run(p.middle, q.middle), spread, run(p.size, q.size) + spread, run(*ones) + 1),
        run(x.low, y.low),
        touched(~p.finite, ~q.finite),
        touched(p.broken, q.broken),
        touched(p.doubtful, q.doubtful),
        free,
        dtype,
    )


def _sum(
    parts: tuple[Array, Array, Array, Array],
    plain: Array,
    endless: Array,
    broken: Array,
    doubtful: Array,
    free: Array,
    dtype: DType,
) -> Interval:
    """The interval of a sum.

    Args:
        parts: the sum, how far its terms may move it, the sum of absolute values, and how many
            roundings there are.
        plain: the sum as NumPy computes it.
        endless: where a term is infinite or NaN.
        broken: where a term is no whole number.
        doubtful: where a term is uncertain.
        free: where a term may be anything.
        dtype: of the result.
    """
    center, spread, size, roundings = parts
    limits = np.finfo(dtype)
    radius = spread + roundings * (limits.eps / 2 * size * 1.01 + limits.smallest_subnormal)
    whole = ~broken & (size < 2.0**limits.nmant)
    radius = np.where(whole | (roundings == 0), spread, radius)
    low, high = (end.astype(dtype) for end in (center - radius, center + radius))
    down, up = (np.nextafter(end, dtype.type(to)) for end, to in ((low, -np.inf), (high, np.inf)))
    low, high = np.where(radius > 0, down, low), np.where(radius > 0, up, high)
    overflow = ~(size * 1.01 < limits.max)
    low, high = np.where(endless, plain, low), np.where(endless, plain, high)
    return unsigned_zeros(Interval(low, high, free | overflow | (endless & doubtful)))
