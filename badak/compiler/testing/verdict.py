"""One program, run in every way there is, and whether the answers agree.

The standard is the Graph interpreter, which computes what happens eagerly:

    eager = Graph interpreter      within the bounds of `bounds_of`
    after the passes               within the same bounds
    machine code                   within the same bounds
    Loop interpreter               equal to the machine code, bit for bit
    with forbidden pages around    equal to the machine code, bit for bit
    with more threads              equal to the machine code, bit for bit
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.random import generator
from badak.compiler.graph import Graph, Value
from badak.compiler.interpret import interpret
from badak.compiler.kernels.schedule import LARGE
from badak.compiler.loops.interpret import Memory, interpret_kernels
from badak.compiler.passes import dedupe, prune, simplify
from badak.compiler.programs.lowered import UnsupportedError
from badak.compiler.programs.program import Program
from badak.compiler.show import names_of, show, show_atom
from badak.compiler.testing.bounds import bounds_of
from badak.compiler.testing.guard import AVAILABLE, run_guarded
from badak.compiler.testing.interval import Interval
from badak.compiler.testing.programs import random_numbers
from badak.compiler.verify import verify

_MOMENT = 0.0003
"""Seconds in which threads that were called are there; they stay for a millisecond or two."""


@dataclass(frozen=True)
class Case:
    """A program, and how it is run.

    Attributes:
        graph: what is computed.
        seed: of the numbers of its inputs.
        arguments: how many of the inputs are given at each run; the others are state.
        updates: (input, output) positions: what the state becomes after a run.
        passes: whether the graph goes through the passes first.
    """

    graph: Graph
    seed: int = 0
    arguments: int = 0
    updates: tuple[tuple[int, int], ...] = ()
    passes: bool = False

    def __str__(self) -> str:
        return (
            f"# seed {self.seed}, arguments {self.arguments}, updates {self.updates}, "
            f"passes {self.passes}\n{show(self.graph)}"
        )


@dataclass(frozen=True)
class Verdict:
    """What came of a case.

    Attributes:
        kind: "right", "unsupported", or who disagrees: "eager", "passes", "machine", "loop",
            "guard", "threads"; or "error" where something raised; or "crash" or "hang" of a child.
        detail: where, and what was expected.
        numbers: how many numbers were compared.
        free: how many of them could be anything.
    """

    kind: str
    detail: str = ""
    numbers: int = 0
    free: int = 0

    @property
    def is_failure(self) -> bool:
        return self.kind not in ("right", "unsupported")


def random_case(graph: Graph, seed: int) -> Case:
    """A way of running a graph: what is given, what is updated in place, with or without passes."""
    noise = generator(seed, "random case")
    arguments = int(noise.integers(len(graph.inputs) + 1)) if noise.random() < 0.7 else 0
    pairs = [
        (i, o)
        for (i, x), (o, y) in itertools.product(enumerate(graph.inputs), enumerate(graph.outputs))
        if i >= arguments and x.spec == y.spec
    ]
    updates: list[tuple[int, int]] = []
    for position in noise.permutation(len(pairs)):
        one, other = pairs[position]
        if all(one != i and other != o for i, o in updates) and noise.random() < 0.7:
            updates.append((one, other))
    return Case(graph, seed, arguments, tuple(updates), bool(noise.random() < 0.5))


def check(
    case: Case,
    loops: bool = False,
    guard: bool = False,
    arrays: Sequence[Array] | None = None,
    workers: Sequence[int] = (1,),
) -> Verdict:
    """Runs a case in every way.

    Args:
        case: what to run.
        loops: also run the Loop interpreter, which is slow.
        guard: also run with forbidden pages around every buffer; for a child, since to touch one
            ends the process.
        arrays: the numbers of the inputs, where they are not to be drawn by the case's seed.
        workers: with how many threads it runs; with each number of them once.

    >>> from badak.compiler import parse
    >>> graph = parse('''
    ... graph(x: float32[3]) {
    ...   y: float32[3] = sqrt(x)
    ...   return y
    ... }''')
    >>> check(Case(graph), loops=True)
    Verdict(kind='right', detail='', numbers=3, free=0)
    """
    try:
        verify(case.graph, "the generator")
        given = random_numbers(case.graph, case.seed) if arrays is None else list(arrays)
        return _check(case, loops, guard and AVAILABLE, given, workers)
    except UnsupportedError as error:
        return Verdict("unsupported", error.what)
    except Exception as error:  # noqa: BLE001  # whatever is raised is a finding
        return Verdict("error", f"{type(error).__name__}: {error}")


def _check(
    case: Case, loops: bool, guard: bool, arrays: list[Array], workers: Sequence[int]
) -> Verdict:
    graph = case.graph
    bounds = bounds_of(case.graph, arrays)
    detail = _first_wrong(graph, bounds, interpret(graph, arrays))
    if detail:
        return Verdict("eager", detail)
    if case.passes:
        for improve in (simplify, dedupe, prune):
            graph = verify(improve(graph), improve.__name__)
        detail = _first_wrong(graph, bounds, interpret(graph, arrays))
        if detail:
            return Verdict("passes", detail)
    large = LARGE if case.seed % 2 else 8  # half of the cases are grouped as large ones are
    program, *others = (Program(graph, case.arguments, case.updates, n, large) for n in workers)
    for _ in range(2 if case.updates else 1):
        outputs, state = run_program(program, case, arrays)
        detail = _first_wrong(graph, bounds, outputs)
        if detail:
            return Verdict("machine", detail)
        detail = _compared_loops(program, case, arrays, outputs) if loops else ""
        if detail:
            return Verdict("loop", detail)
        for behind in (True, False) if guard else ():
            detail = _first_other(run_guarded(program, arrays, behind), outputs)
            if detail:
                return Verdict("guard", detail)
        for other in others:
            detail = _first_other(_with_others(other, case, arrays), outputs)
            if detail:
                return Verdict("threads", f"with {other.workers} threads, {detail}")
        for i, o in case.updates:
            if state[i].tobytes() != outputs[o].tobytes():
                return Verdict("machine", f"input {i} was not updated by output {o}")
        for i in range(case.arguments, len(arrays)):
            if i not in dict(case.updates) and state[i].tobytes() != arrays[i].tobytes():
                return Verdict("machine", f"input {i} is written to, and not updated")
        arrays = [*arrays[: case.arguments], *state[case.arguments :]]
        try:
            bounds = bounds_of(graph, arrays)
        except RangeError:  # positions were updated to what lies outside
            break
    numbers = sum(one.low.size for one in bounds)
    return Verdict("right", "", numbers, sum(int(one.free.sum()) for one in bounds))


def _first_wrong(graph: Graph, bounds: Sequence[Interval], outputs: Sequence[Array]) -> str:
    """The first output that is not what is allowed; "" where all are."""
    names = names_of(graph)
    for number, (allowed, x) in enumerate(zip(bounds, outputs, strict=True)):
        name = f"output {number} ({show_atom(graph.outputs[number], names)[:40]})"
        if (x.shape, x.dtype) != (allowed.low.shape, allowed.dtype):
            return f"{name} is {x.dtype} {x.shape}"
        wrong = allowed.wrong(x)
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            low, high = allowed.low[at], allowed.high[at]
            return f"{name} at {at}: {x[at]!r} is not in [{low!r}, {high!r}]; {wrong.sum()} wrong"
    return ""


def run_program(
    program: Program, case: Case, arrays: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """Copies of the outputs of one run on these inputs, and of what the inputs hold after it."""
    first = case.arguments
    for value, array in zip(program.graph.inputs[first : len(arrays)], arrays[first:], strict=True):
        program.array(value)[...] = array
    given = [np.ascontiguousarray(x).reshape(x.shape) for x in arrays[:first]]
    program.run(given)
    outputs = [np.array(program.output(i)) for i in range(len(program.graph.outputs))]
    state = [np.array(program.array(x)) for x in program.graph.inputs[first : len(arrays)]]
    return outputs, [*given, *state]


def _with_others(program: Program, case: Case, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of a second run: the first calls the other threads, and goes on alone."""
    run_program(program, case, arrays)
    time.sleep(_MOMENT)
    return run_program(program, case, arrays)[0]


