"""Pooling: equations over windows, each made into one with a kernel of its own.

    max or sum over the axes of a window          reduce_windows(windows)
    fold(where(argmax(windows) == k, g, 0))       fold_at_largest(windows, g)

Windows overlap in memory and are narrow, so a loop along a window's own axes would leave nearly
all lanes of a vector idle. These kernels run along neighbouring windows instead, and need no
memory for what a value was, or where the largest one is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from badak.base.shapes import Shape, Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.compiler.kernels.moves import Grid, Loops, along, dot, spread_strides
from badak.compiler.kernels.schedule import Schedule
from badak.compiler.kernels.task import Task
from badak.compiler.kernels.view import View
from badak.compiler.kernels.windows import Fold
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Number, Register
from badak.compiler.passes import prune
from badak.core.primitive import find

LARGEST = 64
"""Elements of a window; a larger one is as good as an axis."""


# ---------------------------------------------------------------------- which equations


def pooled(graph: Graph, plan: Schedule) -> Graph:
    """The graph with reductions over windows, and their gradients, as one equation each."""
    made = {id(e.output): e for e in graph.equations}
    equations = tuple(_reduction(made, e) or _gradient(made, plan, e) or e for e in graph.equations)
    if all(new is old for new, old in zip(equations, graph.equations, strict=True)):
        return graph
    return prune(Graph(graph.inputs, equations, graph.outputs))


def _reduced_type(equation: Equation) -> Spec:
    x, how = equation.inputs[0], dict(equation.attributes)
    rank = len(x.shape)
    axes = tuple(range(rank - how["axes"], rank))
    keepdims = len(equation.output.shape) == rank
    return find(how["op"]).infer(x.spec, axes=axes, keepdims=keepdims)


def _folded_type(equation: Equation) -> Spec:
    windows, g = equation.inputs
    return find("fold").infer(Spec(windows.shape, g.dtype), **dict(equation.attributes))


OWN: Mapping[str, Callable[[Equation], Spec]] = MappingProxyType(
    {"reduce_windows": _reduced_type, "fold_at_largest": _folded_type}
)
"""The primitives that `pooled` makes, and of which type their output is: for `verify`."""


def _made_by(made: dict[int, Equation], atom: Atom, primitive: str) -> Equation | None:
    equation = made.get(id(atom))
    return equation if equation is not None and equation.primitive == primitive else None


def _window_axes(windows: Equation) -> Shape:
    rank = len(windows.output.shape)
    return tuple(range(rank - len(dict(windows.attributes)["kernel"]), rank))


def _reduction(made: dict[int, Equation], equation: Equation) -> Equation | None:
    if equation.primitive not in ("max", "sum"):
        return None
    windows = _made_by(made, equation.inputs[0], "windows")
    axes = dict(equation.attributes)["axes"]
    if windows is None or tuple(sorted(axes)) != _window_axes(windows):
        return None
    kernel = dict(windows.attributes)["kernel"]
    if math.prod(kernel) > LARGEST:
        return None
    attributes = (("op", equation.primitive), ("axes", len(kernel)))
    return replace(equation, primitive="reduce_windows", attributes=attributes)


def _gradient(made: dict[int, Equation], plan: Schedule, equation: Equation) -> Equation | None:
    """Matches what the gradient rules of `max` and `windows` write down."""
    choice = _made_by(made, equation.inputs[0], "where") if equation.primitive == "fold" else None
    if choice is None or not _is_zero(choice.inputs[2]):
        return None
    test = _made_by(made, choice.inputs[0], "equal")
    largest = _made_by(made, test.inputs[0], "argmax") if test else None
    windows = _made_by(made, largest.inputs[0], "windows") if largest else None
    if test is None or largest is None or windows is None:
        return None
    how, moves = dict(equation.attributes), dict(windows.attributes)
    axes, kernel, shape = _window_axes(windows), moves["kernel"], windows.output.shape
    g = choice.inputs[1]
    seen = View.whole(Value(g.spec)) if isinstance(g, Constant) else plan.view_of(g)
    steps = spread_strides(seen, shape)
    fits = (
        equation.inputs[0].shape == shape
        and all(moves[name] == how[name] for name in ("stride", "dilation"))
        and dict(largest.attributes) == {"axes": axes, "keepdims": True}
        and windows.output.dtype.kind == "f"
        and _counts_up(test.inputs[1], len(shape), kernel)
        and not any(steps[axis] for axis in axes if shape[axis] != 1)
        and math.prod(kernel) <= LARGEST
    )
    if not fits:
        return None
    return replace(equation, primitive="fold_at_largest", inputs=(windows.output, g))


def _is_zero(atom: Atom) -> bool:
    return isinstance(atom, Constant) and atom.is_all(0.0)


def _counts_up(atom: Atom, rank: int, kernel: Shape) -> bool:
    """Whether these are the positions in a window: 0, 1, 2, ..."""
    shape = (1,) * (rank - len(kernel)) + kernel
    return (
        isinstance(atom, Constant)
        and atom.shape == shape
        and bool(np.array_equal(atom.data.ravel(), np.arange(math.prod(kernel))))
    )


# ---------------------------------------------------------------------- their kernels


def _taps(grid: Grid, kernel: Shape) -> list[Grid]:
    """For each position in a window the grid of that position's elements, window by window."""
    n = len(kernel)
    rest, inner = grid.strides[:-n], grid.strides[-n:]
    return [
        Grid(
            grid.buffer, grid.start.shifted(sum(i * s for i, s in zip(k, inner, strict=True))), rest
        )
        for k in np.ndindex(*kernel)
    ]


