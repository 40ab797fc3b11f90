"""A step size of its own for each parameter, from the gradients it has seen."""

from __future__ import annotations

from badak.base.errors import DTypeError
from badak.core import Tensor, zeros
from badak.ops import sqrt
from badak.optim.optimizer import Optimizer, State
from badak.optim.setting import Setting


class AdaGrad(Optimizer):
    """Steps shrink where gradients were large: h = h + g^2,  W = W - lr g / (sqrt(h) + eps).

    h only grows, so the steps go to 0 like 1 / sqrt(t). Duchi, Hazan and Singer, "Adaptive
    Subgradient Methods" (2011). The formula and eps as PyTorch's; the textbook's eps is 1e-7.

    Args:
        lr: the learning rate.
        eps: keeps the first step finite where the gradient is 0.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w = bd.parameter([1.0])
    >>> AdaGrad(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 4)
    0.9
    """

    eps = Setting(above=0)

    def __init__(self, lr: float = 0.01, eps: float = 1e-10) -> None:
        super().__init__(lr)
        self.eps = eps

    def start(self, parameter: Tensor) -> State:
        return {"h": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        h = state["h"] + gradient * gradient
        return parameter - self.lr * gradient / (sqrt(h) + self.eps), {"h": h}


class RMSProp(Optimizer):
    """AdaGrad that forgets: h = alpha h + (1 - alpha) g^2,  W = W - lr g / (sqrt(h) + eps).

    Tieleman and Hinton, "Lecture 6.5: RMSProp", COURSERA (2012). Formula and defaults as
    PyTorch's.

    Args:
        lr: the learning rate.
        alpha: the share of the past that is kept, in [0, 1).
        eps: keeps the step finite where the gradient is 0.

    Raises:
        RangeError: when a setting is out of its range.

    >>> w = bd.parameter([1.0])
    >>> RMSProp(lr=0.1, alpha=0.5).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 4)
    0.8586
    """

    alpha = Setting(at_least=0, below=1)
    eps = Setting(above=0)

    def __init__(self, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__(lr)
        self.alpha = alpha
        self.eps = eps

    def start(self, parameter: Tensor) -> State:
        return {"h": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        h = self.alpha * state["h"] + (1.0 - self.alpha) * gradient * gradient
        return parameter - self.lr * gradient / (sqrt(h) + self.eps), {"h": h}


class Adam(Optimizer):
    """Momentum and RMSProp together, both corrected for starting at 0.

        m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
        W = W - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    The first step has the size lr in every coordinate. Kingma and Ba, "Adam: A Method for
    Stochastic Optimization" (2015), in the paper's form, which is PyTorch's; the textbook and
    Keras add eps before the correction.

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and v keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0, 1.0])
    >>> Adam(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0, -0.001])})
    >>> [round(value, 4) for value in w.tolist()]
    [0.9, 1.1]
    """

    beta1 = Setting(at_least=0, below=1)
    beta2 = Setting(at_least=0, below=1)
    eps = Setting(above=0)

    def __init__(
        self, lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise DTypeError(
                "Adam: betas are two numbers", got=repr(betas), hint="betas=(0.9, 0.999)"
            )
        self.beta1, self.beta2 = betas
        self.eps = eps

    def start(self, parameter: Tensor) -> State:
        return {
            "m": zeros(parameter.shape, parameter.dtype),
            "v": zeros(parameter.shape, parameter.dtype),
        }

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        m = self.beta1 * state["m"] + (1.0 - self.beta1) * gradient
        v = self.beta2 * state["v"] + (1.0 - self.beta2) * gradient * gradient
        corrected_m = m / (1.0 - self.beta1**step)
        corrected_v = v / (1.0 - self.beta2**step)
        return parameter - self.lr * corrected_m / (sqrt(corrected_v) + self.eps), {"m": m, "v": v}
