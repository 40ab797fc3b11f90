"""Each example normalised over groups of its channels, or over each channel by itself."""

from __future__ import annotations

import math
from typing import Any

from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import real
from badak.base.shapes import Shape, positive
from badak.core import Tensor
from badak.nn.norm import EPS, Norm, standardised


class GroupNorm(Norm):
    """Each example brought to mean 0 and variance 1 over groups of its channels.

        y = gamma (x - mean) / sqrt(var + eps) + beta,      (N, C, ...) -> (N, C, ...)

    The channels are cut into groups of neighbours; mean and var (divided by n) are over the
    channels of a group and all axes behind. Gamma and beta are one a channel. With as many groups
    as channels it is `InstanceNorm`, with one group `LayerNorm` over (C, ...), but for gamma and
    beta. Wu and He, "Group Normalization" (2018). Arguments and defaults are PyTorch's.

    Args:
        num_groups: how many groups.
        num_channels: the number of channels; None to let `Sequential(input_shape=...)` tell.
        eps: keeps the root away from 0.
        affine: whether there are gamma and beta.

    Raises:
        RangeError: when the groups do not divide the channels, or eps is out of its range.
        ShapeError: when axis 1 has another size, or a group has a single value.

    >>> GroupNorm(2, 4)(bd.tensor([[100.0, 300.0, -20.0, 0.0]]))
    tensor([[-1.,  1., -1.,  1.]])
    """

    num_channels: int | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int | None,
        eps: float = EPS,
        affine: bool = True,
    ) -> None:
        super().__init__(affine, has_bias=True)
        self.eps = real(eps, "GroupNorm: eps", above=0)
        self.num_groups = positive(num_groups, "GroupNorm: num_groups")
        self.num_channels = None
        if num_channels is not None:
            self.build((0, positive(num_channels, "GroupNorm: num_channels")))

    def build(self, input_shape: Shape) -> None:
        if self.num_channels is not None:
            return
        if input_shape[1] % self.num_groups:
            raise RangeError(
                "GroupNorm: the groups must divide the channels",
                got=f"{input_shape[1]} channels in {self.num_groups} groups",
            )
        self.num_channels = input_shape[1]
        self.start((self.num_channels,))

    def forward(self, x: Any) -> Tensor:
        values = self.values(x, self.num_channels, "num_channels")
        return self.scaled(*_in_groups(self, values, self.num_groups, self.num_channels))

    def describe(self) -> str:
        return self.words(f"{self.num_groups} groups of {self.num_channels}", eps=self.eps)


class InstanceNorm(Norm):
    """Each channel of each example brought to mean 0 and variance 1: (N, C, ...) -> (N, C, ...).

        y = gamma (x - mean) / sqrt(var + eps) + beta

    With mean and var (divided by n) over all axes behind the channels. One class for any rank,
    PyTorch's InstanceNorm1d, 2d and 3d, without running statistics: training and prediction are
    the same. Ulyanov, Vedaldi and Lempitsky, "Instance Normalization" (2016).

    Args:
        num_features: the number of channels; None to let `Sequential(input_shape=...)` tell.
        eps: keeps the root away from 0.
        affine: whether there are gamma and beta; False unless given, as in PyTorch.

    Raises:
        RangeError: when eps is out of its range.
        ShapeError: when axis 1 has another size, or a channel has a single value.

    >>> InstanceNorm(2)(bd.tensor([[[100.0, 300.0], [0.0, -20.0]]]))
    tensor([[[-1.,  1.],
             [ 1., -1.]]])
    """

    num_features: int | None

    def __init__(self, num_features: int | None, eps: float = EPS, affine: bool = False) -> None:
        super().__init__(affine, has_bias=True)
        self.eps = real(eps, "InstanceNorm: eps", above=0)
        self.num_features = None
        if num_features is not None:
            self.build((0, positive(num_features, "InstanceNorm: num_features")))

    def build(self, input_shape: Shape) -> None:
        if self.num_features is None:
            self.num_features = input_shape[1]
            self.start((self.num_features,))

    def forward(self, x: Any) -> Tensor:
        values = self.values(x, self.num_features, "num_features")
        return self.scaled(*_in_groups(self, values, self.num_features, self.num_features))

    def describe(self) -> str:
        return self.words(str(self.num_features), eps=self.eps)


def _in_groups(
    layer: GroupNorm | InstanceNorm, x: Tensor, groups: int | None, channels: int | None
) -> tuple[Tensor, Shape]:
    """Standardised over groups of channels and all axes behind; the shape of a scale for that."""
    name = type(layer).__name__
    if x.ndim < 2 or x.shape[1] != channels:
        raise ShapeError(
            f"{name}: axis 1 holds the channels", expected=f"(batch, {channels}, ...)", got=x.shape
        )
    count = math.prod(x.shape[1:]) // (groups or 1)
    if count == 1:
        raise ShapeError(
            f"{name}: a single value has no spread",
            expected="at least 2 values to normalise over",
            got=f"an input of shape {x.shape} in {groups} groups",
        )
    y = standardised(x.reshape((len(x), groups or 1, count)), (2,), layer.eps)
    return y.reshape(x.shape), (x.shape[1],) + (1,) * (x.ndim - 2)