def _compared_loops(
    program: Program, case: Case, arrays: Sequence[Array], outputs: Sequence[Array]
) -> str:
    """Where the Loop interpreter disagrees with what the machine code gave."""
    found = []
    memory = Memory(program.layout.offsets)
    for value, array in zip(program.graph.inputs, arrays, strict=False):
        memory.put(program._buffer(value), array)
    for value in program.graph.inputs[len(arrays) :]:  # the constants
        memory.put(program._buffer(value), program.array(value))
    interpret_kernels(program.kernels, memory)
    for atom in program.graph.outputs:
        assert isinstance(atom, Value), "constants were lifted"
        seen = program.plan.view_of(atom)
        flat = memory.get(program._buffer(seen.base))
        steps = tuple(stride * flat.itemsize for stride in seen.strides)
        found.append(np.lib.stride_tricks.as_strided(flat[seen.offset :], seen.shape, steps))
    return _first_other(found, outputs)


def _first_other(found: Sequence[Array], outputs: Sequence[Array]) -> str:
    """The first number with other bits than the machine code's (NaN is NaN); "" for none."""
    for number, (y, x) in enumerate(zip(found, outputs, strict=True)):
        same = (x == y) & (np.signbit(x) == np.signbit(y)) if x.dtype.kind == "f" else x == y
        same |= (x != x) & (y != y)
        if not same.all():
            at = tuple(int(i) for i in np.argwhere(~same)[0])
            return f"output {number} at {at}: machine code {x[at]!r}, here {y[at]!r}"
    return ""
