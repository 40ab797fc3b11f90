"""Momentum on top of a rule that has none."""

from __future__ import annotations

import numpy as np

from badak.base import dtypes
from badak.base.errors import DTypeError, RangeError
from badak.core import Tensor, zeros
from badak.optim.optimizer import Optimizer
from badak.optim.setting import Choice, Setting
from badak.optim.state import State


class WithMomentum(Optimizer):
    """Momentum on top of any other rule, of whose moves it keeps a velocity.

        v = momentum v + (rule(W) - W)          W = W + v
        nesterov:                               W = rule(W) + momentum v

    Lasagne's apply_momentum and apply_nesterov_momentum. On `SGD` it is `Momentum`.

    Args:
        rule: an optimizer; its settings and what it shares with all optimizers are taken over.
        momentum: the share of the velocity that is kept, in [0, 1).
        nesterov: whether to step as if already one step of momentum ahead.

    Raises:
        DTypeError: when the rule is no optimizer.
        RangeError: when momentum is out of its range, or the rule has a momentum of its own.

    >>> w, opt = bd.parameter([1.0]), WithMomentum(optim.SGD(lr=0.1), momentum=0.9)
    >>> for _ in range(2):
    ...     opt.update({"w": w}, {"w": bd.tensor([1.0])})
    >>> round(w.item(), 4)
    0.71
    """

    momentum = Setting(at_least=0, below=1)
    nesterov = Choice(False, True)

    def __init__(self, rule: Optimizer, momentum: float = 0.9, nesterov: bool = False) -> None:
        if not isinstance(rule, Optimizer):
            raise DTypeError(
                "WithMomentum: rule is an optimizer",
                got=repr(rule),
                hint="WithMomentum(optim.AdaGrad(0.1))",
            )
        if "momentum" in rule.settings:
            raise RangeError("WithMomentum: the rule has a momentum of its own", got=repr(rule))
        vars(self).update(vars(rule))  # the very tensors: what is set here counts for the rule
        self.settings, self.choices = dict(rule.settings), dict(rule.choices)
        self.decided = {k: v for k, v in rule.decided.items() if k not in ("momentum", "nesterov")}
        self.state, self.steps = {}, Tensor(np.asarray(0, dtypes.int64))
        self.rule = rule
        self.decays_itself = rule.decays_itself
        self.momentum = momentum
        self.nesterov = nesterov

    def start(self, parameter: Tensor) -> State:
        return {"velocity": zeros(parameter.shape, parameter.dtype), **self.rule.start(parameter)}

    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        self.rule.in_force = {k: x for k, x in self.in_force.items() if k != "momentum"}
        try:
            plain, kept = self.rule.advance(parameter, gradient, state, step)
        finally:
            self.rule.in_force = {}
        velocity = self.momentum * state["velocity"] + (plain - parameter)
        new = plain + self.momentum * velocity if self.nesterov else parameter + velocity
        return new, {"velocity": velocity, **kept}

    def __repr__(self) -> str:
        return super().__repr__().replace("(", f"({type(self.rule).__name__}, ", 1)
