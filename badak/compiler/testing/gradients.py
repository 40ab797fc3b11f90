"""A program and its gradients, as one program: what a training step looks like to the compiler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from badak.base.random import generator
from badak.compiler.graph import Atom, Constant, Graph, Value
from badak.compiler.show import names_of
from badak.compiler.trace import trace
from badak.core.dispatch import apply
from badak.core.tensor import Literal, Parameter, Tensor
from badak.core.transforms import grad


def with_gradients(graph: Graph, seed: int = 0) -> Graph | None:
    """The outputs of a graph, and the gradients of their weighted sum with respect to its inputs.

    None where no float goes in and comes out again.

    >>> from badak.compiler import parse, show
    >>> graph = parse('''
    ... graph(x: float32) {
    ...   y: float32 = exp(x)
    ...   return y
    ... }''')
    >>> print(show(with_gradients(graph)))
    graph(x: float32) {
      a: float32 = exp(x)
      b: float32 = mul(a, 1.0: float32)
      c: float32 = mul(1.0: float32, 1.0: float32)
      d: float32 = mul(c, a)
      return a, d
    }
    """
    noise = generator(seed, "weights of outputs")

    def fn(*tensors: Tensor) -> list[Tensor] | None:
        held = {id(value): x for value, x in zip(graph.inputs, tensors, strict=True)}

        def read(atom: Atom) -> Tensor:
            return Literal(atom.data) if isinstance(atom, Constant) else held[id(atom)]

        for equation in graph.equations:
            inputs = [read(atom) for atom in equation.inputs]
            made = apply(equation.primitive, *inputs, **dict(equation.attributes))
            held[id(equation.output)] = made
        outputs = [read(atom) for atom in graph.outputs]
        parts = [_weighted(y, noise) for y in outputs if y.requires_grad and y.node is not None]
        if not parts:
            return None
        wrt = [x for x in tensors if x.requires_grad]
        return [*outputs, *grad(sum(parts[1:], start=parts[0]), wrt)]

    traced = trace(fn, *map(_example, graph.inputs))
    return None if traced.result is None else _with_names_of(graph, traced.graph)


def _example(atom: Atom) -> Tensor:
    zeros = np.zeros(atom.shape, atom.dtype)
    return Parameter(zeros) if atom.dtype.kind == "f" else Tensor(zeros)


def _with_names_of(graph: Graph, traced: Graph) -> Graph:
    """The traced graph, its inputs called as in the first one."""
    names = names_of(graph)
    renamed: dict[int, Atom] = {
        id(new): replace(new, name=names[id(old)])
        for old, new in zip(graph.inputs, traced.inputs, strict=True)
    }

    def read(atom: Atom) -> Atom:
        return renamed.get(id(atom), atom)

    equations = (e.with_inputs(tuple(map(read, e.inputs))) for e in traced.equations)
    inputs = (x for x in map(read, traced.inputs) if isinstance(x, Value))
    return Graph(tuple(inputs), tuple(equations), tuple(map(read, traced.outputs)))


def _weighted(y: Tensor, noise: np.random.Generator) -> Tensor:
    weighted = y * float(noise.choice([1.0, -1.0, 0.5, 2.0]))
    return weighted.sum() if y.ndim else weighted
