"""Activations composed of primitives: each a formula, stable far out in value and in gradient.

The formulas are functions; the layers of `badak.nn` hold settings and call them. Where a formula
has two branches, the argument of the one that is not taken is replaced before it is computed, so
that nothing overflows in it and its gradient is 0 and not NaN.
"""

from __future__ import annotations

import math
from typing import Any

from badak.core.tensor import Tensor
from badak.ops.arithmetic import clip, maximum, sign
from badak.ops.compare import where
from badak.ops.elementary import erf, expm1, sigmoid, tanh
from badak.ops.reduce import as_tensor
from badak.ops.stable import softplus

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
"""The constants for which mean 0 and variance 1 are a fixed point; Klambauer et al. (2017)."""


def step(x: Any) -> Tensor:
    """1 where x > 0, else 0: the step function of a perceptron, h(0) = 0.

    Its gradient is 0 everywhere, at the jump as well: nothing can be learned through it by
    gradient descent.

    >>> step([-2.0, 0.0, 0.5])
    tensor([0., 0., 1.])
    """
    return maximum(sign(x), 0)


def relu(x: Any) -> Tensor:
    """max(x, 0). Its gradient is 1 above 0, and 0 below and at 0.

    >>> relu([-2.0, 0.0, 3.0])
    tensor([0., 0., 3.])
    """
    return maximum(x, 0.0)


def leaky_relu(x: Any, slope: Any = 0.01) -> Tensor:
    """x where x > 0, slope * x elsewhere. Its gradient at 0 is the slope.

    The slope may be a tensor that is learned, which broadcasts with x.

    >>> leaky_relu([-1.0, 0.0, 3.0])
    tensor([-0.01,  0.  ,  3.  ])
    """
    x = as_tensor(x)
    return where(x > 0, x, x * slope)


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where x > 0, alpha (exp(x) - 1) elsewhere. Its gradient at 0 is alpha.

    >>> elu([-1000.0, 0.0, 3.0])
    tensor([-1.,  0.,  3.])
    """
    x = as_tensor(x)
    positive = x > 0
    return where(positive, x, expm1(where(positive, 0.0, x)) * alpha)


def selu(x: Any) -> Tensor:
    """1.0507 elu(x, 1.6733): keeps mean 0 and variance 1 from layer to layer.

    >>> selu([-1000.0, 0.0, 1.0])
    tensor([-1.7580993,  0.       ,  1.050701 ])
    """
    return elu(x, SELU_ALPHA) * SELU_SCALE


def gelu(x: Any) -> Tensor:
    """x times the share of a standard normal below x: x (1 + erf(x / sqrt(2))) / 2.

    >>> gelu([-1000.0, 0.0, 1.0])
    tensor([-0.       ,  0.       ,  0.8413447])
    """
    values = as_tensor(x)
    return (1.0 + erf(values * math.sqrt(0.5))) * 0.5 * values


def gelu_tanh(x: Any) -> Tensor:
    """`gelu` as the networks of 2018 computed it: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.

    >>> gelu_tanh([-1000.0, 0.0, 1.0])
    tensor([-0.      ,  0.      ,  0.841192])
    """
    values = as_tensor(x)
    inner = values * (1.0 + 0.044715 * (values * values)) * math.sqrt(2.0 / math.pi)
    # (1 + tanh(u)) / 2 = sigmoid(2 u), where nothing cancels
    return sigmoid(inner * 2.0) * values


def silu(x: Any) -> Tensor:
    """x sigmoid(x), also known as swish.

    >>> silu([-1000.0, 0.0, 1.0])
    tensor([-0.       ,  0.       ,  0.7310586])
    """
    values = as_tensor(x)
    return sigmoid(values) * values


def mish(x: Any) -> Tensor:
    """x tanh(softplus(x)).

    >>> mish([-1000.0, 0.0, 1.0])
    tensor([-0.       ,  0.       ,  0.8650984])
    """
    values = as_tensor(x)
    return tanh(softplus(values)) * values


def hardsigmoid(x: Any) -> Tensor:
    """x / 6 + 1/2 held between 0 and 1. Its gradient is 0 at the ends, -3 and 3, and beyond.

    >>> hardsigmoid([-3.0, 0.0, 1.5])
    tensor([0.  , 0.5 , 0.75])
    """
    return clip(as_tensor(x) + 3.0, 0.0, 6.0) / 6.0


def hardswish(x: Any) -> Tensor:
    """x hardsigmoid(x). Its gradient is 0 at -3 and below, and 1 at 3 and above.

    >>> hardswish([-3.0, 1.0, 3.0])
    tensor([-0.       ,  0.6666667,  3.       ])
    """
    values = as_tensor(x)
    return hardsigmoid(values) * values
