"""Module: something with parameters and a formula. Layers and whole networks alike."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError, StateError
from badak.base.named import differences
from badak.base.shapes import Shape
from badak.core import Parameter, Tensor, tensor, zeros
from badak.nn.observe import observed
from badak.nn.summary import Summary, summary


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

    def forward(self, *inputs: Any, **named: Any) -> Tensor:
        """The formula; `module(x)` calls it."""
        raise StateError(f"{type(self).__name__} has no forward", hint="def forward(self, x): ...")

    def __call__(self, *inputs: Any, **named: Any) -> Tensor:
        return observed(self, self.forward, inputs, named)

    def call_with(self, tensors: Mapping[str, Tensor], *inputs: Any) -> Tensor:
        """`module(*inputs)` with other tensors in the place of its own, which stay as they are.

        >>> layer = bd.nn.Linear(2, 1)
        >>> layer.call_with({"weight": bd.ones((2, 1))}, bd.tensor([[3.0, 4.0]])).detach()
        tensor([[7.]])
        """
        # A copy that shares all else: another thread may be using the module itself.
        twin = copy.copy(self)
        vars(twin).update(tensors)
        return observed(self, twin.forward, inputs, {})

    def build(self, input_shape: Shape) -> None:
        """Fills in the sizes that were left open (None), from the shape of an input.

        `Sequential(..., input_shape=...)` calls it. Layers with nothing open ignore it.
        """

    def example(self, shape: Shape) -> Tensor:
        """An input of that shape to try it with, filled with zeros.

        For a layer that takes whole numbers it is made of these.
        """
        return zeros(shape)

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

    def summary(self, input_shape: Shape) -> Summary:
        """The table of its layers for an example of that shape; see `nn.summary`."""
        return summary(self, input_shape)

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


def beside(x: Any, dtype: DType) -> Tensor:
    """x itself, or a tensor of it, whose floats are as wide as those that it will meet."""
    return x if isinstance(x, Tensor) else Tensor(as_array(x, [dtype]))


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
