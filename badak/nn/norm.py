"""Normalisation: activations brought to mean 0 and spread 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from badak.base.context import is_training, no_grad
from badak.base.errors import ShapeError, StateError
from badak.base.numbers import real
from badak.base.shapes import Shape, positive
from badak.core import Parameter, Tensor, parameter, tensor
from badak.nn.module import Module, require_float
from badak.ops import sqrt

_EPS, _MOMENTUM = 1e-5, 0.1


class BatchNorm(Module):
    """Each channel brought to mean 0 and variance 1 over the batch: (N, C, ...) -> (N, C, ...).

        y = gamma (x - mean) / sqrt(var + eps) + beta

    In training, mean and var (divided by n) are those of the batch, over all axes but axis 1, and
    the running statistics move towards them:

        running = (1 - momentum) running + momentum batch      (with the var divided by n - 1)

    Outside of training the running statistics are used. Works for any rank: fully connected
    (N, C), images (N, C, H, W), and so on.

    Ioffe and Szegedy, "Batch Normalization" (2015). Settings and running variance as PyTorch's;
    Keras's eps is 1e-3 and its momentum is 1 minus ours.

    Args:
        num_features: the number of channels; None to let `Sequential(input_shape=...)` tell.
        eps: keeps the root away from 0.
        momentum: how far the running statistics move at each step.

    Raises:
        RangeError: when eps or momentum is out of its range.
        ShapeError: in training with a single value in each channel, which has no spread.

    >>> with bd.training():
    ...     y = BatchNorm(1)(bd.tensor([[4.0], [5.0], [6.0]]))
    >>> [round(value, 4) for value in y.reshape(3).tolist()]
    [-1.2247, 0.0, 1.2247]
    """

    num_features: int | None
    weight: Parameter
    bias: Parameter
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, num_features: int | None, eps: float = _EPS, momentum: float = _MOMENTUM
    ) -> None:
        self.num_features = None
        self.eps = real(eps, "BatchNorm: eps", above=0)
        self.momentum = real(momentum, "BatchNorm: momentum", at_least=0, at_most=1)
        if num_features is not None:
            self.build((0, positive(num_features, "BatchNorm: num_features")))

    def build(self, input_shape: Shape) -> None:
        if self.num_features is not None:
            return
        self.num_features = input_shape[1]
        ones, zeros = np.ones(self.num_features), np.zeros(self.num_features)
        self.weight = parameter(ones, tags=("norm",))
        self.bias = parameter(zeros, tags=("norm", "bias"))
        self.running_mean = tensor(zeros)
        self.running_var = tensor(ones)

    def forward(self, x: Any) -> Tensor:
        require_float(x, "BatchNorm")
        self._check(np.shape(x))
        values = x if isinstance(x, Tensor) else tensor(x, self.weight.dtype)
        per_channel = (1, -1) + (1,) * (values.ndim - 2)
        statistics = self._batch_statistics if is_training() else self._running_statistics
        mean, var = statistics(values)
        scale = self.weight.reshape(per_channel) / sqrt(var + self.eps)
        return (values - mean) * scale + self.bias.reshape(per_channel)

    def _running_statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        per_channel = (1, -1) + (1,) * (x.ndim - 2)
        return self.running_mean.reshape(per_channel), self.running_var.reshape(per_channel)

    def _batch_statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        axes = (0, *range(2, x.ndim))
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        count = math.prod(x.shape[i] for i in axes)
        with no_grad():
            unbiased = var * (count / (count - 1))
            for running, batch in ((self.running_mean, mean), (self.running_var, unbiased)):
                moved = (1 - self.momentum) * running + self.momentum * batch.reshape(-1)
                running.assign(moved)
        return mean, var

    def _check(self, shape: Shape) -> None:
        if self.num_features is None:
            raise StateError(
                "BatchNorm does not know its num_features yet",
                hint="Sequential(..., input_shape=(784,)), or BatchNorm(100)",
            )
        if len(shape) < 2 or shape[1] != self.num_features:
            raise ShapeError(
                "BatchNorm: axis 1 holds the channels",
                expected=f"(batch, {self.num_features}, ...)",
                got=shape,
            )
        if is_training() and math.prod(shape) <= self.num_features:
            raise ShapeError(
                f"BatchNorm: {math.prod(shape) // self.num_features} value per channel in training",
                expected="at least 2: a single value has no spread",
                got=f"an input of shape {shape}",
                hint="a batch of 2 or more, or drop_last=True for the last short batch",
            )

    def describe(self) -> str:
        words = [str(self.num_features)]
        if self.eps != _EPS:
            words.append(f"eps {self.eps:g}")
        if self.momentum != _MOMENTUM:
            words.append(f"momentum {self.momentum:g}")
        return ", ".join(words)
