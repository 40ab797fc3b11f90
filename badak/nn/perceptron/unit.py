"""The perceptron: weigh, add, compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.core import Parameter, Tensor, parameter
from badak.nn.module import Module
from badak.ops import matmul, step


class Perceptron(Module):
    """A unit that answers 1 when its weighted inputs exceed a threshold, else 0.

        y = 1 if w1 x1 + w2 x2 + ... > theta else 0

    Written with a bias b = -theta and the step function h it is y = h(b + w1 x1 + w2 x2 + ...),
    and this is what is stored. A tie gives 0. Weights (in,) make one unit, (..., in) -> (...);
    weights (in, units) a row of units, (..., in) -> (..., units), each with its own threshold.

    Its gradient is 0 everywhere; `learn` is the rule by which it is trained. McCulloch and Pitts,
    "A Logical Calculus of the Ideas Immanent in Nervous Activity" (1943); Rosenblatt, "The
    Perceptron" (1958).

    Args:
        weight: the weights.
        theta: the threshold, one or one a unit; 0 unless given.
        bias: -theta, for those who think in biases.

    Raises:
        ShapeError: for weights of no or more than two axes, or thresholds for other units.
        RangeError: when both theta and bias are given.

    >>> both = Perceptron([0.5, 0.5], theta=0.7)
    >>> both(bd.tensor([[0, 0], [1, 0], [0, 1], [1, 1]]))
    tensor([0., 0., 0., 1.])
    """

    weight: Parameter
    bias: Parameter

    def __init__(self, weight: Any, theta: Any = None, *, bias: Any = None) -> None:
        if theta is not None and bias is not None:
            raise RangeError("Perceptron: bias is -theta: give one of them", got=f"{theta}, {bias}")
        self.weight = parameter(weight, tags=("weight",))
        if self.weight.ndim not in (1, 2):
            raise ShapeError("Perceptron: weights are (in,) or (in, units)", got=self.weight.shape)
        units = self.weight.shape[1:]
        start = parameter(bias) if bias is not None else -parameter(0.0 if theta is None else theta)
        if start.shape not in ((), units):
            raise ShapeError(
                "Perceptron: one threshold for all units, or one for each",
                expected=units,
                got=start.shape,
            )
        self.bias = parameter(np.broadcast_to(start.numpy(), units), tags=("bias",))

    @property
    def theta(self) -> Tensor:
        """The threshold."""
        return -self.bias

    def forward(self, x: Any) -> Tensor:
        return step(matmul(x, self.weight) + self.bias)

    def describe(self) -> str:
        inputs, *units = self.weight.shape
        return f"{inputs} -> {units[0] if units else 1}"


def unit_of(weight: Array, bias: float) -> Perceptron:
    """One unit in float64: no digit of what was learned is lost."""
    unit = Perceptron(weight, bias=bias).to("float64")
    return unit.load_state_dict({"weight": weight, "bias": np.asarray(bias)})
