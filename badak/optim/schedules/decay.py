"""Schedules that go down, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from badak.base import dtypes
from badak.base.numbers import real
from badak.core import Tensor, full
from badak.ops import floor, maximum, minimum, where
from badak.optim.schedules.schedule import Schedule, check, check_counts, rising

_RATE = {"above": 0.0}
_SHARE = {"above": 0.0, "at_most": 1.0}


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """The same at every step: lr(t) = lr.

    >>> Constant(0.1)(7)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        check(self, lr=_RATE)

    def at(self, step: Tensor) -> Tensor:
        return full(step.shape, self.lr, dtypes.float64)


@dataclass(frozen=True, slots=True)
class PiecewiseConstant(Schedule):
    """A value of its own between each two milestones: lr(t) = values[milestones <= t].

    The n-th milestone is the first step that has the (n + 1)-th value, as in `MultiStep`; Keras,
    whose PiecewiseConstantDecay this is, changes one step later.

    Args:
        milestones: the steps at which the value changes.
        values: the learning rates, one more than there are milestones.

    Raises:
        RangeError: when the milestones do not rise or the values are not one more.

    >>> schedule = PiecewiseConstant([2, 3], [0.1, 0.01, 0.001])
    >>> [schedule(t) for t in range(5)]
    [0.1, 0.1, 0.01, 0.001, 0.001]
    """

    milestones: Sequence[int]
    values: Sequence[float]

    def __post_init__(self) -> None:
        values = [real(v, "PiecewiseConstant: a value", at_least=0) for v in self.values]
        object.__setattr__(self, "values", tuple(values))
        object.__setattr__(self, "milestones", rising(self.milestones, self, len(values) - 1))

    def at(self, step: Tensor) -> Tensor:
        lr = full(step.shape, self.values[0], dtypes.float64)
        for milestone, value in zip(self.milestones, self.values[1:], strict=True):
            lr = where(step >= milestone, value, lr)
        return lr


@dataclass(frozen=True, slots=True)
class StepDecay(Schedule):
    """A staircase with equal steps: lr(t) = lr gamma^floor(t / step_size).

    PyTorch's StepLR with its default; Keras's ExponentialDecay with staircase=True.

    Args:
        lr: the learning rate at the start.
        step_size: how long each stair is.
        gamma: what the rate is multiplied with at each stair, in (0, 1].

    >>> schedule = StepDecay(0.5, step_size=2, gamma=0.5)
    >>> [schedule(t) for t in range(5)]
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """

    lr: float
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check(self, lr=_RATE, gamma=_SHARE)
        check_counts(self, "step_size")

    def at(self, step: Tensor) -> Tensor:
        return self.lr * self.gamma ** floor(step / self.step_size)


@dataclass(frozen=True, slots=True)
class MultiStep(Schedule):
    """A staircase with stairs where one wants them: lr(t) = lr gamma^(milestones <= t).

    PyTorch's MultiStepLR with its default.

    Args:
        lr: the learning rate at the start.
        milestones: the first step of each stair.
        gamma: what the rate is multiplied with at each, in (0, 1].

    >>> schedule = MultiStep(0.5, milestones=[1, 4], gamma=0.5)
    >>> [schedule(t) for t in range(5)]
    [0.5, 0.25, 0.25, 0.25, 0.125]
    """

    lr: float
    milestones: Sequence[int]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check(self, lr=_RATE, gamma=_SHARE)
        object.__setattr__(self, "milestones", rising(self.milestones, self))

    def at(self, step: Tensor) -> Tensor:
        lr = full(step.shape, self.lr, dtypes.float64)
        for milestone in self.milestones:
            lr = where(step >= milestone, lr * self.gamma, lr)
        return lr


@dataclass(frozen=True, slots=True)
class Exponential(Schedule):
    """The same share of the rate lost in each step: lr(t) = lr gamma^(t / steps).

    With steps=1 PyTorch's ExponentialLR; with more, Keras's ExponentialDecay, whose `decay_rate`
    is gamma and whose `decay_steps` are steps.

    Args:
        lr: the learning rate at the start.
        gamma: the share that is left after `steps`, in (0, 1].
        steps: the time in which it is lost.

    >>> schedule = Exponential(0.8, gamma=0.5, steps=2)
    >>> schedule(0), schedule(2), schedule(4)
    (0.8, 0.4, 0.2)
    """

    lr: float
    gamma: float
    steps: int = 1

    def __post_init__(self) -> None:
        check(self, lr=_RATE, gamma=_SHARE)
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        return self.lr * self.gamma ** (step / self.steps)


@dataclass(frozen=True, slots=True)
class InverseTime(Schedule):
    """Fast at first, then ever slower: lr(t) = lr / (1 + rate t / steps).

    Keras's InverseTimeDecay, whose `decay_rate` is rate and whose `decay_steps` are steps. The sum
    over all steps is infinite and the sum of squares is not: what Robbins and Monro (1951) ask for.

    Args:
        lr: the learning rate at the start.
        rate: how fast it falls.
        steps: in how many steps.

    >>> schedule = InverseTime(0.6, rate=1.0, steps=10)
    >>> schedule(0), schedule(10), schedule(20)
    (0.6, 0.3, 0.2)
    """

    lr: float
    rate: float
    steps: int = 1

    def __post_init__(self) -> None:
        check(self, lr=_RATE, rate={"at_least": 0.0})
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        return self.lr / (1.0 + self.rate * step / self.steps)


@dataclass(frozen=True, slots=True)
class InverseScaling(Schedule):
    """A power of time: lr(t) = lr / (t + 1)^power.

    scikit-learn's "invscaling". With the power 1/2 the rate that AdaGrad has on a constant slope.

    Args:
        lr: the learning rate at the start.
        power: how fast it falls.

    >>> schedule = InverseScaling(0.6)
    >>> schedule(0), schedule(3), schedule(8)
    (0.6, 0.3, 0.2)
    """

    lr: float
    power: float = 0.5

    def __post_init__(self) -> None:
        check(self, lr=_RATE, power={"at_least": 0.0})

    def at(self, step: Tensor) -> Tensor:
        return self.lr / (step + 1.0) ** self.power


@dataclass(frozen=True, slots=True)
class Polynomial(Schedule):
    """Down to the end in a straight line, or in a bend.

        lr(t) = end + (lr - end) (1 - t / steps)^power

    From `steps` on, it stays at `end`. PyTorch's PolynomialLR (whose end is 0) and, with power=1,
    its LinearLR; Keras's PolynomialDecay.

    Args:
        lr: the learning rate at the start.
        steps: when the end is reached.
        power: 1 for a straight line; more falls faster at first.
        end: the learning rate at the end.

    >>> schedule = Polynomial(0.4, steps=4)
    >>> [round(schedule(t), 3) for t in range(6)]
    [0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
    """

    lr: float
    steps: int
    power: float = 1.0
    end: float = 0.0

    def __post_init__(self) -> None:
        check(self, lr=_RATE, power=_RATE, end={"at_least": 0.0})
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        left = maximum(1.0 - minimum(step, float(self.steps)) / self.steps, 0.0)
        return self.end + (self.lr - self.end) * left**self.power
