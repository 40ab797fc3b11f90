"""The places where a function has no derivative, and one is taken by convention."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from badak.base.dtypes import Array
from badak.derivation.graph import Step


def _tie(x: Array, y: Array) -> bool:
    return bool(np.any(x == y))


def _at_zero(x: Array) -> bool:
    return bool(np.any(x == 0))


def _at_whole_numbers(x: Array) -> bool:
    return bool(np.any(x == np.floor(x)))


CORNERS: dict[str, Callable[..., bool]] = {
    "maximum": _tie,
    "minimum": _tie,
    "abs": _at_zero,
    "sign": _at_zero,
    "floor": _at_whole_numbers,
    "sqrt": _at_zero,
}


def is_corner(step: Step) -> bool:
    """Whether a step is taken where its function has no derivative."""
    if step.operation == "max":
        x, out = step.inputs[0].data, step.out.data
        largest = np.max(x, axis=step.attributes["axes"], keepdims=True)
        return int(np.sum(x == largest)) > out.size
    corner = CORNERS.get(step.operation)
    return corner is not None and corner(*(x.data for x in step.inputs))