def reduce_windows(b: Builder, task: Task) -> None:
    """out[..., r] = max or sum over k of x[..., r, k]."""
    x, n = task.view(0), task.attributes["axes"]
    op = "add" if task.attributes["op"] == "sum" else "maximum"
    shape, kernel = x.shape[:-n], x.shape[-n:]
    out = Grid.plain(task.out, shape)
    taps = _taps(Grid.of(x, task.source(0)), kernel)
    with Loops(b, shape[:-1], shared=True) as indices:

        def some(grids: list[Grid], count: int) -> None:
            target, *parts = grids
            total = _as(b, parts[0].load(b, count), target)
            for part in parts[1:]:
                total = b.compute(op, total, _as(b, part.load(b, count), target))
            target.store(b, count, total)

        rows = [grid.at(*indices) for grid in (out, *taps)]
        along(b, rows, shape[-1], some)


def _as(b: Builder, value: Register, target: Grid) -> Register:
    """Whole numbers are summed in a wider dtype."""
    dtype = target.buffer.dtype
    return value if value.dtype == dtype else b.compute("cast", value, dtype=dtype)


def fold_at_largest(b: Builder, task: Task) -> None:
    """out[..., r stride + k dilation] += g[..., r] where x[..., r, k] is the first largest of k."""
    x, g, size = task.view(0), task.view(1), task.attributes["size"]
    n = len(size)
    lead, counts, kernel = x.shape[: -2 * n], x.shape[-2 * n : -n], x.shape[-n:]
    fold = Fold(
        size, kernel, counts, task.attributes["stride"], ((0, 0),) * n, task.attributes["dilation"]
    )
    image = task.scratch(task.out.dtype, fold.frame.size)
    source = Grid.of(x, task.source(0))
    values = Grid(task.source(1), Address(g.offset), spread_strides(g, x.shape)[:-n])
    target = Grid.plain(task.out, task.equation.output.shape)
    # Adding to what has just been stored a few elements before would wait for that store.
    parts = _planes(task, kernel, counts) if fold.overlaps else _places(fold, image)
    with Loops(b, lead, shared=True) as indices:
        fold.begin(b, image)
        with Loops(b, counts[:-1]) as rows:
            read = [tap.at(*rows) for tap in _taps(source.at(*indices), kernel)]
            to = [part.at(*rows) for part in parts]
            grids = [values.at(*indices, *rows), *read, *to]
            along(b, grids, counts[-1], lambda grids, count: _route(b, grids, count))
        written = target.at(*indices)
        channel = Grid(written.buffer, written.start, (0, *written.strides))
        if fold.overlaps:
            planes = Grid.plain(parts[0].buffer, (1, *kernel, *counts))
            fold.write(b, image, planes, channel)
        else:
            fold.frame.unpack(b, image, channel, size)


def _planes(task: Task, kernel: Shape, counts: Shape) -> list[Grid]:
    """For each position in a window an array of its own."""
    size = math.prod(counts)
    planes = Grid.plain(task.scratch(task.out.dtype, math.prod(kernel) * size), counts)
    return [planes.shifted(k * size) for k in range(math.prod(kernel))]


def _places(fold: Fold, image: Buffer) -> list[Grid]:
    """Where in a frame each position of a window lies."""
    strides, places = fold.frame.strides, []
    for k in np.ndindex(*fold.kernel):
        reach = [i * d for i, d in zip(k, fold.dilation, strict=True)]
        place = dot(reach[:-1], strides[1:-1]) + fold.frame.along(reach[-1])
        places.append(Grid(image, Address(place), fold.steps))
    return places


def _route(b: Builder, grids: list[Grid], count: int) -> None:
    """Some windows: g goes to the first largest of each."""
    n = (len(grids) - 1) // 2
    g = grids[0].load(b, count)
    values = [grid.load(b, count) for grid in grids[1 : n + 1]]
    best = values[0]
    dtype = best.dtype
    where: Register = b.vector(Number(0.0, dtype), best.lanes)
    for k, value in enumerate(values[1:], 1):
        # The first NaN counts as the largest, as in NumPy.
        not_above = b.compute("less_equal", value, best)
        number = b.compute("equal", best, best)
        better = b.compute("logical_and", b.compute("logical_not", not_above), number)
        best = b.compute("where", better, value, best)
        where = b.compute("where", better, b.vector(Number(float(k), dtype), best.lanes), where)
    zero = b.vector(Number(0.0, g.dtype), g.lanes)
    for k, target in enumerate(grids[n + 1 :]):
        here = b.compute("equal", where, b.number(float(k), where))
        target.store(b, count, b.compute("where", here, g, zero))
