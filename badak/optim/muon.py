"""Momentum whose step for a matrix is made orthogonal."""

from __future__ import annotations

import math
from typing import Any, Unpack

from badak.base.numbers import real
from badak.base.shapes import positive
from badak.core import Tensor, zeros
from badak.ops import maximum
from badak.optim.adam import TwoMoments
from badak.optim.denominator import OUTSIDE, denominator
from badak.optim.gradients import norm
from badak.optim.optimizer import Rate
from badak.optim.setting import Choice, Setting, several
from badak.optim.shared import SharedButDecay
from badak.optim.state import State

ORIGINAL, MATCH = "original", "match_rms_adamw"


def _coefficients(value: Any, what: str) -> tuple[float, ...]:
    numbers = several(value, 3, what, "ns_coefficients=(3.4445, -4.775, 2.0315)")
    return tuple(real(number, what) for number in numbers)


class Muon(TwoMoments):
    """Momentum for matrices, with all singular values of the step brought near 1; Adam elsewhere.

        m = momentum m + (1 - momentum) g,    u = (1 - momentum) g + momentum m  (nesterov), or m
        X = u / |u|, and ns_steps times  X = a X + (b A + c A A) X  with A = X X^T
        W = W - lr scale X,    scale = sqrt(max(1, outputs / inputs))

    Kernels of a convolution are taken as a matrix (out, in x height x width). Parameters of one
    axis, and numbers, are moved by Adam's rule with the same lr. Jordan et al., "Muon: An
    optimizer for hidden layers in neural networks" (2024); scale "match_rms_adamw" is 0.2
    sqrt(max(inputs, outputs)): Liu et al., "Muon is Scalable for LLM Training" (2025). Formula and
    defaults as PyTorch's, which takes matrices alone, and computes X in bfloat16; matrices are
    (inputs, outputs) here and (outputs, inputs) there.

    Args:
        lr: the learning rate.
        weight_decay: the strength of the decay, which is decoupled.
        momentum: the share of m that is kept, in [0, 1).
        nesterov: whether to step as if already one step of momentum ahead.
        ns_coefficients: a, b and c.
        eps: the smallest norm that u is divided by.
        ns_steps: how often X is improved.
        adjust_lr_fn: "original" or "match_rms_adamw".
        betas: Adam's, for what is no matrix.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, betas are not two or coefficients not three.

    >>> w = bd.parameter([[0.0, 0.0], [0.0, 0.0]])
    >>> opt = Muon(lr=1.0, weight_decay=0.0, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=12)
    >>> opt.update({"w": w}, {"w": bd.tensor([[0.0, -3.0], [1.0, 0.0]])})
    >>> np.round(w.numpy(), 4) + 0.0
    array([[ 0.,  1.],
           [-1.,  0.]], dtype=float32)
    """

    momentum = Setting(at_least=0, below=1)
    nesterov = Choice(True, False)
    ns_coefficients = Choice((3.4445, -4.775, 2.0315), check=_coefficients)
    ns_steps = Choice(5, check=positive)
    adjust_lr_fn = Choice(ORIGINAL, MATCH)

    def __init__(
        self,
        lr: float | Rate = 0.001,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str = ORIGINAL,
        betas: tuple[float, float] = (0.9, 0.999),
        **shared: Unpack[SharedButDecay],
    ) -> None:
        shared.setdefault("decoupled_weight_decay", True)
        super().__init__(lr, betas, eps, weight_decay=weight_decay, **shared)
        self.momentum = momentum
        self.nesterov = nesterov
        self.ns_coefficients = ns_coefficients
        self.ns_steps = ns_steps
        self.adjust_lr_fn = adjust_lr_fn

    def start(self, parameter: Tensor) -> State:
        if not _is_matrix(parameter):
            return super().start(parameter)
        return {"m": zeros(parameter.shape, parameter.dtype)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        if not _is_matrix(parameter):
            new = self.moments(gradient, state)
            root = denominator(new["v"], self.eps, OUTSIDE, 1.0 - self.beta2**step)
            return parameter - self.lr * new["m"] / (1.0 - self.beta1**step) / root, new
        m = self.momentum * state["m"] + (1.0 - self.momentum) * gradient
        u = (1.0 - self.momentum) * gradient + self.momentum * m if self.nesterov else m
        x = self._orthogonal(u.reshape(u.shape[0], -1)).reshape(parameter.shape)
        return parameter - self.lr * self._scale(parameter) * x, {"m": m}

    def _orthogonal(self, u: Tensor) -> Tensor:
        """Nearly the orthogonal matrix next to u: the same singular vectors, values near 1."""
        a, b, c = self.ns_coefficients
        x = u / maximum(norm(u), self.eps).astype(u.dtype)
        wide = x.shape[0] <= x.shape[1]
        x = x if wide else x.T
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = a * x + (b * square + c * (square @ square)) @ x
        return x if wide else x.T

    def _scale(self, parameter: Tensor) -> float:
        rows, columns = parameter.shape[0], parameter.size // parameter.shape[0]
        inputs, outputs = (rows, columns) if parameter.ndim == 2 else (columns, rows)
        if self.adjust_lr_fn == MATCH:
            return 0.2 * math.sqrt(max(inputs, outputs))
        return math.sqrt(max(1.0, outputs / inputs))


def _is_matrix(x: Tensor) -> bool:
    return x.ndim > 1 and x.size > 0
