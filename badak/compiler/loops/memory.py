"""The memory plan: where every buffer of a program lies.

What outlives a run (state, constants) has a place of its own. What one kernel leaves for another
needs its place from the first kernel that touches it to the last; buffers that are never needed at
the same time share one. Private buffers lie in a region that each worker has for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from badak.compiler.loops.footprint import Reach
from badak.compiler.loops.loop import Buffer

LINE = 64
"""Buffers begin at a cache line."""

SLACK = LINE
"""Bytes behind each buffer, so that neighbours do not share a line that two workers write."""


@dataclass(frozen=True)
class Layout:
    """Where buffers lie.

    Attributes:
        offsets: of each buffer in bytes from the start of the arena; of a private one, that of the
            first worker.
        arguments: for buffers outside of the arena, the position of their pointer.
        size: bytes of the arena.
        region: how far the private buffers of the next worker lie on.
    """

    offsets: Mapping[str, int]
    arguments: Mapping[str, int]
    size: int
    region: int


def plan(
    footprints: Sequence[Sequence[Reach]],
    kept: Sequence[Buffer],
    arguments: Mapping[str, int],
    workers: int = 1,
) -> Layout:
    """A place for each buffer that is kept or touched.

    Args:
        footprints: of the kernels, in the order in which they run.
        kept: buffers whose numbers outlive a run.
        arguments: buffers outside of the arena.
        workers: how many may run the kernels at once.
    """
    spans: dict[str, tuple[Buffer, int, int]] = {}
    for number, footprint in enumerate(footprints):
        for reach in footprint:
            buffer = reach.buffer
            _, first, _ = spans.get(buffer.name, (buffer, number, number))
            spans[buffer.name] = (buffer, first, number)
    own: Collection[str] = {buffer.name: True for buffer in kept}
    offsets: dict[str, int] = {}
    end = LINE
    for buffer in kept:
        offsets[buffer.name] = end
        end += _room(buffer)
    passing = [s for s in spans.values() if s[0].name not in own and s[0].name not in arguments]
    shared = [span for span in passing if not span[0].private]
    end = _place(shared, end, offsets)
    region = _place([span for span in passing if span[0].private], end, offsets) - end
    return Layout(offsets, dict(arguments), end + workers * region, region)


def _room(buffer: Buffer) -> int:
    return -(-buffer.size * buffer.dtype.itemsize // LINE) * LINE + SLACK


def _place(spans: Sequence[tuple[Buffer, int, int]], start: int, offsets: dict[str, int]) -> int:
    """Puts each where it fits, the largest first; returns the end of the last."""
    placed: list[tuple[int, int, int, int]] = []
    for buffer, first, last in sorted(spans, key=lambda span: -_room(span[0])):
        room, at = _room(buffer), start
        beside = sorted(p[:2] for p in placed if p[2] <= last and first <= p[3])
        for begin, end in beside:
            if at + room <= begin:
                break
            at = max(at, end)
        placed.append((at, at + room, first, last))
        offsets[buffer.name] = at
    return max((end for _, end, _, _ in placed), default=start)
