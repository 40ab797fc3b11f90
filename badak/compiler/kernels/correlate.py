"""Kernels that slide over a frame: the loops of convolution and of its gradient for the input.

    out[o, r] = sum over c, k of  frame[c, r * stride + k * dilation] * w[o, c, k]

A tile of the result, a few outputs o by a few vectors of neighbouring places r, is held in
registers while c and k run. Places follow one another through the end of a row into the next, so
that no lane rests before the last row's end; a vector that spans rows is put together from one
load for each. Every sum has the order of c, then of k, whatever the tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from badak.base.dtypes import DType
from badak.base.shapes import Shape
from badak.compiler.kernels.epilogue import Epilogue
from badak.compiler.kernels.frame import Frame, Taps
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.moves import Loops
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index, Number, Register, strides_of
from badak.compiler.machine.targets import Host

SHARE = 13 / 16
"""Of the registers, that sums and places may fill; numbers pass through the others."""

CODE = 0.01
"""What a piece of code of its own is held to cost: this share of the time."""

LONGEST = 16
"""Vectors of a strip: each is code of its own."""


@dataclass(frozen=True)
class Piece:
    """The lanes of a vector from `lane` on that lie in one row; lane 0 would lie at `frame`."""

    lane: int
    frame: int


Vector = tuple[Piece, ...]


def vectors_of(rows: int, width: int, row: int) -> tuple[Vector, ...]:
    """So many rows of places as vectors; rows lie `row` apart in the frame.

    >>> vectors_of(2, 12, 14)
    ((Piece(lane=0, frame=0), Piece(lane=12, frame=2)), (Piece(lane=0, frame=18),))
    """
    total = rows * width
    vectors = []
    for start in range(0, total, LANES):
        stop = min(start + LANES, total)
        begins = [place for place in range(start, stop) if place == start or place % width == 0]
        vectors.append(
            tuple(
                Piece(place - start, place // width * row + place % width - (place - start))
                for place in begins
            )
        )
    return tuple(vectors)


@dataclass(frozen=True)
class Tiling:
    """How a strip is cut: vectors and outputs of a tile, and what one turn of c and k costs."""

    vectors: int
    outputs: int
    cycles: float


def _turn_cycles(outputs: int, vectors: int, pieces: float, wide: int) -> float:
    """Of a tile, and one more for the loop.

    Two products, or two loads, are started each cycle, and a product takes four.
    """
    if not outputs:
        return 0.0
    products = outputs * vectors * wide / 2
    # Half of the loads cross the border of a cache line and count twice.
    loads = (1.5 * pieces * vectors * wide + outputs) / 2
    return max(products, loads, 4.0) + 1.0


def tiling(outputs: int, strip: Sequence[Vector], dtype: DType, host: Host) -> Tiling:
    """The cheapest way to cut a strip into tiles; code of its own for what is left counts too."""
    wide = host.registers_of(LANES * dtype.itemsize)
    registers = int(host.registers * SHARE)
    pieces = sum(map(len, strip)) / len(strip)
    best = Tiling(1, 1, math.inf)
    for vectors in range(1, min(len(strip), 8) + 1):
        room = min(outputs, max(registers // (wide * vectors) - 1, vectors == 1))
        for rows in range(1, room + 1):
            cycles = codes = 0.0
            for n, across in ((vectors, len(strip) // vectors), (len(strip) % vectors, 1)):
                if n:
                    full = outputs // rows * _turn_cycles(rows, n, pieces, wide)
                    cycles += across * (full + _turn_cycles(outputs % rows, n, pieces, wide))
                    codes += across * (1 + (outputs % rows > 0))
            cycles *= 1 + CODE * codes
            if cycles < best.cycles:
                best = Tiling(vectors, rows, cycles)
    return best


def rows_of_strip(outputs: int, rows: int, width: int, dtype: DType, host: Host) -> int:
    """How many rows of places make a strip, the cheapest way."""
    cheapest, chosen = math.inf, 1
    for each in range(1, rows + 1):
        if each > 1 and each * width > LONGEST * LANES:
            break
        cycles = 0.0
        for count, times in ((each, rows // each), (rows % each, 1)):
            if count:
                strip = vectors_of(count, min(width, LONGEST * LANES), 0)
                cycles += times * tiling(outputs, strip, dtype, host).cycles
        if rows % each:
            cycles *= 1 + CODE
        if cycles < cheapest:
            cheapest, chosen = cycles, each
    return chosen


@dataclass(frozen=True)
class Spot:
    """Where a piece of the work begins, in the frame, the kernels and the result."""

    image: Address
    w: Address
    out: Address
    channel: Address

    def shifted(self, image: int = 0, w: int = 0, out: int = 0, channel: int = 0) -> Spot:
        """The spot so many elements, and channels of the result, on."""
        return Spot(
            self.image.shifted(image),
            self.w.shifted(w),
            self.out.shifted(out),
            self.channel.shifted(channel),
        )

    def moved(
        self, index: Index, image: int = 0, w: int = 0, out: int = 0, channel: int = 0
    ) -> Spot:
        """The spot so many elements, and channels, on for each step of a loop."""
        return Spot(
            self.image.moved(index, image),
            self.w.moved(index, w),
            self.out.moved(index, out),
            self.channel.moved(index, channel),
        )


@dataclass(frozen=True)
class Correlation:
    """What slides over what.

    Attributes:
        frame, image: the layout of the input, and its buffer.
        w: the buffer of the kernels.
        out: the buffer of the result, (outputs, *counts) row by row.
        output, channel: how far outputs o and channels c lie apart in `w`.
        outputs, channels: how many there are.
        taps: the positions k in a kernel.
        counts: places r along each axis.
        steps: how far neighbouring places lie apart in the frame, along each axis.
        epilogue: what is done with the result, if anything but storing it.
    """

    frame: Frame
    image: Buffer
    w: Buffer
    out: Buffer
    output: int
    channel: int
    outputs: int
    channels: int
    taps: tuple[Taps, ...]
    counts: Shape
    steps: Shape
    epilogue: Epilogue | None = None

    @property
    def places(self) -> int:
        """How many places r there are."""
        return math.prod(self.counts)

    def write(self, b: Builder, spot: Spot) -> None:
        """All places of all outputs."""
        plain = strides_of(self.counts)
        with Loops(b, self.counts[:-2]) as indices:
            for index, step, stride in zip(indices, self.steps, plain, strict=False):
                spot = spot.moved(index, image=step, out=stride)
            self._plane(b, spot)

    def _plane(self, b: Builder, spot: Spot) -> None:
        """The last two axes."""
        rows, width = (1, *self.counts)[-2:]
        row = (0, *self.steps)[-2]
        each = rows_of_strip(self.outputs, rows, width, self.out.dtype, b.host)
        whole = rows // each * each
        with b.loop(whole, each) as turn:
            self._rows(b, each, width, row, spot.moved(turn.index, image=row, out=width))
        if rows - whole:
            rest = spot.shifted(image=whole * row, out=whole * width)
            self._rows(b, rows - whole, width, row, rest)

    def _rows(self, b: Builder, rows: int, width: int, row: int, spot: Spot) -> None:
        """A strip; a single long row in several that are alike."""
        start = 0
        if rows == 1 and width > LONGEST * LANES:
            each = 4 * LANES
            start = width // each * each
            with b.loop(start, each) as turn:
                self._strip(b, each, vectors_of(1, each, 0), spot.moved(turn.index, 1, 0, 1))
        rest = rows * width - start
        if rest:
            vectors = vectors_of(rows, width - start, row)
            self._strip(b, rest, vectors, spot.shifted(image=start, out=start))

    def _strip(self, b: Builder, places: int, strip: tuple[Vector, ...], spot: Spot) -> None:
        cut = tiling(self.outputs, strip, self.out.dtype, b.host)
        whole = self.outputs // cut.outputs * cut.outputs
        for first in range(0, len(strip), cut.vectors):
            vectors = strip[first : first + cut.vectors]
            active = [min(LANES, places - i * LANES) for i in range(first, first + len(vectors))]
            here = spot.shifted(out=first * LANES)
            with b.loop(whole, cut.outputs) as turn:
                tile = here.moved(turn.index, w=self.output, out=self.places, channel=1)
                self._tile(b, cut.outputs, vectors, active, tile)
            if self.outputs - whole:
                w, out = whole * self.output, whole * self.places
                tile = here.shifted(w=w, out=out, channel=whole)
                self._tile(b, self.outputs - whole, vectors, active, tile)

    # ------------------------------------------------------------------ a tile

    def _tile(
        self, b: Builder, outputs: int, vectors: Sequence[Vector], active: list[int], spot: Spot
    ) -> None:
        zero = b.vector(Number(0.0, self.out.dtype), LANES)
        sums: list[Register] = [zero] * (outputs * len(vectors))
        with b.loop(self.channels, carry=sums) as turn:
            channel = spot.moved(turn.index, image=self.frame.strides[0], w=self.channel)
            inside = list(turn.inside)
            for taps in self.taps:
                first = channel.shifted(image=taps.frame, w=taps.other)
                inside = self._taps(b, taps.loops, outputs, vectors, first, inside)
            turn.after_turn = tuple(inside)
        ends = iter(turn.ends)
        for o in range(outputs):
            for v, lanes in enumerate(active):
                to = spot.out.shifted(o * self.places + v * LANES)
                some = None if lanes == LANES else lanes
                if self.epilogue is None:
                    b.store(self.out, to, next(ends), active=some)
                else:
                    self.epilogue.write(b, next(ends), to, spot.channel.shifted(o), some)

    def _taps(
        self,
        b: Builder,
        loops: tuple[tuple[int, int, int], ...],
        outputs: int,
        vectors: Sequence[Vector],
        spot: Spot,
        sums: list[Register],
    ) -> list[Register]:
        if not loops:
            return self._products(b, outputs, vectors, spot, sums)
        (count, step, stride), *rest = loops
        with b.loop(count, carry=sums) as turn:
            tap = spot.moved(turn.index, image=step, w=stride)
            after = self._taps(b, tuple(rest), outputs, vectors, tap, list(turn.inside))
            turn.after_turn = tuple(after)
        return list(turn.ends)

    def _products(
        self,
        b: Builder,
        outputs: int,
        vectors: Sequence[Vector],
        spot: Spot,
        sums: list[Register],
    ) -> list[Register]:
        """Adds w[o, c, k] times the places to every sum, for one c and k."""
        places = [self._load(b, vector, spot.image) for vector in vectors]
        after = iter(sums)
        result = []
        for o in range(outputs):
            weight = b.load(self.w, spot.w.shifted(o * self.output), LANES, stride=0)
            result += [b.compute("fma", weight, place, next(after)) for place in places]
        return result

    def _load(self, b: Builder, vector: Vector, at: Address) -> Register:
        first, *others = vector
        value = b.load(self.image, at.shifted(first.frame), LANES)
        for piece in others:
            row = b.load(self.image, at.shifted(piece.frame), LANES)
            value = b.compute(f"first_{piece.lane}", value, row)
        return value
