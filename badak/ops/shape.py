"""Operations that move numbers and change none: reshape, transpose, pad, slice, windows, ..."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base import dtypes, shapes
from badak.base.dtypes import Array, DType
from badak.base.errors import RangeError, ShapeError
from badak.base.shapes import Shape, Spec, axis_index
from badak.core.dispatch import apply
from badak.core.primitive import Rule, define
from badak.core.tensor import Tensor
from badak.ops.reduce import as_tensor
from badak.ops.rules import as_they_are, fit, same, together

# ---------------------------------------------------------------------- cast


def _infer_cast(x: Spec, *, dtype: DType) -> Spec:
    return Spec(x.shape, dtype)


define(
    "cast",
    lambda x, *, dtype: x.astype(dtype),
    infer=_infer_cast,
    promote=as_they_are,
    vjps=(lambda g, out, x, *, dtype: apply("cast", g, dtype=x.dtype),),
)

# ---------------------------------------------------------------------- reshape, transpose


def _infer_reshape(x: Spec, *, shape: Shape) -> Spec:
    return Spec(shapes.reshaped(x.shape, shape), x.dtype)


def _infer_transpose(x: Spec, *, axes: Shape) -> Spec:
    return Spec(tuple(x.shape[i] for i in axes), x.dtype)


def _infer_broadcast(x: Spec, *, shape: Shape) -> Spec:
    if shapes.broadcast(x.shape, shape) != shape:
        raise ShapeError("broadcast_to cannot shrink", expected=shape, got=x.shape)
    return Spec(shape, x.dtype)


def _inverse(axes: Shape) -> Shape:
    return tuple(int(i) for i in np.argsort(axes))


define(
    "reshape",
    lambda x, *, shape: x.reshape(shape),
    infer=_infer_reshape,
    promote=as_they_are,
    vjps=(lambda g, out, x, *, shape: g.reshape(x.shape),),
)

define(
    "transpose",
    lambda x, *, axes: x.transpose(axes),
    infer=_infer_transpose,
    promote=as_they_are,
    vjps=(lambda g, out, x, *, axes: g.transpose(_inverse(axes)),),
)

define(
    "broadcast",
    lambda x, *, shape: np.broadcast_to(x, shape),
    infer=_infer_broadcast,
    promote=as_they_are,
    vjps=(lambda g, out, x, *, shape: fit(g, x),),
)

define(
    "flip",
    lambda x, *, axes: np.flip(x, axes),
    infer=same,
    promote=as_they_are,
    vjps=(lambda g, out, x, *, axes: apply("flip", g, axes=axes),),
)

# ---------------------------------------------------------------------- slice, pad


def _strided_size(size: int, stride: int) -> int:
    """How many values are met from the first of `size` on, at that stride."""
    return -(-size // stride)


def _infer_slice(x: Spec, *, starts: Shape, stops: Shape, strides: Shape) -> Spec:
    for axis, (size, start, stop, stride) in enumerate(
        zip(x.shape, starts, stops, strides, strict=True)
    ):
        if not (0 <= start <= stop <= size and stride >= 1):
            raise RangeError(
                f"slice: {start}:{stop}:{stride} does not lie in axis {axis} of size {size}"
            )
    sizes = (
        _strided_size(stop - start, stride)
        for start, stop, stride in zip(starts, stops, strides, strict=True)
    )
    return Spec(tuple(sizes), x.dtype)


def _slices(starts: Shape, stops: Shape, strides: Shape) -> tuple[slice, ...]:
    return tuple(map(slice, starts, stops, strides))


def _slice_x(
    g: Tensor, out: Tensor, x: Tensor, *, starts: Shape, stops: Shape, strides: Shape
) -> Tensor:
    """g back in its place among zeros."""
    interior = tuple(stride - 1 for stride in strides)
    filled = [
        start + max((count - 1) * stride + 1, 0)
        for start, count, stride in zip(starts, g.shape, strides, strict=True)
    ]
    high = tuple(size - end for size, end in zip(x.shape, filled, strict=True))
    return apply("pad", g, low=starts, high=high, interior=interior, value=0.0)


define(
    "slice",
    lambda x, *, starts, stops, strides: x[_slices(starts, stops, strides)],
    infer=_infer_slice,
    promote=as_they_are,
    vjps=(_slice_x,),
)


def _spread_size(size: int, interior: int) -> int:
    """The size with `interior` values put between neighbours."""
    return max(size + (size - 1) * interior, 0)


def _fits(value: float, dtype: DType) -> bool:
    limits = np.iinfo(dtype)
    return value == value // 1 and limits.min <= value <= limits.max


def _infer_pad(x: Spec, *, low: Shape, high: Shape, interior: Shape, value: float) -> Spec:
    if min((*low, *high, *interior), default=0) < 0:
        raise RangeError("pad: padding must be at least 0", got=f"{low}, {high}")
    if x.dtype.kind in "iu" and not _fits(value, x.dtype):
        raise RangeError(f"pad: the value does not fit into {x.dtype}", got=value)
    sizes = (
        before + _spread_size(size, between) + after
        for size, before, after, between in zip(x.shape, low, high, interior, strict=True)
    )
    return Spec(tuple(sizes), x.dtype)


def _pad_slices(x: Shape, low: Shape, interior: Shape) -> tuple[Shape, Shape, Shape]:
    stops = tuple(
        before + _spread_size(size, between)
        for size, before, between in zip(x, low, interior, strict=True)
    )
    return low, stops, tuple(between + 1 for between in interior)


def _pad(x: Array, *, low: Shape, high: Shape, interior: Shape, value: float) -> Array:
    spec = Spec(x.shape, x.dtype)
    result = np.full(
        _infer_pad(spec, low=low, high=high, interior=interior, value=value).shape, value, x.dtype
    )
    result[_slices(*_pad_slices(x.shape, low, interior))] = x
    return result


def _pad_x(
    g: Tensor, out: Tensor, x: Tensor, *, low: Shape, high: Shape, interior: Shape, value: float
) -> Tensor:
    starts, stops, strides = _pad_slices(x.shape, low, interior)
    return apply("slice", g, starts=starts, stops=stops, strides=strides)


define(
    "pad",
    _pad,
    infer=_infer_pad,
    promote=as_they_are,
    vjps=(_pad_x,),
)

# ---------------------------------------------------------------------- concat


def _infer_concat(*inputs: Spec, axis: int) -> Spec:
    first = inputs[0]
    axis_index(axis, len(first.shape), "concat")
    for number, x in enumerate(inputs):
        if len(x.shape) != len(first.shape):
            raise ShapeError(
                f"concat: tensor {number} has {len(x.shape)} axes, tensor 0 has {len(first.shape)}"
            )
        for i, (size, wanted) in enumerate(zip(x.shape, first.shape, strict=True)):
            if i != axis and size != wanted:
                raise ShapeError(
                    f"concat: tensor {number} has size {size} on axis {i}, tensor 0 has {wanted}",
                    expected=f"equal sizes on all axes but axis {axis}",
                )
    joined = builtin_sum(x.shape[axis] for x in inputs)
    return Spec((*first.shape[:axis], joined, *first.shape[axis + 1 :]), first.dtype)


builtin_sum = sum


def _concat_rule(position: int) -> Rule:
    def rule(g: Tensor, out: Tensor, *inputs: Tensor, axis: int) -> Tensor:
        start = builtin_sum(x.shape[axis] for x in inputs[:position])
        key = (slice(None),) * axis + (slice(start, start + inputs[position].shape[axis]),)
        return g[key]

    return rule


define(
    "concat",
    lambda *inputs, axis: np.concatenate(inputs, axis),
    infer=_infer_concat,
    promote=together,
    vjps=_concat_rule,
)

# ---------------------------------------------------------------------- public functions


def concat(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors laid end to end along an existing axis.

    >>> concat([[1.0, 2.0], [3.0]])
    tensor([1., 2., 3.])

    Raises:
        ShapeError: when the other axes differ, or there is no tensor.
    """
    if not tensors:
        raise ShapeError("concat needs at least one tensor")
    return apply("concat", *tensors, axis=axis_index(axis, np.ndim(tensors[0]), "concat"))


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors of one shape laid side by side along a new axis.

    >>> stack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    if not tensors:
        raise ShapeError("stack needs at least one tensor")
    return concat([as_tensor(x).expand_dims(axis) for x in tensors], axis)


