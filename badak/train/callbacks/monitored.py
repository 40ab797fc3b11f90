"""A recorded number that callbacks watch for improvement."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from badak.base.errors import RangeError, StateError, unknown_name
from badak.base.numbers import real
from badak.train.direction import larger_is_better

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer

_MODES = ("auto", "min", "max")


class Monitored:
    """A number of the history, and whether a value of it is better than another.

    Args:
        owner: the class that watches it; stands in the errors.
        name: as it stands in the history: "val_loss", "val_accuracy", ...
        mode: "min", "max", or "auto", where the name tells.
        min_delta: how much better counts as an improvement.

    Raises:
        RangeError: for a negative min_delta, an unknown mode, and when "auto" cannot know.
    """

    def __init__(self, owner: str, name: str, mode: str, min_delta: float) -> None:
        if mode not in _MODES:
            raise unknown_name("mode", mode, _MODES)
        larger = larger_is_better(name) if mode == "auto" else mode == "max"
        if larger is None:
            raise RangeError(
                f"{owner}: is a large {name!r} good or bad?", hint='mode="max" or "min"'
            )
        self.owner = owner
        self.name = name
        self.min_delta = real(min_delta, f"{owner}: min_delta", at_least=0)
        self._sign = -1.0 if larger else 1.0

    def check(self, trainer: Trainer) -> None:
        """Raises a StateError when it is not recorded in a training."""
        if self.name not in trainer.recorded_names():
            hint = "fit(..., validation_split=0.2) records validation numbers"
            raise StateError(
                f"{self.owner}: {self.name!r} is not recorded",
                expected=f"one of {', '.join(trainer.recorded_names())}",
                hint=hint if self.name.startswith("val_") else None,
            )

    def improves(self, value: float, best: float) -> bool:
        """Whether a value is better than the best so far, which is NaN when there is none."""
        if math.isnan(best) or not math.isfinite(value):
            return math.isfinite(value)
        return self._sign * value < self._sign * best - self.min_delta
