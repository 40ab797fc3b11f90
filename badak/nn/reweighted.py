"""Layers whose weight is computed at each call: normalised by its length or norm, or with noise."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from badak.base.context import is_training, no_grad
from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import real
from badak.base.random import generator, next_key
from badak.base.shapes import Shape, axis_index, positive
from badak.core import Parameter, Tensor, parameter
from badak.nn.module import Module
from badak.nn.noise import GaussianNoise
from badak.ops import maximum, sqrt


class Reweighted(Module):
    """A layer that computes with what `reweight` makes of its weight, at each call.

    The layer keeps its own weight, which is learned and saved; gradients flow to it through
    `reweight`. A rule of your own is one method.

    Args:
        layer: a layer with a weight: `Linear`, a convolution, ...
        name: which of its parameters is meant.

    Raises:
        DTypeError: when it is no layer.
        RangeError: when it has no such parameter.

    >>> class DropConnect(Reweighted):
    ...     def __init__(self, layer, p):
    ...         super().__init__(layer)
    ...         self.dropout = nn.Dropout(p)
    ...     def reweight(self, weight):
    ...         return self.dropout(weight)
    >>> DropConnect(nn.Linear(2, 3), 0.5)
    DropConnect(
      layer: Linear(2 -> 3)
      dropout: Dropout(0.5)
    )
    """

    layer: Module

    def __init__(self, layer: Module, name: str = "weight") -> None:
        if not isinstance(layer, Module):
            raise DTypeError(f"{type(self).__name__} takes a layer", got=repr(layer))
        self.layer = layer
        self.name = name
        self.is_built = False

    @abstractmethod
    def reweight(self, weight: Tensor) -> Tensor:
        """The weight with which the layer computes now."""

    def start(self, weight: Parameter) -> None:
        """Makes the parameters and buffers that the rule needs, once the weight is there."""

    def build(self, input_shape: Shape = ()) -> None:
        if self.is_built:
            return
        if input_shape:
            self.layer.build(input_shape)
        weight = getattr(self.layer, self.name, None)
        if isinstance(weight, Parameter):
            self.start(weight)
            self.is_built = True
        elif input_shape or self.layer.parameters():
            raise RangeError(
                f"{type(self).__name__}: the layer has no parameter {self.name!r}",
                expected=f"one of {', '.join(self.layer.parameters()) or 'its parameters'}",
                got=repr(self.layer),
            )

    def forward(self, *inputs: Any) -> Tensor:
        if not self.is_built:
            return self.layer(*inputs)  # which says what size it is waiting for
        weight = getattr(self.layer, self.name)
        return self.layer.call_with({self.name: self.reweight(weight)}, *inputs)


def _others(weight: Tensor, axis: int | None, who: str) -> tuple[int, tuple[int, ...]]:
    """The axis of the outputs and all others: the last of `Linear`, the first of convolutions."""
    default = 1 if weight.ndim == 2 else 0
    own = default if axis is None else axis_index(axis, weight.ndim, who)
    return own, tuple(i for i in range(weight.ndim) if i != own)


class WeightNorm(Reweighted):
    """A layer whose weight has a length and a direction of its own: w = g v / |v|.

    For each output, with |v| over all that leads to it. The layer's own weight is v; `scale` is
    g, which starts as |v|, so that the wrapped layer begins as it was. Both are learned.
    Salimans and Kingma, "Weight Normalization" (2016).

    Args:
        layer: a layer with a weight, which is learned from now on as v.
        name: which of its parameters is meant.
        axis: the axis of the outputs in the weight; None for that of `Linear` (the last of two)
            and of convolutions (the first). 1 for transposed convolutions.

    Raises:
        DTypeError: when it is no layer.
        RangeError: when it has no such parameter, or no such axis.

    >>> layer = WeightNorm(nn.Linear(2, 1))
    >>> v, g = layer.layer.weight.assign([[3.0], [4.0]]), layer.scale.assign([[10.0]])
    >>> layer(bd.tensor([[1.0, 1.0]])).detach()
    tensor([[14.]])
    """

    scale: Parameter

    def __init__(self, layer: Module, name: str = "weight", axis: int | None = None) -> None:
        super().__init__(layer, name)
        self.axis = axis
        self.build()

    def start(self, weight: Parameter) -> None:
        _, others = _others(weight, self.axis, "WeightNorm")
        length = np.sqrt((weight.data**2).sum(others, keepdims=True))
        self.scale = parameter(length, weight.dtype, tags=("norm",))

    def reweight(self, weight: Tensor) -> Tensor:
        _, others = _others(weight, self.axis, "WeightNorm")
        return weight * (self.scale / sqrt((weight * weight).sum(others, keepdims=True)))


_STARTING_ROUNDS = 15


class SpectralNorm(Reweighted):
    """A layer whose weight is divided by its largest singular value: w = W / sigma(W).

    W as a matrix has a row for each output. Its singular value is followed by power iteration, a
    round at each call in training:

        u = W v / |W v|,   v = W^T u / |W^T u|,   sigma = u^T W v

    u and v are buffers and constants for the gradient. So the layer stretches no input by more
    than about 1. Miyato et al., "Spectral Normalization for Generative Adversarial Networks"
    (2018). Settings, and 15 rounds to begin with, as PyTorch's.

    Args:
        layer: a layer with a weight.
        name: which of its parameters is meant.
        n_power_iterations: rounds at each call in training.
        eps: keeps the divisions away from 0.
        axis: the axis of the outputs in the weight; None for that of `Linear` (the last of two)
            and of convolutions (the first). 1 for transposed convolutions.

    Raises:
        DTypeError: when it is no layer.
        RangeError: when it has no such parameter or axis, or a setting is out of its range.

    >>> layer = SpectralNorm(nn.Linear(2, 2, bias=False))
    >>> w = layer.layer.weight.assign([[3.0, 0.0], [0.0, 1.0]])
    >>> with bd.training():
    ...     for _ in range(20):
    ...         y = layer(bd.tensor([[1.0, 1.0]]))
    >>> layer(bd.tensor([[3.0, 3.0]])).detach()
    tensor([[3., 1.]])
    """

    u: Tensor
    v: Tensor

    def __init__(
        self,
        layer: Module,
        name: str = "weight",
        n_power_iterations: int = 1,
        eps: float = 1e-12,
        axis: int | None = None,
    ) -> None:
        super().__init__(layer, name)
        self.n_power_iterations = positive(n_power_iterations, "SpectralNorm: n_power_iterations")
        self.eps = real(eps, "SpectralNorm: eps", above=0)
        self.axis = axis
        self._key = next_key()
        self.build()

    def start(self, weight: Parameter) -> None:
        own, others = _others(weight, self.axis, "SpectralNorm")
        noise = generator(self._key, "SpectralNorm")
        # Shaped so that they broadcast against the weight: no axis has to be moved.
        sizes = [1 if i in others else n for i, n in enumerate(weight.shape)]
        self.u = Tensor(noise.standard_normal(sizes).astype(weight.dtype))
        sizes = [1 if i == own else n for i, n in enumerate(weight.shape)]
        self.v = Tensor(noise.standard_normal(sizes).astype(weight.dtype))
        with no_grad():
            self.v.assign(self._unit(self.v))
            self._iterate(weight, _STARTING_ROUNDS)

    def reweight(self, weight: Tensor) -> Tensor:
        if is_training():
            with no_grad():
                self._iterate(weight, self.n_power_iterations)
        return weight / (self.u * weight * self.v).sum()

    def _iterate(self, weight: Tensor, rounds: int) -> None:
        own, others = _others(weight, self.axis, "SpectralNorm")
        u, v = self.u, self.v
        for _ in range(rounds):
            u = self._unit((weight * v).sum(others, keepdims=True))
            v = self._unit((weight * u).sum(own, keepdims=True))
        self.u.assign(u)
        self.v.assign(v)

    def _unit(self, x: Tensor) -> Tensor:
        return x / maximum(sqrt((x * x).sum()), self.eps)


class WeightNoise(Reweighted):
    """A layer whose weight has normal noise in training: w = W + std z, z ~ N(0, 1).

    Each call draws anew. The gradient is taken at the noised weight, and moves the clean one,
    which is what is kept, saved, and used in prediction. An, "The Effects of Adding Noise During
    Backpropagation Training on a Generalization Performance" (1996).

    Args:
        layer: a layer with a weight.
        std: the standard deviation of the noise, at least 0.
        name: which of its parameters is meant.

    Raises:
        DTypeError: when it is no layer.
        RangeError: when it has no such parameter, or std is below 0.

    >>> layer = WeightNoise(nn.Linear(2, 1), std=0.1)
    >>> with bd.training():
    ...     bool((layer(bd.ones((1, 2))) == layer(bd.ones((1, 2)))).all())
    False
    """

    def __init__(self, layer: Module, std: float, name: str = "weight") -> None:
        super().__init__(layer, name)
        self.noise = GaussianNoise(std)
        self.build()

    def reweight(self, weight: Tensor) -> Tensor:
        return self.noise(weight)
