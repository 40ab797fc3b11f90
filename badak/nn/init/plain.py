"""Initialisers that do not look at the layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.numbers import real
from badak.base.shapes import Shape
from badak.nn.init.initializer import Fans, Initializer


@dataclass(frozen=True)
class Constant(Initializer):
    """The same value everywhere.

    As weights of a hidden layer it cannot work: all units then compute the same, receive the same
    gradient and stay equal for ever. Right for biases and scales.

    >>> Constant(1.0)((2,), Fans(2, 2), key=0)
    array([1., 1.], dtype=float32)
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        real(self.value, "Constant: value")

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with a standard deviation that does not look at the layer: w ~ N(0, std^2).

    >>> Normal(0.01)((100, 100), Fans(100, 100), key=0).std().round(4)
    np.float32(0.01)
    """

    std: float = 0.01

    def __post_init__(self) -> None:
        real(self.std, "Normal: std", at_least=0)

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class Uniform(Initializer):
    """w ~ U(low, high); PyTorch's 0 and 1 would make all weights positive, so Keras's bounds.

    >>> bool(abs(Uniform()((100, 100), Fans(100, 100), key=0)).max() < 0.05)
    True
    """

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        if not real(self.low, "Uniform: low") <= real(self.high, "Uniform: high"):
            raise RangeError("Uniform: low is above high", got=f"{self.low:g} and {self.high:g}")

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        return rng.uniform(self.low, self.high, shape)
