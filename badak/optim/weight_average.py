"""Averages of the weights over the updates: often better than the last weights themselves.

    opt = optim.Adam(1e-3, average=optim.EMA(0.999))
    ...
    with opt.averaged(params):
        ...  # predictions with the averaged weights

Of the new weights W_t, the average takes the share a_t:  A = A + a_t (W_t - A).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from badak.base.errors import DTypeError
from badak.base.numbers import real
from badak.base.shapes import as_int, positive
from badak.core import Tensor
from badak.ops import floor, maximum, where


class WeightAverage(ABC):
    """How much of the new weights the average takes at each update.

    >>> class Last(WeightAverage):
    ...     def share(self, step):
    ...         return bd.ones(())
    >>> optim.SGD(0.1, average=Last()).average is None
    False
    """

    __slots__ = ()

    @abstractmethod
    def share(self, step: Tensor) -> Tensor:
        """The share a_t of the weights after update t, counted from 1 in float64; a_1 is 1."""


@dataclass(frozen=True, slots=True)
class EMA(WeightAverage):
    """An exponentially weighted average, corrected for its start: a_t = (1 - d) / (1 - d^t).

    The same as (1 - d) sum of d^(t-i) W_i, divided by 1 - d^t as Adam does. Polyak and Juditsky,
    "Acceleration of stochastic approximation by averaging" (1992). Differs from PyTorch's and
    Keras's, which begin with the first weights in full and forget them only by and by.

    Args:
        decay: the share of the past that is kept, in [0, 1).

    Raises:
        RangeError: for a decay out of its range.

    >>> [round(float(EMA(0.5).share(bd.tensor(t))), 4) for t in (1.0, 2.0, 30.0)]
    [1.0, 0.6667, 0.5]
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        real(self.decay, "EMA: decay", at_least=0, below=1)

    def share(self, step: Tensor) -> Tensor:
        return (1.0 - self.decay) / (1.0 - self.decay**step)


@dataclass(frozen=True, slots=True)
class SWA(WeightAverage):
    """The mean of the weights after every so many updates from a start on.

    Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (2018):
    stochastic weight averaging. Until then the average is the weights themselves. The running
    statistics of BatchNorm are not averaged: they stay those of the weights that moved.

    Args:
        start: after how many updates it begins.
        every: how many updates lie between two weights that are averaged, an epoch perhaps.

    Raises:
        RangeError: for a start below 0, or fewer than one update.

    >>> [round(float(SWA(start=2).share(bd.tensor(t))), 4) for t in (1.0, 2.0, 3.0, 4.0, 5.0)]
    [1.0, 1.0, 1.0, 0.5, 0.3333]
    """

    start: int = 0
    every: int = 1

    def __post_init__(self) -> None:
        real(as_int(self.start, "SWA: start"), "SWA: start", at_least=0)
        positive(self.every, "SWA: every")

    def share(self, step: Tensor) -> Tensor:
        rounds = (step - self.start) / self.every
        count = floor(rounds)
        return where((count == rounds) | (rounds < 1.0), 1.0 / maximum(count, 1.0), 0.0)


def as_average(value: Any, what: str) -> WeightAverage:
    """An `EMA`, an `SWA`, or a rule of one's own.

    Raises:
        DTypeError: for anything else.
    """
    if not isinstance(value, WeightAverage):
        raise DTypeError(f"{what} is an average of weights", got=repr(value), hint="EMA(0.999)")
    return value
