"""What stands between the brackets of `x[...]`, turned into slice, flip, reshape and gather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.errors import DTypeError, RangeError
from badak.base.shapes import Shape, as_int


@dataclass(frozen=True, slots=True)
class Selection:
    """The steps of one indexing, in the order in which they are taken.

    Attributes:
        starts, stops, strides: the slice along each axis, all strides positive.
        flipped: the axes to reverse afterwards.
        shape: the shape then: whole numbers drop their axis, None adds one.
        index, axis: the positions to gather along an axis of that shape, if any.
    """

    starts: Shape
    stops: Shape
    strides: Shape
    flipped: Shape
    shape: Shape
    index: Any = None
    axis: int = 0


def _expanded(key: Any, ndim: int) -> list[Any]:
    """The key as a list with one entry an axis, the ellipsis spelled out; None adds entries."""
    items = list(key) if isinstance(key, tuple) else [key]
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > ndim:
        raise RangeError(f"too many indices: {used} for a tensor with {ndim} axes")
    dots = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise RangeError("an index has at most one ellipsis (...)")
    at = dots[0] if dots else len(items)
    return items[:at] + [slice(None)] * (ndim - used) + items[at + 1 :]


def _bounds(item: slice, size: int) -> tuple[int, int, int]:
    try:
        return item.indices(size)
    except TypeError:
        raise DTypeError("a slice holds whole numbers", got=repr(item)) from None
    except ValueError:
        raise RangeError("the step of a slice must not be 0", got=repr(item)) from None


def _positions(item: Any) -> Any:
    """The array of positions; an empty list has no dtype of its own."""
    if not hasattr(item, "dtype"):
        item = np.asarray(item)
        item = item if item.size else item.astype(np.int64)
    if item.dtype.kind not in "iu":
        raise DTypeError(
            "positions must be whole numbers",
            got=f"an array of {item.dtype}",
            hint="bd.where(mask, x, 0) selects by a mask",
        )
    return item


def parse_key(key: Any, shape: Shape) -> Selection:
    """The steps that lead from a tensor of that shape to `x[key]`.

    Raises:
        RangeError: a position outside the axis, too many indices.
        DTypeError: a key of another kind (a mask of booleans, a float).
    """
    starts, stops, strides, flipped, final = [], [], [], [], []
    index, gather_axis = None, 0
    axis = 0
    for item in _expanded(key, len(shape)):
        if item is None:
            final.append(1)
            continue
        size = shape[axis]
        if isinstance(item, slice):
            start, stop, step = _bounds(item, size)
            count = len(range(start, stop, step))
            if step < 0:
                flipped.append(axis)
                start, step = start + (count - 1) * step, -step
            start = min(start, size) if count else 0
            starts.append(start)
            stops.append(start + (count - 1) * step + 1 if count else start)
            strides.append(step)
            final.append(count)
        elif np.ndim(item):
            if index is not None:
                raise RangeError(
                    "an index has at most one array of positions",
                    got=repr(key),
                    hint="(x * bd.one_hot(t, n)).sum(1) takes one value from each row",
                )
            index, gather_axis = _positions(item), len(final)
            starts.append(0)
            stops.append(size)
            strides.append(1)
            final.append(size)
        else:
            position = as_int(item, "an index")
            if not -size <= position < size:
                raise RangeError(f"index {position} is out of range for axis {axis} of size {size}")
            starts.append(position % size)
            stops.append(position % size + 1)
            strides.append(1)
        axis += 1
    slices = (tuple(starts), tuple(stops), tuple(strides))
    return Selection(*slices, tuple(flipped), tuple(final), index, gather_axis)
