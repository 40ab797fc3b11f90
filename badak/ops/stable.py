"""Compositions with a form that does not overflow: logsumexp, softmax, log_softmax, softplus."""

from __future__ import annotations

from typing import Any

from badak.base.shapes import Axes, axes_indices, reduced
from badak.core.tensor import Tensor
from badak.ops.compare import isfinite, where
from badak.ops.elementary import exp, log, log1p
from badak.ops.reduce import as_tensor


def _largest(x: Tensor, axis: Axes) -> Tensor:
    """The largest value as a constant to subtract: it cancels out, so it needs no gradient."""
    top = x.detach().max(axis, keepdims=True)
    return where(isfinite(top), top, 0.0)


def logsumexp(x: Any, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))), computed as m + log(sum(exp(x - m))) with m = max(x).

    >>> logsumexp([1000.0, 1000.0])
    tensor(1000.693)
    """
    x = as_tensor(x)
    axes = axes_indices(axis, x.ndim, "logsumexp")
    top = _largest(x, axes)
    total = log(exp(x - top).sum(axes, keepdims=True)) + top
    return total if keepdims else total.reshape(reduced(x.shape, axes, keepdims=False))


def softmax(x: Any, axis: Axes = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis: each value in [0, 1], together 1.

    >>> softmax([1010.0, 1000.0, 990.0])
    tensor([9.9995e-01, 4.5398e-05, 2.0611e-09])
    """
    x = as_tensor(x)
    e = exp(x - _largest(x, axis))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x: Any, axis: Axes = -1) -> Tensor:
    """log(softmax(x)), computed as x - logsumexp(x), which never takes the log of 0.

    >>> log_softmax([1000.0, 0.0])
    tensor([    0., -1000.])
    """
    scores = as_tensor(x)
    return scores - logsumexp(scores, axis, keepdims=True)


def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)), computed as x + log1p(exp(-x)) for positive x, as it stands elsewhere.

    >>> softplus([-1000.0, 0.0, 1000.0])
    tensor([0.0000e+00, 6.9315e-01, 1.0000e+03])
    """
    x = as_tensor(x)
    # The same choice twice: with max(x, 0) and |x| the gradient at 0 would be 0, not 1/2.
    positive = x > 0
    return where(positive, x, 0.0) + log1p(exp(where(positive, 0.0 - x, x)))
