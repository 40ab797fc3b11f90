"""Reductions: sum, max, argmax, and what is composed of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.shapes import Axes, Shape, Spec, reduced
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_numbers, as_they_are, only


def as_tensor(x: Any) -> Tensor:
    """x itself, or a tensor of it."""
    return x if isinstance(x, Tensor) else apply("reshape", x, shape=np.shape(x))


def _infer_sum(x: Spec, *, axes: Shape, keepdims: bool) -> Spec:
    widened = {dtypes.uint8: dtypes.uint64, dtypes.uint32: dtypes.uint64}
    kind = dtypes.int64 if x.dtype == dtypes.int32 else widened.get(x.dtype, x.dtype)
    return Spec(reduced(x.shape, axes, keepdims), kind)


def _infer_max(x: Spec, *, axes: Shape, keepdims: bool) -> Spec:
    if any(x.shape[i] == 0 for i in axes):
        raise RangeError("the largest of no values is undefined", got=f"shape {x.shape}")
    return Spec(reduced(x.shape, axes, keepdims), x.dtype)


def _infer_argmax(x: Spec, *, axes: Shape, keepdims: bool) -> Spec:
    return Spec(_infer_max(x, axes=axes, keepdims=keepdims).shape, dtypes.int64)


def _argmax(x: Array, *, axes: Shape, keepdims: bool) -> Array:
    kept = [i for i in range(x.ndim) if i not in axes]
    count = math.prod(x.shape[i] for i in axes)
    rows = x.transpose(*kept, *axes).reshape([x.shape[i] for i in kept] + [count])
    found: Array = np.argmax(rows, axis=-1)
    return found.reshape(reduced(x.shape, axes, keepdims))


def _spread(g: Tensor, x: Tensor, axes: Shape) -> Tensor:
    """g repeated over the axes that were reduced."""
    return g.reshape(reduced(x.shape, axes, keepdims=True)).broadcast_to(x.shape)


def _first_largest(x: Tensor, axes: Shape) -> Tensor:
    """True at the first largest value along the axes."""
    sizes = reduced(x.shape, tuple(i for i in range(x.ndim) if i not in axes), keepdims=True)
    positions = Tensor(np.arange(math.prod(sizes)).reshape(sizes))
    return apply("equal", x.argmax(axes, keepdims=True), positions)


define(
    "sum",
    lambda x, *, axes, keepdims: np.sum(x, axis=axes, keepdims=keepdims),
    infer=_infer_sum,
    promote=as_numbers,
    vjps=(lambda g, out, x, *, axes, keepdims: _spread(g, x, axes),),
)

define(
    "max",
    lambda x, *, axes, keepdims: np.max(x, axis=axes, keepdims=keepdims),
    infer=_infer_max,
    promote=as_they_are,
    vjps=(  # of several largest values the first one has the gradient
        lambda g, out, x, *, axes, keepdims: only(_first_largest(x, axes), _spread(g, x, axes)),
    ),
)

define(
    "argmax",
    _argmax,
    infer=_infer_argmax,
    promote=as_they_are,
    vjps=(None,),
)


def sum(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The sum over the axes; over all of them by default.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([4., 6.])
    """
    return as_tensor(x).sum(axis, keepdims)


def mean(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The sum divided by the number of values.

    >>> mean([1.0, 2.0, 6.0])
    tensor(3.)
    """
    return as_tensor(x).mean(axis, keepdims)


def var(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The mean of (x - mean(x))^2, divided by n as NumPy's.

    >>> var([4.0, 5.0, 6.0])
    tensor(0.6666667)
    """
    return as_tensor(x).var(axis, keepdims)


def max(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The largest value; NaN if there is one. Of equal values the first has the gradient.

    >>> max([[1.0, 5.0], [3.0, 2.0]], axis=1)
    tensor([5., 3.])
    """
    return as_tensor(x).max(axis, keepdims)


def min(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The smallest value; NaN if there is one. Of equal values the first has the gradient.

    >>> min([[1.0, 5.0], [3.0, 2.0]], axis=1)
    tensor([1., 2.])
    """
    return as_tensor(x).min(axis, keepdims)


def argmax(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The position of the first largest value.

    >>> argmax([[1.0, 5.0], [3.0, 2.0]], axis=1)
    tensor([1, 0], dtype=int64)
    """
    return as_tensor(x).argmax(axis, keepdims)


def argmin(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The position of the first smallest value.

    >>> argmin([[1.0, 5.0], [3.0, 2.0]], axis=1)
    tensor([0, 1], dtype=int64)
    """
    return as_tensor(x).argmin(axis, keepdims)