def pad(x: Any, padding: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """x with `value` added around it: (before, after) for each axis.

    >>> pad([1.0, 2.0], [(1, 2)])
    tensor([0., 1., 2., 0., 0.])

    Raises:
        ShapeError: when there is not one pair for each axis.
        RangeError: for a negative number, or a value that the dtype of x cannot hold.
    """
    ndim = np.ndim(x)
    if len(padding) != ndim:
        raise ShapeError(
            "pad needs a (before, after) pair for each axis", expected=ndim, got=len(padding)
        )
    both = [shapes.each(pair, 2, "pad: padding", least=0) for pair in padding]
    low, high = zip(*both, strict=True) if both else ((), ())
    return apply("pad", x, low=tuple(low), high=tuple(high), interior=(0,) * ndim, value=value)


def flip(x: Any, axis: shapes.Axes = None) -> Tensor:
    """The order of values reversed along the axes; along all of them by default.

    >>> flip([1.0, 2.0, 3.0])
    tensor([3., 2., 1.])
    """
    return apply("flip", x, axes=shapes.axes_indices(axis, np.ndim(x), "flip"))


def one_hot(index: Any, n: int, dtype: Any = dtypes.DEFAULT_FLOAT) -> Tensor:
    """1 at the position that each index names, 0 elsewhere: (...) -> (..., n).

    >>> one_hot([2, 0], 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])

    Raises:
        RangeError: when n is below 1, or an index is not in 0..n-1.
        DTypeError: for an index that is not a whole number.
    """
    places = Tensor(np.arange(shapes.positive(n, "one_hot: n")))
    checked = apply("gather", places, index, axis=0)  # gather knows which positions there are
    column = checked.reshape((*checked.shape, 1))
    return apply("cast", apply("equal", column, places), dtype=dtypes.as_dtype(dtype))
