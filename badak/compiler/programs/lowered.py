"""A graph on its way to machine code: which kernels, where their buffers lie, who waits for whom.

The steps stand here; their order stands in `pipeline`.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from badak.base.dtypes import Array, DType
from badak.base.errors import StateError
from badak.compiler.graph import Atom, Equation, Graph, Value
from badak.compiler.kernels.alone import Alone, copy_all
from badak.compiler.kernels.epilogue import Epilogue, follows
from badak.compiler.kernels.nest import Nest
from badak.compiler.kernels.pack import is_turned
from badak.compiler.kernels.pointwise import supports
from badak.compiler.kernels.pools import pooled
from badak.compiler.kernels.schedule import ALONE, REDUCTIONS, Group, Schedule, schedule
from badak.compiler.kernels.view import PRIMITIVES as VIEWS
from badak.compiler.loops.barriers import barriers
from badak.compiler.loops.build import Builder
from badak.compiler.loops.cost import is_light
from badak.compiler.loops.footprint import footprint
from badak.compiler.loops.loop import Buffer, Kernel
from badak.compiler.loops.memory import plan
from badak.compiler.machine.engine import MAKING, Code, machine
from badak.compiler.machine.program import program_text
from badak.compiler.machine.team import TEAM
from badak.compiler.machine.team_text import team_text


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
            far = len(seen.shape) > 1 and seen.strides[-1] != 1 and seen.shape[-1] != 1
            if far and not is_turned(seen):
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


class Lowered:
    """A graph as kernels, a layout of their memory, and machine code: what `pipeline.lower` gives.

    Args:
        graph: what to compute.
        arguments: how many of its first inputs are given at each run; the others are state, which
            stays in the program's memory from run to run.
        updates: (input, output) positions: after a run the state input has the output's numbers.
        workers: how many threads may run it together.
        large: of more elements than so many, strangers do not share loops.

    Attributes:
        graph: with constants of several values as inputs behind the others.
        numbers: these, and their numbers.
        arguments, results: the values that lie outside of the arena.
        renewed: for the output (by identity) that a state input takes over, that input.
        plan: groups of equations, and how values lie in buffers.
        buffers: of the values, by their identity.
        kernels, layout, waits: what runs, where buffers lie, and before which kernels all workers
            wait for each other.
        kept: the buffers whose numbers outlive a run.
        source: LLVM's text of the kernels.

    Raises:
        UnsupportedError: for a primitive without a kernel.
    """

    def __init__(
        self,
        graph: Graph,
        arguments: int,
        updates: Sequence[tuple[int, int]],
        workers: int,
        large: int,
    ) -> None:
        self.graph = graph
        self.workers = workers
        self._large = large
        self._arguments, self._updates = arguments, updates
        self._constants: dict[int, Array] = {}
        self._pairs: list[tuple[Value, Value]] = []
        self.buffers: dict[int, Buffer] = {}
        self._count = 0
        self._code: list[Code] = []
        self._step = 0

    @cached_property
    def is_light(self) -> bool:
        """Whether it is done before several workers would have agreed on who does what."""
        return is_light(self.kernels)

    # ------------------------------------------------------------------ passes

    def pool(self) -> None:
        """Reductions over windows become one equation each."""
        self.graph = pooled(self.graph, schedule(self.graph))

    def lift(self) -> None:
        """Constants of several values become inputs with known numbers."""
        self.graph, self._constants = _lifted(self.graph)

    def pack(self) -> None:
        """The right factor of a product is copied where its columns are no neighbours."""
        self.graph = _packed(self.graph)

    def own_outputs(self) -> None:
        """Every output is computed for that purpose alone; updates become pairs (old, new)."""
        self.graph, self._pairs = _with_own_outputs(self.graph, self._updates)
        known = self._constants
        self.numbers = [(x, known[id(x)]) for x in self.graph.inputs if id(x) in known]
        self.renewed = {id(new): old for old, new in self._pairs}
        self.results = [atom for atom in self.graph.outputs if id(atom) not in self.renewed]

    def fuse(self) -> None:
        """Equations that share their loops form groups; what can be is computed in place."""
        graph = Graph(self.graph.inputs, self.graph.equations, tuple(self.results))
        self.plan = schedule(graph, self._pairs, self._large)
        self._check()

    def write_kernels(self) -> None:
        """Groups become kernels over buffers."""
        self.kept = self._place_ends(self._arguments)
        self.kernels = [*self._kernels(), *self._copies(self._pairs)]
        self._reaches = [footprint(kernel) for kernel in self.kernels]

    def lay_out(self) -> None:
        """Every buffer gets a place in one arena."""
        self.layout = plan(self._reaches, self.kept, self.slots, self.workers)

    def place_waits(self) -> None:
        """Workers share the kernels, and wait for each other where they must."""
        self.waits = barriers(self.kernels, self._reaches, self.layout, self.workers)

    def emit(self) -> None:
        """Kernels become LLVM's text."""
        self.source = program_text("step", self.kernels, self.layout, self.waits)

    def link(self) -> None:
        """The text becomes machine code."""
        code = Code(f"{self.source}\n{team_text(machine())}")
        step: Any = code.function("step", ctypes.c_void_p)
        self._step = int(ctypes.cast(step, ctypes.c_void_p).value or 0)
        self._code.append(code)

    def _check(self) -> None:
        for group in self.plan.groups:
            for equation in group.equations:
                if group.domain is not None and not supports(equation):
                    raise UnsupportedError(f"no kernel for {equation.primitive} yet")

    # ------------------------------------------------------------------ memory

    def _place_ends(self, arguments: int) -> list[Buffer]:
        """Arguments and results lie wherever the caller has them, all other inputs in the arena."""
        self.slots: dict[str, int] = {}
        self.arguments = self.graph.inputs[:arguments]
        ends = [("argument", self.arguments), ("result", self.results)]
        for name, values in ends:
            for position, value in enumerate(values):
                assert isinstance(value, Value), "constants were lifted"
                buffer = Buffer(f"{name}{position}", value.dtype, math.prod(value.shape))
                self.buffers[id(value)] = buffer
                self.slots[buffer.name] = len(self.slots)
        return [self.buffer(value) for value in self.graph.inputs[arguments:]]

    def buffer(self, value: Value) -> Buffer:
        """Where the numbers of a value lie."""
        value = self.plan.shared.get(id(value), value)
        if id(value) not in self.buffers:
            size = math.prod(value.shape)
            self.buffers[id(value)] = self._scratch(value.dtype, size, shared=True)
        return self.buffers[id(value)]

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

    # ------------------------------------------------------------------ kernels

    def _kernels(self) -> list[Kernel]:
        stored = self._stored()
        followers = self._followers()
        kernels = []
        for group in self.plan.groups:
            if any(group is follower for follower in followers.values()):
                continue
            b = Builder()
            first, follower = group.equations[0], followers.get(id(group))
            equations = [*group.equations, *(follower.equations if follower else ())]
            if group.domain is None:
                epilogue = None
                if follower is not None:
                    kept = self._read_elsewhere(first.output, follower, stored)
                    epilogue = Epilogue(
                        first.output, follower.equations, self.plan, self.buffer, kept
                    )
                Alone(first, self.plan, self.buffer, self._scratch, epilogue).write(b)
            else:
                for part, kept in _parts(group, self.plan, stored):
                    Nest(part, self.plan, self.buffer, kept).write(b)
            kernels += b.kernels("+".join(e.primitive for e in equations))
        return kernels

    def _followers(self) -> dict[int, Group]:
        """For a convolution (its group, by identity) the group that is its epilogue."""
        found: dict[int, Group] = {}
        for group in self.plan.groups:
            if group.domain is not None:
                for first in group.reads.values():
                    if id(first) not in found and follows(self.plan, first, group):
                        found[id(first)] = group
                        break
        return found

    def _read_elsewhere(
        self, value: Value, follower: Group, stored: dict[int, bool]
    ) -> dict[int, bool]:
        """The values that are stored, and this one only if others than its epilogue read it."""
        readers = [
            group
            for group in self.plan.groups
            for equation in group.equations
            for atom in equation.inputs
            if isinstance(atom, Value) and self.plan.view_of(atom).base is value
        ]
        outputs = [self.plan.view_of(x).base for x in self.graph.outputs if isinstance(x, Value)]
        alone = all(group is follower for group in readers) and value not in outputs
        return {key: True for key in stored if not (alone and key == id(value))}

    def _copies(self, pairs: list[tuple[Value, Value]]) -> list[Kernel]:
        """What could not be computed in place is copied when all else is done."""
        b = Builder()
        for old, new in pairs:
            if id(new) not in self.plan.shared:
                copy_all(b, self.buffer(new), self.buffer(old))
        return b.kernels("copy")

    # ------------------------------------------------------------------ machine code

    @property
    def is_made(self) -> bool:
        """Whether there is machine code already."""
        return bool(self._code)

    @property
    def code(self) -> Code:
        """The machine code, made when it is first needed.

        Raises:
            MissingExtraError: when llvmlite is not installed.
        """
        with MAKING:
            if not self._code:
                self.link()
        return self._code[0]

    def __del__(self) -> None:
        if getattr(self, "_step", 0) and TEAM is not None:  # None while the interpreter ends
            TEAM.leave(self._step)


