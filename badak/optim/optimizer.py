"""What all optimizers share: the loop over named parameters, and a state of named tensors.

An update rule is two pure methods:

    start(parameter) -> state
    advance(parameter, gradient, state, step) -> (new parameter, new state)

Both are formulas in tensors, without side effects. The base class owns the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from badak.base import dtypes
from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError, StateError
from badak.core import Tensor
from badak.optim.setting import Setting

State = dict[str, Tensor]


class Optimizer(ABC):
    """Moves parameters along their gradients.

    Attributes:
        lr: the learning rate; assign a number to change it.
        steps: how many updates were made.
        settings: the numbers that steer the rule, by name, as 0-d tensors.
        state: what the rule remembers for each parameter, by name.
    """

    lr = Setting()

    def __init__(self, lr: float) -> None:
        self.settings: dict[str, Tensor] = {}
        self.state: dict[str, State] = {}
        self.steps = Tensor(np.asarray(0, dtypes.int64))
        self.lr = lr  # type: ignore[assignment]  # a Setting takes numbers

    @abstractmethod
    def start(self, parameter: Tensor) -> State:
        """What the rule remembers of a parameter before the first step."""

    @abstractmethod
    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        """The parameter and the state after one step; `step` counts from 1."""

    def update(self, params: Mapping[str, Tensor], grads: Mapping[str, Any]) -> None:
        """One step: assigns new values to the parameters.

        Args:
            params: tensors by name, as `net.parameters()` gives them.
            grads: their gradients under the same names, as `bd.grad(loss, params)` gives them.

        Raises:
            StateError: when there is no parameter, or a gradient is missing.
            ShapeError: when a gradient has another shape than its parameter.
        """
        self._check(params, grads)
        with no_grad():
            step = self.steps + 1
            for name, parameter in params.items():
                if name not in self.state:
                    self.state[name] = self.start(parameter)
                held = self.state[name]
                new, state = self.advance(parameter, grads[name], held, step)
                parameter.assign(new)
                for key, tensor in held.items():
                    tensor.assign(state[key])
            self.steps.assign(step)

    def _check(self, params: Mapping[str, Tensor], grads: Mapping[str, Any]) -> None:
        name = type(self).__name__
        if not isinstance(params, Mapping) or not isinstance(grads, Mapping):
            raise DTypeError(
                f"{name}.update takes two dicts of tensors by name",
                got=f"{type(params).__name__}, {type(grads).__name__}",
                hint="params = net.parameters(); opt.update(params, bd.grad(loss, params))",
            )
        if not params:
            raise StateError(f"{name} has no parameters", hint="pass net.parameters()")
        missing = [key for key in params if key not in grads]
        if missing:
            raise StateError(
                f"{name}: no gradient for {', '.join(map(repr, missing))}",
                hint="bd.grad(loss, params) gives one for each",
            )
        for key, parameter in params.items():
            if not isinstance(parameter, Tensor):
                raise DTypeError(f"{name}: parameter {key!r} is no tensor", hint="bd.parameter(...)")
            if np.shape(grads[key]) != parameter.shape:
                raise ShapeError(
                    f"{name}: the gradient of {key!r} has another shape",
                    expected=parameter.shape,
                    got=np.shape(grads[key]),
                )

    # ------------------------------------------------------------------ its state

    def state_dict(self) -> dict[str, Array]:
        """Everything it remembers as arrays by name: "steps", "lr", "m/0.weight", ..."""
        tensors = {"steps": self.steps, **self.settings}
        for name, state in self.state.items():
            tensors |= {f"{key}/{name}": tensor for key, tensor in state.items()}
        return {name: x.numpy() for name, x in tensors.items()}

    def load_state_dict(self, state: Mapping[str, Array], params: Mapping[str, Tensor]) -> Self:
        """Takes over what `state_dict` gave, for these parameters.

        Raises:
            StateError: naming what is missing or unknown; nothing is then taken over.
        """
        started = {name: self.start(parameter) for name, parameter in params.items()}
        own = {"steps": self.steps, **self.settings}
        for name, fresh in started.items():
            own |= {f"{key}/{name}": tensor for key, tensor in fresh.items()}
        unstarted = int(state.get("steps", 0)) == 0
        problems = [f"missing {k!r}" for k in own if k not in state and not ("/" in k and unstarted)]
        problems += [f"unknown {k!r}" for k in state if k not in own]
        problems += [
            f"{k!r} has shape {np.shape(state[k])}, expected {x.shape}"
            for k, x in own.items()
            if k in state and np.shape(state[k]) != x.shape
        ]
        if problems:
            raise StateError(
                f"this state is not of {self!r} with these parameters", got="; ".join(problems)
            )
        for key, tensor in own.items():
            if key in state:
                tensor.assign(np.asarray(state[key]).astype(tensor.dtype))
        self.state = {} if unstarted else started
        return self

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={float(x):g}" for name, x in self.settings.items())
        return f"{type(self).__name__}({settings})"
