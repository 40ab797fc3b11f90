"""Activations: the functions between layers that make a network more than one matrix."""

from __future__ import annotations

from typing import Any

from badak.core import Tensor
from badak.nn.module import Module
from badak.ops import maximum, sigmoid, tanh


class ReLU(Module):
    """max(x, 0). Its derivative is 1 above 0, and 0 below and at 0.

    Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (2010).

    >>> ReLU()(bd.tensor([-2.0, 3.0]))
    tensor([0., 3.])
    """

    def forward(self, x: Any) -> Tensor:
        return maximum(x, 0.0)


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
