"""A number that steers an optimizer: checked when set, a tensor when read."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.errors import DTypeError, RangeError
from badak.core import Tensor

_UNUSUALLY_LARGE = 1e3


class Setting:
    """An attribute that holds a number in a range, as a 0-d float64 tensor.

    A tensor, not a Python number: it is part of the optimizer's state, so a schedule can change
    it, a checkpoint keeps it, and models that differ in it alone can share a compiled program.

    Args:
        low: values must be above it (or equal, with `low_allowed`).
        high: values must be below it.
        low_allowed: whether `low` itself is allowed.
    """

    def __init__(self, low: float = 0.0, high: float = math.inf, low_allowed: bool = False) -> None:
        self.low = low
        self.high = high
        self.low_allowed = low_allowed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Tensor:
        if instance is None:
            raise AttributeError(f"{self.name} belongs to an optimizer, not to its class")
        return instance.settings[self.name]  # type: ignore[no-any-return]  # filled by __set__

    def __set__(self, instance: Any, value: float | Tensor) -> None:
        number = self._checked(value, type(instance).__name__)
        held = instance.settings.get(self.name)
        if held is None:
            instance.settings[self.name] = Tensor(np.asarray(number, dtypes.float64))
        else:
            held.assign(number)

    def _checked(self, value: float | Tensor, owner: str) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise DTypeError(f"{owner}: {self.name} must be a number", got=repr(value)) from None
        above = number >= self.low if self.low_allowed else number > self.low
        if not (above and number < self.high):  # False for NaN too
            sign = ">=" if self.low_allowed else ">"
            upper = "finite" if self.high == math.inf else f"< {self.high:g}"
            raise RangeError(
                f"{owner}: {self.name} is out of range",
                expected=f"{self.name} {sign} {self.low:g} and {upper}",
                got=number,
            )
        if self.name == "lr" and number > _UNUSUALLY_LARGE:
            warnings.warn(f"{owner}: lr {number:g} is far above usual", stacklevel=4)
        return number
