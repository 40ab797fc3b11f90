"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from badak.core import Tensor, zeros
from badak.optim.optimizer import Optimizer, State
from badak.optim.setting import Setting


class SGD(Optimizer):
    """Gradient descent: W = W - lr g.

    "Stochastic" when g comes from a batch and not from all examples; the rule is the same.

    Args:
        lr: the learning rate.

    Raises:
        RangeError: when lr is not above 0 and finite.

    >>> w = bd.parameter([1.0])
    >>> SGD(lr=0.5).update({"w": w}, {"w": bd.tensor([1.0])})
    >>> w.tolist()
    [0.5]
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def start(self, parameter: Tensor) -> State:
        return {}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        return parameter - self.lr * gradient, {}


class Momentum(Optimizer):
    """A ball that rolls: v = momentum v - lr g,  W = W + v.

    The textbook's form, with the learning rate inside the velocity. PyTorch keeps it outside,
    which differs only while the learning rate changes. Polyak (1964).

    Args:
        lr: the learning rate.
        momentum: the share of the velocity that is kept, in [0, 1).

    Raises:
        RangeError: when a setting is out of its range.

    >>> w, opt = bd.parameter([1.0]), Momentum(lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     opt.update({"w": w}, {"w": bd.tensor([1.0])})
    >>> round(w.item(), 4)
    0.71
    """

    momentum = Setting(at_least=0, below=1)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum

    def start(self, parameter: Tensor) -> State:
        return {"v": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        v = self.momentum * state["v"] - self.lr * gradient
        return parameter + v, {"v": v}
