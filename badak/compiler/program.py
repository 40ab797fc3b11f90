"""A traced function as machine code with its own memory."""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.errors import ShapeError, StateError
from badak.compiler.alone import Alone, copy_all
from badak.compiler.barriers import barriers
from badak.compiler.build import Builder
from badak.compiler.engine import Code, machine
from badak.compiler.footprint import footprint
from badak.compiler.graph import Atom, Equation, Graph, Value
from badak.compiler.llvm_program import program_text
from badak.compiler.llvm_team import team_text
from badak.compiler.loop import Buffer, Kernel
from badak.compiler.memory import LINE, plan
from badak.compiler.nest import Nest, supports
from badak.compiler.pools import pooled
from badak.compiler.schedule import ALONE, REDUCTIONS, schedule
from badak.compiler.team import TEAM
from badak.compiler.view import PRIMITIVES as VIEWS

_SCAN = (
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
)  # fmt: skip
"""What `@scan` takes: see llvm_team."""

_LOOK = 0.05
"""Seconds between two looks at a run that is watched."""


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
        workers: how many threads it runs with; None for as many as there are.

    Raises:
        UnsupportedError: for a primitive without a kernel.
    """

    def __init__(
        self,
        graph: Graph,
        arguments: int = 0,
        updates: Sequence[tuple[int, int]] = (),
        workers: int | None = None,
    ) -> None:
        graph, numbers = _lifted(pooled(graph, schedule(graph)))
        graph, pairs = _with_own_outputs(_packed(graph), updates)
        self.graph = graph
        self.constants = len(numbers)
        self.workers = workers or TEAM.threads
        self._making = threading.Lock()
        self._seconds = 0.0
        self._renewed = {id(new): old for old, new in pairs}
        self.results = [atom for atom in graph.outputs if id(atom) not in self._renewed]
        self._last: list[Array] = []
        self.plan = schedule(Graph(graph.inputs, graph.equations, tuple(self.results)), pairs)
        self._check()
        self._buffers: dict[int, Buffer] = {}
        self._count = 0
        self._kept: list[Buffer] = []
        self._slots: dict[str, int] = {}
        self._place_ends(arguments)
        self.kernels = [*self._kernels(), *self._copies(pairs)]
        reaches = [footprint(kernel) for kernel in self.kernels]
        self.layout = plan(reaches, self._kept, self._slots, self.workers)
        self.waits = barriers(self.kernels, reaches, self.layout, self.workers)
        self.source = program_text("step", self.kernels, self.layout, self.waits)
        self._make_memory(numbers)
        self._scan: Callable[..., None] | None = None

    def _check(self) -> None:
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is not None and not supports(equation):
                    raise UnsupportedError(f"no kernel for {equation.primitive} yet")

    # ------------------------------------------------------------------ memory

    def _place_ends(self, arguments: int) -> None:
        """Arguments and results lie wherever the caller has them, all other inputs in the arena."""
        self.arguments = self.graph.inputs[:arguments]
        ends = [("argument", self.arguments), ("result", self.results)]
        for name, values in ends:
            for position, value in enumerate(values):
                assert isinstance(value, Value), "constants were lifted"
                buffer = Buffer(f"{name}{position}", value.dtype, math.prod(value.shape))
                self._buffers[id(value)] = buffer
                self._slots[buffer.name] = len(self._slots)
        for value in self.graph.inputs[arguments:]:
            self._kept.append(self._buffer(value))

    def _buffer(self, value: Value) -> Buffer:
        value = self.plan.shared.get(id(value), value)
        if id(value) not in self._buffers:
            size = math.prod(value.shape)
            self._buffers[id(value)] = self._scratch(value.dtype, size, shared=True)
        return self._buffers[id(value)]

    def _scratch(self, dtype: DType, size: int, shared: bool = False) -> Buffer:
        """A new buffer: for a value, or for a kernel's own use."""
        self._count += 1
        return Buffer(f"b{self._count}", dtype, size, private=not shared)

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

    def _make_memory(self, numbers: dict[int, Array]) -> None:
        memory = np.zeros(self.layout.size + 2 * LINE, np.uint8)
        shift = -memory.ctypes.data % LINE
        self.arena = memory[shift : shift + self.layout.size]
        for value in self.graph.inputs:
            if id(value) in numbers:
                self.array(value)[...] = numbers[id(value)]
        self._pointers = (ctypes.c_void_p * max(len(self._slots), 1))()
        self._strides = (ctypes.c_int64 * max(len(self._slots), 1))()
        # What workers count in, and progress: see llvm_team.
        self._counts = np.zeros(64, np.int64)
        self._progress = np.zeros(64, np.int64)
        self._job = (ctypes.c_void_p * 3)(
            self.arena.ctypes.data, ctypes.addressof(self._pointers), self._counts.ctypes.data
        )
        self._given = (
            ctypes.addressof(self._job), ctypes.addressof(self._strides), len(self._slots)
        )  # fmt: skip
        self._watched = (self._progress.ctypes.data, TEAM.address, self.workers)

    def finish(self) -> Callable[..., None]:
        """The machine code that runs the program many times, made when it is first needed.

        Raises:
            MissingExtraError: when llvmlite is not installed.
        """
        with self._making:
            if self._scan is None:
                self.code = Code(f"{self.source}\n{team_text(machine())}")
                step: Any = self.code.function("step", ctypes.c_void_p)
                self._step = int(ctypes.cast(step, ctypes.c_void_p).value or 0)
                self._scan = self.code.function("scan", *_SCAN)
        return self._scan

    def __del__(self) -> None:
        if hasattr(self, "_step"):
            TEAM.leave(self._step)

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
            kernels += b.kernels("+".join(e.primitive for e in group.equations))
        return kernels

    def _copies(self, pairs: list[tuple[Value, Value]]) -> list[Kernel]:
        """What could not be computed in place is copied when all else is done."""
        b = Builder()
        for old, new in pairs:
            if id(new) not in self.plan.shared:
                copy_all(b, self._buffer(new), self._buffer(old))
        return b.kernels("copy")

    # ------------------------------------------------------------------ running

    def array(self, value: Value) -> Array:
        """The numbers of a state input, or of a constant, as they lie in the arena."""
        buffer = self._buffer(value)
        start = self.layout.offsets[buffer.name]
        end = start + buffer.size * buffer.dtype.itemsize
        return self.arena[start:end].view(buffer.dtype).reshape(value.shape)

    def output(self, position: int) -> Array:
        """An output of the last run: an array of its own, or a state's place in the arena."""
        atom = self.graph.outputs[position]
        for result, array in zip(self.results, self._last, strict=True):
            if result is atom:
                return array
        assert isinstance(atom, Value), "constants were lifted"
        return self.array(self._renewed[id(atom)])

    def run(self, arguments: Sequence[Array]) -> list[Array]:
        """One run on these arguments; the results, in arrays of their own.

        Raises:
            ShapeError: when an argument has not the shape and dtype of the graph's; nothing is run
                then.
        """
        pointers = self._pointers
        for position, (value, array) in enumerate(zip(self.arguments, arguments, strict=True)):
            if (array.shape, array.dtype) != value.spec or not array.flags.c_contiguous:
                raise ShapeError(
                    f"argument {position} does not fit the program",
                    expected=f"{value.shape} {value.dtype}, row by row",
                    got=f"{array.shape} {array.dtype}",
                )
            pointers[position] = array.ctypes.data
        results = [np.empty(value.shape, value.dtype) for value in self.results]
        for position, array in enumerate(results, len(arguments)):
            pointers[position] = array.ctypes.data
        scan = self._scan or self.finish()
        if self.workers > 1:
            TEAM.wake(self.workers, self._seconds)
        start = time.perf_counter()
        scan(*self._given, 1, *self._watched)
        self._seconds = time.perf_counter() - start
        self._last = results
        return results

    def scan(
        self,
        count: int,
        arguments: Sequence[Array],
        moving: Sequence[bool],
        watch: Callable[[int], bool] | None = None,
    ) -> tuple[int, list[Array]]:
        """Many runs in one call.

        Args:
            count: how many.
            arguments: as for `run`; of a moving one, an array of `count` of them.
            moving: for each argument whether it has other numbers at each run.
            watch: called about every twentieth of a second with the number of runs done; True ends
                the whole after the run under way.

        Returns:
            How many runs were done, and the results of all of them in arrays one axis larger.
        """
        results = [np.empty((count, *value.shape), value.dtype) for value in self.results]
        arrays = [*arguments, *results]
        for position, (array, moves) in enumerate(
            zip(arrays, [*moving, *[True] * len(results)], strict=True)
        ):
            self._pointers[position] = array.ctypes.data
            self._strides[position] = array[:1].nbytes if moves else 0
        self._progress[:] = 0
        call = partial(self._scan or self.finish(), *self._given, count, *self._watched)
        try:
            if self.workers > 1:
                TEAM.wake(self.workers, _LOOK)
            if watch is None:
                call()
            else:
                self._watch(call, watch)
        finally:
            ctypes.memset(self._strides, 0, ctypes.sizeof(self._strides))
        done = int(self._progress[0])
        return done, [array[:done] for array in results]

    def _watch(self, call: Callable[[], None], watch: Callable[[int], bool]) -> None:
        """Calls in a thread of its own, so that this one can look at signals and show progress."""
        work = threading.Thread(target=call)
        work.start()
        try:
            while work.is_alive():
                work.join(_LOOK)
                if self.workers > 1:
                    TEAM.wake(self.workers)
                if watch(int(self._progress[0])):
                    break
        finally:  # whatever came up, the run under way is ended
            self._progress[16] = 1
            while work.is_alive():
                work.join()
