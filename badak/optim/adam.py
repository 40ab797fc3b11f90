"""Adam and its closest relatives: a mean of the gradients over a mean of their squares."""

from __future__ import annotations

from typing import Unpack

from badak.core import Tensor, zeros
from badak.ops import abs, maximum
from badak.optim.denominator import HAT, INSIDE, OUTSIDE, denominator
from badak.optim.optimizer import Optimizer, Rate
from badak.optim.setting import Choice, Setting, several
from badak.optim.shared import Shared, SharedButDecay
from badak.optim.state import State


class TwoMoments(Optimizer):
    """What the family of Adam is made of: m and v, averages of the gradients and their squares."""

    beta1 = Setting(at_least=0, below=1)
    beta2 = Setting(at_least=0, below=1)
    eps = Setting(above=0)

    def __init__(
        self,
        lr: float | Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        name = type(self).__name__
        self.beta1, self.beta2 = several(betas, 2, f"{name}: betas", "betas=(0.9, 0.999)")
        self.eps = eps

    def start(self, parameter: Tensor) -> State:
        return {name: zeros(parameter.shape, parameter.dtype) for name in ("m", "v")}

    def moments(self, gradient: Tensor, state: State) -> State:
        """m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2."""
        return {
            "m": self.beta1 * state["m"] + (1.0 - self.beta1) * gradient,
            "v": self.beta2 * state["v"] + (1.0 - self.beta2) * gradient * gradient,
        }


class Adam(TwoMoments):
    """Momentum and RMSProp together, both corrected for starting at 0.

        m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
        W = W - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
        amsgrad: the largest v so far takes the place of v

    The first step has the size lr in every coordinate. Kingma and Ba, "Adam: A Method for
    Stochastic Optimization" (2015), in the paper's form, which is PyTorch's; the textbook and
    Keras add eps before the correction: eps_at="hat". AMSGrad: Reddi, Kale and Kumar, "On the
    Convergence of Adam and Beyond" (2018).

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and v keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        amsgrad: whether v may only grow.
        eps_at: where eps stands, "outside", "hat" or "inside": `optim.denominator`.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0, 1.0])
    >>> Adam(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0, -0.001])})
    >>> [round(value, 4) for value in w.tolist()]
    [0.9, 1.1]
    """

    amsgrad = Choice(False, True)
    eps_at = Choice(OUTSIDE, HAT, INSIDE)

    def __init__(
        self,
        lr: float | Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        amsgrad: bool = False,
        eps_at: str = OUTSIDE,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, betas, eps, **shared)
        self.amsgrad = amsgrad
        self.eps_at = eps_at

    def start(self, parameter: Tensor) -> State:
        state = super().start(parameter)
        if self.amsgrad:
            state["largest_v"] = zeros(parameter.shape, parameter.dtype)
        return state

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        new = self.moments(gradient, state)
        v = new["v"]
        if self.amsgrad:
            new["largest_v"] = v = maximum(state["largest_v"], v)
        rate = self.lr / (1.0 - self.beta1**step)
        root = denominator(v, self.eps, self.eps_at, 1.0 - self.beta2**step)
        return parameter - rate * new["m"] / root, new


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights also shrink by lr weight_decay W.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). Defaults as PyTorch's,
    where all parameters decay; `groups=optim.NO_DECAY` leaves biases and norms alone.

    Args:
        lr, betas, eps, amsgrad, eps_at: as of `Adam`.
        weight_decay: the strength of the decay.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0])
    >>> AdamW(lr=0.1, weight_decay=0.5).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 4)
    0.85
    """

    def __init__(
        self,
        lr: float | Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        eps_at: str = OUTSIDE,
        **shared: Unpack[SharedButDecay],
    ) -> None:
        shared.setdefault("decoupled_weight_decay", True)
        super().__init__(lr, betas, eps, amsgrad, eps_at, weight_decay=weight_decay, **shared)


class Adamax(Optimizer):
    """Adam with the largest gradient in the place of the root of the mean square.

        m = beta1 m + (1 - beta1) g          u = max(beta2 u, |g| + eps)
        W = W - lr / (1 - beta1^t) m / u

    Kingma and Ba, "Adam" (2015), section 7.1. Formula and defaults as PyTorch's; Keras and Lasagne
    add eps to the maximum, eps_at="outside", and the paper has none.

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and u keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        eps_at: where eps stands, "inside" or "outside" of the maximum.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0, 1.0])
    >>> Adamax(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0, -0.001])})
    >>> [round(value, 4) for value in w.tolist()]
    [0.9, 1.1]
    """

    beta1 = Setting(at_least=0, below=1)
    beta2 = Setting(at_least=0, below=1)
    eps = Setting(above=0)
    eps_at = Choice(INSIDE, OUTSIDE)

    def __init__(
        self,
        lr: float | Rate = 0.002,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        eps_at: str = INSIDE,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, **shared)
        self.beta1, self.beta2 = several(betas, 2, "Adamax: betas", "betas=(0.9, 0.999)")
        self.eps = eps
        self.eps_at = eps_at

    def start(self, parameter: Tensor) -> State:
        return {name: zeros(parameter.shape, parameter.dtype) for name in ("m", "u")}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        m = self.beta1 * state["m"] + (1.0 - self.beta1) * gradient
        if self.eps_at == INSIDE:
            u = largest = maximum(self.beta2 * state["u"], abs(gradient) + self.eps)
        else:
            u = maximum(self.beta2 * state["u"], abs(gradient))
            largest = u + self.eps
        return parameter - self.lr / (1.0 - self.beta1**step) * m / largest, {"m": m, "u": u}
