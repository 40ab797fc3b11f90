"""Sums of outer products over all places: the loops of a convolution's gradient for its kernel.

    sums[c, k, o] += sum over r of  frame[c, r * stride + k * dilation] * g[r, o]

Here g has been transposed, so that the outputs o are neighbours. A tile, some rows (c, k) by one or
two vectors of outputs, is held in registers while the places r run in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from badak.base.dtypes import DType
from badak.base.shapes import Shape
from badak.compiler.build import Builder
from badak.compiler.frame import Frame
from badak.compiler.loop import Address, Buffer, Register, strides_of
from badak.compiler.matmul import LANES


def tile_rows(rows: int, vectors: int, dtype: DType) -> int:
    """How many rows (c, k) a tile has: about twenty sums, and tiles of nearly one size.

    >>> tile_rows(9, 2, np.dtype("float32")), tile_rows(25, 2, np.dtype("float32"))
    (9, 9)
    """
    wide = LANES * dtype.itemsize // 64
    most = max(1, 20 // (vectors * wide)) if vectors * wide > 1 else 14
    return -(-rows // -(-rows // most))


@dataclass(frozen=True)
class OuterSums:
    """What is multiplied and where the sums lie.

    Attributes:
        frame, image: the layout of the input, and its buffer.
        channels: how many c there are.
        offsets: where in the frame the positions k of a kernel lie.
        counts: places r along each axis.
        steps: how far neighbouring places lie apart in the frame, along each axis.
        g: the buffer of g, (*counts, width).
        outputs: how many o there are.
        sums: the buffer of the sums, (channels, k, width of `depth`).
        width, depth: how far the rows of `g` and of `sums` lie apart.
    """

    frame: Frame
    image: Buffer
    channels: int
    offsets: tuple[int, ...]
    counts: Shape
    steps: Shape
    g: Buffer
    outputs: int
    sums: Buffer
    width: int
    depth: int

    @property
    def _together(self) -> int:
        """Channels whose rows are cut into tiles as one: several where a kernel has few values."""
        most = max(1, 10 // len(self.offsets))
        return max(n for n in range(1, most + 1) if self.channels % n == 0)

    def write(self, b: Builder, image: Address, g: Address, sums: Address) -> None:
        """Adds the products of one image to all sums."""
        vectors = -(-self.outputs // LANES)
        whole = vectors // 2 * 2
        if whole:
            with b.loop(whole * LANES, 2 * LANES) as turn:
                self._channels(b, 2, image, g.moved(turn.index, 1), sums.moved(turn.index, 1))
        if vectors > whole:
            start = whole * LANES
            self._channels(b, 1, image, g.shifted(start), sums.shifted(start))

    def _channels(
        self, b: Builder, vectors: int, image: Address, g: Address, sums: Address
    ) -> None:
        n, kernel, channel = self._together, len(self.offsets), self.frame.strides[0]
        rows = [c * channel + offset for c in range(n) for offset in self.offsets]
        size = tile_rows(len(rows), vectors, self.sums.dtype)
        with b.loop(self.channels, n) as turn:
            start = image.moved(turn.index, channel)
            to = sums.moved(turn.index, kernel * self.depth)
            for first in range(0, len(rows), size):
                tile = rows[first : first + size]
                self._tile(b, tile, vectors, start, g, to.shifted(first * self.depth))

    def _tile(
        self,
        b: Builder,
        rows: list[int],
        vectors: int,
        image: Address,
        g: Address,
        sums: Address,
    ) -> None:
        at = [
            sums.shifted(i * self.depth + v * LANES)
            for i in range(len(rows))
            for v in range(vectors)
        ]
        before = [b.load(self.sums, one, LANES) for one in at]
        after = self._places(b, 0, rows, vectors, image, g, before)
        for one, value in zip(at, after, strict=True):
            b.store(self.sums, one, value)

    def _places(
        self,
        b: Builder,
        axis: int,
        rows: list[int],
        vectors: int,
        image: Address,
        g: Address,
        sums: list[Register],
    ) -> list[Register]:
        if axis == len(self.counts):
            return self._products(b, rows, vectors, image, g, sums)
        plain = strides_of(self.counts)[axis] * self.width
        with b.loop(self.counts[axis], carry=sums) as turn:
            here, there = image.moved(turn.index, self.steps[axis]), g.moved(turn.index, plain)
            inside = list(turn.inside)
            turn.after_turn = tuple(self._places(b, axis + 1, rows, vectors, here, there, inside))
        return list(turn.ends)

    def _products(
        self,
        b: Builder,
        rows: list[int],
        vectors: int,
        image: Address,
        g: Address,
        sums: list[Register],
    ) -> list[Register]:
        columns = [b.load(self.g, g.shifted(v * LANES), LANES) for v in range(vectors)]
        before = iter(sums)
        after = []
        for row in rows:
            x = b.load(self.image, image.shifted(row), LANES, stride=0)
            after += [b.compute("fma", x, column, next(before)) for column in columns]
        return after
