"""Derivatives of functions of many outputs, without the matrix: rows (`vjp`), columns (`jvp`).

The Jacobian J of a function has a row for each output and a column for each input. Reverse mode
gives wᵀJ for the price of a few evaluations. That product is linear in w, and reverse mode once
more, this time in w, gives its coefficients: J v. So there are no rules for forward mode to write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from badak.base import context, tree
from badak.base.arrays import exact_array
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError
from badak.core.create import parameter
from badak.core.dispatch import apply
from badak.core.tensor import Tensor
from badak.core.transforms import slopes


def vjp(fn: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """What a function gives, and the function that pulls weights of it back to the inputs: wᵀJ.

    Args:
        fn: a function of tensors, or of structures of them; it returns the same.
        inputs: its arguments: numbers, arrays, tensors, or lists, tuples and dicts of them. A
            tensor that gradients flow to (a parameter) is handed on as it is, so that `fn` may
            also reach it by another way, as a network does.

    Returns:
        `fn(*inputs)`, and `pull(weights)`: for weights of the structure and shapes of the output,
        a tuple with the gradient of `(weights * output).sum()` for each input. It may be called
        again and again.

    Raises:
        DTypeError: for whole numbers among the inputs, or an output that is no tensor.
        ShapeError: when the weights do not fit the output.

    >>> out, pull = bd.vjp(lambda x, y: bd.stack([x * y, x + y]), 3.0, 5.0)
    >>> out, pull([1.0, 10.0])
    (tensor([15.,  8.]), (tensor(15.), tensor(13.)))
    """
    watched, result = _evaluated(fn, inputs, "vjp")
    targets = tree.leaves(watched)

    def pull(weights: Any) -> Any:
        outputs = tree.leaves(result)
        with context.recording():
            total = inner(outputs, matched(result, weights, "vjp: the weights must fit the output"))
        return tree.rebuild(inputs, slopes(total, targets))

    return tree.map_leaves(Tensor.detach, result), pull


def jvp(fn: Callable[..., Any], inputs: Any, tangents: Any) -> tuple[Any, Any]:
    """What a function gives, and how it changes along a direction: J v.

        J v = d fn(inputs + s tangents) / ds   at s = 0

    By reverse mode twice: the gradient in w of (wᵀJ) v.

    Args:
        fn: as for `vjp`.
        inputs: a tuple of the arguments; anything else is the one argument.
        tangents: the direction, of the structure and shapes of the inputs.

    Returns:
        `fn(*inputs)` and the derivative, which has its structure and shapes.

    Raises:
        DTypeError: for whole numbers among the inputs, or an output that is no tensor.
        ShapeError: when the tangents do not fit the inputs.

    Along one direction through the parameters of a network:

    >>> net = nn.Linear(2, 1)
    >>> params = net.parameters()
    >>> out, change = bd.jvp(lambda _: net([[1.0, 2.0]]), params, params)
    >>> bool(np.allclose(change, out))  # a linear map changes as it is
    True
    """
    arguments, directions = (
        pair if isinstance(inputs, tuple) else (pair,) for pair in (inputs, tangents)
    )
    watched, result = _evaluated(fn, arguments, "jvp")
    along = matched(watched, directions, "jvp: the tangents must fit the inputs")
    outputs = tree.leaves(result)
    with context.recording():
        weights = [Tensor(np.zeros(y.shape, y.dtype), requires_grad=True) for y in outputs]
        rows = slopes(inner(outputs, weights), tree.leaves(watched), create_graph=True)
        change = slopes(inner(rows, along), weights)
    return tree.map_leaves(Tensor.detach, result), tree.rebuild(result, change)


def _evaluated(fn: Callable[..., Any], inputs: Any, where: str) -> tuple[Any, Any]:
    """The inputs as tensors that gradients flow to, and what comes of them."""
    watched = tree.map_leaves(lambda x: _watched(x, where), inputs)
    with context.recording():
        result = fn(*watched)
    for y in tree.leaves(result):
        if not isinstance(y, Tensor):
            raise DTypeError(f"{where}: the function returns tensors", got=type(y).__name__)
    return watched, result


def _watched(x: Any, where: str) -> Tensor:
    if isinstance(x, Tensor) and x.dtype.kind != "f":
        raise DTypeError(
            f"{where}: {x.dtype} has no derivative",
            expected="floats",
            hint="give labels and masks to the function by another way: lambda x: fn(x, labels)",
        )
    if not isinstance(x, Tensor):
        return parameter(x)
    return x if x.requires_grad else Tensor(x.detach().data, requires_grad=True)


def inner(tensors: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    """The sum of all products: two structures as two long vectors."""
    products = [(x * y).sum() for x, y in zip(tensors, others, strict=True)]
    return sum(products[1:], start=products[0]) if products else Tensor(np.zeros(()))


def matched(like: Any, given: Any, what: str) -> list[Tensor]:
    """The leaves of a structure, in the order and the dtypes of another with its shapes."""
    if isinstance(like, dict):
        if not isinstance(given, dict) or given.keys() != like.keys():
            raise ShapeError(what, expected=_outline(like), got=_outline(given))
        return [leaf for key, branch in like.items() for leaf in matched(branch, given[key], what)]
    if isinstance(like, list | tuple):
        if not isinstance(given, list | tuple) or len(given) != len(like):
            raise ShapeError(what, expected=_outline(like), got=_outline(given))
        pairs = zip(like, given, strict=True)
        return [leaf for branch, part in pairs for leaf in matched(branch, part, what)]
    leaf = given if isinstance(given, Tensor) else Tensor(_array(given, like, what))
    if leaf.shape != like.shape:
        raise ShapeError(what, expected=like.shape, got=leaf.shape)
    return [leaf if leaf.dtype == like.dtype else apply("cast", leaf, dtype=like.dtype)]


def _array(given: Any, like: Tensor, what: str) -> Array:
    if isinstance(given, dict):
        raise ShapeError(what, expected=like.shape, got=_outline(given))
    return exact_array(given, like.dtype)


def _outline(structure: Any) -> str:
    if isinstance(structure, dict):
        return f"a dict of {', '.join(map(repr, structure)) or 'nothing'}"
    if isinstance(structure, list | tuple):
        return f"a {type(structure).__name__} of {len(structure)}"
    return f"a {type(structure).__name__}"
