"""Where workers wait for each other.

Every worker runs all kernels, its own stretch of the shares of each. It may run ahead of the others
until it touches what another one has written, or overwrites what another one still reads: there
all of them wait. Since kernels follow one another along the same rows, most need no wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from badak.compiler.loops.footprint import Reach
from badak.compiler.loops.loop import Kernel
from badak.compiler.loops.memory import Layout

_Span = tuple[str, int, int, bool]
"""Which memory, its first byte, the byte after the last, and whether it is written."""


def stretch(extent: int, worker: int, workers: int) -> tuple[int, int]:
    """The shares first .. last - 1 that a worker takes of a kernel.

    >>> [stretch(7, worker, 3) for worker in range(3)]
    [(0, 2), (2, 4), (4, 7)]
    """
    return extent * worker // workers, extent * (worker + 1) // workers


def barriers(
    kernels: Sequence[Kernel],
    footprints: Sequence[Sequence[Reach]],
    layout: Layout,
    workers: int,
) -> list[bool]:
    """For each kernel whether all workers wait for each other before it."""
    waits: list[bool] = []
    since: list[list[_Span]] = [[] for _ in range(workers)]
    for kernel, footprint in zip(kernels, footprints, strict=True):
        now = [_spans(kernel, footprint, layout, w, workers) for w in range(workers)]
        waits.append(_collide(since, now))
        if waits[-1]:
            since = [[] for _ in range(workers)]
        for before, new in zip(since, now, strict=True):
            before += new
    return waits


def _spans(
    kernel: Kernel, footprint: Sequence[Reach], layout: Layout, worker: int, workers: int
) -> list[_Span]:
    first, last = stretch(kernel.share.extent, worker, workers)
    if first == last:
        return []
    spans: list[_Span] = []
    for reach in footprint:
        name = reach.buffer.name
        if not reach.buffer.private:
            outside = name in layout.arguments
            start = 0 if outside else layout.offsets[name]
            low, high = reach.of_shares(first, last)
            item = reach.buffer.dtype.itemsize
            memory = name if outside else ""
            spans.append((memory, start + low * item, start + high * item, reach.written))
    return spans


def _collide(since: Sequence[Sequence[_Span]], now: Sequence[Sequence[_Span]]) -> bool:
    return any(
        memory == other and begin < end and start < stop and (written or writes)
        for mine, spans in enumerate(now)
        for memory, start, end, written in spans
        for theirs, before in enumerate(since)
        if theirs != mine
        for other, begin, stop, writes in before
    )
