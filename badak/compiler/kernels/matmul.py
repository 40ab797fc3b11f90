"""The matrix product as loops: a tile of the result is held in registers while k runs.

    for each tile of MR rows and NV vectors of columns:
        for k:  load NV vectors of B, MR numbers of A;  acc[m][v] += a[m] * b[v]
        store the tile

Each element is one sum in the order of k, whatever the tile: the result does not depend on sizes,
threads or the machine's registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index, Number, Operand, Register
from badak.compiler.machine.targets import Host

LANES = 16
"""Of every vector, on every machine: LLVM cuts it into the registers that there are."""


@dataclass(frozen=True)
class Matrix:
    """A matrix in a buffer: where it starts, and how far rows and columns lie apart."""

    buffer: Buffer
    address: Address
    row: int
    column: int

    def at(self, *terms: tuple[Index, int], offset: int = 0) -> Address:
        return Address(self.address.offset + offset, (*self.address.terms, *terms))

    def moved(self, *terms: tuple[Index, int]) -> Matrix:
        """The matrix so many elements on for each step of some loops."""
        return Matrix(self.buffer, self.at(*terms), self.row, self.column)


def tile_shape(rows: int, columns: int, dtype: DType, host: Host) -> tuple[int, int]:
    """Rows and vectors of a tile: the most products for each load, and fitting the result.

    MR rows of NV vectors hold MR * NV vectors of sums, NV of B and one register of A at once.

    >>> from badak.compiler.machine.targets import HOSTS
    >>> float32 = np.dtype("float32")
    >>> [tile_shape(m, n, float32, HOSTS["avx512"]) for m, n in ((100, 50), (784, 50), (97, 10))]
    [(5, 4), (4, 4), (25, 1)]
    >>> tile_shape(1, 100, float32, HOSTS["avx512"])
    (1, 7)
    >>> [tile_shape(100, 512, float32, HOSTS[name]) for name in ("avx512", "avx2", "neon", "sse")]
    [(5, 4), (5, 1), (5, 1), (2, 1)]
    """
    size = host.registers_of(LANES * dtype.itemsize)

    def most_rows(vectors: int) -> int:
        return (host.registers - 1) // (size * vectors) - 1

    def products(vectors: int) -> float:
        most = most_rows(vectors)
        return most * size * vectors / (most + size * vectors)

    across = -(-columns // LANES)
    if rows == 1:  # nothing is used twice; sums side by side do not wait for each other
        blocks = -(-across // max(1, min(8, (host.registers - 1) // (2 * size))))
        return 1, -(-across // blocks)
    widths = range(1, min(across, 4) + 1)
    vectors = max((width for width in widths if most_rows(width) > 0), key=products, default=1)
    most = max(1, most_rows(vectors))
    # Tiles of one size are dealt out evenly, and need no code of their own for the rest.
    even = [n for n in range(most * 3 // 4, most + 1) if n and rows % n == 0]
    blocks = -(-rows // most)
    return (even or [-(-rows // blocks)])[-1], vectors


def multiply(
    b: Builder, x: Matrix, y: Matrix, out: Matrix, m: int, n: int, k: int, shared: bool = False
) -> None:
    """out[m, n] = x[m, k] @ y[k, n]; columns of y and out must be neighbours (column == 1).

    Args:
        shared: whether workers share it: the blocks of columns, so that each reads a part of y
            alone, unless the rows can be shared more evenly.
    """
    assert y.column == 1, "pack y first"
    rows, vectors = tile_shape(m, n, x.buffer.dtype, b.host)
    whole = (m // rows, n // (vectors * LANES))
    product = _Product(x, y, out, k, rows, vectors)
    down = [(whole[0], 0, rows), (1, whole[0] * rows, m % rows)]
    width = vectors * LANES
    across = [(whole[1], 0, width), (1, whole[1] * width, n % width)]
    down, across = ([part for part in parts if part[0] * part[2]] for parts in (down, across))
    if shared and _unevenness(across, width) <= _unevenness(down, rows) + 0.1:
        for count, start, size in across:
            with b.share(count) as share:
                product.blocks(b, down, [(share, start, size)])
    elif shared:
        for count, start, size in down:
            with b.share(count) as share:
                product.blocks(b, [(share, start, size)], across)
    else:
        product.blocks(b, down, across)


def _unevenness(parts: Sequence[tuple[int, int, int]], size: int) -> float:
    """By how much the larger half is above one half, when two share all blocks of this size."""
    blocks = parts[0][0] if parts[0][2] == size else 0
    total = sum(count * each for count, _, each in parts)
    return 1 - 2 * (blocks // 2) * size / total


_Block = tuple[int | Index, int, int]
"""How many blocks, or which of them; where the first starts; the size of each."""


@dataclass(frozen=True)
class _Product:
    """A product cut into tiles of so many rows and vectors."""

    x: Matrix
    y: Matrix
    out: Matrix
    k: int
    rows: int
    vectors: int

    def blocks(self, b: Builder, down: Sequence[_Block], across: Sequence[_Block]) -> None:
        """All tiles where these rows and these columns meet, column by column."""
        for column in across:
            with _loop(b, column) as right:
                for row in down:
                    with _loop(b, row) as below:
                        self._tile(b, below, row, right, column)

    def _tile(
        self,
        b: Builder,
        below: tuple[Index, ...],
        row: _Block,
        right: tuple[Index, ...],
        column: _Block,
    ) -> None:
        (_, top, rows), (_, left, width) = row, column
        active = [min(LANES, width - v) for v in range(0, width, LANES)]
        lanes = [None if n == LANES else n for n in active]
        x, y, out = self.x, self.y, self.out
        across = [(index, width) for index in right]
        zeros: list[Operand] = [_zero(b, x.buffer.dtype)] * (rows * len(lanes))
        with b.loop(self.k, carry=zeros) as turn:
            at = y.at((turn.index, y.row), *across, offset=left)
            columns = [
                b.load(y.buffer, at.shifted(v * LANES), LANES, active=n)
                for v, n in enumerate(lanes)
            ]
            at = x.at((turn.index, x.column), *((i, rows * x.row) for i in below))
            sums: list[Operand] = []
            for r in range(rows):
                a = b.load(x.buffer, at.shifted((top + r) * x.row), LANES, stride=0)
                inside = turn.inside[r * len(lanes) :]
                sums += [_add_product(b, a, *pair) for pair in zip(columns, inside, strict=False)]
            turn.after_turn = tuple(sums)
        at = out.at(*across, *((i, rows * out.row) for i in below), offset=left)
        ends = iter(turn.ends)
        for r in range(rows):
            for v, n in enumerate(lanes):
                to = at.shifted((top + r) * out.row + v * LANES)
                b.store(out.buffer, to, next(ends), active=n)


@contextmanager
def _loop(b: Builder, block: _Block) -> Iterator[tuple[Index, ...]]:
    """The index of a block among its like, as far as there are several."""
    count = block[0]
    if isinstance(count, Index):
        yield (count,)
    elif count == 1:
        yield ()
    else:
        with b.loop(count) as turn:
            yield (turn.index,)


def _add_product(b: Builder, x: Register, y: Register, total: Register) -> Register:
    """x y + total; rounded once where it is rounded at all."""
    if x.dtype.kind == "f":
        return b.compute("fma", x, y, total)
    return b.compute("add", b.compute("mul", x, y), total)


def _zero(b: Builder, dtype: DType) -> Register:
    """A vector of zeros, as a register: the start of a sum."""
    zero = Number(np.asarray(0, dtype).item(), dtype)
    return b.vector(zero, LANES)
