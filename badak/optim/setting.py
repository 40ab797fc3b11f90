"""A number that steers an optimizer: checked when set, a tensor when read."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.numbers import real
from badak.core import Tensor

_UNUSUALLY_LARGE = 1e3


class Setting:
    """An attribute that holds a number within limits, as a 0-d float64 tensor.

    A tensor, not a Python number: it is part of the optimizer's state, so a schedule can change
    it, a checkpoint keeps it, and models that differ in it alone can share a compiled program.

    Args:
        limits: `above`, `at_least`, `below`, `at_most`, as `badak.base.numbers.real` takes them.
    """

    def __init__(self, **limits: float) -> None:
        self.limits = limits

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Tensor:
        if instance is None:
            raise AttributeError(f"{self.name} belongs to an optimizer, not to its class")
        return instance.settings[self.name]  # type: ignore[no-any-return]  # filled by __set__

    def __set__(self, instance: Any, value: float | Tensor) -> None:
        owner = type(instance).__name__
        number = real(value, f"{owner}: {self.name}", **self.limits)
        held = instance.settings.get(self.name)
        if self.name == "lr" and number > _UNUSUALLY_LARGE:
            # The line to show assigns to lr, or makes the optimizer (two constructors away).
            level = 4 if held is None else 2
            warnings.warn(f"{owner}: lr {number:g} is far above usual", stacklevel=level)
        if held is None:
            instance.settings[self.name] = Tensor(np.asarray(number, dtypes.float64))
        else:
            held.assign(number)
