"""An adaptive rule that remembers rows and columns instead of every number."""

from __future__ import annotations

import math
from typing import Unpack

import numpy as np

from badak.base import dtypes
from badak.core import Tensor, zeros
from badak.ops import maximum, minimum, sqrt
from badak.optim.gradients import norm
from badak.optim.optimizer import Optimizer, Rate
from badak.optim.setting import Setting, several
from badak.optim.shared import Shared
from badak.optim.state import State


class Adafactor(Optimizer):
    """RMSProp with a step in proportion to the weights, and a memory of rows and columns alone.

        b = 1 - t^beta2_decay
        R = b R + (1 - b) mean of g^2 over columns,  C likewise over rows,  V = R C / mean(R)
        U = g / sqrt(max(V, eps1^2)),   U = U / max(1, rms(U) / d)
        W = W - max(eps2, rms(W)) min(lr, 1 / sqrt(t)) U

    A matrix of n x m numbers needs n + m more, where Adam needs 2 n m. Parameters of one axis keep
    V itself. Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost"
    (2018). Formula and defaults as PyTorch's; its weight decay is decoupled.

    Args:
        lr: the highest learning rate, relative to the size of the weights.
        beta2_decay: how the memory grows with the step, at most 0.
        eps: eps1 keeps V from 0 (None: the smallest distance of the dtype from 1); eps2 is the
            smallest size that weights are taken to have.
        d: the root mean square to which U is limited, at least 1.
        shared: what every optimizer takes; see `Optimizer`.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number, or eps are not two.

    >>> w = bd.parameter([[1.0, 1.0]])
    >>> Adafactor(lr=0.1).update({"w": w}, {"w": bd.tensor([[25.0, -25.0]])})
    >>> [round(value, 4) for value in w.tolist()[0]]
    [0.9, 1.1]
    """

    beta2_decay = Setting(at_most=0)
    eps1 = Setting(optional=True, at_least=0)
    eps2 = Setting(at_least=0)
    d = Setting(at_least=1)

    def __init__(
        self,
        lr: float | Rate = 0.01,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 0.001),
        d: float = 1.0,
        **shared: Unpack[Shared],
    ) -> None:
        shared.setdefault("decoupled_weight_decay", True)
        super().__init__(lr, **shared)
        eps1, eps2 = several(eps, 2, "Adafactor: eps", "eps=(None, 0.001)")
        self.beta2_decay = beta2_decay
        self.eps1 = 0.0 if eps1 is None else eps1
        self.eps2 = eps2
        self.d = d

    def start(self, parameter: Tensor) -> State:
        shape = parameter.shape
        if not _is_matrix(parameter):
            return {"v": zeros(shape, parameter.dtype)}
        return {
            "rows": zeros((*shape[:-1], 1), parameter.dtype),
            "columns": zeros((*shape[:-2], 1, shape[-1]), parameter.dtype),
        }

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        eps1 = self.eps1 if self.uses("eps1") else float(np.finfo(parameter.dtype).eps)
        fresh = step**self.beta2_decay
        squares = gradient * gradient
        if _is_matrix(parameter):
            rows = (1.0 - fresh) * state["rows"] + fresh * squares.mean(-1, keepdims=True)
            columns = (1.0 - fresh) * state["columns"] + fresh * squares.mean(-2, keepdims=True)
            new = {"rows": rows, "columns": columns}
            v = rows * columns / maximum(rows.mean(-2, keepdims=True), eps1)
        else:
            v = (1.0 - fresh) * state["v"] + fresh * squares
            new = {"v": v}
        u = gradient / sqrt(maximum(v, eps1 * eps1))
        rate = minimum(self.lr, 1.0 / sqrt(step.astype(dtypes.float64)))
        size = maximum(self.eps2, _rms(parameter)) * rate / maximum(1.0, _rms(u) / self.d)
        return parameter - size * u, new


def _is_matrix(x: Tensor) -> bool:
    return x.ndim > 1 and x.size > 0


def _rms(x: Tensor) -> Tensor:
    return norm(x) / math.sqrt(max(x.size, 1))
