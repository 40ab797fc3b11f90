"""One update of a network: done wholly, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from badak.base import context
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.base.numbers import is_finite
from badak.core import Tensor, grad
from badak.metrics import Metric
from badak.nn import Module
from badak.optim import Optimizer
from badak.train.diagnosis import LossFunction, first_not_finite, gradient_not_finite, loss_name


class NotFiniteError(StateError):
    """Training stopped because a number was infinite or NaN."""


class Snapshot:
    """The numbers of a network and its optimizer at one moment.

    Costs nothing: a tensor that is assigned takes over a new array, so keeping the old one is
    keeping the old numbers.
    """

    def __init__(self, net: Module, optimizer: Optimizer) -> None:
        self.params = net.parameters()
        self.buffers = net.buffers()
        self._optimizer = optimizer
        self._state = {name: dict(state) for name, state in optimizer.state.items()}
        tensors = [*self.params.values(), *self.buffers.values()]
        tensors += [optimizer.steps, *optimizer.settings.values()]
        tensors += [x for state in self._state.values() for x in state.values()]
        self._kept = [(x, x.data) for x in tensors]

    def restore(self) -> None:
        """Puts these numbers back."""
        for tensor, data in self._kept:
            tensor.assign(Tensor(data))
        self._optimizer.state = {name: dict(state) for name, state in self._state.items()}

    def spoiled(self) -> str:
        """Which number of the network or the optimizer is not finite now; "" for none."""
        for kind, tensors in (("parameter", self.params), ("buffer", self.buffers)):
            for name, x in tensors.items():
                if not is_finite(x.data):
                    return f"{kind} {name!r}"
        for name, state in self._optimizer.state.items():
            for key, x in state.items():
                if not is_finite(x.data):
                    return f"the optimizer's {key} of {name!r}"
        return ""


def train_step(
    net: Module,
    loss: LossFunction,
    optimizer: Optimizer,
    x: Tensor,
    t: Tensor,
    metrics: Mapping[str, Metric],
) -> dict[str, float]:
    """Forward, backward, update. Returns loss and metrics of the prediction before the update.

    Whatever goes wrong on the way, the network and the optimizer are then as they were before.

    Raises:
        NotFiniteError: when the loss, a gradient, or a number after the update is not finite;
            says where this began.
    """
    before = Snapshot(net, optimizer)
    try:
        value, prediction = _forward(net, loss, x, t)
        number = float(value)
        if not math.isfinite(number):
            before.restore()  # the second run needs the random counters of the first
            raise _not_finite(f"the loss is {number}", first_not_finite(net, loss, x, t), optimizer)
        gradients = grad(value, before.params)
        broken = gradient_not_finite(gradients)
        if broken:
            where = f"{broken}: sqrt, log or a division at 0 has no slope there"
            raise _not_finite(f"the slope of the loss ({number:g}) is not finite", where, optimizer)
        values = {"loss": number, **measured(metrics, prediction.data, t.data, partly=True)}
        optimizer.update(before.params, gradients)
        spoiled = before.spoiled()
        if spoiled:
            where = f"{spoiled}, which would not be finite after the update"
            raise _not_finite("numbers became too large", where, optimizer)
    except BaseException:
        before.restore()
        raise
    return values


def tensor_step(
    net: Module, loss: LossFunction, optimizer: Optimizer, x: Tensor, t: Tensor
) -> tuple[Tensor, Tensor]:
    """The same step without a look at any number: what can be traced, and compiled.

    Returns the loss and the prediction, both of before the update.
    """
    value, prediction = _forward(net, loss, x, t)
    params = net.parameters()
    optimizer.update(params, grad(value, params))
    return value, prediction


def _forward(net: Module, loss: LossFunction, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The loss, a single number, and the prediction."""
    with context.training():
        prediction = net(x)
        value: Any = loss(prediction, t)
    if not isinstance(value, Tensor):
        raise DTypeError(
            f"the loss {loss_name(loss)} gives a tensor",
            got=type(value).__name__,
            hint="operations of Badak (bd.mean, ...), through which gradients flow",
        )
    if value.size != 1:
        raise ShapeError(
            f"the loss {loss_name(loss)} gives one number",
            got=f"shape {value.shape}",
            hint=".mean() over the rows",
        )
    return value, prediction


def measured(
    metrics: Mapping[str, Metric], prediction: Array, t: Array, partly: bool = False
) -> dict[str, float]:
    """Each metric as a Python number.

    Args:
        metrics: functions of (prediction, target).
        prediction: what the network says.
        t: the targets.
        partly: whether these rows are a part of those that count: a metric that is undefined for
            them (r2 of a single row) is then NaN and no error.

    Raises:
        DTypeError: when a metric gives no single number.
        RangeError, ShapeError: from metrics that these rows do not fit.
    """
    values = {}
    for name, metric in metrics.items():
        try:
            result: Any = metric(prediction, t)
        except RangeError:
            if not partly:
                raise
            result = math.nan
        try:
            values[name] = float(result)
        except (TypeError, ValueError):
            raise DTypeError(
                f"metric {name!r} gives a single number", got=type(result).__name__
            ) from None
    return values


def _not_finite(what: str, where: str, optimizer: Optimizer) -> NotFiniteError:
    hint = f"a lower learning rate (now {float(optimizer.lr):g}), or inputs scaled to 0..1"
    return NotFiniteError(what, got=where, hint=hint)
