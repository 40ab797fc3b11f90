"""Module: something with parameters and a formula. Layers and whole networks alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, StateError
from badak.base.named import differences
from badak.base.shapes import Shape
from badak.core import Parameter, Tensor, tensor

Observer = Callable[["Module", tuple[Any, ...], Tensor], None]

_observers: ContextVar[tuple[Observer, ...]] = ContextVar("observers", default=())


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Calls `observer(module, inputs, output)` after each module that runs inside.

    For looking without touching: statistics of activations, the first NaN, a table of shapes.
    Observers outside of this one go on looking.

    >>> net = bd.nn.Sequential(bd.nn.Linear(2, 3), bd.nn.ReLU())
    >>> with observing(lambda module, inputs, output: print(module.describe(), output.shape)):
    ...     y = net[0](bd.zeros((4, 2)))
    2 -> 3 (4, 3)
    """
    token = _observers.set((*_observers.get(), observer))
    try:
        yield
    finally:
        _observers.reset(token)


class Module:
    """Base of layers and networks: write `forward`, and set tensors and modules as attributes.

    What is an attribute is found, in the order in which it was set: a `Parameter` is learned, any
    other tensor is a buffer (kept and saved, not learned), a module is a child. Lists, tuples and
    dicts of these count too.

    >>> class Perceptron(Module):
    ...     def __init__(self):
    ...         self.weight = bd.parameter([0.5, 0.5])
    ...         self.bias = bd.parameter(-0.7)
    ...     def forward(self, x):
    ...         return x @ self.weight + self.bias > 0
    >>> gate = Perceptron()
    >>> list(gate.parameters())
    ['weight', 'bias']
    >>> gate(bd.tensor([[0.0, 1.0], [1.0, 1.0]]))
    tensor([False,  True], dtype=bool)
    """

    def forward(self, *inputs: Any) -> Tensor:
        """The formula; `module(x)` calls it."""
        raise StateError(f"{type(self).__name__} has no forward", hint="def forward(self, x): ...")

    def __call__(self, *inputs: Any) -> Tensor:
        output = self.forward(*inputs)
        for observer in _observers.get():
            observer(self, inputs, output)
        return output

    def build(self, input_shape: Shape) -> None:
        """Fills in the sizes that were left open (None), from the shape of an input.

        `Sequential(..., input_shape=...)` calls it. Layers with nothing open ignore it.
        """

    # ------------------------------------------------------------------ what it holds

    def children(self) -> dict[str, Module]:
        """The modules it is made of, by name."""
        return {name: value for name, value in self._members() if isinstance(value, Module)}

    def named_modules(self) -> dict[str, Module]:
        """This module (named "") and all modules below it, each once, parents first."""
        found: dict[str, Module] = {}
        seen: dict[int, bool] = {}
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen[id(module)] = True
            found[path] = module
            below = [(_join(path, name), child) for name, child in module.children().items()]
            stack.extend(reversed(below))
        return found

    def parameters(self) -> dict[str, Parameter]:
        """All that is learned, by name: "0.weight", "0.bias", ... A shared one is listed once."""
        return {name: x for name, x in self._tensors() if isinstance(x, Parameter)}

    def buffers(self) -> dict[str, Tensor]:
        """All that is kept but not learned, by name: running statistics, random counters."""
        return {name: x for name, x in self._tensors() if not isinstance(x, Parameter)}

    def parameter_count(self) -> int:
        """How many numbers are learned.

        >>> bd.nn.Linear(784, 10).parameter_count()
        7850
        """
        return sum(x.size for x in self.parameters().values())

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self).items():
            yield from _unpacked(name, value)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        seen: dict[int, bool] = {}
        for path, module in self.named_modules().items():
            for name, value in module._members():
                if isinstance(value, Tensor) and id(value) not in seen:
                    seen[id(value)] = True
                    yield _join(path, name), value

    # ------------------------------------------------------------------ its state

    def state_dict(self) -> dict[str, Array]:
        """Parameters and buffers as arrays (copies), by name."""
        return {name: x.numpy() for name, x in self._tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> Self:
        """Takes over parameters and buffers from arrays.

        Raises:
            StateError: naming all that is missing, unknown or of another shape; nothing is then
                taken over.
        """
        own = dict(self._tensors())
        problems = differences({name: x.shape for name, x in own.items()}, state)
        if problems:
            raise StateError(
                "these weights are of another model",
                got="; ".join(problems),
                hint="build the model that was saved",
            )
        taken = {name: tensor(state[name], x.dtype) for name, x in own.items()}
        for name, x in own.items():
            x.assign(taken[name])
        return self

    def to(self, dtype: Any) -> Self:
        """Converts all parameters and float buffers to a float dtype, in place.

        A 0-d buffer stays as it is: it takes the width of what it is computed with.

        >>> bd.nn.Linear(2, 1).to("float64").weight.dtype
        dtype('float64')
        """
        kind = dtypes.as_dtype(dtype)
        if not dtypes.is_float(kind):
            raise DTypeError("a module computes in floats", expected="float32 or float64", got=kind)
        for _, x in self._tensors():
            if isinstance(x, Parameter) or (x.ndim and dtypes.is_float(x.dtype)):
                x.renew(x.data.astype(kind))
                x.grad = None
        return self

    # ------------------------------------------------------------------ how it reads

    def describe(self) -> str:
        """What stands between the brackets of its name: sizes and settings."""
        return ""

    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self.describe()}"
        children = self.children()
        if not children:
            return head + ")"
        rows = [f"  {name}: {child!r}".replace("\n", "\n  ") for name, child in children.items()]
        return "\n".join([head, *rows, ")"])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unpacked(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What lists, tuples and dicts hold, however deep: `blocks.0.norm`."""
    if isinstance(value, list | tuple | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _unpacked(f"{name}.{key}", item)
    else:
        yield name, value


def require_float(x: Any, who: str) -> None:
    """A layer with weights computes in floats.

    Raises:
        DTypeError: for an input of whole numbers or booleans.
    """
    kind = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    if kind.kind != "f":
        hints = {"c": ".real, or two channels", "u": "x.astype('float32') / 255 for pixels"}
        hint = hints.get(kind.kind, "x.astype('float32')" if kind.kind in "bi" else None)
        raise DTypeError(f"{who} needs floats", got=kind, hint=hint)
