"""What users hand to an optimizer's `update`, after a look at whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.base.numbers import is_finite
from badak.core import Tensor, tensor


def check_names(owner: str, params: Any, grads: Any) -> None:
    """Raises when these are no parameters and gradients under the same names."""
    if not isinstance(params, Mapping) or not isinstance(grads, Mapping):
        raise DTypeError(
            f"{owner}.update takes two dicts of tensors by name",
            got=f"{type(params).__name__}, {type(grads).__name__}",
            hint="params = net.parameters(); opt.update(params, bd.grad(loss, params))",
        )
    if not params:
        raise StateError(f"{owner} has no parameters", hint="pass net.parameters()")
    missing = [key for key in params if grads.get(key) is None]
    if missing:
        raise StateError(
            f"{owner}: no gradient for {', '.join(map(repr, missing))}",
            hint="grads = bd.grad(loss, params), or loss.backward() before x.grad",
        )
    first: dict[int, str] = {}
    for key, parameter in params.items():
        if not isinstance(parameter, Tensor):
            raise DTypeError(f"{owner}: {key!r} is no tensor", hint="bd.parameter(...)")
        if first.setdefault(id(parameter), key) != key:
            raise RangeError(
                f"{owner}: parameter {first[id(parameter)]!r} is given twice",
                got=f"the same tensor as {key!r}",
                hint="one name for a shared parameter, as net.parameters() has it",
            )


def as_gradient(
    owner: str, name: str, parameter: Tensor, given: Any, rate: Callable[[], Tensor]
) -> Tensor:
    """The gradient of one parameter as a tensor.

    Raises:
        ShapeError: when it has another shape than the parameter.
        StateError: when it is not finite.
    """
    gradient = given if isinstance(given, Tensor) else tensor(given, parameter.dtype)
    if gradient.shape != parameter.shape:
        raise ShapeError(
            f"{owner}: the gradient of {name!r} has another shape",
            expected=parameter.shape,
            got=gradient.shape,
        )
    if gradient.has_numbers and not is_finite(gradient.data):
        raise StateError(
            f"{owner}: the gradient of {name!r} is not finite",
            expected="finite numbers; no parameter was updated",
            hint=f"a lower learning rate (now {float(rate()):g}), or clipped gradients",
        )
    return gradient
