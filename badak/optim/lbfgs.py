"""L-BFGS: a second-order method for a loss that can be asked again, of all examples at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, StateError
from badak.base.named import differences
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.core import Tensor, grad
from badak.optim.line_search import Point, strong_wolfe

Loss = Callable[[], Tensor]

_FLAT = 1e-10
"""A pair of moves is remembered only where the loss curves upwards by more than this."""


class LBFGS:
    """Newton's direction, from the last moves and what they did to the gradient.

    Asks for the loss several times per step, so it is for small problems with all their examples
    (no batches, no dropout), where it is often by far the fastest. It runs in NumPy, with loss and
    gradient of Badak. Liu and Nocedal, "On the limited memory BFGS method for large scale
    optimization" (1989). Defaults and the course of a step as PyTorch's.

    Args:
        lr: the step in Newton's direction: 1, unless the loss is noisy.
        max_iter: how many moves a step makes at most.
        max_eval: how often a step asks for the loss at most; None: 1.25 max_iter.
        tolerance_grad: ends a step when no gradient is larger.
        tolerance_change: ends a step when neither a parameter nor the loss moves more.
        history_size: how many moves are remembered.
        line_search_fn: "strong_wolfe" looks for a good length of each move; None: lr.

    Raises:
        RangeError: when a setting is out of its range.
        DTypeError: when it is no number.

    >>> w = bd.parameter([-1.2, 1.0], "float64")
    >>> def rosenbrock():
    ...     return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    >>> loss = LBFGS(line_search_fn="strong_wolfe").minimize(rosenbrock, {"w": w})
    >>> np.round(w, 3)
    array([1., 1.])
    """

    def __init__(
        self,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise RangeError(
                "LBFGS: unknown line search",
                expected='"strong_wolfe" or None',
                got=repr(line_search_fn),
            )
        self.lr = real(lr, "LBFGS: lr", above=0)
        self.max_iter = positive(max_iter, "LBFGS: max_iter")
        evaluations = self.max_iter * 5 // 4 if max_eval is None else max_eval
        self.max_eval = positive(evaluations, "LBFGS: max_eval")
        self.tolerance_grad = real(tolerance_grad, "LBFGS: tolerance_grad", at_least=0)
        self.tolerance_change = real(tolerance_change, "LBFGS: tolerance_change", at_least=0)
        self.history_size = positive(history_size, "LBFGS: history_size")
        self.line_search_fn = line_search_fn
        self.iterations = 0
        self._moves: list[Array] = []  # s
        self._bends: list[Array] = []  # y
        self._scale = 1.0
        self._last: tuple[Array, Array] | None = None  # the last gradient, and the move after it

    def step(self, loss: Loss, params: Mapping[str, Tensor]) -> float:
        """Up to `max_iter` moves. Returns the loss before them.

        Args:
            loss: computes it from the parameters as they are.
            params: tensors by name.

        Raises:
            StateError: when the loss or its gradient is not finite where the step begins; nothing
                has then changed.
            DTypeError: when the loss is no tensor.
        """
        here = self._look(loss, params)
        if not (math.isfinite(here[0]) and np.isfinite(here[1]).all()):
            raise StateError(
                "LBFGS: the loss or its gradient is not finite", got=f"a loss of {here[0]:g}"
            )
        first, evaluations, moves = here[0], 1, 0
        while np.abs(here[1]).max(initial=0.0) > self.tolerance_grad:
            value, gradient = here
            direction = self._direction(gradient)
            slope = float(gradient @ direction)
            if slope > -self.tolerance_change:
                break
            steepest = self.iterations == 0
            t = min(1.0, 1.0 / np.abs(gradient).sum()) * self.lr if steepest else self.lr
            self.iterations += 1
            moves += 1
            if self.line_search_fn is None:
                start = flat(params)
                put(params, start + t * direction)
                if moves == self.max_iter:
                    self._last = gradient, t * direction
                    break
                here, calls = self._look(loss, params), 1
            else:
                most = self.max_eval - evaluations
                here, t, calls = self._search(loss, params, here, direction, t, most)
            self._last = gradient, t * direction
            evaluations += calls
            if moves == self.max_iter or evaluations >= self.max_eval:
                break
            if np.abs(t * direction).max() <= self.tolerance_change:
                break
            if abs(here[0] - value) < self.tolerance_change:
                break
        return first

    def minimize(self, loss: Loss, params: Mapping[str, Tensor], steps: int = 100) -> float:
        """Steps until the loss stays where it is. Returns the last loss.

        Args:
            loss: computes it from the parameters as they are.
            params: tensors by name.
            steps: how many steps at most.

        Raises:
            StateError: when the loss or its gradient is not finite where a step begins.
        """
        value = math.inf
        for _ in range(positive(steps, "LBFGS: steps")):
            before, value = value, self.step(loss, params)
            if before - value <= self.tolerance_change:
                break
        return float(loss())

    # ------------------------------------------------------------------ parts of a step

    def _look(self, loss: Loss, params: Mapping[str, Tensor]) -> tuple[float, Array]:
        value = loss()
        if not isinstance(value, Tensor):
            raise DTypeError("LBFGS: the loss is a tensor", got=type(value).__name__)
        return float(value), flat(grad(value, dict(params)))

    def _search(
        self,
        loss: Loss,
        params: Mapping[str, Tensor],
        here: tuple[float, Array],
        direction: Array,
        t: float,
        most: int,
    ) -> tuple[tuple[float, Array], float, int]:
        """The loss and gradient after a move of the right length, that length, and the calls."""
        start = flat(params)

        def at(t: float) -> Point:
            put(params, start + t * direction)
            value, gradient = self._look(loss, params)
            bad = not (math.isfinite(value) and np.isfinite(gradient).all())
            return Point(t, math.inf if bad else value, gradient, float(gradient @ direction))

        origin = Point(0.0, here[0], here[1], float(here[1] @ direction))
        try:
            found, calls = strong_wolfe(at, origin, t, float(np.abs(direction).max()), most)
        except BaseException:
            put(params, start)
            raise
        put(params, start + found.t * direction)
        return (found.loss, found.gradient), found.t, calls

    def _direction(self, gradient: Array) -> Array:
        """Minus the inverse of the Hessian, as far as it is known, times the gradient."""
        if self._last is not None:
            before, move = self._last
            self._last = None
            bend = gradient - before
            curvature = float(bend @ move)
            if curvature > _FLAT:
                keep = self.history_size - 1
                self._bends = [*self._bends[len(self._bends) - keep if keep else None :], bend]
                self._moves = [*self._moves[len(self._moves) - keep if keep else None :], move]
                self._scale = curvature / float(bend @ bend)
        q = -gradient
        pairs = list(zip(self._moves, self._bends, strict=True))
        shares = []
        for s, y in reversed(pairs):
            share = float(s @ q) / float(y @ s)
            q = q - share * y
            shares.append(share)
        q = self._scale * q
        for (s, y), share in zip(pairs, reversed(shares), strict=True):
            q = q + (share - float(y @ q) / float(y @ s)) * s
        return q

    # ------------------------------------------------------------------ its state

    def state_dict(self) -> dict[str, Array]:
        """All it remembers as arrays by name."""
        state = {"iterations": np.asarray(self.iterations), "scale": np.asarray(self._scale)}
        if self._moves:
            state |= {"moves": np.array(self._moves), "bends": np.array(self._bends)}
        if self._last is not None:
            state |= {"gradient": self._last[0].copy(), "move": self._last[1].copy()}
        return state

    def load_state_dict(self, state: Mapping[str, Array]) -> LBFGS:
        """Takes over what `state_dict` gave.

        Raises:
            StateError: naming what is missing or unknown; nothing is then taken over.
        """
        own: dict[str, Any] = {"iterations": (), "scale": ()}
        for first, second in (("gradient", "move"), ("moves", "bends")):
            if first in state:
                own |= dict.fromkeys((first, second), np.shape(state[first]))
        problems = differences(own, state)
        if problems:
            raise StateError("this state is not of LBFGS", got="; ".join(problems))
        self.iterations, self._scale = int(state["iterations"]), float(state["scale"])
        self._last, self._moves, self._bends = None, [], []
        if "gradient" in state:
            self._last = np.array(state["gradient"]), np.array(state["move"])
        if "moves" in state:
            self._moves, self._bends = [*np.array(state["moves"])], [*np.array(state["bends"])]
        return self

    def __repr__(self) -> str:
        search = "" if self.line_search_fn is None else f", line_search_fn={self.line_search_fn!r}"
        return f"LBFGS(lr={self.lr:g}, max_iter={self.max_iter}{search})"


def flat(tensors: Mapping[str, Tensor]) -> Array:
    """All values laid end to end, in float64."""
    parts = [x.data.astype(dtypes.float64).ravel() for x in tensors.values()]
    return np.concatenate(parts) if parts else np.zeros(0)


def put(params: Mapping[str, Tensor], values: Array) -> None:
    """The parameters take over values laid end to end."""
    begin = 0
    for x in params.values():
        x.assign(values[begin : begin + x.size].reshape(x.shape))
        begin += x.size
