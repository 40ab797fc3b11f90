"""Initialisers that keep the spread of values from layer to layer: variance scale / fan."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import unknown_name
from badak.base.numbers import real
from badak.base.shapes import Shape
from badak.nn.init import distribution as distributions
from badak.nn.init.initializer import Fans, Initializer


@dataclass(frozen=True)
class Scaled(Initializer):
    """Mean 0 and a variance that follows from the fans, in one of three distributions.

    Attributes:
        distribution: "normal", "uniform" or "truncated_normal" (cut so that no weight is beyond
            2.27 deviations, and with exactly the variance of the others, as in Keras).

    Raises:
        RangeError: for another distribution.
    """

    distribution: str = "normal"

    def __post_init__(self) -> None:
        distributions.check_distribution(self.distribution)

    @abstractmethod
    def variance(self, fans: Fans) -> float:
        """The variance of a weight."""

    def draw(self, rng: np.random.Generator, shape: Shape, fans: Fans) -> Array:
        std = math.sqrt(self.variance(fans))
        return distributions.BY_NAME[self.distribution](rng, shape, std)


@dataclass(frozen=True)
class Xavier(Scaled):
    """Variance 1 / fan_in: keeps the spread of values under a linear or tanh unit.

    The form that "Deep Learning from Scratch" calls Xavier, and Keras LeCun; LeCun et al.,
    "Efficient BackProp" (1998). Differs from PyTorch's and Keras's "xavier", which is `Glorot`.

    >>> Xavier()((400, 100), Fans(400, 100), key=0).std().round(3)
    np.float32(0.05)
    """

    def variance(self, fans: Fans) -> float:
        return 1.0 / fans.fan_in


@dataclass(frozen=True)
class Glorot(Scaled):
    """Variance 2 / (fan_in + fan_out): a compromise between forward and backward.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    (2010). Uniform, it ends at sqrt(6 / (fan_in + fan_out)).

    >>> Glorot()((400, 400), Fans(400, 400), key=0).std().round(3)
    np.float32(0.05)
    """

    def variance(self, fans: Fans) -> float:
        return 2.0 / (fans.fan_in + fans.fan_out)


@dataclass(frozen=True)
class He(Scaled):
    """Variance 2 / fan_in: keeps the spread under a ReLU, which halves it.

    He et al., "Delving Deep into Rectifiers" (2015). The default of `Linear` and `Conv2d`.
    Uniform, it ends at sqrt(6 / fan_in).

    >>> He()((200, 300), Fans(200, 300), key=0).std().round(2)
    np.float32(0.1)
    """

    def variance(self, fans: Fans) -> float:
        return 2.0 / fans.fan_in


FAN = {
    "fan_in": lambda fans: fans.fan_in,
    "fan_out": lambda fans: fans.fan_out,
    "fan_avg": lambda fans: (fans.fan_in + fans.fan_out) / 2,
}


@dataclass(frozen=True)
class VarianceScaling(Scaled):
    """Variance scale / fan: what `Xavier`, `Glorot` and `He` are cases of, by Keras's names.

    Attributes:
        distribution: "normal", "uniform" or "truncated_normal".
        scale: 1 for a linear unit; in general `calculate_gain(activation) ** 2`.
        mode: "fan_in", "fan_out" or "fan_avg".

    Raises:
        RangeError: for another distribution or mode, and for a scale that is not above 0.

    >>> leaky = VarianceScaling("uniform", scale=2 / (1 + 0.1**2))
    >>> leaky((400, 100), Fans(400, 100), key=0).std().round(2)
    np.float32(0.07)
    """

    scale: float = 1.0
    mode: str = "fan_in"

    def __post_init__(self) -> None:
        distributions.check_distribution(self.distribution)
        real(self.scale, "VarianceScaling: scale", above=0)
        if self.mode not in FAN:
            raise unknown_name("VarianceScaling: mode", self.mode, FAN)

    def variance(self, fans: Fans) -> float:
        return self.scale / float(FAN[self.mode](fans))
