"""Functions of gradients: `grad`, and `check_grad` which compares it with central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from badak.base import context, tree
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, GradientError, RangeError, StateError
from badak.base.random import generator
from badak.core.backward import propagate, seed_array
from badak.core.tensor import Parameter, Tensor


def grad(output: Tensor, wrt: Any, create_graph: bool = False, weight: Any = None) -> Any:
    """The gradient of a number with respect to tensors: d output / d wrt.

    Args:
        output: a single number computed from the tensors in `wrt`.
        wrt: a tensor, or lists, tuples and dicts of tensors.
        create_graph: remember how the gradients were computed, to differentiate them again.
        weight: for an output of several values: the gradient of `(weight * output).sum()`.

    Returns:
        The structure of `wrt` with a gradient in the place of each tensor. A tensor that the
        output does not depend on gets zeros.

    Raises:
        ShapeError: when the output has several values and no weight is given.
        StateError: when the output depends on none of the tensors, or one of them is no parameter
            and was not computed from any.

    >>> import badak as bd
    >>> w, x, b = bd.parameter(-2.0), bd.parameter(5.0), bd.parameter(3.0)
    >>> grads = grad(w * x + b, {"w": w, "x": x, "b": b})
    >>> {name: float(g) for name, g in grads.items()}
    {'w': 5.0, 'x': -2.0, 'b': 1.0}
    """
    if not isinstance(output, Tensor):
        raise DTypeError("grad: the output is a tensor", got=type(output).__name__)
    targets = targets_in(wrt, "grad")
    seed = Tensor(seed_array(output, weight))
    found = propagate(output, seed, targets, create_graph)
    if targets and all(g is None for g in found):
        raise StateError(
            "the output does not depend on any tensor in wrt",
            expected="tensors that took part in computing it",
            hint="are these the parameters of another model?",
        )
    return tree.rebuild(wrt, _zeros_for_none(found, targets))


def targets_in(wrt: Any, where: str) -> list[Tensor]:
    """The tensors of a structure, each of which gradients flow to."""
    targets = tree.leaves(wrt)
    for position, target in enumerate(targets):
        if not isinstance(target, Tensor):
            raise DTypeError(f"{where}: wrt holds tensors", got=type(target).__name__)
        # Zeros would be wrong: nobody watched what became of it. (A parameter that was frozen on
        # purpose gets its zeros.)
        if not target.requires_grad and not isinstance(target, Parameter):
            raise StateError(
                f"{where}: no gradient flows to tensor {position} of wrt",
                expected="a bd.parameter, or a tensor computed from one",
                hint="x = bd.parameter(x) before the computation",
            )
    return targets


def _zeros_for_none(found: Sequence[Tensor | None], targets: Sequence[Tensor]) -> list[Tensor]:
    return [
        Tensor(np.zeros(x.shape, x.dtype)) if g is None else g
        for x, g in zip(targets, found, strict=True)
    ]


def slopes(output: Tensor, targets: Sequence[Tensor], create_graph: bool = False) -> list[Tensor]:
    """As `grad`, with zeros where nothing flows: the slope of a linear function is constant."""
    if not output.requires_grad:
        return _zeros_for_none([None] * len(targets), targets)
    seed = Tensor(seed_array(output))
    return _zeros_for_none(propagate(output, seed, targets, create_graph), targets)


_STEP = 1e-5
_FLOOR = 1e-3  # below this size of gradient the comparison is absolute: the rest is rounding


def _central_difference(value: Callable[[], float], array: Array) -> Array:
    slopes = np.zeros_like(array)
    for i in np.ndindex(array.shape):
        kept = float(array[i])
        step = _STEP * max(1.0, abs(kept))
        array[i] = kept + step
        above = value()
        array[i] = kept - step
        below = value()
        array[i] = kept
        slopes[i] = (above - below) / (2 * step)
    return slopes


def check_grad(
    fn: Callable[..., Tensor], *args: Any, order: int = 1, tolerance: float = 1e-6
) -> float:
    """Compares the gradients of `fn` with central differences, in float64.

        (f(x + h) - f(x - h)) / 2h,   h = 1e-5 max(1, |x|)

    An output of several values is first multiplied by fixed random weights and summed, so that
    no two errors can cancel by symmetry.

    Args:
        fn: a function of tensors that returns a tensor.
        args: numbers, arrays or tensors; floats are checked, whole numbers are passed through.
        order: 1 for first derivatives, 2 for the derivatives of the gradient as well.
        tolerance: the largest relative error allowed.

    Returns:
        The largest error found, relative to the largest entry of its gradient.

    Raises:
        GradientError: when the error is larger than the tolerance.
        RangeError: for another order.

    >>> import badak as bd
    >>> check_grad(lambda x: bd.tanh(x) * x, [0.5, -1.0, 2.0], order=2) < 1e-8
    True
    """
    if order not in (1, 2):
        raise RangeError("check_grad: unknown order", expected="1 or 2", got=order)
    arrays = [np.array(x.data if isinstance(x, Tensor) else x) for x in args]
    inputs = [Parameter(a.astype(np.float64)) if a.dtype.kind == "f" else Tensor(a) for a in arrays]
    floats = [x for x in inputs if isinstance(x, Parameter)]
    noise = generator(0, "check_grad")

    weights = [Tensor(noise.uniform(0.5, 1.5, fn(*inputs).shape))]
    weights += [Tensor(noise.uniform(0.5, 1.5, x.shape)) for x in floats]

    def output() -> Tensor:
        return (fn(*inputs) * weights[0]).sum()

    def slope() -> Tensor:
        gradients = slopes(output(), floats, create_graph=True)
        parts = [(g * w).sum() for g, w in zip(gradients, weights[1:], strict=True)]
        return sum(parts[1:], start=parts[0])

    values = [output, slope][:order]
    with context.recording():
        worst = max(_distance(slopes(value(), floats), value, floats) for value in values)
    if not worst <= tolerance:
        raise GradientError(
            "gradients differ from central differences",
            expected=f"a relative error of at most {tolerance:g}",
            got=f"{worst:.3g}",
        )
    return worst


def _distance(
    gradients: list[Tensor], value: Callable[[], Tensor], floats: list[Parameter]
) -> float:
    """The largest relative distance between gradients and central differences of value()."""
    worst = 0.0
    for x, g in zip(floats, gradients, strict=True):
        numeric = _central_difference(lambda: float(value()), x.data)
        scale = max(np.abs(numeric).max(initial=_FLOOR), np.abs(g.data).max(initial=_FLOOR))
        error = float(np.abs(g.data - numeric).max(initial=0.0) / scale)
        worst = max(worst, np.inf if np.isnan(error) else error)
    return worst
