"""Schedules made of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul

from badak.base.errors import RangeError
from badak.core import Tensor
from badak.ops import maximum, minimum, where
from badak.optim.schedules.schedule import Rate, Schedule, as_rate, check, check_counts, rising


@dataclass(frozen=True, slots=True)
class WarmUp(Schedule):
    """Slowly up to where a schedule starts, in a straight line, and then that schedule.

        lr(t) = schedule(0) (start + (1 - start) t / steps)     before `steps`
        lr(t) = schedule(t - steps)                             from then on

    PyTorch's LinearLR (whose `start_factor` is start) before another by SequentialLR; with start=0
    the warm-up of Keras's CosineDecay. Goyal and others, "Accurate, Large Minibatch SGD" (2017).

    Args:
        schedule: what follows; `Constant(lr)` to stay at the top.
        steps: how long the way up is.
        start: where it begins, as a share of the top: PyTorch's is 1/3. With 0 the first update
            changes nothing.

    >>> from badak.optim.schedules import Constant
    >>> schedule = WarmUp(Constant(0.4), steps=2, start=0.25)
    >>> [round(schedule(t), 3) for t in range(4)]
    [0.1, 0.25, 0.4, 0.4]
    """

    schedule: Rate
    steps: int
    start: float = 1.0 / 3.0

    def __post_init__(self) -> None:
        as_rate(self.schedule, self)
        check(self, start={"at_least": 0.0, "at_most": 1.0})
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        share = minimum(step / self.steps, 1.0)
        factor = self.start + (1.0 - self.start) * share
        return factor * self.schedule(maximum(step - self.steps, 0.0))


@dataclass(frozen=True, slots=True)
class Sequential(Schedule):
    """One schedule after another, each from its own step 0 on. PyTorch's SequentialLR.

    Args:
        schedules: at least one.
        milestones: the first step of each but the first.

    Raises:
        RangeError: when the milestones do not rise, or are not one less than the schedules.

    >>> from badak.optim.schedules import Constant, Exponential
    >>> schedule = Sequential([Constant(0.4), Exponential(0.2, 0.5)], milestones=[2])
    >>> [round(schedule(t), 3) for t in range(5)]
    [0.4, 0.4, 0.2, 0.1, 0.05]
    """

    schedules: Sequence[Rate]
    milestones: Sequence[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "schedules", _several(self.schedules, self))
        count = len(self.schedules) - 1
        object.__setattr__(self, "milestones", rising(self.milestones, self, count))

    def at(self, step: Tensor) -> Tensor:
        lr = self.schedules[0](step)
        for milestone, schedule in zip(self.milestones, self.schedules[1:], strict=True):
            lr = where(step >= milestone, schedule(maximum(step - milestone, 0.0)), lr)
        return lr


@dataclass(frozen=True, slots=True)
class Chained(Schedule):
    """The product of schedules: lr(t) = schedules[0](t) schedules[1](t) ...

    PyTorch's ChainedScheduler; all but one are factors, so they start with lr=1.

    Args:
        schedules: at least one.

    >>> from badak.optim.schedules import Exponential, StepDecay
    >>> schedule = Chained([Exponential(0.8, 0.5), StepDecay(1.0, step_size=2, gamma=0.1)])
    >>> [round(schedule(t), 3) for t in range(4)]
    [0.8, 0.4, 0.02, 0.01]
    """

    schedules: Sequence[Rate]

    def __post_init__(self) -> None:
        object.__setattr__(self, "schedules", _several(self.schedules, self))

    def at(self, step: Tensor) -> Tensor:
        return reduce(mul, (schedule(step) for schedule in self.schedules))


def _several(schedules: Sequence[Rate], owner: Schedule) -> tuple[Rate, ...]:
    found = tuple(as_rate(schedule, owner) for schedule in schedules)
    if not found:
        raise RangeError(f"{type(owner).__name__} is made of at least one schedule")
    return found
