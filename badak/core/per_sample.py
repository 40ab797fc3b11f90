"""The gradient of each sample, where a batch would mix them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from badak.base import tree
from badak.base.errors import ShapeError
from badak.core.create import tensor
from badak.core.dispatch import apply
from badak.core.tensor import Tensor
from badak.core.transforms import grad


def per_sample_grad(fn: Callable[..., Tensor], wrt: Any, *batch: Any) -> Any:
    """The gradients of each sample's own number, stacked: (batch, *shape) for each tensor.

        out[i] = d fn(x[i : i + 1], t[i : i + 1], ...) / d wrt

    A training step sees their mean. Their spread says how noisy that step is, and those who look
    at single samples (to choose, to weigh, to keep them private) need each.

    Args:
        fn: gives a number, such as a loss, for a batch of one sample.
        wrt: a tensor, or lists, tuples and dicts of tensors, as for `grad`.
        batch: the arguments of `fn`, each a tensor or an array with a sample in each row.

    Returns:
        The structure of `wrt`.

    Raises:
        ShapeError: without a sample, or when the arguments have different numbers of rows.
        StateError, DTypeError: as `grad`.

    >>> w = bd.parameter([2.0, 3.0])
    >>> bd.per_sample_grad(lambda x: (w * x).sum() ** 2, w, [[1.0, 0.0], [1.0, 1.0]])
    tensor([[ 4.,  0.],
            [10., 10.]])

    This runs the function once for each sample. Machine code does it in one call:

    >>> gradients = bd.compile(lambda x: bd.grad((w * x).sum() ** 2, w))
    >>> done, each = gradients.scan(np.arange(2)[:, None], bd.tensor([[1.0, 0.0], [1.0, 1.0]]))
    >>> each
    tensor([[ 4.,  0.],
            [10., 10.]])
    """
    columns = [x if isinstance(x, Tensor) else tensor(x) for x in batch]
    counts = [len(x) for x in columns]
    if not counts or min(counts) == 0 or min(counts) != max(counts):
        raise ShapeError(
            "per_sample_grad: each argument has a row for each sample",
            expected="equally many, at least one",
            got=", ".join(map(str, counts)) or "no argument",
        )
    each = [grad(fn(*(x[i : i + 1] for x in columns)), wrt) for i in range(counts[0])]
    leaves = zip(*map(tree.leaves, each), strict=True)
    return tree.rebuild(wrt, [_stacked(rows) for rows in leaves])


def _stacked(rows: tuple[Tensor, ...]) -> Tensor:
    return apply("concat", *(row.reshape(1, *row.shape) for row in rows), axis=0)
