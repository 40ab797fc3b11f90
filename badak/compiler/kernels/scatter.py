"""Reading and adding at positions that are known only when the program runs."""

from __future__ import annotations

import math

from badak.base.dtypes import int64
from badak.compiler.kernels.moves import Grid, Loops, add, copy, fill, zero_of
from badak.compiler.kernels.task import Task
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Number, Register


def gather(b: Builder, task: Task) -> None:
    """out[lead, i, tail] = x[lead, index[i], tail]."""
    x, index = task.view(0), task.view(1)
    axis = task.attributes["axis"]
    lead, tail = x.shape[:axis], x.shape[axis + 1 :]
    source, positions = Grid.of(x, task.source(0)), Grid.of(index, task.source(1))
    target = Grid.plain(task.out, task.equation.output.shape)
    with Loops(b, (*lead, *index.shape), shared=True) as indices:
        outer, inner = indices[:axis], indices[axis:]
        position = _position(b, positions.at(*inner), x.shape[axis])
        row = source.at(*outer).moved(position, x.strides[axis])
        row = Grid(row.buffer, row.start, x.strides[axis + 1 :])
        copy(b, row, target.at(*outer, *inner), tail)


def scatter_add(b: Builder, task: Task) -> None:
    """out[lead, index[i], tail] += values[lead, i, tail], in the order of i."""
    values, index = task.view(0), task.view(1)
    axis, size = task.attributes["axis"], task.attributes["size"]
    rank = len(index.shape)
    lead, tail = values.shape[:axis], values.shape[axis + rank :]
    source, positions = Grid.of(values, task.source(0)), Grid.of(index, task.source(1))
    shape = task.equation.output.shape
    target = Grid.plain(task.out, shape)
    fill(b, Grid.plain(task.out, (1,)), math.prod(shape), zero_of(task.out.dtype))
    with Loops(b, (*lead, *index.shape)) as indices:
        outer, inner = indices[:axis], indices[axis:]
        position = _position(b, positions.at(*inner), size)
        row = target.at(*outer).moved(position, target.strides[axis])
        row = Grid(row.buffer, row.start, target.strides[axis + 1 :])
        add(b, source.at(*outer, *inner), row, tail)


def _position(b: Builder, at: Grid, size: int) -> Register:
    """A position as a whole number within bounds.

    Positions are checked before a program runs; this keeps memory safe whatever comes.
    """
    position = b.load(at.buffer, at.start)
    if position.dtype != int64:
        position = b.compute("cast", position, dtype=int64)
    least, most = Number(0, int64), Number(size - 1, int64)
    return b.compute("minimum", b.compute("maximum", position, least), most)
