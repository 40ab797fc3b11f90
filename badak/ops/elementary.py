"""Elementary functions, element by element, in floats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.error_function import erf_forward
from badak.ops.rules import as_floats, same

define(
    "exp",
    np.exp,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * out,),
)

define(
    "log",
    np.log,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g / x,),
)

define(
    "log1p",
    np.log1p,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g / (1.0 + x),),
)

define(
    "expm1",
    np.expm1,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * (out + 1.0),),
)

define(
    "sqrt",
    np.sqrt,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g / (2.0 * out),),
)

define(
    "tanh",
    np.tanh,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * (1.0 - out * out),),
)


def _sigmoid(x: Array) -> Array:
    # exp of a positive number could overflow: e = exp(-|x|) never does.
    e = np.exp(-np.abs(x))
    result: Array = np.where(x >= 0, 1, e) / (1 + e)
    return result


define(
    "sigmoid",
    _sigmoid,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * out * (1.0 - out),),
)

define(
    "erf",
    erf_forward,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * (2.0 / math.sqrt(math.pi)) * (-x * x).exp(),),
)

define(
    "sin",
    np.sin,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: g * cos(x),),
)

define(
    "cos",
    np.cos,
    infer=same,
    promote=as_floats,
    vjps=(lambda g, out, x: -g * sin(x),),
)


def exp(x: Any) -> Tensor:
    """e to the power of x.

    >>> exp([0.0, 1.0])
    tensor([1.    , 2.71828])
    """
    return apply("exp", x)


def log(x: Any) -> Tensor:
    """The natural logarithm; -inf at 0, NaN below.

    >>> log([1.0, 2.0])
    tensor([0.       , 0.6931472])
    """
    return apply("log", x)


def log1p(x: Any) -> Tensor:
    """log(1 + x), exact for small x too.

    >>> log1p(bd.tensor(1e-10, "float64")).item()
    9.9999999995e-11
    """
    return apply("log1p", x)


def expm1(x: Any) -> Tensor:
    """exp(x) - 1, exact for small x too.

    >>> expm1(bd.tensor(1e-10, "float64")).item()
    1.00000000005e-10
    """
    return apply("expm1", x)


def sqrt(x: Any) -> Tensor:
    """The square root; NaN below 0. Its gradient at 0 is infinite.

    >>> sqrt([4.0, 9.0])
    tensor([2., 3.])
    """
    return apply("sqrt", x)


def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent, between -1 and 1.

    >>> tanh([0.0, 1000.0])
    tensor([0., 1.])
    """
    return apply("tanh", x)


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)), between 0 and 1; stable for any x.

    >>> sigmoid([-1000.0, 0.0, 1000.0])
    tensor([0. , 0.5, 1. ])
    """
    return apply("sigmoid", x)


def erf(x: Any) -> Tensor:
    """The error function, 2/sqrt(pi) times the integral of exp(-u^2) from 0 to x.

    >>> erf([0.0, 1.0])
    tensor([0.       , 0.8427008])
    """
    return apply("erf", x)


def sin(x: Any) -> Tensor:
    """The sine of x in radians.

    >>> sin([0.0, 0.5])
    tensor([0.       , 0.4794255])
    """
    return apply("sin", x)


def cos(x: Any) -> Tensor:
    """The cosine of x in radians.

    >>> cos([0.0, 0.5])
    tensor([1.       , 0.8775826])
    """
    return apply("cos", x)
