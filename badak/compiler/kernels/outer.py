"""Sums of outer products over all places: the loops of a convolution's gradient for its kernel.

    sums[c, k, o] += sum over r of  frame[c, r * stride + k * dilation] * g[r, o]

Here g has been transposed, so that the outputs o are neighbours. A tile, some rows (c, k) by one or
two vectors of outputs, is held in registers while the places r run in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from badak.base.dtypes import DType
from badak.base.shapes import Shape
from badak.compiler.kernels.frame import Frame
from badak.compiler.kernels.matmul import LANES
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Register, strides_of
from badak.compiler.machine.targets import Host


def tile_vectors(outputs: int, dtype: DType, host: Host) -> int:
    """How many vectors of outputs a tile has at most: two, where the registers hold many.

    >>> from badak.compiler.machine.targets import HOSTS
    >>> [tile_vectors(64, np.dtype("float32"), HOSTS[name]) for name in ("avx512", "avx2", "neon")]
    [2, 1, 1]
    """
    many = host.vectors_of(LANES * dtype.itemsize) >= 16
    return min(-(-outputs // LANES), 2 if many else 1)


def tile_rows(rows: int, vectors: int, dtype: DType, host: Host) -> int:
    """How many rows (c, k) a tile has: sums in 5/8 of the registers, tiles of nearly one size.

    >>> from badak.compiler.machine.targets import HOSTS
    >>> [tile_rows(rows, 2, np.dtype("float32"), HOSTS["avx512"]) for rows in (9, 25)]
    [9, 9]
    >>> [tile_rows(25, 1, np.dtype("float32"), HOSTS[name]) for name in ("avx512", "avx2", "neon")]
    [13, 5, 5]
    """
    wide = vectors * host.registers_of(LANES * dtype.itemsize)
    # With one register for each row, loads of numbers and not products take the time.
    most = max(1, host.registers * 5 // 8 // wide) if wide > 1 else 14
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
        each = tile_vectors(self.outputs, self.sums.dtype, b.host)
        whole = vectors // each * each
        with b.loop(whole * LANES, each * LANES) as turn:
            self._channels(b, each, image, g.moved(turn.index, 1), sums.moved(turn.index, 1))
        if vectors > whole:
            start, rest = whole * LANES, vectors - whole
            self._channels(b, rest, image, g.shifted(start), sums.shifted(start))

    def _channels(
        self, b: Builder, vectors: int, image: Address, g: Address, sums: Address
    ) -> None:
        n, kernel, channel = self._together, len(self.offsets), self.frame.strides[0]
        rows = [c * channel + offset for c in range(n) for offset in self.offsets]
        size = tile_rows(len(rows), vectors, self.sums.dtype, b.host)
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
