"""Networks that fork: several ways from one input, and what becomes of their ends."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.shapes import Shape, as_int
from badak.core import Tensor
from badak.nn.container import Sequential
from badak.nn.function import Identity
from badak.nn.module import Module
from badak.ops import concat


class Merge(Module):
    """Every branch gets the same input; `join` makes one tensor of what they give.

    Args:
        branches: modules.

    Raises:
        RangeError: without any branch.
        DTypeError: when something is not a module.

    >>> class Largest(Merge):
    ...     def join(self, outputs):
    ...         return bd.stack(outputs).max(axis=0)
    >>> Largest(nn.ReLU(), nn.Tanh())(bd.tensor([-100.0, 3.0]))
    tensor([0., 3.])
    """

    def __init__(self, *branches: Module) -> None:
        name = type(self).__name__
        if not branches:
            raise RangeError(f"{name} needs branches", got="none")
        for position, branch in enumerate(branches):
            if not isinstance(branch, Module):
                raise DTypeError(f"{name}: branch {position} is not a module", got=repr(branch))
            setattr(self, str(position), branch)

    @abstractmethod
    def join(self, outputs: list[Tensor]) -> Tensor:
        """One tensor of the outputs of all branches."""

    def build(self, input_shape: Shape) -> None:
        for branch in self.children().values():
            branch.build(input_shape)

    def example(self, shape: Shape) -> Tensor:
        return next(iter(self.children().values())).example(shape)

    def forward(self, x: Any) -> Tensor:
        return self.join([branch(x) for branch in self.children().values()])


class Add(Merge):
    """The sum of what the branches give, which has one shape.

    >>> Add(nn.Identity(), nn.Lambda(bd.exp))(bd.tensor([0.0, 1.0]))
    tensor([1.      , 3.718282])
    """

    def join(self, outputs: list[Tensor]) -> Tensor:
        return _total(self, outputs)


class Concat(Merge):
    """What the branches give, laid end to end along an axis: the channels, unless told otherwise.

    Szegedy et al., "Going Deeper with Convolutions" (2015), whose modules look at an image with
    kernels of several sizes; Huang et al., "Densely Connected Convolutional Networks" (2017).

    Args:
        branches: modules.
        axis: along which axis.

    >>> block = Concat(nn.Conv2d(3, 4, 1), nn.Conv2d(3, 8, 3, padding="same"))
    >>> block(bd.zeros((2, 3, 6, 6))).shape
    (2, 12, 6, 6)
    """

    def __init__(self, *branches: Module, axis: int = 1) -> None:
        super().__init__(*branches)
        self.axis = as_int(axis, "Concat: axis")

    def join(self, outputs: list[Tensor]) -> Tensor:
        return concat(outputs, self.axis)

    def describe(self) -> str:
        return "" if self.axis == 1 else f"axis {self.axis}"


class Residual(Module):
    """What the layers add to their input: x + f(x).

    The gradient reaches x by the short way undiminished, so very deep networks can be trained.

        y = shortcut(x) + layers(x)

    He et al., "Deep Residual Learning for Image Recognition" (2016).

    Args:
        layers: modules, one after another; they give what the shortcut gives in shape.
        shortcut: the short way; x itself unless given. A `Conv2d` of kernel 1 and the same stride,
            where the layers change the shape.

    Raises:
        RangeError: without any layer.
        DTypeError: when something is not a module.
        ShapeError: when both ways end in different shapes.

    >>> block = Residual(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    >>> block(bd.zeros((2, 4))).shape
    (2, 4)
    """

    def __init__(self, *layers: Module, shortcut: Module | None = None) -> None:
        if not layers:
            raise RangeError("Residual needs layers", got="none")
        self.layers = Sequential(*layers)
        self.shortcut = Sequential(Identity() if shortcut is None else shortcut)[0]

    def build(self, input_shape: Shape) -> None:
        self.layers.build(input_shape)
        self.shortcut.build(input_shape)

    def forward(self, x: Any) -> Tensor:
        added = self.layers(x)
        return _total(self, [self.shortcut(x), added])


def _total(layer: Module, outputs: list[Tensor]) -> Tensor:
    """Their sum; a smaller one is not repeated, which would hide a mistake."""
    shapes = [np.shape(y) for y in outputs]
    if any(shape != shapes[0] for shape in shapes):
        hint = "shortcut=nn.Conv2d(...) or nn.Linear(...)" if isinstance(layer, Residual) else None
        raise ShapeError(
            f"{type(layer).__name__} adds tensors of one shape",
            got=" + ".join(map(str, shapes)),
            hint=hint,
        )
    return sum(outputs[1:], start=outputs[0])
