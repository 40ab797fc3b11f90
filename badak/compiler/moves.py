"""Moving elements that lie at even distances: copies, sums, fills."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType
from badak.base.shapes import Shape
from badak.compiler.build import Builder
from badak.compiler.loop import Address, Buffer, Index, Number, Register, strides_of
from badak.compiler.matmul import LANES
from badak.compiler.view import View

Body = Callable[[list["Grid"], int], None]
Combine = Callable[[Register, Callable[[], Register]], Register]


class Loops:
    """Loops over a shape, one inside the other; gives their indices."""

    def __init__(self, b: Builder, shape: Shape) -> None:
        self.turns = [b.loop(size) for size in shape]

    def __enter__(self) -> tuple[Index, ...]:
        return tuple(turn.__enter__().index for turn in self.turns)

    def __exit__(self, *error: object) -> None:
        for turn in reversed(self.turns):
            turn.__exit__(None, None, None)


@dataclass(frozen=True)
class Grid:
    """Elements at even distances in a buffer.

    Attributes:
        buffer, start: where the first of them lies.
        strides: how far neighbours along each axis lie apart.
    """

    buffer: Buffer
    start: Address
    strides: Shape

    @classmethod
    def of(cls, view: View, buffer: Buffer) -> Grid:
        """The elements of a view."""
        return cls(buffer, Address(view.offset), view.strides)

    @classmethod
    def plain(cls, buffer: Buffer, shape: Shape, start: Address | None = None) -> Grid:
        """Elements row by row."""
        return cls(buffer, start or Address(), strides_of(shape))

    def at(self, *indices: Index) -> Grid:
        """The part at these positions of the first axes."""
        start = self.start
        for index, stride in zip(indices, self.strides, strict=False):
            start = start.moved(index, stride)
        return Grid(self.buffer, start, self.strides[len(indices) :])

    def shifted(self, distance: int) -> Grid:
        """The same, so many elements on."""
        return Grid(self.buffer, self.start.shifted(distance), self.strides)

    def moved(self, index: Index | Register, factor: int) -> Grid:
        """The same, `index * factor` elements on."""
        return Grid(self.buffer, self.start.moved(index, factor), self.strides)

    def load(self, b: Builder, count: int = LANES) -> Register:
        """The first elements along the one axis left, and zeros up to a vector."""
        (stride,) = self.strides
        if count < 1:
            return b.vector(zero_of(self.buffer.dtype), LANES)
        if stride == 2:
            return self._every_other(b, count)
        active = count if stride and count < LANES else None
        return b.load(self.buffer, self.start, LANES, stride, active)

    def _every_other(self, b: Builder, count: int) -> Register:
        """Two vectors of neighbours, up to the last element that is wanted, and half of each."""
        row = Grid(self.buffer, self.start, (1,))
        reach = 2 * count - 1
        low, high = row.load(b, min(reach, LANES)), row.shifted(LANES).load(b, reach - LANES)
        return b.compute("unzip_even", low, high)

    def store(self, b: Builder, count: int, value: Register) -> None:
        """Stores so many lanes along the one axis left."""
        (stride,) = self.strides
        if count > 0:
            active = count if count < LANES else None
            b.store(self.buffer, self.start, value, stride, active)


def along(b: Builder, grids: Sequence[Grid], size: int, body: Body) -> None:
    """Goes along the one axis left of some grids, a vector at a time: `body(grids, count)`."""
    whole = size // LANES * LANES
    if whole:
        with b.loop(whole, LANES) as turn:
            body([grid.moved(turn.index, grid.strides[0]) for grid in grids], LANES)
    if size > whole:
        body([grid.shifted(whole * grid.strides[0]) for grid in grids], size - whole)


def copy(b: Builder, source: Grid, target: Grid, shape: Shape) -> None:
    """target[...] = source[...]."""
    _each(b, source, target, shape, lambda new, old: new)


def add(b: Builder, source: Grid, target: Grid, shape: Shape) -> None:
    """target[...] += source[...]; no element twice along the innermost axis of the target."""
    _each(b, source, target, shape, lambda new, old: b.compute("add", old(), new))


def _each(b: Builder, source: Grid, target: Grid, shape: Shape, combine: Combine) -> None:
    def some(grids: list[Grid], count: int) -> None:
        here, there = grids
        there.store(b, count, combine(here.load(b, count), lambda: there.load(b, count)))

    with Loops(b, shape[:-1]) as indices:
        here, there = source.at(*indices), target.at(*indices)
        if shape[-1:] in ((), (1,)):
            value = b.load(here.buffer, here.start)
            new = combine(value, lambda: b.load(there.buffer, there.start))
            b.store(there.buffer, there.start, new)
        else:
            along(b, [here, there], shape[-1], some)


def zero_of(dtype: DType) -> Number:
    """0, False or 0.0."""
    return Number(np.asarray(0, dtype).item(), dtype)


def fill(b: Builder, target: Grid, size: int, number: Number) -> None:
    """One number in so many neighbours."""

    def some(grids: list[Grid], count: int) -> None:
        grids[0].store(b, count, b.vector(number, LANES))

    along(b, [target], size, some)


def is_plain(strides: Shape, shape: Shape) -> bool:
    """Whether elements lie row by row, without gaps."""
    plain = strides_of(shape)
    return math.prod(shape) < 2 or all(
        size == 1 or stride == even
        for size, stride, even in zip(shape, strides, plain, strict=True)
    )


def spread_strides(view: View, shape: Shape) -> Shape:
    """How far the elements of a view lie apart when it is broadcast to a shape."""
    missing = len(shape) - len(view.shape)
    sizes = zip(view.shape, view.strides, shape[missing:], strict=True)
    return (0,) * missing + tuple(0 if own < size else step for own, step, size in sizes)


def dot(x: Sequence[int], y: Sequence[int]) -> int:
    """The sum of the products: an address from indices and strides."""
    return sum(a * b for a, b in zip(x, y, strict=True))
