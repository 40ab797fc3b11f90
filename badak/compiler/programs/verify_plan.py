"""Whether groups have an order, kernels the memory they need, and workers wait where they must.

Computed anew, and more simply than `memory` and `barriers` do: share by share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.compiler.graph import Graph, Value
from badak.compiler.kernels.schedule import Schedule
from badak.compiler.loops.loop import Buffer, Kernel, Load, Loop, Statement, Store
from badak.compiler.loops.memory import Layout
from badak.compiler.loops.show import show_buffer
from badak.compiler.loops.verify import span
from badak.compiler.show import names_of, show_equation


class _Window(NamedTuple):
    """Elements that share number s touches: `s * step + low` up to `... + high`."""

    buffer: Buffer
    written: bool
    step: int
    low: int
    high: int


def _windows(kernel: Kernel) -> list[_Window]:
    """What the statements of a kernel touch, each window once."""
    found: dict[_Window, bool] = {}
    if kernel.share.extent > 0:
        for access in _accesses(kernel.body):
            reach = span(access, fixed=(kernel.share,))
            step = sum(factor for term, factor in access.address.terms if term is kernel.share)
            low, high = reach or (0, access.buffer.size)
            step = step if reach else 0
            if low < high:
                found[_Window(access.buffer, isinstance(access, Store), step, low, high)] = True
    return list(found)


def _accesses(body: Sequence[Statement]) -> Iterator[Load | Store]:
    for statement in body:
        if isinstance(statement, Load | Store):
            yield statement
        elif isinstance(statement, Loop) and statement.index.extent > 0:
            yield from _accesses(statement.body)


# ---------------------------------------------------------------------- memory


def verify_layout(
    kernels: Sequence[Kernel],
    layout: Layout,
    kept: Sequence[Buffer] = (),
    workers: int = 1,
    after: str = "memory plan",
) -> None:
    """Looks whether buffers that are needed at the same time have memory of their own.

    Args:
        kernels: in the order in which they run.
        layout: where buffers lie.
        kept: those whose numbers outlive a run.
        workers: how many may run the kernels at once.
        after: the pass that made the layout, for the error.

    Raises:
        StateError: naming the pass, what is wrong, and the buffers.
    """
    lives = {buffer: (0, len(kernels)) for buffer in kept}
    for number, kernel in enumerate(kernels):
        for window in _windows(kernel):
            buffer = window.buffer
            if buffer.name not in layout.arguments:
                first, last = lives.get(buffer, (number, number))
                lives[buffer] = (first, max(last, number))
    placed: list[tuple[int, int, int, int, int, Buffer]] = []
    for buffer, (first, last) in lives.items():
        if buffer.name not in layout.offsets:
            raise StateError(f"after {after}: a buffer has no place", got=show_buffer(buffer))
        for worker in range(workers if buffer.private else 1):
            begin = layout.offsets[buffer.name] + worker * layout.region
            end = begin + buffer.size * buffer.dtype.itemsize
            if begin < 0 or end > layout.size:
                raise StateError(
                    f"after {after}: a buffer lies outside of the arena",
                    expected=f"0..{layout.size}",
                    got=f"{show_buffer(buffer)} at {begin}..{end}",
                )
            own = worker if buffer.private else -1
            placed.append((begin, end, first, last, own, buffer))
    _refuse_overlaps(placed, after)


def _refuse_overlaps(placed: list[tuple[int, int, int, int, int, Buffer]], after: str) -> None:
    """What begins before another one ends must not be needed at the same time.

    Workers are not all at the same kernel: what is one worker's alone, it has at all times.
    """
    placed.sort(key=lambda one: one[:2])
    for position, (_, end, first, last, own, buffer) in enumerate(placed):
        for begin, stop, start, until, whose, other in placed[position + 1 :]:
            if begin >= end:
                break
            together = whose != own or (start <= last and first <= until)
            if together and stop > begin:
                raise StateError(
                    f"after {after}: two buffers need the same bytes",
                    got=f"{show_buffer(buffer)} and {show_buffer(other)} at {begin}",
                )


# ---------------------------------------------------------------------- waits


def verify_waits(
    kernels: Sequence[Kernel],
    layout: Layout,
    waits: Sequence[bool],
    workers: int,
    after: str = "barriers",
) -> None:
    """Looks whether no worker needs the bytes that another one writes before they wait.

    Args:
        kernels: in the order in which they run.
        layout: where buffers lie.
        waits: for each kernel whether all workers wait for each other before it.
        workers: how many run the kernels.
        after: the pass that placed the waits, for the error.

    Raises:
        StateError: naming the pass, and the two kernels.
    """
    since: list[tuple[Kernel, list[_Touched]]] = []
    for kernel, wait in zip(kernels, waits, strict=True):
        if wait:
            since.clear()
        now = [_touched(kernel, layout, worker, workers) for worker in range(workers)]
        for earlier, before in since:
            for one, mine in enumerate(now):
                for other, theirs in enumerate(before):
                    memory = _collision(mine, theirs) if one != other else None
                    if memory is not None:
                        raise StateError(
                            f"after {after}: kernel {kernel.name}: worker {one} needs "
                            f"{memory or 'bytes of the arena'} with worker {other}, still in "
                            f"kernel {earlier.name}",
                            expected=f"a wait before {kernel.name}",
                        )
        since.append((kernel, now))


_Touched = dict[tuple[str, bool], Array]
"""For each memory, read and written: the bytes, as stretches that do not overlap, (n, 2)."""


def _touched(kernel: Kernel, layout: Layout, worker: int, workers: int) -> _Touched:
    """The bytes that a worker touches in its shares of a kernel, private ones left out."""
    extent = kernel.share.extent
    shares = np.arange(extent * worker // workers, extent * (worker + 1) // workers)
    found: dict[tuple[str, bool], list[Array]] = {}
    for buffer, written, step, low, high in _windows(kernel):
        if buffer.private or not shares.size:
            continue
        outside = buffer.name in layout.arguments
        start = 0 if outside else layout.offsets[buffer.name]
        starts = np.unique(shares * step)
        ends = np.stack([starts + low, starts + high], axis=1) * buffer.dtype.itemsize + start
        found.setdefault((buffer.name if outside else "", written), []).append(ends)
    return {key: _joined(np.concatenate(parts)) for key, parts in found.items()}


def _joined(stretches: Array) -> Array:
    """The same bytes as stretches in order, none of which touches another."""
    stretches = stretches[np.argsort(stretches[:, 0])]
    reached = np.maximum.accumulate(stretches[:, 1])
    new = np.ones(len(stretches), bool)
    new[1:] = stretches[1:, 0] > reached[:-1]
    ends = np.append(np.flatnonzero(new)[1:] - 1, len(stretches) - 1)
    return np.stack([stretches[new, 0], reached[ends]], axis=1)


def _collision(mine: _Touched, theirs: _Touched) -> str | None:
    """The memory in which one writes what the other one touches; None where there is none."""
    for (memory, written), one in mine.items():
        for writes in (False, True):
            other = theirs.get((memory, writes))
            if other is not None and (written or writes):
                behind = np.searchsorted(other[:, 1], one[:, 0], side="right")
                inside = behind < len(other)
                if (other[behind[inside], 0] < one[inside, 1]).any():
                    return memory
    return None


# ---------------------------------------------------------------------- groups


def verify_groups(graph: Graph, plan: Schedule, after: str = "fuse") -> None:
    """Looks whether each equation is computed once, after all that it reads, or is a view.

    Args:
        graph: what is to be computed.
        plan: its groups, in the order in which they run.
        after: the pass that made them, for the error.

    Raises:
        StateError: naming the pass and the first bad equation.
    """
    names = names_of(graph)
    known = {id(x): True for x in graph.inputs}
    for group in plan.groups:
        for equation in group.equations:
            read = [plan.view_of(x).base for x in equation.inputs if isinstance(x, Value)]
            if not all(id(base) in known for base in read):
                what = f"after {after}: an input is read before it is computed"
                raise StateError(what, got=show_equation(equation, names))
            if id(equation.output) in known:
                what = f"after {after}: the output is computed twice"
                raise StateError(what, got=show_equation(equation, names))
            known[id(equation.output)] = True
    for equation in graph.equations:
        if id(plan.view_of(equation.output).base) not in known:
            what = f"after {after}: an equation is neither computed nor seen"
            raise StateError(what, got=show_equation(equation, names))
