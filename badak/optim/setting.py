"""What steers an optimizer: numbers, which are tensors, and choices, which are part of its rule.

What an optimizer consists of is decided when it is made. Numbers may change afterwards; a number
that was left out, or a choice, may not: a compiled step, the state and its checkpoints are made
for it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.errors import DTypeError, StateError, unknown_name
from badak.base.numbers import real
from badak.core import Tensor

_UNUSUALLY_LARGE = 1e3


def scalar(number: float) -> Tensor:
    """A number as a 0-d float64 tensor."""
    return Tensor(np.asarray(number, dtypes.float64))


class Setting:
    """An attribute that holds a number within limits, as a 0-d float64 tensor.

    A tensor, not a Python number: it is part of the optimizer's state, so a callback can change
    it, a checkpoint keeps it, and models that differ in it alone can share a compiled program.

    Args:
        optional: 0 means that the rule does without: nothing is then computed for it.
        limits: `above`, `at_least`, `below`, `at_most`, as `badak.base.numbers.real` takes them.
    """

    def __init__(self, *, optional: bool = False, **limits: float) -> None:
        self.optional = optional
        self.limits = limits

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Tensor:
        if instance is None:
            raise AttributeError(f"{self.name} belongs to an optimizer, not to its class")
        found: Tensor | None = (instance.in_force or instance.settings).get(self.name)
        if found is None and not self.optional:
            raise AttributeError(f"{type(instance).__name__}: {self.name} was not set yet")
        return scalar(0.0) if found is None else found

    def __set__(self, instance: Any, value: float | Tensor) -> None:
        owner = type(instance).__name__
        number = self.number(instance, value)
        held = instance.settings.get(self.name)
        if self.name == "lr" and number > _UNUSUALLY_LARGE:
            warnings.warn(f"{owner}: lr {number:g} is far above usual", stacklevel=_level())
        if held is not None:
            held.assign(number)
        elif self.name in instance.decided:
            raise StateError(
                f"{owner} was made without {self.name}",
                got=f"{self.name} = {number:g}",
                hint=f"a new {owner}({self.name}={number:g}, ...)",
            )
        elif number or not self.optional:
            instance.settings[self.name] = scalar(number)
        instance.decided[self.name] = True

    def number(self, instance: Any, value: Any) -> float:
        """The value as a number within the limits; the error names the optimizer."""
        return real(value, f"{type(instance).__name__}: {self.name}", **self.limits)


class LearningRate(Setting):
    """A number above 0, or a schedule: a function of the step in operations on tensors.

    The step is a tensor of float64: how many updates were made before this one.
    """

    def __get__(self, instance: Any, owner: type | None = None) -> Tensor:
        if instance is None or instance.in_force or instance.schedule is None:
            return super().__get__(instance, owner)
        return instance.scheduled(instance.steps + 1)  # type: ignore[no-any-return]  # a tensor

    def __set__(self, instance: Any, value: Any) -> None:
        if not callable(value):
            if instance.schedule is not None:
                raise StateError(
                    f"{type(instance).__name__}: lr follows {instance.schedule!r}",
                    got=f"lr = {value!r}",
                    hint=f"a new {type(instance).__name__}(lr=...), or another schedule",
                )
            super().__set__(instance, value)
            return
        first = value(scalar(0.0))
        if not isinstance(first, Tensor) or first.shape != ():
            raise DTypeError(
                f"{type(instance).__name__}: a schedule for lr gives a number as a tensor",
                got=repr(first),
                hint="lambda step: 0.1 * 0.99**step",
            )
        if "lr" in instance.settings:
            raise StateError(
                f"{type(instance).__name__} was made with a number for lr",
                got=repr(value),
                hint=f"a new {type(instance).__name__}(lr=schedule)",
            )
        instance.schedule = value
        instance.decided["lr"] = True


class Choice:
    """An attribute that is one of a few values, or what a function makes of the value given.

    Args:
        default: the first of the values; it is not printed.
        others: the other values.
        check: instead of others, a function of the value and its description that returns what is
            kept, or raises.
    """

    def __init__(
        self, default: Any, *others: Any, check: Callable[[Any, str], Any] | None = None
    ) -> None:
        self.default = default
        self.values = (default, *others)
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            raise AttributeError(f"{self.name} belongs to an optimizer, not to its class")
        return instance.choices.get(self.name, self.default)

    def __set__(self, instance: Any, value: Any) -> None:
        owner = type(instance).__name__
        if self.name in instance.decided:
            raise StateError(
                f"{owner}: {self.name} is decided when it is made",
                got=f"{self.name} = {value!r}",
                hint=f"a new {owner}({self.name}={value!r}, ...)",
            )
        if self.check is not None:
            value = value if value == self.default else self.check(value, f"{owner}: {self.name}")
        elif not any(value is one or (type(value) is str and value == one) for one in self.values):
            raise unknown_name(f"{owner}: {self.name}", value, [str(one) for one in self.values])
        if value != self.default:
            instance.choices[self.name] = value
        instance.decided[self.name] = True


def _level() -> int:
    """How far up the line is that made the optimizer, or that assigns to it."""
    frame: FrameType | None = sys._getframe(1)
    level = 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("badak.optim."):
        frame, level = frame.f_back, level + 1
    return level + 1


def several(values: Any, count: int, what: str, example: str) -> tuple[Any, ...]:
    """A tuple of so many values, as `betas` is.

    Raises:
        DTypeError: for anything else.
    """
    if not isinstance(values, tuple | list) or len(values) != count:
        words = {2: "two", 3: "three"}[count]
        raise DTypeError(f"{what} are {words} numbers", got=repr(values), hint=example)
    return tuple(values)
