"""The second interpreter: instead of computing, it writes equations down.

`trace(fn, arguments)` runs a function once with stand-ins for its arguments and gives the graph of
what it did: forward, backward and update alike, since all of them are operations that pass the
gate. Tensors that the function reads without being given them (parameters, optimizer state, running
statistics, random counters) are found on the way; they and those it assigns are the program's
state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from badak.base import tree
from badak.base.context import observing_assignments
from badak.base.dtypes import DType
from badak.base.errors import StateError
from badak.base.shapes import Shape, Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.core.dispatch import interpreting
from badak.core.primitive import Primitive
from badak.core.tensor import Literal, Tensor


class Ghost:
    """Stands in for an array while a function is traced: a shape and a dtype, no numbers."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def shape(self) -> Shape:
        return self.value.shape

    @property
    def dtype(self) -> DType:
        return self.value.dtype

    def __repr__(self) -> str:
        return f"Ghost({self.value.shape}, {self.value.dtype})"

    def __getattr__(self, name: str) -> NoReturn:
        raise _unknown_number(name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise _unknown_number("its numbers")


def _unknown_number(what: str) -> StateError:
    return StateError(
        f"a compiled function cannot look at the numbers of a tensor ({what})",
        expected="operations on tensors alone: the function runs once, without numbers",
        hint="bd.where for a choice by value; float(), print() and if outside of the function",
    )


@dataclass(frozen=True)
class Traced:
    """A function as a program.

    Attributes:
        graph: its inputs are the arguments, then the state; its outputs the results, then the
            new numbers of what was assigned.
        state: the tensors that are read from outside, in the order of the graph's inputs.
        assigned: the tensors that take over the last outputs.
        result: what the function returned, with the numbers of graph outputs in place of tensors.
    """

    graph: Graph
    state: tuple[Tensor, ...]
    assigned: tuple[Tensor, ...]
    result: Any


class _Tracer:
    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.state: dict[int, tuple[Tensor, Value]] = {}
        self.origins: dict[int, tuple[Tensor, Any, int]] = {}

    def __call__(
        self, primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Ghost:
        output = Value(spec)
        inputs = tuple(self.atom(x) for x in tensors)
        self.equations.append(Equation(primitive.name, inputs, tuple(attributes.items()), output))
        return Ghost(output)

    def atom(self, x: Tensor) -> Atom:
        if isinstance(x.data, Ghost):
            return x.data.value
        if isinstance(x, Literal):
            return Constant(x.data)
        if id(x) in self.origins and self.origins[id(x)][1] is not x.data:
            return Constant(x.data)  # it was assigned numbers that are known
        if id(x) not in self.state:
            self.state[id(x)] = (x, Value(Spec(x.shape, x.dtype)))
        return self.state[id(x)][1]

    def assigning(self, x: Tensor) -> None:
        if id(x) not in self.origins:
            self.origins[id(x)] = (x, x.data, x.version)

    def restore(self) -> None:
        for x, data, version in self.origins.values():
            x.data, x.version = data, version


def trace(fn: Callable[..., Any], arguments: list[Tensor]) -> Traced:
    """Runs the function on stand-ins for its arguments and writes down what it does.

    Nothing is computed, and no tensor has changed when this returns.

    Args:
        fn: a function of tensors.
        arguments: examples of its arguments; only their shapes and dtypes matter.

    Raises:
        StateError: when the function looks at the numbers of a tensor, or calls backward().
    """
    tracer = _Tracer()
    inputs = [Value(Spec(x.shape, x.dtype)) for x in arguments]
    ghosts = [Tensor(Ghost(value)) for value in inputs]
    try:
        with interpreting(tracer), observing_assignments(tracer.assigning):
            returned = fn(*ghosts)
        return _finished(tracer, inputs, returned)
    finally:
        tracer.restore()


def _finished(tracer: _Tracer, inputs: list[Value], returned: Any) -> Traced:
    outputs: list[Atom] = []

    def place(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        outputs.append(tracer.atom(leaf))
        return Place(len(outputs) - 1)

    result = tree.map_leaves(place, returned)
    assigned = [x for x, _, _ in tracer.origins.values()]
    outputs += [tracer.atom(x) for x in assigned]
    for x, _ in tracer.state.values():
        if x.grad is not None and isinstance(x.grad.data, Ghost):
            x.grad = None
            raise StateError(
                "backward() leaves gradients behind, which a compiled function cannot",
                hint="grads = bd.grad(loss, params)",
            )
    state_inputs = [value for _, value in tracer.state.values()]
    graph = Graph((*inputs, *state_inputs), tuple(tracer.equations), tuple(outputs))
    return Traced(graph, tuple(x for x, _ in tracer.state.values()), tuple(assigned), result)


@dataclass(frozen=True)
class Place:
    """Where in the outputs of a graph a returned tensor stands."""

    output: int
