"""What an operation is: a name and its rules. The registry of all of them.

A primitive has a NumPy `forward`, an `infer` that says shape and dtype of the result before
anything is computed, and one gradient rule per input. Gradient rules are written with tensors, so
a gradient can be differentiated again, and the compiler meets the backward pass as ordinary
operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from badak.base.dtypes import Array, DType
from badak.base.errors import StateError, unknown_name
from badak.base.shapes import Spec

Rule = Callable[..., Any]
"""`rule(g, out, *inputs, **attributes) -> gradient of that input`: g is the gradient of out."""


@dataclass(frozen=True, eq=False, slots=True)
class Primitive:
    """One operation.

    Attributes:
        name: the name that `apply` takes.
        forward: arrays and attributes to an array.
        infer: specs and attributes to the spec of the result; raises on what does not fit.
        vjps: a gradient rule per input, None where there is no gradient; or, for any number of
            inputs, a function from the position of an input to its rule.
        promote: dtypes of the inputs to the dtypes in which they are computed.
    """

    name: str
    forward: Callable[..., Array]
    infer: Callable[..., Spec]
    vjps: tuple[Rule | None, ...] | Callable[[int], Rule]
    promote: Callable[..., tuple[DType, ...]]

    def rule(self, position: int) -> Rule | None:
        """The gradient rule of the input at that position."""
        return self.vjps(position) if callable(self.vjps) else self.vjps[position]

    def __repr__(self) -> str:
        return f"Primitive({self.name})"


PRIMITIVES: dict[str, Primitive] = {}


def define(
    name: str,
    forward: Callable[..., Array],
    infer: Callable[..., Spec],
    vjps: tuple[Rule | None, ...] | Callable[[int], Rule],
    promote: Callable[..., tuple[DType, ...]],
) -> Primitive:
    """Adds a primitive to the registry.

    Raises:
        StateError: when the name is taken.
    """
    if name in PRIMITIVES:
        raise StateError(f"primitive {name!r} is defined twice", hint="choose another name")
    PRIMITIVES[name] = primitive = Primitive(name, forward, infer, vjps, promote)
    return primitive


def find(name: str) -> Primitive:
    """The primitive of that name.

    Raises:
        RangeError: when there is none, with the nearest name.
    """
    try:
        return PRIMITIVES[name]
    except KeyError:
        raise unknown_name("primitive", name, PRIMITIVES) from None
