"""The Graph: a tensor program as equations, each naming a primitive. The grammar on a screen.

    graph    ::=  graph(input, ...) { equation ... return atom, ... }
    input    ::=  name: type
    equation ::=  name: type = primitive(atom, ..., attribute=literal, ...)
    type     ::=  dtype[size,...]        without brackets for a single number
    atom     ::=  name | number: type | [number, ...]: type | data("...", type)

One number with a type of many stands for all of them. `data` holds bytes in base 64.

Every value is computed once and has a known shape and dtype (static single assignment); equations
stand in an order in which each can be computed. Nothing in a graph changes: a pass makes a new one.

    graph(x: float32[100,784], w: float32[784,50]) {
      a: float32[100,50] = matmul(x, w)
      b: float32[100,50] = maximum(a, 0.0: float32)
      return b
    }
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.shapes import Shape, Spec


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """A tensor that a graph takes in or computes: known by identity, described by its spec.

    The name is for readers alone; without one it is called by a letter.
    """

    spec: Spec
    name: str = ""

    @property
    def shape(self) -> Shape:
        return self.spec.shape

    @property
    def dtype(self) -> DType:
        return self.spec.dtype


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """Numbers that are part of the program."""

    data: Array

    @property
    def spec(self) -> Spec:
        return Spec(self.data.shape, self.data.dtype)

    @property
    def shape(self) -> Shape:
        return self.data.shape

    @property
    def dtype(self) -> DType:
        return self.data.dtype

    def is_all(self, number: Any) -> bool:
        """Whether there are elements, all with the bits of that number (-0.0 is not 0.0)."""
        one = np.asarray(number, self.dtype)
        return self.data.size > 0 and self.data.tobytes() == one.tobytes() * self.data.size


Atom = Value | Constant


@dataclass(frozen=True, eq=False, slots=True)
class Equation:
    """`output = primitive(inputs, attributes)`."""

    primitive: str
    inputs: tuple[Atom, ...]
    attributes: tuple[tuple[str, Any], ...]
    output: Value

    def with_inputs(self, inputs: tuple[Atom, ...]) -> Equation:
        """The same equation, reading other atoms; itself where they are the same."""
        if all(new is old for new, old in zip(inputs, self.inputs, strict=True)):
            return self
        return replace(self, inputs=inputs)


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """A program: what comes in, what is computed in order, what goes out.

    >>> graph = bd.trace(lambda x: x * 2, bd.zeros(3)).graph
    >>> [equation.primitive for equation in graph.equations]
    ['mul']
    """

    inputs: tuple[Value, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Atom, ...]
