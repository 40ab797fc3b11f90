"""A learning rate as a function of the step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np

from badak.base import dtypes
from badak.base.context import no_grad
from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.core import Tensor

Rate = Callable[[Tensor], Tensor]
"""A function of the step in operations on tensors: a schedule, or one of the user's own."""


class Schedule(ABC):
    """A learning rate for each step. One of your own is a frozen dataclass with one method.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Halving(optim.schedules.Schedule):
    ...     lr: float
    ...     def at(self, step):
    ...         return self.lr * 0.5**step
    >>> Halving(0.8)(0), Halving(0.8)(2)
    (0.8, 0.2)
    >>> Halving(0.8)(bd.arange(3))  # a curve at once
    tensor([0.8, 0.4, 0.2], dtype=float64)
    """

    __slots__ = ()

    @abstractmethod
    def at(self, step: Tensor) -> Tensor:
        """The rate of a step, in tensor operations.

        Args:
            step: how many updates were made before this one, in float64; of any shape.
        """

    @overload
    def __call__(self, step: Tensor) -> Tensor: ...

    @overload
    def __call__(self, step: int) -> float: ...

    def __call__(self, step: Tensor | int) -> Tensor | float:
        """The rate of a step, which counts from 0: a number for a number, a tensor for a tensor.

        Raises:
            RangeError: for a number below 0.
        """
        if isinstance(step, Tensor):
            return self.at(step.astype(dtypes.float64))
        number = real(step, f"{type(self).__name__}: the step", at_least=0)
        with no_grad():
            return float(self.at(Tensor(np.asarray(number, dtypes.float64))))


# ---------------------------------------------------------------------- what users hand over


def check(schedule: Schedule, **limits: dict[str, float]) -> None:
    """Looks at fields that are numbers: `check(self, lr={"above": 0})`.

    Raises:
        RangeError: out of the limits.
        DTypeError: for what is no number.
    """
    owner = type(schedule).__name__
    for name, limit in limits.items():
        real(getattr(schedule, name), f"{owner}: {name}", **limit)


def check_counts(schedule: Schedule, *names: str) -> None:
    """Looks at fields that count steps, which are at least 1."""
    for name in names:
        positive(getattr(schedule, name), f"{type(schedule).__name__}: {name}")


def rising(milestones: Sequence[int], owner: Schedule, count: int | None = None) -> tuple[int, ...]:
    """Steps at which something changes: each at least 1, and each later than the one before.

    Raises:
        RangeError: when they are not, or when there are not `count` of them.
    """
    name = type(owner).__name__
    steps = tuple(positive(step, f"{name}: a milestone") for step in milestones)
    if any(later <= before for before, later in pairwise(steps)):
        raise RangeError(f"{name}: milestones rise", got=list(steps))
    if count is not None and len(steps) != count:
        raise RangeError(
            f"{name}: there is a milestone between two neighbours",
            expected=f"{count} milestones",
            got=list(steps),
        )
    return steps


def as_rate(value: Any, owner: Schedule) -> Rate:
    """A schedule, or any function of the step.

    Raises:
        DTypeError: for anything else.
    """
    if isinstance(value, type) or not callable(value):
        raise DTypeError(
            f"{type(owner).__name__} is made of schedules",
            got=repr(value),
            hint="optim.schedules.Constant(0.01)",
        )
    return value  # type: ignore[no-any-return]  # what it answers is seen when it is asked
