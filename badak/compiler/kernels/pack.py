"""A factor of a product laid out anew, where the way it lies would cost the product time."""

from __future__ import annotations

import math

from badak.compiler.kernels.matmul import LANES, Matrix
from badak.compiler.kernels.task import Scratch
from badak.compiler.kernels.transpose import pack_transposed
from badak.compiler.kernels.view import View
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address

LARGE = 1 << 15
"""Elements from which on transposing in registers is worth its code."""

CROWDED = 1024
"""Bytes: rows that lie a multiple of this apart meet in a few lines of the nearest cache."""


def is_turned(view: View) -> bool:
    """Whether it is a large matrix whose rows are neighbours, and not its columns.

    >>> graph = bd.trace(lambda x: x, bd.ones((512, 100))).graph
    >>> (x,) = graph.inputs
    >>> is_turned(View.whole(x)), is_turned(View(x, (100, 512), 0, (1, 100)))
    (False, True)
    """
    return len(view.shape) == 2 and view.strides[0] == 1 and math.prod(view.shape) >= LARGE


def crowds(matrix: Matrix) -> bool:
    """Whether elements along the axis that has no neighbours share a few lines of cache."""
    apart = max(matrix.row, matrix.column) * matrix.buffer.dtype.itemsize
    return apart % CROWDED == 0


def row_by_row(b: Builder, x: Matrix, rows: int, columns: int, scratch: Scratch) -> Matrix:
    """A copy of a matrix whose rows are neighbours in which its columns are; shared by workers."""
    assert x.row == 1, "its rows are neighbours"
    width = -(-columns // LANES) * LANES
    if width * x.buffer.dtype.itemsize % CROWDED == 0:
        width += LANES
    room = scratch(x.buffer.dtype, rows * width, shared=True)
    whole, rest = divmod(rows, LANES)
    if whole:
        with b.share(whole) as share:
            here, there = x.at((share, LANES)), Address().moved(share, LANES * width)
            pack_transposed(b, x.buffer, here, (columns, LANES), x.column, room, width, there)
    if rest:
        here, there = x.at(offset=whole * LANES), Address(whole * LANES * width)
        pack_transposed(b, x.buffer, here, (columns, rest), x.column, room, width, there)
    return Matrix(room, Address(), width, 1)
