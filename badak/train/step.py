"""One update of a network, and what can be said when its numbers stop being numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.core import Parameter, Tensor, grad
from badak.nn import Module, observing
from badak.optim import Optimizer

LossFunction = Callable[[Any, Any], Tensor]


class NotFiniteError(StateError):
    """Training stopped because a number was infinite or NaN."""


def is_finite(array: Array) -> bool:
    """Whether no value is infinite or NaN."""
    with np.errstate(all="ignore"):
        # The sum of squares is a hundred times faster than looking at each value, and wrong only
        # for finite values so large that their square is not: then look.
        square = np.vdot(array, array)
    return bool(np.isfinite(square)) or bool(np.isfinite(array).all())


class Snapshot:
    """The numbers of a network and its optimizer at one moment.

    Costs nothing: a tensor that is assigned takes over a new array, so keeping the old one is
    keeping the old numbers.
    """

    def __init__(self, net: Module, optimizer: Optimizer) -> None:
        tensors = [*net.parameters().values(), *net.buffers().values(), optimizer.steps]
        for state in optimizer.state.values():
            tensors.extend(state.values())
        self._kept = [(tensor, tensor.data) for tensor in tensors]
        self._optimizer = optimizer
        self._started = list(optimizer.state)

    def restore(self) -> None:
        """Puts these numbers back."""
        for tensor, data in self._kept:
            tensor.assign(Tensor(data))
        for name in list(self._optimizer.state):
            if name not in self._started:
                del self._optimizer.state[name]


def train_step(
    net: Module,
    loss: LossFunction,
    optimizer: Optimizer,
    params: Mapping[str, Parameter],
    x: Tensor,
    t: Array,
) -> tuple[float, Array]:
    """Forward, backward, update. Returns the loss and the prediction before the update.

    Raises:
        NotFiniteError: when the loss or a gradient is not finite; says where this began. The
            network and the optimizer are then as they were before.
    """
    before = Snapshot(net, optimizer)
    with context.training():
        prediction = net(x)
        value = loss(prediction, t)
    if not np.isfinite(value.data):
        before.restore()
        raise NotFiniteError(
            f"the loss is {float(value)}",
            got=first_not_finite(net, loss, x, t),
            hint=f"a lower learning rate (now {float(optimizer.lr):g}), or inputs scaled to 0..1",
        )
    gradients = grad(value, params)
    for name, gradient in gradients.items():
        if not is_finite(gradient.data):
            before.restore()
            raise NotFiniteError(
                f"the gradient of {name!r} is not finite, though the loss is {float(value):g}",
                hint=f"a lower learning rate (now {float(optimizer.lr):g}), or clipped gradients",
            )
    optimizer.update(params, gradients)
    return float(value), prediction.data


def first_not_finite(net: Module, loss: LossFunction, x: Tensor, t: Array) -> str:
    """Where the first infinite or NaN value arises, in words.

    Runs the batch again, from the same random counters, and looks at each module's output.
    """
    for name, parameter in net.parameters().items():
        if not is_finite(parameter.data):
            return f"parameter {name!r} was not finite before this batch"
    paths = {id(module): path for path, module in net.named_modules().items()}
    found: list[str] = []

    def look(module: Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        if not found and not is_finite(np.asarray(output.data)):
            path = paths.get(id(module), "")
            what = repr(module) if not module.children() else type(module).__name__
            found.append(f"the first value that is not finite arises in layer {path!r}, {what}")

    with context.no_grad(), context.training(), observing(look):
        prediction = net(x)
    if found:
        return found[0]
    largest = float(np.abs(prediction.data).max(initial=0.0))
    return f"all layers are finite; it arises in {loss!r} (largest prediction {largest:.3g})"
