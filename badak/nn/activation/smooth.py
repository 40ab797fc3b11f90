"""Smooth relatives of the ReLU, and the cheap imitation of one."""

from __future__ import annotations

from typing import Any

from badak.base.errors import unknown_name
from badak.base.numbers import real
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops import gelu, gelu_tanh, hardswish, mish, silu, softplus
from badak.ops.reduce import as_tensor

APPROXIMATIONS = {"none": gelu, "tanh": gelu_tanh}


class Softplus(Module):
    """log(1 + exp(beta x)) / beta: a ReLU without a corner. Its derivative is sigmoid(beta x).

    Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing"
    (2001). Differs from PyTorch's, which is exactly x where beta x > 20; here that is a matter of
    rounding.

    Args:
        beta: how sharp the bend at 0 is; 1 unless given.

    Raises:
        RangeError, DTypeError: when beta is not a number above 0.

    >>> Softplus()(bd.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000e+00, 6.9315e-01, 1.0000e+03])
    """

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = real(beta, "Softplus: beta", above=0)

    def forward(self, x: Any) -> Tensor:
        return softplus(as_tensor(x) * self.beta) / self.beta

    def describe(self) -> str:
        return f"{self.beta:g}"


class GELU(Module):
    """x times the share of a standard normal that lies below x.

        "none"  x (1 + erf(x / sqrt(2))) / 2
        "tanh"  x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2

    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).

    Args:
        approximate: "none", or "tanh" as BERT and GPT-2 have it.

    Raises:
        RangeError: for another approximation.

    >>> GELU()(bd.tensor([-1000.0, 1.0]))
    tensor([-0.       ,  0.8413447])
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in APPROXIMATIONS:
            raise unknown_name("GELU: approximate", approximate, APPROXIMATIONS)
        self.approximate = approximate

    def forward(self, x: Any) -> Tensor:
        return APPROXIMATIONS[self.approximate](x)

    def describe(self) -> str:
        return "" if self.approximate == "none" else self.approximate


class SiLU(Module):
    """x sigmoid(x), also called swish.

    Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units" (2018); Ramachandran, Zoph and Le,
    "Searching for Activation Functions" (2017).

    >>> SiLU()(bd.tensor([-1000.0, 1.0]))
    tensor([-0.       ,  0.7310586])
    """

    def forward(self, x: Any) -> Tensor:
        return silu(x)


class Mish(Module):
    """x tanh(softplus(x)).

    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2019).

    >>> Mish()(bd.tensor([-1000.0, 1.0]))
    tensor([-0.       ,  0.8650984])
    """

    def forward(self, x: Any) -> Tensor:
        return mish(x)


class Hardswish(Module):
    """x hardsigmoid(x): a SiLU of straight lines and a parabola.

    The derivative is 0 at -3 and below, and 1 at 3 and above, where the lines begin.

    Howard et al., "Searching for MobileNetV3" (2019).

    >>> Hardswish()(bd.tensor([-3.0, 1.0, 3.0]))
    tensor([-0.       ,  0.6666667,  3.       ])
    """

    def forward(self, x: Any) -> Tensor:
        return hardswish(x)
