"""What all optimizers share: the loop over named parameters, and a state of named tensors.

An update rule is two pure methods:

    start(parameter) -> state
    advance(parameter, gradient, state, step) -> (new parameter, new state)

Both are formulas in tensors, without side effects. The base class owns the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self, Unpack

import numpy as np

from badak.base import dtypes
from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.errors import StateError, unknown_name
from badak.base.named import differences
from badak.base.shapes import positive
from badak.core import Tensor, tensor, zeros
from badak.core.dispatch import tracing
from badak.ops import floor, where
from badak.optim.arguments import as_gradient, check_names
from badak.optim.gradients import (
    Gradients,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    norm_constraint,
    soft_threshold,
)
from badak.optim.setting import Choice, LearningRate, Setting
from badak.optim.shared import OF_GROUPS, Shared, as_groups, belongs, group_numbers
from badak.optim.state import State, taken_over
from badak.optim.swap import swapped
from badak.optim.weight_average import as_average

Rate = Callable[[Tensor], Tensor]
"""A schedule: a learning rate for each step, in operations on tensors."""

_NUMBERS = (*OF_GROUPS, "clip_global_norm")
_CHOICES = ("decoupled_weight_decay", "groups", "accumulate", "average")

_AVERAGE, _SUM = "weight_average", "gradient_sum"


class Optimizer(ABC):
    """Moves parameters along their gradients. A rule of your own is two methods.

    Every optimizer takes these keywords besides its own settings. Numbers of 0 mean: without.

    Args:
        lr: the learning rate, or a schedule: a function of the step, such as those of
            `optim.schedules`.
        weight_decay: adds weight_decay W to the gradient, the slope of weight_decay / 2 |W|^2 (L2).
        decoupled_weight_decay: shrinks the weights themselves instead, by lr weight_decay W, so
            that no rule rescales it. Loshchilov and Hutter, "Decoupled Weight Decay" (2019).
        l1: the strength of |W|: after each update all values move towards 0 by lr l1 and stop
            there, so that many become 0 exactly (the proximal step; Parikh and Boyd, 2014).
        clip_value, clip_norm, clip_global_norm: limits for each value of a gradient, for the norm
            of each gradient, and for the norm of all of them; see `optim.clip_by_value` and so on.
            They come before the weight decay.
        max_norm: a limit for the norm of the weights of each unit after the update; see
            `optim.norm_constraint`. Parameters of one axis are left alone.
        groups: settings of some parameters alone, by tag or pattern of names; of several that fit,
            the last counts: `groups={"bias": {"weight_decay": 0}, "head.*": {"lr": 0.1}}`, or
            `groups=optim.NO_DECAY`.
        accumulate: the parameters move after so many gradients, along their mean.
        average: `optim.EMA` or `optim.SWA` keeps an average of the weights; see `averaged`.

    Attributes:
        lr: the learning rate; assign a number to change it. With a schedule: that of the next step.
        steps: how many gradients it was given.
        settings: the numbers that steer the rule, by name, as 0-d tensors.
        state: what the rule remembers for each parameter, by name.

    Raises:
        RangeError: when a setting is out of its range, or a group names an unknown one.
        DTypeError: for what is no number, no group, no average.

    >>> class SignDescent(Optimizer):
    ...     def start(self, parameter):
    ...         return {}
    ...     def advance(self, parameter, gradient, state, step):
    ...         return parameter - self.lr * gradient.sign(), {}
    >>> w = bd.parameter([1.0, 1.0])
    >>> SignDescent(lr=0.5).update({"w": w}, {"w": bd.tensor([25.0, -0.1])})
    >>> w.tolist()
    [0.5, 1.5]
    """

    lr = LearningRate(above=0)
    weight_decay = Setting(optional=True, at_least=0)
    l1 = Setting(optional=True, at_least=0)
    clip_value = Setting(optional=True, at_least=0)
    clip_norm = Setting(optional=True, at_least=0)
    clip_global_norm = Setting(optional=True, at_least=0)
    max_norm = Setting(optional=True, at_least=0)
    decoupled_weight_decay = Choice(False, True)
    groups = Choice({}, check=as_groups)
    accumulate = Choice(1, check=positive)
    average = Choice(None, check=as_average)

    decays_itself = False
    """Whether the weight decay is part of the rule."""

    def __init__(self, lr: float | Rate, **shared: Unpack[Shared]) -> None:
        self.settings: dict[str, Tensor] = {}
        self.choices: dict[str, Any] = {}
        self.decided: dict[str, bool] = {}
        self.schedule: Rate | None = None
        self.in_force: dict[str, Tensor] = {}
        self.state: dict[str, State] = {}
        self.steps = Tensor(np.asarray(0, dtypes.int64))
        self._is_at_point = False
        self.lr = lr
        for name in shared:
            if name not in Shared.__annotations__:
                known = Shared.__annotations__
                raise unknown_name(f"setting of {type(self).__name__}", name, known)
        for name in _NUMBERS:
            setattr(self, name, shared.get(name, 0.0))
        for name in _CHOICES:
            setattr(self, name, shared.get(name, getattr(self, name)))
        self._overrides = {
            group: group_numbers(self, group, given) for group, given in self.groups.items()
        }

    @abstractmethod
    def start(self, parameter: Tensor) -> State:
        """What the rule remembers of a parameter before the first step."""

    @abstractmethod
    def advance(
        self, parameter: Tensor, gradient: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, State]:
        """The parameter and the state after one step; `step` counts from 1."""

    def point(self, parameter: Tensor, state: State) -> Tensor:
        """Where the rule wants the gradient: at the parameter itself, unless it looks ahead."""
        return parameter

    def uses(self, name: str) -> bool:
        """Whether a rule does with an optional setting, or with the one of its group."""
        return name in (self.in_force or self.settings)

    # ------------------------------------------------------------------ one step

    @contextmanager
    def gradient_point(self, params: Mapping[str, Tensor]) -> Iterator[None]:
        """The parameters stand where the rule wants their gradient, and then again where they were.

        Only `Nesterov` looks ahead; for the others nothing happens. The trainer does this itself.

        >>> w, opt = bd.parameter([1.0]), optim.Nesterov(lr=0.1, momentum=0.5)
        >>> for _ in range(2):
        ...     with opt.gradient_point({"w": w}):
        ...         grads = bd.grad((w * w).sum(), {"w": w})
        ...     opt.update({"w": w}, grads)
        >>> round(w.item(), 4)  # 0.8 after the first step; then the gradient is that of 0.7
        0.56
        """
        if not self._looks_ahead:
            yield
            return
        with no_grad():
            lr = self.scheduled(self.steps + 1)
            ahead = {}
            for name, x in params.items():
                with self._setting_for(name, x, lr):
                    ahead[name] = self.point(x, self._held(name, x))
        with swapped(params, ahead):
            yield
        self._is_at_point = True

    @property
    def _looks_ahead(self) -> bool:
        return type(self).point is not Optimizer.point

    def update(self, params: Mapping[str, Tensor], grads: Mapping[str, Any]) -> None:
        """One step: assigns new values to the parameters.

        Args:
            params: tensors by name, as `net.parameters()` gives them.
            grads: their gradients under the same names, as `bd.grad(loss, params)` gives them.

        Raises:
            StateError: when there is no parameter, or a gradient is missing or not finite, or was
                not taken at the `gradient_point` that the rule wants.
            ShapeError: when a gradient has another shape than its parameter.
            RangeError: when one parameter stands under two names.

            Nothing has then changed.
        """
        owner = type(self).__name__
        check_names(owner, params, grads)
        if self._looks_ahead and not self._is_at_point:
            raise StateError(
                f"{owner} looks ahead: its gradients are not those at the parameters",
                hint="with opt.gradient_point(params): grads = bd.grad(loss(), params)",
            )
        gradients = {
            name: as_gradient(owner, name, x, grads[name], lambda: self.lr)
            for name, x in params.items()
        }
        self._is_at_point = False
        with no_grad():
            count = self.steps + 1
            step, due = count, None
            if self.accumulate > 1:
                step, due = self._turn(count)
                gradients = self._gathered(params, gradients, due)
            lr = self.scheduled(step)
            if any(name.startswith("clip_") for name in self.settings):
                gradients = self._clipped(params, gradients, lr)
            for name, x in params.items():
                held = self._held(name, x)
                with self._setting_for(name, x, lr):
                    new, state = self._advanced(x, gradients[name], held, step)
                if due is not None:
                    new = where(due, new, x)
                    state = {k: where(due, value, held[k]) for k, value in state.items()}
                x.assign(new)
                for key in state:
                    held[key].assign(state[key])
            self.steps.assign(count)

    def _advanced(
        self, parameter: Tensor, gradient: Tensor, held: State, step: Tensor
    ) -> tuple[Tensor, State]:
        """One step of the rule, and what surrounds it."""
        decays = self.uses("weight_decay") and not self.decays_itself
        if decays and not self.decoupled_weight_decay:
            gradient = gradient + self.weight_decay * parameter
        new, state = self.advance(parameter, gradient, held, step)
        if decays and self.decoupled_weight_decay:
            new = new - self.lr * self.weight_decay * parameter
        if self.uses("l1"):
            new = soft_threshold(new, self.lr * self.l1)
        if self.uses("max_norm") and parameter.ndim > 1:
            new = norm_constraint(new, self.max_norm)
        if self.average is not None:
            share = self.average.share(step.astype(dtypes.float64))
            state = {**state, _AVERAGE: (1.0 - share) * held[_AVERAGE] + share * new}
        return new, state

    def _clipped(self, params: Mapping[str, Tensor], gradients: Gradients, lr: Tensor) -> Gradients:
        clipped: Gradients = {}
        for name, x in params.items():
            one = {name: gradients[name]}
            with self._setting_for(name, x, lr):
                if self.uses("clip_value"):
                    one = clip_by_value(one, self.clip_value)
                if self.uses("clip_norm"):
                    one = clip_by_norm(one, self.clip_norm)
            clipped |= one
        if self.uses("clip_global_norm"):
            clipped = clip_by_global_norm(clipped, self.clip_global_norm)
        return clipped

    # ------------------------------------------------------------------ several gradients a step

    def _turn(self, count: Tensor) -> tuple[Tensor, Tensor]:
        """Which step gradient number `count` belongs to, and whether it is the last of that."""
        step = floor((count - 1).astype(dtypes.float64) / self.accumulate) + 1.0
        return step.astype(dtypes.int64), step * self.accumulate == count

    def _gathered(
        self, params: Mapping[str, Tensor], gradients: Gradients, due: Tensor
    ) -> Gradients:
        """The means of the gradients since the last step; they are summed in the state."""
        means = {}
        for name, x in params.items():
            total = self._held(name, x)[_SUM]
            means[name] = (total + gradients[name]) / self.accumulate
            total.assign(where(due, 0.0, total + gradients[name]))
        return means

    # ------------------------------------------------------------------ settings

    def scheduled(self, step: Tensor) -> Tensor:
        """The learning rate of a step, which counts from 1."""
        if self.schedule is None:
            return self.settings["lr"]
        return self.schedule((step - 1).astype(dtypes.float64))

    @contextmanager
    def _setting_for(self, name: str, parameter: Tensor, lr: Tensor) -> Iterator[None]:
        """Inside, settings are those of one parameter: of its groups, at this step."""
        chosen: dict[str, Tensor] = {**self.settings, "lr": lr}
        for group, numbers in self._overrides.items():
            if belongs(name, parameter, group):
                for key, number in numbers.items():
                    chosen.pop(key, None)
                    if number is not None:
                        chosen[key] = number
        self.in_force = chosen
        try:
            yield
        finally:
            self.in_force = {}

    # ------------------------------------------------------------------ its state

    def begin(self, parameter: Tensor) -> State:
        """All that is remembered of a parameter before the first step."""
        state = self.start(parameter)
        if self.average is not None:
            state[_AVERAGE] = Tensor(np.array(parameter.data))
        if self.accumulate > 1:
            state[_SUM] = zeros(parameter.shape, parameter.dtype)
        return state

    def averaged(self, params: Mapping[str, Tensor]) -> AbstractContextManager[None]:
        """Inside, the parameters hold their averages; afterwards exactly their own numbers again.

        Before the first update the average is what the parameters are.

        Raises:
            StateError: when the optimizer keeps no average.

        >>> w, opt = bd.parameter([0.0]), optim.SGD(lr=1.0, average=optim.SWA())
        >>> for _ in range(3):
        ...     opt.update({"w": w}, {"w": bd.tensor([1.0])})
        >>> with opt.averaged({"w": w}):
        ...     print(w.tolist())
        [-2.0]
        >>> w.tolist()
        [-3.0]
        """
        if self.average is None:
            raise StateError(
                f"{type(self).__name__} keeps no average of the weights",
                hint=f"{type(self).__name__}(..., average=optim.EMA(0.999))",
            )
        return swapped(params, {k: self.state[k][_AVERAGE] for k in params if k in self.state})

    def _held(self, name: str, parameter: Tensor) -> State:
        """What is remembered of a parameter, from its first step on."""
        if name not in self.state:
            with tracing(None):  # it is made once and kept, also when the step is traced
                self.state.setdefault(name, self.begin(parameter))
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
        fresh = {name: self.begin(parameter) for name, parameter in params.items()}
        started = fresh
        own: dict[str, Tensor] = {"steps": self.steps, **self.settings}
        if not np.any(state.get("steps", 0)) and not any("/" in name for name in {*state} - {*own}):
            started = {}  # saved before the first step: there was nothing to remember yet
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
            name: taken_over(self.state.get(name), remembered)
            for name, remembered in (fresh if self.state else started).items()
        }
        return self

    def __repr__(self) -> str:
        rate: Any = self.schedule
        # A function of the user's own is known by its name: its repr has an address in it.
        shown = getattr(rate, "__name__", repr(rate)) if rate else f"{float(self.lr):g}"
        parts = [f"lr={shown}"]
        names = [name for name in self.settings if name != "lr" and "[" not in name]
        names = [*(n for n in names if n not in _NUMBERS), *(n for n in names if n in _NUMBERS)]
        parts += [f"{name}={float(self.settings[name]):g}" for name in names]
        parts += [f"{name}={value!r}" for name, value in self.choices.items()]
        return f"{type(self).__name__}({', '.join(parts)})"
