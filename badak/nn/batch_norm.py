"""Batch normalisation: each channel brought to mean 0 and spread 1 over the batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.context import is_training, no_grad
from badak.base.errors import ShapeError, StateError
from badak.base.numbers import real
from badak.base.shapes import Shape, positive
from badak.core import Parameter, Tensor, parameter, tensor
from badak.nn.module import Module, require_float
from badak.ops import concat, sqrt

_EPS, _MOMENTUM = 1e-5, 0.1


class BatchNorm(Module):
    """Each channel brought to mean 0 and variance 1 over the batch: (N, C, ...) -> (N, C, ...).

        y = gamma (x - mean) / sqrt(var + eps) + beta

    In training, mean and var (divided by n) are those of the batch, over all axes but axis 1, and
    the running statistics move towards them:

        running = (1 - momentum) running + momentum batch      (with the var divided by n - 1)

    Outside of training the running statistics are used. One class for any rank: fully connected
    (N, C), images (N, C, H, W), and so on, PyTorch's BatchNorm1d, 2d and 3d.

    Ioffe and Szegedy, "Batch Normalization" (2015). Settings and running variance as PyTorch's;
    Keras's eps is 1e-3, its momentum is 1 minus ours and its running variance is the batch's own
    (`unbiased=False`); so is the textbook's, which starts at 0 (`first_var=0`).

    Args:
        num_features: the number of channels; None to let `Sequential(input_shape=...)` tell.
        eps: keeps the root away from 0.
        momentum: how far the running statistics move at each step; None for the plain average of
            all batches so far.
        affine: whether there are gamma and beta.
        track_running_stats: without, the batch's own statistics are used in prediction too.
        ghost_size: so many rows at a time are normalised by themselves in training, each part in
            turn as if it was a batch; the last may be shorter. The noise of small batches for
            large ones: Hoffer, Hubara and Soudry, "Train longer, generalize better" (2017).
        unbiased: whether the running variance is that divided by n - 1.
        first_var: the running variance before the first batch.

    Raises:
        RangeError: when a setting is out of its range.
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
    num_batches_tracked: Tensor

    def __init__(
        self,
        num_features: int | None,
        eps: float = _EPS,
        momentum: float | None = _MOMENTUM,
        *,
        affine: bool = True,
        track_running_stats: bool = True,
        ghost_size: int | None = None,
        unbiased: bool = True,
        first_var: float = 1.0,
    ) -> None:
        self.num_features = None
        self.eps = real(eps, "BatchNorm: eps", above=0)
        self.momentum = momentum
        if momentum is not None:
            self.momentum = real(momentum, "BatchNorm: momentum", at_least=0, at_most=1)
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.ghost_size = ghost_size
        if ghost_size is not None:
            self.ghost_size = positive(ghost_size, "BatchNorm: ghost_size")
        self.unbiased = unbiased
        self.first_var = real(first_var, "BatchNorm: first_var", at_least=0)
        if num_features is not None:
            self.build((0, positive(num_features, "BatchNorm: num_features")))

    def build(self, input_shape: Shape) -> None:
        if self.num_features is not None:
            return
        self.num_features = input_shape[1]
        zeros = np.zeros(self.num_features)
        if self.affine:
            self.weight = parameter(zeros + 1, tags=("norm",))
            self.bias = parameter(zeros, tags=("norm", "bias"))
        if self.track_running_stats:
            self.running_mean = tensor(zeros)
            self.running_var = tensor(zeros + self.first_var)
            if self.momentum is None:
                self.num_batches_tracked = Tensor(np.asarray(0, dtypes.int64))

    def forward(self, x: Any) -> Tensor:
        require_float(x, "BatchNorm")
        own = [t.dtype for t in vars(self).values() if isinstance(t, Tensor)]
        values = x if isinstance(x, Tensor) else tensor(x, own[0] if own else None)
        self._check(values.shape)
        parts, size = [values], self.ghost_size
        if is_training() and size is not None and size < len(values):
            parts = [values[i : i + size] for i in range(0, len(values), size)]
        for part in parts:
            self._check_spread(part.shape)
        normalised = [self._normalised(part) for part in parts]
        return normalised[0] if len(parts) == 1 else concat(normalised)

    def _normalised(self, x: Tensor) -> Tensor:
        per_channel = (1, -1) + (1,) * (x.ndim - 2)
        if is_training() or not self.track_running_stats:
            mean, var = self._batch_statistics(x)
        else:
            mean = self.running_mean.reshape(per_channel)
            var = self.running_var.reshape(per_channel)
        if not self.affine:
            return (x - mean) / sqrt(var + self.eps)
        scale = self.weight.reshape(per_channel) / sqrt(var + self.eps)
        return (x - mean) * scale + self.bias.reshape(per_channel)

    def _batch_statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        axes = (0, *range(2, x.ndim))
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        if is_training() and self.track_running_stats:
            with no_grad():
                self._track(mean, var, math.prod(x.shape[i] for i in axes))
        return mean, var

    def _track(self, mean: Tensor, var: Tensor, count: int) -> None:
        """Moves the running statistics towards those of a batch with so many values a channel."""
        share: Any = self.momentum
        if share is None:
            self.num_batches_tracked.assign(self.num_batches_tracked + 1)
            share = 1.0 / self.num_batches_tracked.astype(mean.dtype)
        spread = var * (count / (count - 1)) if self.unbiased else var
        for running, batch in ((self.running_mean, mean), (self.running_var, spread)):
            running.assign((1 - share) * running + share * batch.reshape(-1))

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

    def _check_spread(self, shape: Shape) -> None:
        count = math.prod(shape) // shape[1]
        if is_training() and count < 2:
            what = "BatchNorm" if self.ghost_size is None else "BatchNorm, the last ghost batch"
            raise ShapeError(
                f"{what}: {count} value per channel in training",
                expected="at least 2: a single value has no spread",
                got=f"an input of shape {shape}",
                hint="a batch of 2 or more, or drop_last=True for the last short batch",
            )

    def describe(self) -> str:
        words = [str(self.num_features)]
        if self.eps != _EPS:
            words.append(f"eps {self.eps:g}")
        if self.momentum is None:
            words.append("plain average")
        elif self.momentum != _MOMENTUM:
            words.append(f"momentum {self.momentum:g}")
        if not self.affine:
            words.append("no scale")
        if not self.track_running_stats:
            words.append("no running statistics")
        if self.ghost_size is not None:
            words.append(f"{self.ghost_size} rows at a time")
        if not self.unbiased:
            words.append("biased")
        if self.first_var != 1:
            words.append(f"first var {self.first_var:g}")
        return ", ".join(words)
