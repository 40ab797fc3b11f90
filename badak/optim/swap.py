"""Parameters that hold other numbers for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from badak.core import Tensor


@contextmanager
def swapped(params: Mapping[str, Tensor], values: Mapping[str, Any]) -> Iterator[None]:
    """Parameters hold these values inside, and exactly their own again afterwards.

    Also while a function is traced. For gradients at another point than the weights (the point
    ahead of Nesterov, weights with noise), and for predictions with averaged weights.

    Args:
        params: tensors by name.
        values: what some of them hold inside, under the same names.

    Raises:
        ShapeError: when a value has another shape than its parameter.

    >>> w = bd.parameter([1.0, 2.0])
    >>> with swapped({"w": w}, {"w": w.detach() + 0.5}):
    ...     grads = bd.grad((w * w).sum(), {"w": w})
    >>> grads["w"], w.tolist()
    (tensor([3., 5.]), [1.0, 2.0])
    """
    kept = {name: params[name].detach() for name in values}
    try:
        for name, value in values.items():
            params[name].assign(value)
        yield
    finally:
        for name, own in kept.items():
            params[name].assign(own)