def _parts(
    group: Group, plan: Schedule, stored: dict[int, bool]
) -> list[tuple[Group, dict[int, bool]]]:
    """A group whose workers would share columns: its sums, then what else it stores.

    Neighbouring columns lie in one line of cache. To read them side by side is free; to write them
    moves the line to and fro. So what is written element by element is computed once more, by rows.
    """
    sums = [e for e in group.equations if e.primitive in REDUCTIONS]
    others = [e for e in group.equations if id(e.output) in stored and e not in sums]
    domain = group.domain or ()
    first = all(len(domain) - 1 not in dict(e.attributes)["axes"] for e in sums)
    if not (sums and others and first and len(domain) == 2):
        return [(group, stored)]
    own = {id(e.output): True for e in others}
    rest = {key: True for key in stored if key not in own}
    return [(_leading_to(group, sums), rest), (_leading_to(group, others), stored)]


def _leading_to(group: Group, ends: Sequence[Equation]) -> Group:
    """Of the group's equations those that these need."""
    needed = {id(e.output): True for e in ends}
    kept: list[Equation] = []
    for equation in reversed(group.equations):
        if id(equation.output) in needed:
            kept.append(equation)
            needed |= {id(atom): True for atom in equation.inputs}
    return Group(group.domain, kept[::-1])
