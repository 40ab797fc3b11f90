"""The matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import shapes
from badak.base.shapes import Spec
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.rules import as_numbers, fit


def _infer_matmul(x: Spec, y: Spec) -> Spec:
    return Spec(shapes.matmul(x.shape, y.shape), x.dtype)


def _matrices(g: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The vectors among the factors as one row or one column, and g to match."""
    if y.ndim == 1:
        g, y = g.expand_dims(-1), y.expand_dims(-1)
    if x.ndim == 1:
        g, x = g.expand_dims(-2), x.expand_dims(-2)
    return g, x, y


def _matmul_x(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    g, rows, columns = _matrices(g, x, y)
    return fit(g @ columns.mT, rows).reshape(x.shape)


def _matmul_y(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    g, rows, columns = _matrices(g, x, y)
    return fit(rows.mT @ g, columns).reshape(y.shape)


define(
    "matmul",
    np.matmul,
    infer=_infer_matmul,
    promote=as_numbers,
    vjps=(_matmul_x, _matmul_y),
)


def matmul(x: Any, y: Any) -> Tensor:
    """The matrix product x @ y: (..., n, k) @ (..., k, m) -> (..., n, m).

    The leading axes broadcast. A 1-d factor is one row (x) or one column (y), and its axis
    vanishes from the result. The gradients of L = sum(g * (x @ y)) are

        dL/dx = g @ y.T        dL/dy = x.T @ g

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]])
    tensor([[11.]])

    Raises:
        ShapeError: when the inner sizes differ.
    """
    return apply("matmul", x, y)
