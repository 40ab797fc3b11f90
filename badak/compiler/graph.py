"""The Graph: a tensor program as equations, each naming a primitive. The grammar on a screen.

    graph    ::=  graph(input, ...) { equation ... return atom, ... }
    input    ::=  name: dtype[size,...]
    equation ::=  name: dtype[size,...] = primitive(atom, ..., attribute=literal, ...)
    atom     ::=  name | number: dtype | data("...", dtype[size,...])

Every value is computed once and has a known shape and dtype (static single assignment); equations
stand in an order in which each can be computed. Nothing in a graph changes: a pass makes a new one.

    graph(a: float32[100,784], b: float32[784,50]) {
      c: float32[100,50] = matmul(a, b)
      d: float32[100,50] = maximum(c, 0.0: float32)
      return d
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
    """A tensor that a graph takes in or computes: known by identity, described by its spec."""

    spec: Spec

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

    def is_all(self, number: float) -> bool:
        """Whether every element has the bits of that number (so -0.0 is not 0.0)."""
        one = np.asarray(number, self.dtype)
        return bool(self.data.size) and all(x.tobytes() == one.tobytes() for x in self.data.flat)


Atom = Value | Constant


@dataclass(frozen=True, eq=False, slots=True)
class Equation:
    """`output = primitive(inputs, attributes)`."""

    primitive: str
    inputs: tuple[Atom, ...]
    attributes: tuple[tuple[str, Any], ...]
    output: Value

    def with_inputs(self, inputs: tuple[Atom, ...]) -> Equation:
        """The same equation, reading other atoms."""
        return replace(self, inputs=inputs)


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """A program: what comes in, what is computed in order, what goes out."""

    inputs: tuple[Value, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Atom, ...]
