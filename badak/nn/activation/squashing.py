"""Activations that squash numbers into an interval, and those that make shares of scores."""

from __future__ import annotations

from typing import Any

from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops import clip, hardsigmoid, log_softmax, sigmoid, softmax, step, tanh


class Step(Module):
    """1 where x > 0, else 0: the activation of a perceptron, h(0) = 0.

    Its gradient is 0 everywhere, so gradient descent cannot train what lies below it.

    Rosenblatt, "The Perceptron" (1958).

    >>> Step()(bd.tensor([-2.0, 0.0, 0.5]))
    tensor([0., 0., 1.])
    """

    def forward(self, x: Any) -> Tensor:
        return step(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), in (0, 1). Its derivative y (1 - y) is at most 1/4.

    >>> Sigmoid()(bd.tensor([-1000.0, 0.0]))
    tensor([0. , 0.5])
    """

    def forward(self, x: Any) -> Tensor:
        return sigmoid(x)


class Tanh(Module):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), in (-1, 1). Its derivative is 1 - y^2.

    >>> Tanh()(bd.tensor([0.0, 1000.0]))
    tensor([0., 1.])
    """

    def forward(self, x: Any) -> Tensor:
        return tanh(x)


class Hardsigmoid(Module):
    """x / 6 + 1/2 held between 0 and 1; the derivative at -3 and 3 is 0.

    PyTorch's and, since version 3, Keras's definition; Courbariaux et al., "BinaryConnect" (2015),
    have the slope 1/2.

    >>> Hardsigmoid()(bd.tensor([-3.0, 0.0, 1.5]))
    tensor([0.  , 0.5 , 0.75])
    """

    def forward(self, x: Any) -> Tensor:
        return hardsigmoid(x)


class Hardtanh(Module):
    """x held between two bounds; the derivative at the bounds is 0.

    Collobert, "Large Scale Machine Learning" (2004).

    Args:
        min_val: the lower bound.
        max_val: the upper bound, above the lower one.

    Raises:
        RangeError: when the bounds are equal or swapped.
        DTypeError: when one is no number.

    >>> Hardtanh()(bd.tensor([-3.0, 0.5, 1.5]))
    tensor([-1. ,  0.5,  1. ])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val = real(min_val, "Hardtanh: min_val")
        self.max_val = real(max_val, "Hardtanh: max_val")
        if self.min_val >= self.max_val:
            raise RangeError(
                "Hardtanh: min_val lies below max_val", got=f"{min_val:g} and {max_val:g}"
            )

    def forward(self, x: Any) -> Tensor:
        return clip(x, self.min_val, self.max_val)

    def describe(self) -> str:
        return f"{self.min_val:g}, {self.max_val:g}"


class Softmax(Module):
    """exp(x_k) / sum_i exp(x_i): scores become shares, each in [0, 1], together 1.

    To train, give the scores themselves to `SoftmaxCrossEntropy`, which is exact where a share
    rounds to 0.

    Args:
        axis: the axis whose values share 1. (PyTorch calls it dim.)

    >>> Softmax()(bd.tensor([1010.0, 1000.0, 990.0]))
    tensor([9.9995e-01, 4.5398e-05, 2.0611e-09])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Tensor:
        return softmax(x, self.axis)

    def describe(self) -> str:
        return f"axis {self.axis}"


class LogSoftmax(Module):
    """x_k - log(sum_i exp(x_i)): the logarithm of `Softmax`, also where that rounds to 0.

    Args:
        axis: the axis whose values share 1. (PyTorch calls it dim.)

    >>> LogSoftmax()(bd.tensor([1000.0, 0.0]))
    tensor([    0., -1000.])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Tensor:
        return log_softmax(x, self.axis)

    def describe(self) -> str:
        return f"axis {self.axis}"
