"""One update of a network: done wholly, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from badak.base import context
from badak.base.errors import DTypeError, ShapeError, StateError
from badak.core import Tensor, grad
from badak.metrics import Metric
from badak.nn import Module
from badak.optim import Optimizer
from badak.train.diagnosis.not_finite import (
    LossFunction,
    first_not_finite,
    gradient_not_finite,
    loss_name,
)
from badak.train.measures import measured
from badak.train.snapshot import Snapshot


class NotFiniteError(StateError):
    """Training stopped because a number was infinite or NaN."""


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
        with optimizer.gradient_point(before.params):
            value, prediction = _forward(net, loss, x, t)
            number = float(value)
            if math.isfinite(number):
                gradients = grad(value, before.params)
        if not math.isfinite(number):
            before.restore()  # the second run needs the random counters of the first
            with optimizer.gradient_point(before.params):
                where = first_not_finite(net, loss, x, t)
            raise not_finite(f"the loss is {number}", where, optimizer)
        broken = gradient_not_finite(gradients)
        if broken:
            where = f"{broken}: sqrt, log or a division at 0 has no slope there"
            raise not_finite(f"the slope of the loss ({number:g}) is not finite", where, optimizer)
        values = {"loss": number, **measured(metrics, prediction.data, t.data, partly=True)}
        optimizer.update(before.params, gradients)
        spoiled = before.spoiled()
        if spoiled:
            where = f"{spoiled}, which would not be finite after the update"
            raise not_finite("numbers became too large", where, optimizer)
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
    params = net.parameters()
    with optimizer.gradient_point(params):
        value, prediction = _forward(net, loss, x, t)
        gradients = grad(value, params)
    optimizer.update(params, gradients)
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


def not_finite(what: str, where: str, optimizer: Optimizer) -> NotFiniteError:
    """The error that says what is not finite, where this began, and what may help."""
    hint = f"a lower learning rate (now {float(optimizer.lr):g}), or inputs scaled to 0..1"
    return NotFiniteError(what, got=where, hint=hint)
