"""Arithmetic, element by element: + - * / ** and their relatives.

In every rule g is the gradient of the result `out`, and x, y are the inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Literal, Tensor
from badak.ops.rules import as_floats, as_numbers, elementwise, fit, only, same, together, zero

define(
    "add",
    np.add,
    infer=elementwise,
    promote=as_numbers,
    vjps=(
        lambda g, out, x, y: fit(g, x),
        lambda g, out, x, y: fit(g, y),
    ),
)

define(
    "sub",
    np.subtract,
    infer=elementwise,
    promote=as_numbers,
    vjps=(
        lambda g, out, x, y: fit(g, x),
        lambda g, out, x, y: fit(-g, y),
    ),
)

define(
    "mul",
    np.multiply,
    infer=elementwise,
    promote=as_numbers,
    vjps=(
        lambda g, out, x, y: fit(g * y, x),
        lambda g, out, x, y: fit(g * x, y),
    ),
)

define(
    "div",
    np.divide,
    infer=elementwise,
    promote=as_floats,
    vjps=(
        lambda g, out, x, y: fit(g / y, x),
        lambda g, out, x, y: fit(-g * out / y, y),
    ),
)

define(
    "neg",
    np.negative,
    infer=same,
    promote=as_numbers,
    vjps=(lambda g, out, x: -g,),
)


def _power_base(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    if isinstance(y, Literal) and y.shape == () and y.data != 0:  # a number, as in x ** 2
        return fit(g * y * x ** (y - 1.0), x)
    # d x^0 / dx is 0 everywhere, also at x = 0 where 0 * 0^-1 would be NaN: there the exponent
    # is taken to be 1, which leaves 0 * 0^0. (Away from x = 0 it is y, so that the derivative of
    # this with respect to y stays right.)
    exponent = apply("where", (x == 0) & (y == 0), 1.0, y) - 1.0
    return fit(g * y * x**exponent, x)


def _power_exponent(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    # 0^y does not move with y > 0; log(0) would make it NaN, and log(1) is 0.
    return fit(g * out * apply("where", x == 0, 1.0, x).log(), y)


define(
    "pow",
    np.power,
    infer=elementwise,
    promote=as_floats,
    vjps=(_power_base, _power_exponent),
)

define(
    "maximum",
    np.maximum,
    infer=elementwise,
    promote=together,
    vjps=(  # a tie belongs to y: the gradient of maximum(x, 0) at x = 0 is 0
        lambda g, out, x, y: fit(only(x > y, g), x),
        lambda g, out, x, y: fit(only(x <= y, g), y),
    ),
)

define(
    "minimum",
    np.minimum,
    infer=elementwise,
    promote=together,
    vjps=(
        lambda g, out, x, y: fit(only(x < y, g), x),
        lambda g, out, x, y: fit(only(x >= y, g), y),
    ),
)

define(
    "abs",
    np.abs,
    infer=same,
    promote=as_numbers,
    vjps=(lambda g, out, x: g * x.sign(),),
)

define(
    "sign",
    np.sign,
    infer=same,
    promote=as_numbers,
    vjps=(lambda g, out, x: zero(g),),
)

define(
    "floor",
    np.floor,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: zero(g),),
)


def maximum(x: Any, y: Any) -> Tensor:
    """The larger of two values, element by element; NaN if either is NaN.

    Where they are equal the gradient goes to y, so `maximum(x, 0)` has the gradient 0 at 0.
    Differs from PyTorch, which gives half to each.

    >>> maximum([1.0, 5.0], 3.0)
    tensor([3., 5.])
    """
    return apply("maximum", x, y)


def minimum(x: Any, y: Any) -> Tensor:
    """The smaller of two values, element by element; NaN if either is NaN.

    Where they are equal the gradient goes to y.

    >>> minimum([1.0, 5.0], 3.0)
    tensor([1., 3.])
    """
    return apply("minimum", x, y)


def clip(x: Any, low: Any, high: Any) -> Tensor:
    """min(max(x, low), high): values outside of low..high become the nearest bound.

    The gradient is 1 inside and 0 at the bounds and outside.

    >>> clip([-2.0, 0.5, 2.0], 0.0, 1.0)
    tensor([0. , 0.5, 1. ])
    """
    return minimum(maximum(x, low), high)


def power(x: Any, y: Any) -> Tensor:
    """x raised to y, in floats; the same as `x ** y`.

    >>> power([2.0, 3.0], 2.0)
    tensor([4., 9.])
    """
    return apply("pow", x, y)


def abs(x: Any) -> Tensor:
    """The distance from 0; its gradient at 0 is 0.

    >>> abs([-3.0, 2.0])
    tensor([3., 2.])
    """
    return apply("abs", x)


def sign(x: Any) -> Tensor:
    """-1, 0 or 1; its gradient is 0 everywhere.

    >>> sign([-3.0, 0.0, 2.0])
    tensor([-1.,  0.,  1.])
    """
    return apply("sign", x)


def floor(x: Any) -> Tensor:
    """The largest whole number that is not above x; its gradient is 0 everywhere.

    >>> floor([1.7, -0.2])
    tensor([ 1., -1.])
    """
    return apply("floor", x)
