"""Limits for gradients, for weights, and for the sum of absolute weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from badak.base import dtypes
from badak.base.errors import ShapeError
from badak.base.shapes import Axes
from badak.core import Tensor
from badak.ops import abs, maximum, sign, sqrt

Gradients = dict[str, Tensor]


def norm(x: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The Euclidean norm |x|, in float64: the square of a large float32 is beyond its range."""
    wide = x.astype(dtypes.float64)
    return sqrt((wide * wide).sum(axis, keepdims))


def clip_by_value(grads: Mapping[str, Tensor], limit: Any) -> Gradients:
    """Each value is brought into [-limit, limit].

    What is not finite stays so, and is found later: infinity becomes NaN.

    >>> clip_by_value({"w": bd.tensor([3.0, -0.5, -7.0])}, 1.0)
    {'w': tensor([ 1. , -0.5, -1. ])}
    """
    return {name: g.clip(-limit, limit) + 0.0 * g for name, g in grads.items()}


def clip_by_norm(grads: Mapping[str, Tensor], max_norm: Any) -> Gradients:
    """Each gradient longer than that is shortened to it: g min(1, max_norm / |g|).

    >>> grads = clip_by_norm({"w": bd.tensor([3.0, 4.0]), "b": bd.tensor([0.5])}, 1.0)
    >>> {name: [round(x, 4) for x in g.tolist()] for name, g in grads.items()}
    {'w': [0.6, 0.8], 'b': [0.5]}
    """
    return {name: g * _shortening(norm(g), max_norm) for name, g in grads.items()}


def clip_by_global_norm(grads: Mapping[str, Tensor], max_norm: Any) -> Gradients:
    """All gradients together, longer than that, are shortened to it; their direction is kept.

    Pascanu et al., "On the difficulty of training Recurrent Neural Networks" (2013). Lasagne's
    total_norm_constraint; PyTorch's clip_grad_norm_ without the 1e-6 that it adds to the norm.

    >>> grads = clip_by_global_norm({"w": bd.tensor([3.0]), "b": bd.tensor([4.0])}, 1.0)
    >>> {name: round(g.item(), 4) for name, g in grads.items()}
    {'w': 0.6, 'b': 0.8}
    """
    factor = _shortening(global_norm(grads), max_norm)
    return {name: g * factor for name, g in grads.items()}


def global_norm(grads: Mapping[str, Tensor]) -> Tensor:
    """The Euclidean norm of all gradients laid end to end, in float64.

    >>> global_norm({"w": bd.tensor([[3.0]]), "b": bd.tensor([4.0])})
    tensor(5., dtype=float64)

    Raises:
        ShapeError: when there is none.
    """
    if not grads:
        raise ShapeError("global_norm: there is no gradient", hint="bd.grad(loss, params)")
    norms = [norm(g) for g in grads.values()]
    total = norms[0] * norms[0]
    for one in norms[1:]:
        total = total + one * one
    return sqrt(total)


def _shortening(length: Tensor, max_norm: Any) -> Tensor:
    """1 up to that length, exactly; then the factor that brings it there."""
    factor: Tensor = max_norm / maximum(length, max_norm)
    return factor


def norm_constraint(weights: Tensor, max_norm: Any, axis: Axes = None) -> Tensor:
    """The weights of each unit, longer than that, are shortened to it: the max-norm constraint.

    A unit reads a column of a matrix (in, out), or one kernel of a convolution (out, in, ...).
    Srebro and Shraibman, "Rank, Trace-Norm and Max-Norm" (2005), as used with dropout by
    Srivastava et al. (2014). Lasagne adds 1e-7 to the norm.

    Args:
        weights: of at least two axes, unless an axis is given.
        max_norm: the greatest norm allowed.
        axis: along which the weights of one unit lie; by default 0 of a matrix, and all but the
            first of what has more axes.

    Raises:
        ShapeError: for a single axis, of which nobody knows what it is for.

    >>> norm_constraint(bd.tensor([[3.0, 0.1], [4.0, 0.2]]), 1.0)
    tensor([[0.6, 0.1],
            [0.8, 0.2]])
    """
    if axis is None and weights.ndim < 2:
        raise ShapeError(
            "norm_constraint does not know which weights belong to a unit",
            expected="at least two axes",
            got=f"shape {weights.shape}",
            hint="axis=0 for all of them",
        )
    axes = axis if axis is not None else (0 if weights.ndim == 2 else tuple(range(1, weights.ndim)))
    factor = _shortening(norm(weights, axes, keepdims=True), max_norm)
    return weights * factor.astype(weights.dtype)


def soft_threshold(x: Tensor, threshold: Any) -> Tensor:
    """Every value is moved towards 0 by the threshold, and stops there: sign(x) max(|x| - t, 0).

    The proximal step of t |x|, whose gradient alone never gives exact zeros.

    >>> soft_threshold(bd.tensor([3.0, -0.5, 0.2]), 0.5)
    tensor([ 2.5, -0. ,  0. ])
    """
    return sign(x) * maximum(abs(x) - threshold, 0.0)
