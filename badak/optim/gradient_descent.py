"""Gradient descent, plain and with momentum in its forms."""

from __future__ import annotations

from typing import Unpack

from badak.base.errors import RangeError
from badak.core import Tensor, zeros
from badak.ops import where
from badak.optim.optimizer import Optimizer, Rate
from badak.optim.setting import Choice, Setting
from badak.optim.shared import Shared
from badak.optim.state import State


class SGD(Optimizer):
    """Gradient descent: W = W - lr g. With momentum, along the accumulated gradient.

        a = momentum a + (1 - dampening) g          W = W - lr a
        nesterov:                                   W = W - lr (g + momentum a)

    "Stochastic" when g comes from a batch and not from all examples; the rule is the same. It is
    stable on a bowl as long as lr is below 2 / (the largest curvature).

    With momentum it is PyTorch's rule, with the learning rate outside of a; `Momentum` has it
    inside, which differs only while the learning rate changes. a starts as the first gradient.
    The same-point form of Nesterov's momentum: Sutskever et al., "On the importance of
    initialization and momentum in deep learning" (2013); `Nesterov` truly looks ahead.

    Args:
        lr: the learning rate.
        momentum: the share of a that is kept, in [0, 1); 0: none.
        dampening: what is taken from the weight of a new gradient, in [0, 1).
        nesterov: whether to step as if already one step of momentum ahead.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range, or nesterov comes without momentum.

    >>> w = bd.parameter([1.0])
    >>> SGD(lr=0.5).update({"w": w}, {"w": bd.tensor([1.0])})
    >>> w.tolist()
    [0.5]
    """

    momentum = Setting(optional=True, at_least=0, below=1)
    dampening = Setting(optional=True, at_least=0, below=1)
    nesterov = Choice(False, True)

    def __init__(
        self,
        lr: float | Rate = 0.01,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        if nesterov and (not self.uses("momentum") or self.uses("dampening")):
            raise RangeError(
                "SGD: nesterov needs a momentum and no dampening",
                got=f"momentum={momentum:g}, dampening={dampening:g}",
                hint="momentum=0.9",
            )

    def start(self, parameter: Tensor) -> State:
        if not self.uses("momentum"):
            return {}
        return {"a": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        if not self.uses("momentum"):
            return parameter - self.lr * gradient, {}
        new = gradient
        if self.uses("dampening"):
            new = where(step == 1, gradient, (1.0 - self.dampening) * gradient)
        a = self.momentum * state["a"] + new
        direction = gradient + self.momentum * a if self.nesterov else a
        return parameter - self.lr * direction, {"a": a}


class Momentum(Optimizer):
    """A ball that rolls: v = momentum v - lr g,  W = W + v.

    The textbook's form, with the learning rate inside the velocity, as Keras and Lasagne have it;
    PyTorch has it outside, see `SGD`. Polyak (1964). With nesterov, W = W + momentum v - lr g: the
    same-point form, whose weights are those ahead of the weights of `Nesterov`.

    Args:
        lr: the learning rate.
        momentum: the share of the velocity that is kept, in [0, 1).
        nesterov: whether to step as if already one step of momentum ahead.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w, opt = bd.parameter([1.0]), Momentum(lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     opt.update({"w": w}, {"w": bd.tensor([1.0])})
    >>> round(w.item(), 4)
    0.71
    """

    momentum = Setting(at_least=0, below=1)
    nesterov = Choice(False, True)

    def __init__(
        self,
        lr: float | Rate = 0.01,
        momentum: float = 0.9,
        nesterov: bool = False,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.momentum = momentum
        self.nesterov = nesterov

    def start(self, parameter: Tensor) -> State:
        return {"v": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        v = self.momentum * state["v"] - self.lr * gradient
        move = self.momentum * v - self.lr * gradient if self.nesterov else v
        return parameter + move, {"v": v}


class Nesterov(Optimizer):
    """Momentum that looks where it is going: the gradient is that of the point ahead.

        v = momentum v - lr grad L(W + momentum v)          W = W + v

    The true form, which takes its gradients inside of `gradient_point` (the trainer does); the
    loss that is seen there is that of the point ahead. `Momentum(nesterov=True)` and
    `SGD(nesterov=True)` are rewritten for gradients at the weights themselves. Nesterov, "A method
    for solving the convex programming problem with convergence rate O(1/k^2)" (1983).

    Args:
        lr: the learning rate.
        momentum: the share of the velocity that is kept, in [0, 1).
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w, opt = bd.parameter([1.0]), Nesterov(lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     with opt.gradient_point({"w": w}):
    ...         grads = bd.grad((w * w).sum(), {"w": w})
    ...     opt.update({"w": w}, grads)
    >>> round(w.item(), 4)  # 0.8, then v = -0.9 * 0.2 - 0.1 * 2 * 0.62
    0.496
    """

    momentum = Setting(at_least=0, below=1)

    def __init__(
        self, lr: float | Rate = 0.01, momentum: float = 0.9, **shared: Unpack[Shared]
    ) -> None:
        super().__init__(lr, **shared)
        self.momentum = momentum

    def start(self, parameter: Tensor) -> State:
        return {"v": zeros(parameter.shape, parameter.dtype)}

    def point(self, parameter: Tensor, state: State) -> Tensor:
        return parameter + self.momentum * state["v"]

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        v = self.momentum * state["v"] - self.lr * gradient
        return parameter + v, {"v": v}
