"""Transposing a matrix in memory, sixteen rows by sixteen columns at a time in registers."""

from __future__ import annotations

import numpy as np

from badak.compiler.kernels.matmul import LANES
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Number, Register


def transposed(b: Builder, rows: list[Register]) -> list[Register]:
    """Lane j of register i becomes lane i of register j.

    Zipping the upper half of the rows with the lower one moves one bit of the row's number into
    the lane's; after as many rounds as there are bits they have changed places.
    """
    half = len(rows) // 2
    done = 1
    while done < len(rows):
        pairs = zip(rows[:half], rows[half:], strict=True)
        rows = [b.compute(op, *pair) for pair in pairs for op in ("zip_low", "zip_high")]
        done *= 2
    return rows


def pack_transposed(
    b: Builder,
    source: Buffer,
    at: Address,
    shape: tuple[int, int],
    row: int,
    target: Buffer,
    width: int,
    start: Address | None = None,
) -> None:
    """target[j, i] = source[i, j].

    Args:
        b: takes the statements down.
        source, at: the matrix; its columns are neighbours.
        shape: its rows and columns.
        row: how far its rows lie apart.
        target: its rows are filled up with zeros to a multiple of 16.
        width: how far the rows of the target lie apart.
        start: where in the target its first row lies; at the beginning unless said otherwise.
    """
    rows, columns = shape
    to = start or Address()
    whole_rows, whole_columns = rows // LANES * LANES, columns // LANES * LANES

    def across(at: Address, to: Address, have: int) -> None:
        if whole_columns:
            with b.loop(whole_columns, LANES) as turn:
                here, there = at.moved(turn.index, 1), to.moved(turn.index, width)
                _block(b, source, here, row, have, LANES, target, there, width)
        if columns > whole_columns:
            here, there = at.shifted(whole_columns), to.shifted(whole_columns * width)
            _block(b, source, here, row, have, columns - whole_columns, target, there, width)

    if whole_rows:
        with b.loop(whole_rows, LANES) as turn:
            across(at.moved(turn.index, row), to.moved(turn.index, 1), LANES)
    if rows > whole_rows:
        across(at.shifted(whole_rows * row), to.shifted(whole_rows), rows - whole_rows)


def _block(
    b: Builder,
    source: Buffer,
    at: Address,
    row: int,
    rows: int,
    columns: int,
    target: Buffer,
    to: Address,
    width: int,
) -> None:
    zero = b.vector(Number(np.asarray(0, source.dtype).item(), source.dtype), LANES)
    active = None if columns == LANES else columns
    read = [b.load(source, at.shifted(i * row), LANES, active=active) for i in range(rows)]
    turned = transposed(b, [*read, *[zero] * (LANES - rows)])
    for j in range(columns):
        b.store(target, to.shifted(j * width), turned[j])
