"""A traced function as machine code with its own memory."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.errors import ShapeError, StateError
from badak.compiler.alone import Alone, copy_all
from badak.compiler.build import Builder
from badak.compiler.engine import Code
from badak.compiler.graph import Atom, Equation, Graph, Value
from badak.compiler.llvm_text import function
from badak.compiler.loop import Buffer, Kernel
from badak.compiler.nest import Nest, supports
from badak.compiler.pools import pooled
from badak.compiler.schedule import ALONE, REDUCTIONS, schedule
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


def _with_own_outputs(
    graph: Graph, updates: Sequence[tuple[int, int]]
) -> tuple[Graph, list[tuple[Value, Value]]]:
    """Every update as a pair (old, new), and every output computed for that purpose alone.

    What is returned as it came in, or seen through a view, is copied: an argument does not belong
    to the program, and a state's place may be written over.
    """
    made = {id(e.output): e for e in graph.equations}
    equations = list(graph.equations)
    outputs = list(graph.outputs)
    pairs: list[tuple[Value, Value]] = []
    used: dict[int, bool] = {}
    inputs = {output: input_position for input_position, output in updates}
    for output_position, new in enumerate(graph.outputs):
        own = id(new) in made and made[id(new)].primitive not in VIEWS and id(new) not in used
        if not own:
            copy = Value(new.spec)
            equations.append(Equation("cast", (new,), (("dtype", new.dtype),), copy))
            outputs[output_position] = new = copy
        assert isinstance(new, Value), "constants were lifted"
        used[id(new)] = True
        if output_position in inputs:
            pairs.append((graph.inputs[inputs[output_position]], new))
    return Graph(graph.inputs, tuple(equations), tuple(outputs)), pairs


class Program:
    """Machine code for a graph, with its own memory.

    Args:
        graph: what to compute.
        arguments: how many of its first inputs are given at each run; the others are state, which
            stays in the program's memory from run to run.
        updates: (input, output) positions: after a run the state input has the output's numbers.

    Raises:
        UnsupportedError: for a primitive without a kernel.
    """

    def __init__(
        self, graph: Graph, arguments: int = 0, updates: Sequence[tuple[int, int]] = ()
    ) -> None:
        graph, numbers = _lifted(pooled(graph, schedule(graph)))
        graph, pairs = _with_own_outputs(_packed(graph), updates)
        self.graph = graph
        self.constants = len(numbers)
        in_place = {id(new): True for _, new in pairs}
        kept = tuple(atom for atom in graph.outputs if id(atom) not in in_place)
        self.plan = schedule(Graph(graph.inputs, graph.equations, kept), pairs)
        self._check()
        self._buffers: dict[int, Buffer] = {}
        self._offsets: dict[str, int] = {}
        self._arguments: dict[str, int] = {}
        self._size = _LINE
        self._place_inputs(arguments)
        self.kernels = [*self._kernels(), *self._copies(pairs)]
        self.source = function("step", self.kernels, self._offsets, self._arguments)
        self.code = Code(self.source)
        self._call = self.code.function("step", ctypes.c_void_p, ctypes.c_void_p)
        memory = np.zeros(self._size + 2 * _LINE, np.uint8)
        shift = -memory.ctypes.data % _LINE
        self.arena = memory[shift : shift + self._size]
        self._where = self.arena.ctypes.data
        self._pointers = (ctypes.c_void_p * max(arguments, 1))()
        self._table = ctypes.addressof(self._pointers)
        for value in graph.inputs:
            if id(value) in numbers:
                self.array(value)[...] = numbers[id(value)]

    def _check(self) -> None:
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is not None and not supports(equation):
                    raise UnsupportedError(f"no kernel for {equation.primitive} yet")

    # ------------------------------------------------------------------ memory

    def _place_inputs(self, arguments: int) -> None:
        for position, value in enumerate(self.graph.inputs):
            if position < arguments:
                name = f"argument{position}"
                self._buffers[id(value)] = Buffer(name, value.dtype, math.prod(value.shape))
                self._arguments[name] = position
            else:
                self._buffer(value)

    def _buffer(self, value: Value) -> Buffer:
        value = self.plan.shared.get(id(value), value)
        if id(value) not in self._buffers:
            size = math.prod(value.shape)
            self._buffers[id(value)] = self._scratch(value.dtype, size, shared=True)
        return self._buffers[id(value)]

    def _scratch(self, dtype: DType, size: int, shared: bool = False) -> Buffer:
        """A new buffer: for a value, or for a kernel's own use."""
        name = f"b{len(self._offsets)}"
        self._offsets[name] = self._size
        self._size += -(-size * dtype.itemsize // _LINE) * _LINE + _LINE
        buffer = Buffer(name, dtype, size)
        self._buffers[id(buffer)] = buffer
        return buffer

    def _stored(self) -> dict[int, bool]:
        """The values that another group, or the world outside, reads from memory."""
        stored: dict[int, bool] = {}
        for atom in self.graph.outputs:
            if isinstance(atom, Value):
                stored[id(self.plan.view_of(atom).base)] = True
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is None or equation.primitive in REDUCTIONS:
                    stored[id(equation.output)] = True
                for atom in equation.inputs:
                    if isinstance(atom, Value):
                        base = self.plan.view_of(atom).base
                        if self.plan.makers.get(id(base)) is not group:
                            stored[id(base)] = True
        return stored

    # ------------------------------------------------------------------ kernels

    def _kernels(self) -> list[Kernel]:
        stored = self._stored()
        kernels = []
        for group in self.plan.groups:
            b = Builder()
            if group.domain is None:
                Alone(group.equations[0], self.plan, self._buffer, self._scratch).write(b)
            else:
                Nest(group, self.plan, self._buffer, stored).write(b)
            kernels.append(Kernel("+".join(e.primitive for e in group.equations), b.body))
        return kernels

    def _copies(self, pairs: list[tuple[Value, Value]]) -> list[Kernel]:
        """What could not be computed in place is copied when all else is done."""
        kernels = []
        for old, new in pairs:
            if id(new) not in self.plan.shared:
                b = Builder()
                copy_all(b, self._buffer(new), self._buffer(old))
                kernels.append(Kernel("copy", b.body))
        return kernels

    # ------------------------------------------------------------------ running

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

    def output(self, position: int) -> Array:
        """The numbers of an output of the last run; not a copy."""
        atom = self.graph.outputs[position]
        assert isinstance(atom, Value), "constants were lifted"
        return self.array(atom)

    def run(self, arguments: Sequence[Array]) -> None:
        """One run on these arguments, which must have the shapes and dtypes of the graph's.

        Raises:
            ShapeError: when they have not; nothing is run then.
        """
        for position, (value, array) in enumerate(zip(self.graph.inputs, arguments, strict=False)):
            if (array.shape, array.dtype) != value.spec or not array.flags.c_contiguous:
                raise ShapeError(
                    f"argument {position} does not fit the program",
                    expected=f"{value.shape} {value.dtype}, row by row",
                    got=f"{array.shape} {array.dtype}",
                )
            self._pointers[position] = array.ctypes.data
        self._call(self._where, self._table)
