"""Comparisons, logic, and the choice between two values."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import dtypes, shapes
from badak.base.dtypes import DType
from badak.base.shapes import Spec
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_booleans, comparison, fit, together

for _name, _forward in {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}.items():
    define(_name, _forward, infer=comparison, promote=together, vjps=(None, None))

define("logical_and", np.logical_and, infer=comparison, promote=as_booleans, vjps=(None, None))
define("logical_or", np.logical_or, infer=comparison, promote=as_booleans, vjps=(None, None))
define("logical_not", np.logical_not, infer=comparison, promote=as_booleans, vjps=(None,))


def _promote_choice(condition: DType, x: DType, y: DType) -> tuple[DType, ...]:
    return (dtypes.bool_, *together(x, y))


def _infer_choice(condition: Spec, x: Spec, y: Spec) -> Spec:
    return Spec(shapes.broadcast(condition.shape, x.shape, y.shape, where="where"), x.dtype)


define(
    "where",
    np.where,
    infer=_infer_choice,
    promote=_promote_choice,
    vjps=(
        None,
        lambda g, out, condition, x, y: fit(where(condition, g, 0.0), x),
        lambda g, out, condition, x, y: fit(where(condition, 0.0, g), y),
    ),
)


def where(condition: Any, x: Any, y: Any) -> Tensor:
    """x where the condition holds, y elsewhere; the three broadcast together.

    >>> where([True, False], [1.0, 2.0], 0.0)
    tensor([1., 0.])
    """
    return apply("where", condition, x, y)


def isfinite(x: Any) -> Tensor:
    """True where x is neither infinite nor NaN (x - x is 0 only for a finite x).

    >>> isfinite([1.0, float("inf"), float("nan")])
    tensor([ True, False, False], dtype=bool)
    """
    difference = apply("sub", x, x)
    return apply("equal", difference, 0)
