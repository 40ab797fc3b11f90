"""Schedules that swing: half a cosine, many of them, and rates that rise before they fall."""

from __future__ import annotations

import math
from dataclasses import dataclass

from badak.base.errors import RangeError
from badak.core import Tensor
from badak.ops import abs, cos, floor, log, maximum, minimum, where
from badak.optim.schedules.schedule import Schedule, check, check_counts

_RATE = {"above": 0.0}
_LOWEST = {"at_least": 0.0}


def _cosine(start: Tensor | float, end: float, share: Tensor) -> Tensor:
    """From start to end while share goes from 0 to 1, level at both."""
    return end + (start - end) * (1.0 + cos(math.pi * share)) / 2.0


@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """Half a wave down: lr(t) = end + (lr - end)(1 + cos(pi t / steps)) / 2.

    From `steps` on, it stays at `end`: Keras's CosineDecay, whose `alpha` is end / lr. PyTorch's
    CosineAnnealingLR is the same up to there, and then rises again. Loshchilov and Hutter, "SGDR:
    Stochastic Gradient Descent with Warm Restarts" (2017).

    Args:
        lr: the learning rate at the start.
        steps: when the end is reached.
        end: the learning rate at the end.

    >>> schedule = Cosine(0.2, steps=2)
    >>> [round(schedule(t), 3) for t in range(4)]
    [0.2, 0.1, 0.0, 0.0]
    """

    lr: float
    steps: int
    end: float = 0.0

    def __post_init__(self) -> None:
        check(self, lr=_RATE, end=_LOWEST)
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        return _cosine(self.lr, self.end, minimum(step / self.steps, 1.0))


@dataclass(frozen=True, slots=True)
class CosineRestarts(Schedule):
    """Half a wave down, and back to the top, again and again.

    The n-th wave, from n = 0, is `steps t_mul^n` long and starts at `lr m_mul^n`. PyTorch's
    CosineAnnealingWarmRestarts, whose `T_mult` is t_mul; Keras's CosineDecayRestarts, whose names
    the two factors have. Loshchilov and Hutter (2017), as `Cosine`.

    Args:
        lr: the learning rate at the start.
        steps: the length of the first wave.
        t_mul: how many times as long each wave is as the one before, at least 1.
        m_mul: how many times as high, in (0, 1].
        end: the learning rate at the end of each.

    >>> schedule = CosineRestarts(0.4, steps=2, t_mul=2.0, m_mul=0.5)
    >>> [round(schedule(t), 3) for t in range(7)]
    [0.4, 0.2, 0.2, 0.171, 0.1, 0.029, 0.1]
    """

    lr: float
    steps: int
    t_mul: float = 1.0
    m_mul: float = 1.0
    end: float = 0.0

    def __post_init__(self) -> None:
        one = {"above": 0.0, "at_most": 1.0}
        check(self, lr=_RATE, t_mul={"at_least": 1.0}, m_mul=one, end=_LOWEST)
        check_counts(self, "steps")

    def at(self, step: Tensor) -> Tensor:
        wave = self._wave(step)
        share = (step - self._start(wave)) / (self.steps * self.t_mul**wave)
        return _cosine(self.lr * self.m_mul**wave, self.end, share)

    def _start(self, wave: Tensor) -> Tensor:
        """The step with which a wave begins: the sum of a geometric series."""
        if self.t_mul == 1.0:
            return self.steps * wave
        return self.steps * (self.t_mul**wave - 1.0) / (self.t_mul - 1.0)

    def _wave(self, step: Tensor) -> Tensor:
        """Which wave a step is in, from 0."""
        if self.t_mul == 1.0:
            return floor(step / self.steps)
        grown = log(1.0 + step / self.steps * (self.t_mul - 1.0)) / math.log(self.t_mul)
        # The logarithm may end just below a whole number where a wave begins: so take the nearer
        # wave, and the one before where that has not begun yet, but for the rounding of its start.
        near = floor(grown + 0.5)
        return where(step + 1e-3 < self._start(near), near - 1.0, near)


@dataclass(frozen=True, slots=True)
class Cyclic(Schedule):
    """Up and down in straight lines.

        lr(t) = lr + (max_lr - lr) decay^cycle (1 - |1 - (t / step_size mod 2)|)

    Smith, "Cyclical Learning Rates for Training Neural Networks" (2017). PyTorch's CyclicLR: its
    "triangular" with decay=1, its "triangular2" with decay=0.5.

    Args:
        lr: the lowest rate, with which each cycle begins and ends.
        max_lr: the highest, in the middle of the first.
        step_size: the steps of half a cycle.
        decay: how many times as high each cycle is as the one before, in (0, 1].

    >>> schedule = Cyclic(0.1, max_lr=0.3, step_size=2, decay=0.5)
    >>> [round(schedule(t), 3) for t in range(8)]
    [0.1, 0.2, 0.3, 0.2, 0.1, 0.15, 0.2, 0.15]
    """

    lr: float
    max_lr: float
    step_size: int = 2000
    decay: float = 1.0

    def __post_init__(self) -> None:
        check(self, lr=_RATE, max_lr={"at_least": self.lr}, decay={"above": 0.0, "at_most": 1.0})
        check_counts(self, "step_size")

    def at(self, step: Tensor) -> Tensor:
        cycle = floor(step / (2.0 * self.step_size))
        height = 1.0 - abs(1.0 - (step / self.step_size - 2.0 * cycle))
        return self.lr + (self.max_lr - self.lr) * height * self.decay**cycle


@dataclass(frozen=True, slots=True)
class OneCycle(Schedule):
    """Up to the highest rate and down to almost nothing, both along half a wave.

    From max_lr / div_factor to max_lr in the first `pct_start` of the steps, then down to
    max_lr / div_factor / final_div_factor, which the last of the steps has and all after it.
    PyTorch's OneCycleLR with its defaults. Smith and Topin, "Super-Convergence" (2018).

    Args:
        max_lr: the highest rate.
        steps: of the whole training.
        pct_start: the share of them in which the rate rises.
        div_factor: how many times lower it starts.
        final_div_factor: how many times lower than the start it ends.

    Raises:
        RangeError: also where the share of the steps in which it rises, or falls, is none.

    >>> schedule = OneCycle(0.5, steps=11)
    >>> schedule(0), round(schedule(3), 3), schedule(10)
    (0.02, 0.49, 2e-06)
    """

    max_lr: float
    steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        one = {"at_least": 1.0}
        check(self, max_lr=_RATE, div_factor=one, final_div_factor=one)
        check(self, pct_start={"above": 0.0, "below": 1.0})
        check_counts(self, "steps")
        if not 0.0 < self._peak < self.steps - 1.0:
            raise RangeError(
                "OneCycle: there are too few steps to rise and to fall",
                expected=f"pct_start x steps above 1 and below steps; pct_start={self.pct_start:g}",
                got=f"steps={self.steps}",
            )

    @property
    def _peak(self) -> float:
        """The step of the highest rate, perhaps between two."""
        return self.pct_start * self.steps - 1.0

    def at(self, step: Tensor) -> Tensor:
        start, peak, last = self.max_lr / self.div_factor, self._peak, self.steps - 1.0
        up = _cosine(start, self.max_lr, step / peak)
        fallen = minimum(maximum(step - peak, 0.0) / (last - peak), 1.0)
        return where(step <= peak, up, _cosine(self.max_lr, start / self.final_div_factor, fallen))
