"""A traced function as machine code with its own memory."""

from __future__ import annotations

import math

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.compiler.alone import Alone
from badak.compiler.build import Builder
from badak.compiler.engine import Code
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.compiler.llvm_text import function
from badak.compiler.loop import Buffer, Kernel
from badak.compiler.nest import Nest, supports
from badak.compiler.schedule import ALONE, schedule
from badak.compiler.view import PRIMITIVES as VIEWS

_LINE = 64
"""Buffers begin at a cache line, and are read up to the end of the last vector."""


class UnsupportedError(StateError):
    """The compiler has no kernel for a primitive; the function runs eagerly."""


def _lifted(graph: Graph) -> tuple[Graph, dict[int, Array]]:
    """Constants of several values become inputs with known numbers."""
    values: dict[int, Value] = {}
    numbers: dict[int, Array] = {}

    def lift(atom: Atom, always: bool) -> Atom:
        if isinstance(atom, Value) or (atom.data.size == 1 and not always):
            return atom
        if id(atom) not in values:
            values[id(atom)] = Value(atom.spec)
            numbers[id(values[id(atom)])] = atom.data
        return values[id(atom)]

    equations = []
    for equation in graph.equations:
        always = equation.primitive in (*ALONE, *VIEWS) and equation.primitive != "random_bits"
        inputs = tuple(lift(atom, always) for atom in equation.inputs)
        equations.append(equation.with_inputs(inputs))
    outputs = tuple(lift(atom, True) for atom in graph.outputs)
    return Graph((*graph.inputs, *values.values()), tuple(equations), outputs), numbers


def _packed(graph: Graph) -> Graph:
    """The right factor of a product is copied where its columns are no neighbours."""
    plan = schedule(graph)
    equations: list[Equation] = []
    for equation in graph.equations:
        if equation.primitive == "matmul":
            y = equation.inputs[1]
            assert isinstance(y, Value)
            seen = plan.view_of(y)
            if len(seen.shape) > 1 and seen.strides[-1] != 1 and seen.shape[-1] != 1:
                copy = Value(y.spec)
                equations.append(Equation("cast", (y,), (("dtype", y.dtype),), copy))
                equation = equation.with_inputs((equation.inputs[0], copy))
        equations.append(equation)
    return Graph(graph.inputs, tuple(equations), graph.outputs)


class Program:
    """Machine code for a graph.

    Args:
        graph: what to compute.

    Raises:
        UnsupportedError: for a primitive without a kernel.
    """

    def __init__(self, graph: Graph) -> None:
        graph, numbers = _lifted(graph)
        graph = _packed(graph)
        self.graph = graph
        self.plan = schedule(graph)
        self._check()
        self._buffers: dict[int, Buffer] = {}
        self._offsets: dict[str, int] = {}
        self._size = _LINE
        kernels = self._kernels()
        self.kernels = kernels
        self.source = function("step", kernels, self._offsets)
        self.code = Code(self.source, "step")
        memory = np.zeros(self._size + 2 * _LINE, np.uint8)
        shift = -memory.ctypes.data % _LINE
        self.arena = memory[shift : shift + self._size]
        for value in graph.inputs:
            if id(value) in numbers:
                self.array(value)[...] = numbers[id(value)]

    def _check(self) -> None:
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is not None and not supports(equation):
                    raise UnsupportedError(f"no kernel for {equation.primitive} yet")

    def _buffer(self, value: Value) -> Buffer:
        if id(value) not in self._buffers:
            name = f"b{len(self._buffers)}"
            size = math.prod(value.shape)
            buffer = Buffer(name, value.dtype, size)
            self._buffers[id(value)] = buffer
            self._offsets[name] = self._size
            self._size += -(-size * value.dtype.itemsize // _LINE) * _LINE + _LINE
        return self._buffers[id(value)]

    def _stored(self) -> dict[int, bool]:
        """The values that another group, or the world outside, reads from memory."""
        stored: dict[int, bool] = {}
        for atom in self.graph.outputs:
            if isinstance(atom, Value):
                stored[id(self.plan.view_of(atom).base)] = True
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is None or equation.primitive in ("sum", "max"):
                    stored[id(equation.output)] = True
                for atom in equation.inputs:
                    if isinstance(atom, Value):
                        base = self.plan.view_of(atom).base
                        if self.plan.makers.get(id(base)) is not group:
                            stored[id(base)] = True
        return stored

    def _kernels(self) -> list[Kernel]:
        for value in self.graph.inputs:
            self._buffer(value)
        stored = self._stored()
        kernels = []
        for group in self.plan.groups:
            b = Builder()
            if math.prod(group.domain or (1,)) == 0:
                raise UnsupportedError("no kernels for empty tensors yet")
            if group.domain is None:
                Alone(group.equations[0], self.plan, self._buffer).write(b)
            else:
                Nest(group, self.plan, self._buffer, stored).write(b)
            kernels.append(Kernel("+".join(e.primitive for e in group.equations), b.body))
        return kernels

    def array(self, value: Value) -> Array:
        """The numbers of a value as they lie in the arena."""
        seen = self.plan.view_of(value)
        buffer = self._buffer(seen.base)
        size = buffer.dtype.itemsize
        start = self._offsets[buffer.name]
        flat = self.arena[start : start + buffer.size * size].view(buffer.dtype)
        if seen.is_whole:
            return flat.reshape(value.shape)
        strides = tuple(stride * size for stride in seen.strides)
        return np.lib.stride_tricks.as_strided(flat[seen.offset :], seen.shape, strides)

    def run(self, arrays: list[Array]) -> list[Array]:
        """The outputs for these inputs, as copies."""
        for value, array in zip(self.graph.inputs, arrays, strict=False):
            self.array(value)[...] = array
        self.code.call(self.arena.ctypes.data)
        return [
            atom.data if isinstance(atom, Constant) else self.array(atom).copy()
            for atom in self.graph.outputs
        ]
