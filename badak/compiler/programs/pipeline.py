"""From a traced graph to machine code: all passes, in order, in one tuple.

In debug mode (`bd.debug()`) what a pass has made is verified before the next one takes it, and an
error names the pass and the first bad equation or kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

from badak.base import context
from badak.compiler.graph import Atom, Graph, Value
from badak.compiler.kernels.pools import OWN
from badak.compiler.kernels.schedule import LARGE
from badak.compiler.loops.verify import verify_kernels
from badak.compiler.passes import dedupe, prune, simplify
from badak.compiler.programs.lowered import Lowered
from badak.compiler.programs.verify_plan import verify_groups, verify_layout, verify_waits
from badak.compiler.verify import verify


@dataclass(frozen=True, slots=True)
class Improve:
    """A pass Graph -> Graph that `bd.compile` sends every traced graph through."""

    name: str
    run: Callable[[Graph], Graph]


@dataclass(frozen=True, slots=True)
class Lower:
    """A pass on the way to machine code.

    Attributes:
        name: for people.
        run: works on the Lowered in place.
        check: in debug mode: raises where what was made is wrong; takes the pass's name.
        later: whether it is done when the machine code is first needed, and not before.
    """

    name: str
    run: Callable[[Lowered], None]
    check: Callable[[Lowered, str], Any]
    later: bool = False


def _graph(lowered: Lowered, after: str) -> None:
    verify(lowered.graph, after, OWN)


def _groups(lowered: Lowered, after: str) -> None:
    verify_groups(lowered.graph, lowered.plan, after)


def _kernels(lowered: Lowered, after: str) -> None:
    verify_kernels(lowered.kernels, after)


def _layout(lowered: Lowered, after: str) -> None:
    verify_layout(lowered.kernels, lowered.layout, lowered.kept, lowered.workers, after)


def _waits(lowered: Lowered, after: str) -> None:
    verify_waits(lowered.kernels, lowered.layout, lowered.waits, lowered.workers, after)


def _by_llvm(lowered: Lowered, after: str) -> None:
    """LLVM verifies what it reads, in debug mode or not."""


PIPELINE: tuple[Improve | Lower, ...] = (
    Improve("simplify", simplify),
    Improve("dedupe", dedupe),
    Improve("prune", prune),
    Lower("pooled", Lowered.pool, _graph),
    Lower("constants lifted", Lowered.lift, _graph),
    Lower("packed", Lowered.pack, _graph),
    Lower("own outputs", Lowered.own_outputs, _graph),
    Lower("fuse", Lowered.fuse, _groups),
    Lower("kernels", Lowered.write_kernels, _kernels),
    Lower("memory plan", Lowered.lay_out, _layout),
    Lower("barriers", Lowered.place_waits, _waits),
    Lower("emit", Lowered.emit, _by_llvm),
    Lower("link", Lowered.link, _by_llvm, later=True),
)
"""Layouts are chosen where outputs, factors and views are (`packed`, `fuse`); work is cut into the
shares of a kernel (`kernels`), which workers divide among themselves (`barriers`)."""


def improved(graph: Graph) -> Graph:
    """The graph after all passes that leave it a graph of anybody's.

    >>> graph = bd.trace(lambda x: x * 1.0 + x * 1.0, bd.ones(3)).graph
    >>> [equation.primitive for equation in improved(graph).equations]
    ['add']

    Raises:
        StateError: in debug mode, naming the pass that made a mistake.
    """
    if context.is_debug():
        verify(graph)
    for step in PIPELINE:
        if isinstance(step, Improve):
            graph = step.run(graph)
            if context.is_debug():
                verify(graph, step.name)
    return graph


_known: WeakValueDictionary[str, Lowered] = WeakValueDictionary()


def lower(
    graph: Graph,
    arguments: int,
    updates: Sequence[tuple[int, int]],
    workers: int,
    large: int = LARGE,
) -> Lowered:
    """The graph lowered, or what came of it before while that is still in use.

    Models that differ in their numbers alone have one program. What is known from before is not
    verified again.

    Args:
        graph: what to compute.
        arguments: how many of its first inputs are given at each run.
        updates: (input, output) positions: after a run the state input has the output's numbers.
        workers: how many threads may run it together.
        large: of more elements than so many, strangers do not share loops.

    Raises:
        UnsupportedError: for a primitive without a kernel.
        StateError: in debug mode, naming the pass that made a mistake.
    """
    key = fingerprint(graph, arguments, tuple(updates), workers, large)
    found = _known.get(key)
    if found is None:
        found = Lowered(graph, arguments, updates, workers, large)
        for step in PIPELINE:
            if isinstance(step, Lower) and not step.later:
                step.run(found)
                if context.is_debug():
                    step.check(found, step.name)
        _known[key] = found
    return found


def fingerprint(graph: Graph, *more: Any) -> str:
    """The same text for graphs that compute the same in the same way, whatever values are called.

    >>> graphs = [bd.trace(lambda x: x * 2.0, bd.ones(n)).graph for n in (3, 3, 4)]
    >>> [fingerprint(graph) == fingerprint(graphs[0]) for graph in graphs]
    [True, True, False]
    """
    numbers: dict[int, int] = {}

    def name(atom: Atom) -> Any:
        if isinstance(atom, Value):
            return numbers.setdefault(id(atom), len(numbers))
        return str(atom.dtype), atom.shape, atom.data.tobytes()

    inputs = [(name(x), x.shape, str(x.dtype)) for x in graph.inputs]
    equations = [
        (
            e.primitive,
            [name(x) for x in e.inputs],
            repr(e.attributes),
            name(e.output),
            str(e.output.spec),
        )
        for e in graph.equations
    ]
    text = repr((inputs, equations, [name(x) for x in graph.outputs], more))
    return sha256(text.encode()).hexdigest()
