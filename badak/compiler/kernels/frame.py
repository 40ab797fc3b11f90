"""A frame: one image in a buffer of the kernel's own, with zeros around it.

Windows slide over a frame without looking for edges, and a vector may read past the end of a row:
it finds the next one, or the slack behind the last. Where windows step by `s` along the last axis,
every row is cut into s phases (the elements 0, s, 2s, ...; then 1, s + 1, ...), so that what
neighbouring windows read are neighbours again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from badak.base.shapes import Shape
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.moves import Grid, Loops, copy, dot, fill, zero_of
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, strides_of


@dataclass(frozen=True)
class Taps:
    """Positions in a kernel at even distances.

    Attributes:
        loops: for each axis of the kernel how many positions, and how far they lie apart in the
            frame and in what lies beside it.
        frame, other: where the first of them lies.
    """

    loops: tuple[tuple[int, int, int], ...]
    frame: int
    other: int


@dataclass(frozen=True)
class Frame:
    """The layout of a frame: (channels, *sizes), the last axis in phases.

    Attributes:
        channels: how many images lie there, one after the other.
        sizes: of one image, zeros included.
        low: where the image's first element lies along each axis; below 0 it is cut off.
        phases: how many the last axis has.
    """

    channels: int
    sizes: Shape
    low: Shape
    phases: int = 1

    @property
    def shape(self) -> Shape:
        """Channels, all axes but the last, phases, elements of a phase."""
        width = -(-self.sizes[-1] // self.phases)
        return (self.channels, *self.sizes[:-1], self.phases, width)

    @property
    def strides(self) -> Shape:
        """How far neighbours along (channels, *sizes) lie apart, in a phase for the last axis."""
        plain = strides_of(self.shape)
        return (*plain[:-2], 1)

    @property
    def size(self) -> int:
        """Elements of the buffer, with slack for the last vector."""
        return math.prod(self.shape) + LANES

    def along(self, distance: int) -> int:
        """How far the element so many on in a row lies from one of phase 0."""
        return distance % self.phases * self.shape[-1] + distance // self.phases

    def taps(self, kernel: Shape, dilation: Shape, strides: Shape) -> tuple[Taps, ...]:
        """The positions of a kernel, along the last axis those of one phase after the other.

        Args:
            kernel, dilation: how many positions there are, and how far they lie apart.
            strides: how far they lie apart in what lies beside the frame.
        """
        outer = tuple(
            (k, d * step, stride)
            for k, d, step, stride in zip(
                kernel[:-1], dilation, self.strides[1:], strides, strict=False
            )
        )
        count, reach, stride = kernel[-1], dilation[-1], strides[-1]
        step = self.phases // math.gcd(self.phases, reach)
        return tuple(
            Taps(
                (*outer, (len(range(k, count, step)), step * reach // self.phases, step * stride)),
                self.along(k * reach),
                k * stride,
            )
            for k in range(min(step, count))
        )

    def clear(self, b: Builder, buffer: Buffer) -> None:
        """Zeros everywhere."""
        fill(b, Grid(buffer, Address(), (1,)), self.size, zero_of(buffer.dtype))

    def pack(self, b: Builder, buffer: Buffer, source: Grid, size: Shape) -> None:
        """Copies an image (channels, *size) into the frame; what is around it stays."""
        self._move(b, buffer, source, size, into=True)

    def unpack(self, b: Builder, buffer: Buffer, target: Grid, size: Shape) -> None:
        """Copies an image (channels, *size) out of the frame."""
        self._move(b, buffer, target, size, into=False)

    def _move(self, b: Builder, buffer: Buffer, other: Grid, size: Shape, into: bool) -> None:
        first = [max(0, -low) for low in self.low]
        last = [min(n, end - low) for n, end, low in zip(size, self.sizes, self.low, strict=True)]
        counts = [max(0, stop - start) for start, stop in zip(first, last, strict=True)]
        begin = [i + low for i, low in zip(first, self.low, strict=True)]
        outside = other.shifted(dot(first, other.strides[1:]))
        inside = Grid(buffer, Address(dot(begin[:-1], self.strides[1:-1])), self.strides)
        lead = (self.channels, *counts[:-1])
        if self.phases == 2 and other.strides[-1] == 1:
            halves = (
                inside.shifted(self.along(begin[-1])),
                inside.shifted(self.along(begin[-1] + 1)),
            )
            if min(lead) > 0:
                _zip(b, halves, outside, lead, counts[-1], into)
            return
        for phase in range(self.phases):
            # Of the row's elements, those of this phase begin after so many.
            skip = (phase - begin[-1]) % self.phases
            shape = (*lead, -(-(counts[-1] - skip) // self.phases))
            if min(shape) > 0:
                inner = inside.shifted(self.along(begin[-1] + skip))
                steps = (*other.strides[:-1], other.strides[-1] * self.phases)
                outer = Grid(other.buffer, outside.start.shifted(skip * other.strides[-1]), steps)
                copy(b, *((outer, inner) if into else (inner, outer)), shape)


def _zip(
    b: Builder, halves: tuple[Grid, Grid], whole: Grid, lead: Shape, count: int, into: bool
) -> None:
    """Between rows and their even and odd elements, two vectors at a time."""
    vectors = count // (2 * LANES) * LANES
    move = _unzip_some if into else _zip_some
    with Loops(b, lead) as indices:
        even, odd, row = (grid.at(*indices) for grid in (*halves, whole))
        if vectors:
            with b.loop(vectors, LANES) as turn:
                first, second = even.moved(turn.index, 1), odd.moved(turn.index, 1)
                move(b, first, second, row.moved(turn.index, 2), 2 * LANES)
        if count > 2 * vectors:
            first, second = even.shifted(vectors), odd.shifted(vectors)
            move(b, first, second, row.shifted(2 * vectors), count - 2 * vectors)


def _unzip_some(b: Builder, even: Grid, odd: Grid, row: Grid, count: int) -> None:
    low, high = row.load(b, min(count, LANES)), row.shifted(LANES).load(b, count - LANES)
    even.store(b, -(-count // 2), b.compute("unzip_even", low, high))
    odd.store(b, count // 2, b.compute("unzip_odd", low, high))


def _zip_some(b: Builder, even: Grid, odd: Grid, row: Grid, count: int) -> None:
    low, high = even.load(b, -(-count // 2)), odd.load(b, count // 2)
    row.store(b, min(count, LANES), b.compute("zip_low", low, high))
    row.shifted(LANES).store(b, count - LANES, b.compute("zip_high", low, high))
