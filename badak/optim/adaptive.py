"""A step size of its own for each parameter, from the gradients it has seen."""

from __future__ import annotations

from typing import Unpack

from badak.core import Tensor, full, zeros
from badak.ops import maximum, sqrt
from badak.optim.denominator import INSIDE, OUTSIDE, denominator
from badak.optim.optimizer import Optimizer, Rate
from badak.optim.setting import Choice, Setting
from badak.optim.shared import Shared
from badak.optim.state import State


class AdaGrad(Optimizer):
    """Steps shrink where gradients were large: h = h + g^2,  W = W - lr g / (sqrt(h) + eps).

    h only grows, so the steps go to 0 like 1 / sqrt(t). Duchi, Hazan and Singer, "Adaptive
    Subgradient Methods" (2011). The formula and defaults as PyTorch's; the textbook's eps is 1e-7.

    Args:
        lr: the learning rate.
        lr_decay: divides the learning rate by 1 + (t - 1) lr_decay as well.
        initial_accumulator_value: h before the first step; Keras's is 0.1.
        eps: keeps the first step finite where the gradient is 0.
        eps_at: where eps stands, "outside" or "inside" of the root: `optim.denominator`.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w = bd.parameter([1.0])
    >>> AdaGrad(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 4)
    0.9
    """

    lr_decay = Setting(optional=True, at_least=0)
    initial_accumulator_value = Setting(optional=True, at_least=0)
    eps = Setting(above=0)
    eps_at = Choice(OUTSIDE, INSIDE)

    def __init__(
        self,
        lr: float | Rate = 0.01,
        lr_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        eps_at: str = OUTSIDE,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.lr_decay = lr_decay
        self.initial_accumulator_value = initial_accumulator_value
        self.eps = eps
        self.eps_at = eps_at

    def start(self, parameter: Tensor) -> State:
        first = float(self.initial_accumulator_value)
        return {"h": full(parameter.shape, first, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        lr = self.lr
        if self.uses("lr_decay"):
            lr = lr / (1.0 + (step - 1) * self.lr_decay)
        h = state["h"] + gradient * gradient
        return parameter - lr * gradient / denominator(h, self.eps, self.eps_at), {"h": h}


class RMSProp(Optimizer):
    """AdaGrad that forgets: h = alpha h + (1 - alpha) g^2,  W = W - lr g / (sqrt(h) + eps).

        centered:   h is replaced by the variance h - m^2,  m = alpha m + (1 - alpha) g
        momentum:   a = momentum a + g / (sqrt(h) + eps),  W = W - lr a

    Tieleman and Hinton, "Lecture 6.5: RMSProp", COURSERA (2012); centered: Graves, "Generating
    Sequences With Recurrent Neural Networks" (2013). Formula and defaults as PyTorch's.

    Args:
        lr: the learning rate.
        alpha: the share of the past that is kept, in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        momentum: the share of a that is kept, in [0, 1); 0: none.
        centered: whether to divide by the deviation instead of the root mean square.
        eps_at: where eps stands, "outside" or "inside" of the root: `optim.denominator`.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w = bd.parameter([1.0])
    >>> RMSProp(lr=0.1, alpha=0.5).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 4)
    0.8586
    """

    alpha = Setting(at_least=0, below=1)
    eps = Setting(above=0)
    momentum = Setting(optional=True, at_least=0, below=1)
    centered = Choice(False, True)
    eps_at = Choice(OUTSIDE, INSIDE)

    def __init__(
        self,
        lr: float | Rate = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        eps_at: str = OUTSIDE,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.alpha = alpha
        self.eps = eps
        self.momentum = momentum
        self.centered = centered
        self.eps_at = eps_at

    def start(self, parameter: Tensor) -> State:
        names = ["h", *["m"] * self.centered, *["a"] * self.uses("momentum")]
        return {name: zeros(parameter.shape, parameter.dtype) for name in names}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        h = self.alpha * state["h"] + (1.0 - self.alpha) * gradient * gradient
        new, spread = {"h": h}, h
        if self.centered:
            new["m"] = m = self.alpha * state["m"] + (1.0 - self.alpha) * gradient
            spread = maximum(h - m * m, 0.0)  # rounding may take it below
        direction = gradient / denominator(spread, self.eps, self.eps_at)
        if self.uses("momentum"):
            new["a"] = direction = self.momentum * state["a"] + direction
        return parameter - self.lr * direction, new


class Adadelta(Optimizer):
    """Steps in the unit of the weights, so that no learning rate is needed.

        h = rho h + (1 - rho) g^2
        d = g sqrt(u + eps) / sqrt(h + eps)         W = W - lr d
        u = rho u + (1 - rho) d^2

    u averages the squares of the moves themselves. Zeiler, "ADADELTA: An Adaptive Learning Rate
    Method" (2012), where rho is 0.95. Formula and defaults as PyTorch's; lr is not in the paper.

    Args:
        lr: a factor for the moves, 1 by default.
        rho: the share of the past that is kept, in [0, 1).
        eps: what the first moves are made of.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w = bd.parameter([1.0])
    >>> Adadelta(rho=0.75, eps=0.25).update({"w": w}, {"w": bd.tensor([2.0])})
    >>> round(w.item(), 4)  # 1 - 2 sqrt(0.25) / sqrt(1.25)
    0.1056
    """

    rho = Setting(at_least=0, below=1)
    eps = Setting(above=0)

    def __init__(
        self,
        lr: float | Rate = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.rho = rho
        self.eps = eps

    def start(self, parameter: Tensor) -> State:
        return {name: zeros(parameter.shape, parameter.dtype) for name in ("h", "u")}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        h = self.rho * state["h"] + (1.0 - self.rho) * gradient * gradient
        d = gradient * sqrt(state["u"] + self.eps) / sqrt(h + self.eps)
        u = self.rho * state["u"] + (1.0 - self.rho) * d * d
        return parameter - self.lr * d, {"h": h, "u": u}
