"""Relatives of Adam: another momentum, another start, signs alone, a length of its own."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from badak.base import dtypes
from badak.core import Tensor, zeros
from badak.ops import sign, sqrt, where
from badak.optim.adam import TwoMoments
from badak.optim.denominator import HAT, OUTSIDE, denominator
from badak.optim.gradients import norm
from badak.optim.optimizer import Optimizer, Rate
from badak.optim.setting import Setting, several
from badak.optim.shared import Shared, SharedButDecay
from badak.optim.state import State


class NAdam(TwoMoments):
    """Adam with Nesterov's momentum, which grows towards beta1.

        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)        p = mu_1 mu_2 ... mu_t
        W = W - lr (mu_(t+1) m / (1 - p mu_(t+1)) + (1 - mu_t) g / (1 - p))
                / (sqrt(v / (1 - beta2^t)) + eps)

    m and v as of `Adam`. Dozat, "Incorporating Nesterov Momentum into Adam" (2016). Formula and
    defaults as PyTorch's.

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and v keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        momentum_decay: how fast the momentum grows.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0])
    >>> NAdam(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0])})
    >>> round(w.item(), 3)
    0.894
    """

    momentum_decay = Setting(at_least=0)

    def __init__(
        self,
        lr: float | Rate = 0.002,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        momentum_decay: float = 0.004,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, betas, eps, **shared)
        self.momentum_decay = momentum_decay

    def start(self, parameter: Tensor) -> State:
        return {**super().start(parameter), "p": Tensor(np.ones((), dtypes.float64))}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        new = self.moments(gradient, state)
        mu, mu_next = self._mu(step), self._mu(step + 1)
        new["p"] = p = state["p"] * mu
        root = denominator(new["v"], self.eps, OUTSIDE, 1.0 - self.beta2**step)
        old_part = mu_next / (1.0 - p * mu_next) * new["m"]
        new_part = (1.0 - mu) / (1.0 - p) * gradient
        return parameter - self.lr * (old_part + new_part) / root, new

    def _mu(self, step: Tensor) -> Tensor:
        return self.beta1 * (1.0 - 0.5 * 0.96 ** (step * self.momentum_decay))


class RAdam(TwoMoments):
    """Adam that waits until its mean of squares can be trusted, stepping by m alone meanwhile.

        r_inf = 2 / (1 - beta2) - 1          r = r_inf - 2 t beta2^t / (1 - beta2^t)
        W = W - lr m / (1 - beta1^t)                                            while r <= 5
        W = W - lr m / (1 - beta1^t) c sqrt(1 - beta2^t) / (sqrt(v) + eps)      then
        c^2 = (r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r)

    m and v as of `Adam`. Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond"
    (2020): rectified Adam. Formula and defaults as PyTorch's.

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and v keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0])
    >>> RAdam(lr=0.1).update({"w": w}, {"w": bd.tensor([2.0])})
    >>> round(w.item(), 4)
    0.8
    """

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        new = self.moments(gradient, state)
        power = self.beta2**step
        limit = 2.0 / (1.0 - self.beta2) - 1.0
        length = limit - 2.0 * step * power / (1.0 - power)
        trusted = length > 5.0
        # Where it is not, 6 stands in: the roots below are then of numbers that are not used.
        r, r_inf = where(trusted, length, 6.0), where(trusted, limit, 6.0)
        c = sqrt((r - 4.0) * (r - 2.0) * r_inf / ((r_inf - 4.0) * (r_inf - 2.0) * r))
        root = denominator(new["v"], self.eps, HAT, 1.0 - power)
        step_size = self.lr / (1.0 - self.beta1**step)
        move = where(trusted, c / root, 1.0) * new["m"]
        return parameter - step_size * move, new


class Lion(Optimizer):
    """Steps of one size along the signs of an average of gradients.

        W = W - lr sign(beta1 m + (1 - beta1) g)          m = beta2 m + (1 - beta2) g

    Needs a learning rate 3 to 10 times smaller than Adam's, and a weight decay as much larger.
    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023): its weight decay is
    decoupled. Defaults as the paper's.

    Args:
        lr: the learning rate.
        betas: the shares of m in the step, and in m itself, each in [0, 1).
        weight_decay: the strength of the decay.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([1.0, 1.0])
    >>> Lion(lr=0.1).update({"w": w}, {"w": bd.tensor([25.0, -0.001])})
    >>> [round(value, 4) for value in w.tolist()]
    [0.9, 1.1]
    """

    beta1 = Setting(at_least=0, below=1)
    beta2 = Setting(at_least=0, below=1)

    def __init__(
        self,
        lr: float | Rate = 0.0001,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        **shared: Unpack[SharedButDecay],
    ) -> None:
        shared.setdefault("decoupled_weight_decay", True)
        super().__init__(lr, weight_decay=weight_decay, **shared)
        self.beta1, self.beta2 = several(betas, 2, "Lion: betas", "betas=(0.9, 0.99)")

    def start(self, parameter: Tensor) -> State:
        return {"m": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        direction = sign(self.beta1 * state["m"] + (1.0 - self.beta1) * gradient)
        m = self.beta2 * state["m"] + (1.0 - self.beta2) * gradient
        return parameter - self.lr * direction, {"m": m}


class LAMB(TwoMoments):
    """Adam whose step for each parameter is as long as the parameter is large.

        r = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay W
        W = W - lr |W| / |r| r          (and lr r where one of the norms is 0)

    m and v as of `Adam`. For large batches: You et al., "Large Batch Optimization for Deep
    Learning: Training BERT in 76 minutes" (2020). Its weight decay is part of r.

    Args:
        lr: the learning rate.
        betas: the shares of the past that m and v keep, each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or betas are not two.

    >>> w = bd.parameter([3.0, 4.0])
    >>> LAMB(lr=0.1).update({"w": w}, {"w": bd.tensor([0.0, 2.0])})
    >>> [round(value, 4) for value in w.tolist()]
    [3.0, 3.5]
    """

    decays_itself = True

    def __init__(
        self,
        lr: float | Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(lr, betas, eps, **shared)

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        new = self.moments(gradient, state)
        root = denominator(new["v"], self.eps, OUTSIDE, 1.0 - self.beta2**step)
        r = new["m"] / (1.0 - self.beta1**step) / root
        if self.uses("weight_decay"):
            r = r + self.weight_decay * parameter
        size, length = norm(parameter), norm(r)
        both = (size > 0.0) & (length > 0.0)
        ratio = where(both, size / where(both, length, 1.0), 1.0)
        return parameter - self.lr * ratio * r, new
