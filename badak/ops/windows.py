"""Sliding windows as a view, and their adjoint: what pooling and convolution are made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base import shapes
from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.base.shapes import Shape, Spec, window_size
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_they_are


def _infer_windows(x: Spec, *, kernel: Shape, stride: Shape, dilation: Shape) -> Spec:
    lead = x.shape[: len(x.shape) - len(kernel)]
    space = x.shape[len(lead) :]
    counts = tuple(map(window_size, space, kernel, stride, dilation))
    if len(space) < len(kernel) or min(counts, default=1) < 1:
        raise ShapeError(
            f"windows: the kernel {kernel} (dilation {dilation}) is larger than the input {space}"
        )
    return Spec((*lead, *counts, *kernel), x.dtype)


def windows_view(x: Array, kernel: Shape, stride: Shape, dilation: Shape) -> Array:
    """All windows of an array as a view: no number is copied."""
    spec = _infer_windows(Spec(x.shape, x.dtype), kernel=kernel, stride=stride, dilation=dilation)
    lead = x.ndim - len(kernel)
    steps = x.strides[lead:]
    strides = (
        *x.strides[:lead],
        *(step * s for step, s in zip(steps, stride, strict=True)),
        *(step * d for step, d in zip(steps, dilation, strict=True)),
    )
    return np.lib.stride_tricks.as_strided(x, spec.shape, strides, writeable=False)


def fold_add(x: Array, *, size: Shape, stride: Shape, dilation: Shape) -> Array:
    """The adjoint of windows: every value is added where its window had read it."""
    n = len(size)
    counts, kernel = x.shape[x.ndim - 2 * n : x.ndim - n], x.shape[x.ndim - n :]
    result = np.zeros((*x.shape[: x.ndim - 2 * n], *size), x.dtype)
    for offset in itertools.product(*map(range, kernel)):
        spread = (
            slice(o * d, o * d + (c - 1) * s + 1, s)
            for o, d, c, s in zip(offset, dilation, counts, stride, strict=True)
        )
        written: tuple[Any, ...] = (..., *spread)
        read: tuple[Any, ...] = (..., *offset)
        result[written] += x[read]
    return result


def _all_windows(x: Spec, kernel: Shape, stride: Shape, dilation: Shape) -> Shape:
    return _infer_windows(x, kernel=kernel, stride=stride, dilation=dilation).shape


def _infer_fold(x: Spec, *, size: Shape, stride: Shape, dilation: Shape) -> Spec:
    n, ndim = len(size), len(x.shape)
    lead, kernel = x.shape[: max(ndim - 2 * n, 0)], x.shape[ndim - n :]
    out = Spec((*lead, *size), x.dtype)
    if ndim < 2 * n or x.shape != _all_windows(out, kernel, stride, dilation):
        raise ShapeError(
            f"fold: these are not all windows of an input {out.shape}",
            expected="the shape that windows has",
            got=x.shape,
        )
    return out


define(
    "windows",
    lambda x, *, kernel, stride, dilation: windows_view(x, kernel, stride, dilation),
    infer=_infer_windows,
    promote=as_they_are,
    vjps=(
        lambda g, out, x, *, kernel, stride, dilation: apply(
            "fold", g, size=x.shape[x.ndim - len(kernel) :], stride=stride, dilation=dilation
        ),
    ),
)

define(
    "fold",
    fold_add,
    infer=_infer_fold,
    promote=as_they_are,
    vjps=(
        lambda g, out, x, *, size, stride, dilation: apply(
            "windows", g, kernel=x.shape[x.ndim - len(size) :], stride=stride, dilation=dilation
        ),
    ),
)


def windows(
    x: Any,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """All windows of the last axes, as new axes at the end: (..., H, W) -> (..., OH, OW, KH, KW).

    The windows of a moving average, of pooling, and of a convolution. The gradient adds every
    value back where its window had read it.

    >>> windows(bd.arange(5), 3)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]], dtype=int64)
    """
    sizes = shapes.as_shape(kernel)
    return apply(
        "windows",
        x,
        kernel=sizes,
        stride=shapes.each(stride, len(sizes), "windows: stride"),
        dilation=shapes.each(dilation, len(sizes), "windows: dilation"),
    )
