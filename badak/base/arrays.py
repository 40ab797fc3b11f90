"""Arrays from what users hand over: numbers, nested lists, NumPy arrays, data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError, RangeError


def _number_dtype(value: bool | int | float, partners: Sequence[DType]) -> DType:
    """A Python number takes the kind of the arrays it meets, unless that would lose it."""
    met = dtypes.common(*partners) if partners else None
    if isinstance(value, bool):
        return dtypes.bool_
    if isinstance(value, int):
        return met if met is not None and met.kind in "iuf" else dtypes.int64
    return met if met is not None and met.kind == "f" else dtypes.DEFAULT_FLOAT


def as_array(value: Any, partners: Sequence[DType] = ()) -> Array:
    """A new array of a supported dtype, in C order.

    The memory is its own: what becomes of a user's array afterwards changes no tensor. The order
    is always the same because a sum rounds differently in another order.

    Args:
        value: a number, nested sequences of numbers, or anything NumPy can read as an array.
        partners: dtypes of the tensors it will meet: floats take over their width, so that a
            number or a stray float64 array does not make a float32 computation wide.

    >>> as_array(0.5).dtype, as_array([1, 2]).dtype
    (dtype('float32'), dtype('int64'))

    Raises:
        DTypeError: for None, text, complex numbers, objects, rows of different length.
        RangeError: for a whole number too large for the dtype it would take.
    """
    if isinstance(value, bool | int | float):
        kind = _number_dtype(value, partners)
        try:
            return np.asarray(value, dtype=kind)
        except OverflowError:
            raise RangeError(f"{value} does not fit into {kind}") from None
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DTypeError(
            "a masked value is no number", got=f"{value.mask.sum()} of them", hint=".filled(0)"
        )
    try:
        array = np.asarray(value)
    except ValueError:
        raise DTypeError("rows have different lengths", hint="make all rows equally long") from None
    if array.dtype.kind not in "biuf":
        what = "None" if value is None else f"{array.dtype} ({type(value).__name__})"
        hint = ".real, or two channels" if array.dtype.kind == "c" else None
        raise DTypeError("a tensor holds numbers", got=what, hint=hint)
    if array.dtype.kind != "f":
        kind = dtypes.as_dtype(array.dtype)
    else:
        floats = [partner for partner in partners if partner.kind == "f"]
        kind = dtypes.common(*floats) if floats else dtypes.DEFAULT_FLOAT
    return array.astype(kind, order="C", copy=not isinstance(value, list | tuple))


def exact_array(value: Any, dtype: DType) -> Array:
    """A new array of exactly that dtype; no narrower float rounds the numbers on the way.

    >>> exact_array([16777217.0], dtypes.int64)
    array([16777217])

    Raises:
        DTypeError: as `as_array`.
        RangeError: when an integer dtype cannot hold a value: too large, infinite, NaN.
    """
    direct = dtypes.is_float(dtype) or isinstance(value, int)
    array = as_array(value, [dtype if direct else dtypes.float64])
    if dtype.kind in "iu" and array.size:
        limits = np.iinfo(dtype)
        low, high = array.min().item(), array.max().item()
        if not (limits.min <= low and high <= limits.max):
            wrong = low if not limits.min <= low else high
            raise RangeError(
                f"{wrong} does not fit into {dtype}", expected=f"{limits.min}..{limits.max}"
            )
    return array.astype(dtype, copy=False)
