"""Pure arithmetic on shapes: what comes out, decided before anything is computed."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

from badak.base.dtypes import DType
from badak.base.errors import DTypeError, RangeError, ShapeError

Shape = tuple[int, ...]
Axes = int | Sequence[int] | None


class Spec(NamedTuple):
    """What is known of an array without its numbers: shape and dtype."""

    shape: Shape
    dtype: DType


def as_int(value: object, what: str) -> int:
    """A whole number, or an error that names it.

    Raises:
        DTypeError: for 2.5, text, None, True.
    """
    if isinstance(value, bool):
        raise DTypeError(f"{what} must be a whole number", got=value)
    try:
        return operator.index(value)  # type: ignore[arg-type]  # the except is the check
    except TypeError:
        raise DTypeError(f"{what} must be a whole number", got=repr(value)) from None


def positive(value: object, what: str) -> int:
    """A whole number of at least 1, or an error that names it."""
    number = as_int(value, what)
    if number < 1:
        raise RangeError(f"{what} must be at least 1", got=number)
    return number


def as_shape(shape: int | Sequence[int]) -> Shape:
    """A shape from a number or a sequence of numbers.

    >>> as_shape(3)
    (3,)
    """
    sizes = shape if isinstance(shape, list | tuple) else (shape,)
    return tuple(as_int(size, "a size in a shape") for size in sizes)


def broadcast(*shapes: Shape, where: str = "broadcast") -> Shape:
    """The shape to which all of these broadcast.

    NumPy's rule: aligned at the right, sizes are equal or 1.

    >>> broadcast((3, 1), (4,))
    (3, 4)

    Raises:
        ShapeError: when two sizes differ and neither is 1.
    """
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    ndim = max(len(shape) for shape in shapes)
    padded = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    sizes = []
    for axis, column in enumerate(zip(*padded, strict=True)):
        wide = [size for size in column if size != 1]
        if any(size != wide[0] for size in wide):
            raise ShapeError(
                f"{where}: shapes do not broadcast together",
                expected="sizes that are equal or 1, aligned at the right",
                got=f"{' and '.join(map(str, shapes))}: sizes {' and '.join(map(str, column))} "
                f"on axis {axis - ndim}",
                hint="reshape one of them, or add an axis of size 1",
            )
        sizes.append(wide[0] if wide else 1)
    return tuple(sizes)


def axis_index(axis: object, ndim: int, where: str) -> int:
    """One axis counted from the front.

    >>> axis_index(-1, 3, "sum")
    2

    Raises:
        RangeError: when there is no such axis.
    """
    number = as_int(axis, f"{where}: axis")
    if not -ndim <= number < ndim:
        allowed = f"an axis in {-ndim}..{ndim - 1}" if ndim else "no axis: the tensor is 0-d"
        raise RangeError(
            f"{where}: axis {number} is out of range for {ndim} axes", expected=allowed
        )
    return number % ndim


def axes_indices(axes: Axes, ndim: int, where: str) -> tuple[int, ...]:
    """Several axes counted from the front, sorted; None means all of them.

    >>> axes_indices(None, 2, "sum")
    (0, 1)

    Raises:
        RangeError: when an axis does not exist or is named twice.
    """
    if axes is None:
        return tuple(range(ndim))
    names = axes if isinstance(axes, list | tuple) else (axes,)
    indices = sorted(axis_index(axis, ndim, where) for axis in names)
    for one, next_one in itertools.pairwise(indices):
        if one == next_one:
            raise RangeError(f"{where}: axis {one} is named twice", got=axes)
    return tuple(indices)


def permutation(axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    """An order of all axes, counted from the front.

    >>> permutation((0, -1, 1), 3)
    (0, 2, 1)

    Raises:
        RangeError: when an axis is missing, named twice, or does not exist.
    """
    order = tuple(axis_index(axis, ndim, "transpose") for axis in axes)
    if sorted(order) != list(range(ndim)):
        raise RangeError("transpose needs each axis once", expected=f"{ndim} axes", got=axes)
    return order


def reduced(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape after a reduction over those axes.

    >>> reduced((2, 3, 4), (1,), keepdims=True)
    (2, 1, 4)
    """
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def reshaped(shape: Shape, target: Shape) -> Shape:
    """The target shape with at most one -1 filled in.

    >>> reshaped((2, 6), (-1, 4))
    (3, 4)

    Raises:
        ShapeError: when the number of values differs.
    """
    count = math.prod(shape)
    unknown = [i for i, size in enumerate(target) if size == -1]
    known = math.prod(size for size in target if size != -1)
    filled = target
    if len(unknown) == 1 and known > 0 and count % known == 0:
        filled = tuple(count // known if size == -1 else size for size in target)
    if min(filled, default=0) < 0 or math.prod(filled) != count:
        raise ShapeError(
            f"reshape: {count} values cannot fill {target}",
            expected=f"sizes whose product is {count}, at most one of them -1",
            got=f"{shape} -> {target}",
        )
    return filled


def matmul(x: Shape, y: Shape) -> Shape:
    """The shape of x @ y: batch axes broadcast, a 1-d factor is a row or a column that vanishes.

    >>> matmul((5, 2, 3), (3, 4))
    (5, 2, 4)

    Raises:
        ShapeError: when the inner sizes differ or a factor is 0-d.
    """
    if not x or not y:
        raise ShapeError("matmul needs factors with at least one axis", got=f"{x} @ {y}", hint="*")
    rows, columns = (x[-2:-1], y[-1:]) if len(y) > 1 else (x[-2:-1], ())
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        swapped = len(y) > 1 and y[-1] == x[-1]
        free = "n" if len(y) > 1 else ""
        fitting = (*y[:-2], x[-1], free) if len(y) > 1 else (x[-1],)
        raise ShapeError(
            "matmul needs x.shape[-1] == y.shape[-2]",
            expected=f"x {x} @ y ({', '.join(map(str, fitting))})",
            got=f"x {x} @ y {y}: {x[-1]} is not {inner}",
            hint="y.T" if swapped and len(y) == 2 else None,
        )
    return (*broadcast(x[:-2], y[:-2], where="matmul"), *rows, *columns)


def window_size(size: int, kernel: int, stride: int, dilation: int) -> int:
    """How many windows of `kernel` values, `dilation` apart, fit into `size` at that stride.

    >>> window_size(28, kernel=5, stride=1, dilation=1)
    24

    Raises:
        RangeError: for a kernel without values.
    """
    if kernel < 1:
        raise RangeError("a kernel must have at least 1 value along each axis", got=kernel)
    return (size - dilation * (kernel - 1) - 1) // stride + 1


def each(value: int | Sequence[int], count: int, what: str, least: int = 1) -> Shape:
    """One whole number an axis, from one for all of them or one for each.

    >>> each(2, 3, "stride")
    (2, 2, 2)

    Raises:
        ShapeError: when the count differs.
        RangeError: when one is below `least`.
    """
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,) * count
    if len(numbers) != count:
        raise ShapeError(f"{what} needs one number, or one for each of {count} axes", got=value)
    sizes = tuple(as_int(number, what) for number in numbers)
    if min(sizes, default=least) < least:
        raise RangeError(f"{what} must be at least {least}", got=value)
    return sizes
