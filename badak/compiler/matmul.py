"""The matrix product as loops: a tile of the result is held in registers while k runs.

    for each tile of MR rows and NV vectors of columns:
        for k:  load NV vectors of B, MR numbers of A;  acc[m][v] += a[m] * b[v]
        store the tile

Each element is one sum in the order of k, whatever the tile: the result does not depend on sizes,
threads or the machine's registers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType
from badak.compiler.build import Builder
from badak.compiler.loop import Address, Buffer, Index, Number, Operand, Register

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


def tile_shape(rows: int, columns: int, registers: int = 32) -> tuple[int, int]:
    """Rows and vectors of a tile: as square as the registers allow, and fitting the result.

    A tile of MR rows and NV vectors needs MR * NV registers for sums, NV for B and one for A.

    >>> tile_shape(100, 50)
    (6, 4)
    """
    vectors = -(-columns // LANES)
    widest = {1: 1, 2: 2, 3: 3}.get(vectors, 4)
    most = (registers - widest - 1) // widest
    blocks = -(-rows // most)
    return -(-rows // blocks), widest


def multiply(b: Builder, x: Matrix, y: Matrix, out: Matrix, m: int, n: int, k: int) -> None:
    """out[m, n] = x[m, k] @ y[k, n]; columns of y and out must be neighbours (column == 1)."""
    assert y.column == 1, "pack y first"
    rows, vectors = tile_shape(m, n)
    width = vectors * LANES
    if n >= width:
        with b.loop(n // width * width, width) as across:
            _column_block(b, x, y, out, m, k, rows, [None] * vectors, ((across.index, 1),), 0)
    rest = n % width
    if rest:
        full, part = divmod(rest, LANES)
        active: list[int | None] = [None] * full + ([part] if part else [])
        _column_block(b, x, y, out, m, k, rows, active, (), n - rest)


def _column_block(
    b: Builder,
    x: Matrix,
    y: Matrix,
    out: Matrix,
    m: int,
    k: int,
    rows: int,
    active: list[int | None],
    across: tuple[tuple[Index, int], ...],
    start: int,
) -> None:
    """All rows of one block of columns, which begins at `start` plus the index across."""
    whole = m // rows * rows
    if whole:
        with b.loop(whole, rows) as down:
            _tile(b, x, y, out, k, rows, active, across, start, (down.index,), 0)
    if m % rows:
        _tile(b, x, y, out, k, m % rows, active, across, start, (), whole)


def _tile(
    b: Builder,
    x: Matrix,
    y: Matrix,
    out: Matrix,
    k: int,
    rows: int,
    active: list[int | None],
    across: tuple[tuple[Index, int], ...],
    start: int,
    down: tuple[Index, ...],
    first: int,
) -> None:
    dtype = x.buffer.dtype
    zero = _zero(b, dtype)
    zeros: list[Operand] = [zero] * (rows * len(active))
    with b.loop(k, carry=zeros) as turn:
        columns = [
            b.load(
                y.buffer,
                y.at((turn.index, y.row), *across, offset=start + v * LANES),
                LANES,
                active=lanes,
            )
            for v, lanes in enumerate(active)
        ]
        sums: list[Operand] = []
        for r in range(rows):
            terms = ((turn.index, x.column), *((index, x.row) for index in down))
            a = b.load(x.buffer, x.at(*terms, offset=(first + r) * x.row), LANES, stride=0)
            for v, column in enumerate(columns):
                sums.append(_add_product(b, a, column, turn.inside[r * len(active) + v]))
        turn.after_turn = tuple(sums)
    for r in range(rows):
        for v, lanes in enumerate(active):
            terms = (*across, *((index, out.row) for index in down))
            at = out.at(*terms, offset=(first + r) * out.row + start + v * LANES)
            b.store(out.buffer, at, turn.ends[r * len(active) + v], active=lanes)


def _add_product(b: Builder, x: Register, y: Register, total: Register) -> Register:
    """x y + total; rounded once where it is rounded at all."""
    if x.dtype.kind == "f":
        return b.compute("fma", x, y, total)
    return b.compute("add", b.compute("mul", x, y), total)


def _zero(b: Builder, dtype: DType) -> Register:
    """A vector of zeros, as a register: the start of a sum."""
    zero = Number(np.asarray(0, dtype).item(), dtype)
    return b.vector(zero, LANES)
