"""Activations that let positive numbers through as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.errors import ShapeError
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.core import Parameter, Tensor, parameter
from badak.nn.module import Module, require_float
from badak.ops import elu, leaky_relu, relu, selu
from badak.ops.reduce import as_tensor


class ReLU(Module):
    """max(x, 0). Its derivative is 1 above 0, and 0 below and at 0.

    Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (2010).

    >>> ReLU()(bd.tensor([-2.0, 3.0]))
    tensor([0., 3.])
    """

    def forward(self, x: Any) -> Tensor:
        return relu(x)


class LeakyReLU(Module):
    """x above 0, slope * x below: a unit that is off still learns.

    The derivative at 0 is the slope.

    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Args:
        negative_slope: PyTorch's 0.01 unless given; Keras's layer has 0.3, textbooks 0.1 too.

    Raises:
        RangeError, DTypeError: when the slope is not a finite number.

    >>> LeakyReLU()(bd.tensor([-1.0, 3.0]))
    tensor([-0.01,  3.  ])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real(negative_slope, "LeakyReLU: negative_slope")

    def forward(self, x: Any) -> Tensor:
        return leaky_relu(x, self.negative_slope)

    def describe(self) -> str:
        return f"{self.negative_slope:g}"


class PReLU(Module):
    """A leaky ReLU that learns its slope: x above 0, weight * x below.

    The derivative at 0 is the weight. It carries no tag, so that weight decay, which would pull
    it to a ReLU, leaves it alone.

    He et al., "Delving Deep into Rectifiers" (2015).

    Args:
        num_parameters: 1 for one slope, or the number of channels (axis 1) for one each.
        init: the first slope, PyTorch's 0.25 unless given.

    Raises:
        ShapeError: when the input has another number of channels.
        RangeError, DTypeError: for settings that are out of range.

    >>> PReLU()(bd.tensor([-1.0, 3.0]))
    tensor([-0.25,  3.  ])
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        count = positive(num_parameters, "PReLU: num_parameters")
        self.weight = parameter(np.full(count, real(init, "PReLU: init")))

    def forward(self, x: Any) -> Tensor:
        require_float(x, "PReLU")
        x, count = as_tensor(x), self.weight.size
        if count == 1:
            return leaky_relu(x, self.weight.reshape(()))
        if x.ndim < 2 or x.shape[1] != count:
            raise ShapeError(
                f"PReLU({count}): the channels of the input do not fit",
                expected=f"(batch, {count}, ...)",
                got=x.shape,
                hint="PReLU() has one slope for all",
            )
        return leaky_relu(x, self.weight.reshape((-1,) + (1,) * (x.ndim - 2)))

    def describe(self) -> str:
        return f"{self.weight.size}"


class ELU(Module):
    """x above 0, alpha (exp(x) - 1) below: means near 0, and no unit dies.

    The derivative at 0 is alpha. It still saturates: far below 0 the slope alpha exp(x) vanishes.

    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units" (2016).

    Args:
        alpha: -alpha is the lowest value; 1 unless given.

    Raises:
        RangeError, DTypeError: when alpha is not a finite number.

    >>> ELU()(bd.tensor([-1000.0, 3.0]))
    tensor([-1.,  3.])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = real(alpha, "ELU: alpha")

    def forward(self, x: Any) -> Tensor:
        return elu(x, self.alpha)

    def describe(self) -> str:
        return f"{self.alpha:g}"


class SELU(Module):
    """1.0507 times an ELU with alpha 1.6733: values drift to mean 0 and variance 1 by themselves.

    For weights from `init.Xavier` (variance 1 / fan_in). The derivative at 0 is 1.7581.

    Klambauer et al., "Self-Normalizing Neural Networks" (2017).

    >>> SELU()(bd.tensor([-1000.0, 1.0]))
    tensor([-1.7580993,  1.050701 ])
    """

    def forward(self, x: Any) -> Tensor:
        return selu(x)
