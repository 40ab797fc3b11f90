"""What the families of operations share: inference of shapes and dtypes, promotion, and `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import dtypes, shapes
from badak.base.dtypes import DType
from badak.base.shapes import Spec
from badak.core.dispatch import apply
from badak.core.tensor import Tensor


def fit(g: Tensor, x: Tensor) -> Tensor:
    """The gradient g of a broadcast x, summed over what broadcasting repeated.

    Broadcasting copies x along new axes and along axes of size 1; the gradient of a copy is the
    sum over its uses.
    """
    if g.shape == x.shape:
        return g
    lead = g.ndim - x.ndim
    repeated = [i + lead for i, size in enumerate(x.shape) if size == 1 and g.shape[i + lead] != 1]
    return g.sum(axis=(*range(lead), *repeated), keepdims=True).reshape(x.shape)


def only(condition: Tensor, g: Tensor) -> Tensor:
    """g where the condition holds, 0 elsewhere: also where g is infinite, and g * 0 were NaN."""
    return apply("where", condition, g, 0.0)


def zero(g: Tensor) -> Tensor:
    """Zeros of the shape and dtype of g, whatever g holds."""
    return apply("broadcast", Tensor(np.zeros((), g.dtype)), shape=g.shape)


# ---------------------------------------------------------------------- promotion


def as_they_are(*kinds: DType) -> tuple[DType, ...]:
    """Each input keeps its dtype."""
    return kinds


def together(*kinds: DType) -> tuple[DType, ...]:
    """All inputs in their common dtype."""
    return (dtypes.common(*kinds),) * len(kinds)


def as_numbers(*kinds: DType) -> tuple[DType, ...]:
    """All inputs in their common dtype; booleans count as 0 and 1."""
    kind = dtypes.common(*kinds)
    return (dtypes.int64 if kind == dtypes.bool_ else kind,) * len(kinds)


def as_floats(*kinds: DType) -> tuple[DType, ...]:
    """All inputs in their common float dtype."""
    return (dtypes.floating(*kinds),) * len(kinds)


def as_booleans(*kinds: DType) -> tuple[DType, ...]:
    """All inputs as booleans."""
    return (dtypes.bool_,) * len(kinds)


# ---------------------------------------------------------------------- inference


def same(x: Spec, **_: Any) -> Spec:
    """The result is like its one input."""
    return x


def elementwise(*inputs: Spec) -> Spec:
    """The inputs broadcast together and keep their dtype."""
    return Spec(shapes.broadcast(*(x.shape for x in inputs)), inputs[0].dtype)


def comparison(*inputs: Spec) -> Spec:
    """The inputs broadcast together; the result is true or false."""
    return Spec(shapes.broadcast(*(x.shape for x in inputs)), dtypes.bool_)
