"""Small graphs made equation by equation, and what their programs give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.shapes import Shape, Spec
from badak.compiler.graph import Atom, Equation, Graph, Value
from badak.compiler.programs.program import Program
from badak.core.primitive import find


def value(shape: Shape, dtype: Any = "float32") -> Value:
    return Value(Spec(shape, np.dtype(dtype)))


def equation(primitive: str, *inputs: Atom, **attributes: Any) -> Equation:
    """An equation whose output has the shape and dtype that the primitive infers."""
    spec = find(primitive).infer(*(x.spec for x in inputs), **attributes)
    return Equation(primitive, inputs, tuple(attributes.items()), Value(spec))


def graph_of(inputs: Sequence[Value], equations: Sequence[Equation]) -> Graph:
    """A graph that returns the output of the last equation."""
    return Graph(tuple(inputs), tuple(equations), (equations[-1].output,))


def computed(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of a graph as machine code gives them."""
    program = Program(graph, len(arrays))
    program.run([np.ascontiguousarray(x).reshape(x.shape) for x in arrays])
    return [np.array(program.output(i)) for i in range(len(graph.outputs))]


def kernels(graph: Graph) -> list[str]:
    """The names of the kernels that a graph is compiled to."""
    return [kernel.name for kernel in Program(graph).kernels]


def normal(graph: Graph, seed: int = 0) -> list[Array]:
    """Random numbers for the inputs of a graph."""
    noise = np.random.default_rng(seed)
    return [noise.normal(size=x.shape).astype(x.dtype) for x in graph.inputs]
