"""A function as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from badak.base.errors import DTypeError
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops.reduce import as_tensor


class Lambda(Module):
    """A function of tensors as a layer, for what needs no parameters.

    Args:
        function: takes a tensor (or several) and gives one; written with tensor operations, so
            that gradients flow and the layer compiles.

    Raises:
        DTypeError: when it cannot be called.

    >>> last = Lambda(lambda x: x[:, -1])
    >>> last(bd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([2., 4.])
    >>> Lambda(bd.tanh)
    Lambda(tanh)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise DTypeError("Lambda needs a function", got=repr(function), hint="lambda x: x * 2")
        self.function = function

    def forward(self, *inputs: Any) -> Tensor:
        return as_tensor(self.function(*map(as_tensor, inputs)))

    def describe(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return "" if name == "<lambda>" else name


class Identity(Module):
    """What comes in goes out: stands where a layer could be, as in the short way of `Residual`.

    >>> Identity()(bd.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def forward(self, x: Any) -> Tensor:
        return as_tensor(x)
