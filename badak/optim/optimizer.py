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
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.base.named import differences
from badak.base.numbers import is_finite
from badak.base.shapes import Spec
from badak.core import Tensor, tensor
from badak.core.dispatch import tracing
from badak.optim.setting import Setting

State = dict[str, Tensor]


class Optimizer(ABC):
    """Moves parameters along their gradients. A rule of your own is two methods.

    >>> class SignDescent(Optimizer):
    ...     def start(self, parameter):
    ...         return {}
    ...     def advance(self, parameter, gradient, state, step):
    ...         return parameter - self.lr * gradient.sign(), {}
    >>> w = bd.parameter([1.0, 1.0])
    >>> SignDescent(lr=0.5).update({"w": w}, {"w": bd.tensor([25.0, -0.1])})
    >>> w.tolist()
    [0.5, 1.5]

    Attributes:
        lr: the learning rate; assign a number to change it.
        steps: how many updates were made.
        settings: the numbers that steer the rule, by name, as 0-d tensors.
        state: what the rule remembers for each parameter, by name.
    """

    lr = Setting(above=0)

    def __init__(self, lr: float) -> None:
        self.settings: dict[str, Tensor] = {}
        self.state: dict[str, State] = {}
        self.steps = Tensor(np.asarray(0, dtypes.int64))
        self.lr = lr

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
            StateError: when there is no parameter, or a gradient is missing or not finite.
            ShapeError: when a gradient has another shape than its parameter.
            RangeError: when one parameter stands under two names.

            Nothing has then changed.
        """
        self._check_names(params, grads)
        gradients = {name: self._gradient(name, x, grads[name]) for name, x in params.items()}
        with no_grad():
            step = self.steps + 1
            for name, parameter in params.items():
                held = self._held(name, parameter)
                new, state = self.advance(parameter, gradients[name], held, step)
                parameter.assign(new)
                for key, kept in held.items():
                    kept.assign(state[key])
            self.steps.assign(step)

    def _check_names(self, params: Mapping[str, Tensor], grads: Mapping[str, Any]) -> None:
        name = type(self).__name__
        if not isinstance(params, Mapping) or not isinstance(grads, Mapping):
            raise DTypeError(
                f"{name}.update takes two dicts of tensors by name",
                got=f"{type(params).__name__}, {type(grads).__name__}",
                hint="params = net.parameters(); opt.update(params, bd.grad(loss, params))",
            )
        if not params:
            raise StateError(f"{name} has no parameters", hint="pass net.parameters()")
        missing = [key for key in params if grads.get(key) is None]
        if missing:
            raise StateError(
                f"{name}: no gradient for {', '.join(map(repr, missing))}",
                hint="grads = bd.grad(loss, params), or loss.backward() before x.grad",
            )
        first: dict[int, str] = {}
        for key, parameter in params.items():
            if not isinstance(parameter, Tensor):
                raise DTypeError(f"{name}: {key!r} is no tensor", hint="bd.parameter(...)")
            if first.setdefault(id(parameter), key) != key:
                raise RangeError(
                    f"{name}: parameter {first[id(parameter)]!r} is given twice",
                    got=f"the same tensor as {key!r}",
                    hint="one name for a shared parameter, as net.parameters() has it",
                )

    def _gradient(self, name: str, parameter: Tensor, given: Any) -> Tensor:
        """The gradient of one parameter as a tensor, after a look at whether it fits."""
        gradient = given if isinstance(given, Tensor) else tensor(given, parameter.dtype)
        if gradient.shape != parameter.shape:
            raise ShapeError(
                f"{type(self).__name__}: the gradient of {name!r} has another shape",
                expected=parameter.shape,
                got=gradient.shape,
            )
        if gradient.has_numbers and not is_finite(gradient.data):
            raise StateError(
                f"{type(self).__name__}: the gradient of {name!r} is not finite",
                expected="finite numbers; no parameter was updated",
                hint=f"a lower learning rate (now {float(self.lr):g}), or clipped gradients",
            )
        return gradient

    # ------------------------------------------------------------------ its state

    def _held(self, name: str, parameter: Tensor) -> State:
        """What is remembered of a parameter, from its first step on."""
        if name not in self.state:
            with tracing(None):  # it is made once and kept, also when the step is traced
                self.state.setdefault(name, self.start(parameter))
        return self.state[name]

    def state_dict(self) -> dict[str, Array]:
        """Everything it remembers as arrays by name: "steps", "lr", "m/0.weight", ..."""
        tensors = {"steps": self.steps, **self.settings}
        for name, state in self.state.items():
            tensors |= {f"{key}/{name}": kept for key, kept in state.items()}
        return {name: x.numpy() for name, x in tensors.items()}

    def load_state_dict(self, state: Mapping[str, Array], params: Mapping[str, Tensor]) -> Self:
        """Takes over what `state_dict` gave, for these parameters.

        Raises:
            StateError: naming what is missing or unknown; nothing is then taken over.
        """
        fresh = {name: self.start(parameter) for name, parameter in params.items()}
        started = fresh
        if not np.any(state.get("steps", 0)) and not any("/" in name for name in state):
            started = {}  # saved before the first step: there was nothing to remember yet
        own = {"steps": self.steps, **self.settings}
        for name, remembered in started.items():
            own |= {f"{key}/{name}": kept for key, kept in remembered.items()}
        problems = differences({name: x.shape for name, x in own.items()}, state)
        if problems:
            raise StateError(
                f"this state is not of {self!r} with these parameters", got="; ".join(problems)
            )
        taken = {name: tensor(state[name], x.dtype) for name, x in own.items()}
        for name, x in own.items():
            x.assign(taken[name])
        # A compiled step has found the tensors that are there: they take over the numbers.
        self.state = {
            name: _taken_over(self.state.get(name), remembered)
            for name, remembered in (fresh if self.state else started).items()
        }
        return self

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={float(x):g}" for name, x in self.settings.items())
        return f"{type(self).__name__}({settings})"


def _taken_over(held: State | None, new: State) -> State:
    """The numbers of a new state, in the tensors that are held if these are of the same kind."""
    if held is None or _kinds(held) != _kinds(new):
        return new
    for key, kept in held.items():
        kept.assign(new[key])
    return held


def _kinds(state: State) -> dict[str, Spec]:
    return {key: Spec(x.shape, x.dtype) for key, x in state.items()}
