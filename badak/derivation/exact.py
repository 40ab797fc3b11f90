"""Fractions in the place of floats: the same functions and the same rules, without rounding.

A tensor may hold a stand-in for its numbers. This one holds fractions, and the interpreter beside
it hands them to each primitive's `forward`, which NumPy runs on objects as it does on floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import is_finite
from badak.base.shapes import Shape, Spec
from badak.core import Tensor
from badak.core.primitive import Primitive


class Exact:
    """Fractions that look like float64 from outside."""

    __slots__ = ("numbers",)
    dtype = dtypes.float64

    def __init__(self, numbers: Array) -> None:
        self.numbers = numbers

    @property
    def shape(self) -> Shape:
        return self.numbers.shape


def as_fractions(array: Array) -> Array:
    """An array of fractions; a decimal number counts as it is written, 0.1 as 1/10.

    >>> as_fractions(np.array([0.1, 2.0]))
    array([Fraction(1, 10), Fraction(2, 1)], dtype=object)
    """
    values = [x if isinstance(x, Fraction) else Fraction(repr(x)) for x in array.ravel().tolist()]
    return _objects(values, array.shape)


def _objects(values: Iterable[Any], shape: Shape) -> Array:
    flat = np.fromiter(values, dtype=object)
    return flat.reshape(shape)


def numbers_of(x: Tensor) -> Array:
    """The numbers of a tensor, fractions or not."""
    return x.data.numbers if isinstance(x.data, Exact) else np.asarray(x.data)


def evaluate_exactly(
    primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
) -> Any:
    """The interpreter of fractions: the result of `forward`, each number exact.

    Raises:
        DTypeError: for a function whose value at a fraction is none, such as exp.
        RangeError: for a division by 0.
    """
    arrays = [_operand(primitive, x) for x in tensors]
    floats = spec.dtype.kind == "f"
    if primitive.name == "cast":
        return Exact(as_fractions(arrays[0])) if floats else arrays[0].astype(spec.dtype)
    try:
        result = np.asarray(primitive.forward(*arrays, **attributes))
    except ZeroDivisionError:
        raise RangeError(
            f"explain: {primitive.name}: a division by 0 is no fraction",
            hint="floats, which have inf",
        ) from None
    except (TypeError, AttributeError):
        raise _no_fraction(primitive) from None
    if not floats:
        return np.array(result, spec.dtype)
    if any(isinstance(x, float) for x in result.ravel().tolist()):
        raise _no_fraction(primitive)
    return Exact(as_fractions(result))


def _operand(primitive: Primitive, x: Tensor) -> Array:
    numbers = numbers_of(x)
    if numbers.dtype.kind != "f":
        return numbers
    if not is_finite(numbers):
        raise _no_fraction(primitive)
    return as_fractions(numbers)


def _no_fraction(primitive: Primitive) -> DTypeError:
    return DTypeError(
        f"explain: {primitive.name} of a fraction is not a fraction",
        expected="sums, products, quotients and whole powers",
        hint="floats instead of fractions: 0.5 for Fraction(1, 2)",
    )
