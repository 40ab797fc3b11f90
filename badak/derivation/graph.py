"""The computational graph of one run: values, the steps that made them, and what flows back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from badak.base.dtypes import Array
from badak.base.shapes import Shape

COPY = "copy"
"""The step that gives a value a second name."""


@dataclass(frozen=True, eq=False)
class Value:
    """A number or an array on the way from the inputs to the result.

    Attributes:
        name: what it is called; "" for a number that stands in the formula.
        data: its numbers.
        gradient: the derivative of the result with respect to it; None for a constant.
    """

    name: str
    data: Array
    gradient: Array | None = None

    @property
    def shape(self) -> Shape:
        return self.data.shape


@dataclass(frozen=True, eq=False)
class Step:
    """One operation.

    Attributes:
        operation: the name of the primitive.
        inputs: what it is applied to.
        attributes: axes, shapes, strides.
        out: what comes out.
    """

    operation: str
    inputs: tuple[Value, ...]
    attributes: Mapping[str, Any]
    out: Value


@dataclass(frozen=True, eq=False)
class Use:
    """One way on which the gradient of a value comes back: through a step that used it.

    Attributes:
        step: the step.
        value: what it used.
        places: at which positions.
        share: what this way adds to the gradient of the value.
        local: the derivative of the step's result with respect to the value, where each number of
            one belongs to one number of the other; None where it were a matrix of all with all.
        repeated: the axes of the result along which the value was repeated.
    """

    step: Step
    value: Value
    places: tuple[int, ...]
    share: Array
    local: Array | None = None
    repeated: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole run.

    Attributes:
        inputs: the given values that are differentiated, in the order of the arguments.
        labels: the given arrays of whole numbers, which are not.
        constants: the arrays that were there besides.
        steps: in the order of computation; the last one makes the result.
        uses: the ways back, in the order of computation.
    """

    inputs: tuple[Value, ...]
    labels: tuple[Value, ...]
    constants: tuple[Value, ...]
    steps: tuple[Step, ...]
    uses: tuple[Use, ...]

    @property
    def result(self) -> Value:
        return self.steps[-1].out

    def ways_back(self, value: Value) -> list[Use]:
        """Every use of a value."""
        return self._uses_of.get(value, [])

    @cached_property
    def _uses_of(self) -> dict[Value, list[Use]]:
        found: dict[Value, list[Use]] = {}
        for use in self.uses:
            found.setdefault(use.value, []).append(use)
        return found
