"""Moving elements that lie at even distances: copies, sums, fills."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType, bool_
from badak.base.shapes import Shape
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.view import View
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index, Number, Register, strides_of

Body = Callable[[list["Grid"], int], None]
Combine = Callable[[Register, Callable[[], Register]], Register]


ENOUGH = 8
"""Shares that go round among a few workers without leaving one idle for long."""


class Loops:
    """Loops over a shape, one inside the other; gives their indices.

    Args:
        b: takes them down.
        shape: how many turns each has.
        shared: whether workers share the turns of one of them: the first with enough, or else the
            longest. It is then the outermost.
    """

    def __init__(self, b: Builder, shape: Shape, shared: bool = False) -> None:
        self._stack = ExitStack()
        self._b, self._shape = b, shape
        self._shared = share_axis(shape) if shared else None

    def __enter__(self) -> tuple[Index, ...]:
        indices: dict[int, Index] = {}
        if self._shared is not None:
            share = self._b.share(self._shape[self._shared])
            indices[self._shared] = self._stack.enter_context(share)
        for axis, size in enumerate(self._shape):
            if axis != self._shared:
                indices[axis] = self._stack.enter_context(self._b.loop(size)).index
        return tuple(indices[axis] for axis in range(len(self._shape)))

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def share_axis(shape: Shape) -> int | None:
    """The axis whose turns workers share: the first with enough, or else the longest.

    >>> share_axis((100, 3, 5)), share_axis((2, 3, 50)), share_axis((2, 3)), share_axis((1,))
    (0, 2, 1, None)
    """
    most = max(shape, default=1)
    return shape.index(next(n for n in shape if n >= min(ENOUGH, most))) if most > 1 else None


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


def along(b: Builder, grids: Sequence[Grid], size: int, body: Body, shared: bool = False) -> None:
    """Goes along the one axis left of some grids, a vector at a time: `body(grids, count)`."""
    whole = size // LANES * LANES
    if whole and shared:
        with b.share(size // LANES) as share:
            body([grid.moved(share, grid.strides[0] * LANES) for grid in grids], LANES)
    elif whole:
        with b.loop(whole, LANES) as turn:
            body([grid.moved(turn.index, grid.strides[0]) for grid in grids], LANES)
    if size > whole:
        body([grid.shifted(whole * grid.strides[0]) for grid in grids], size - whole)


def copy(b: Builder, source: Grid, target: Grid, shape: Shape, shared: bool = False) -> None:
    """target[...] = source[...]."""
    _each(b, source, target, shape, lambda new, old: new, shared)


def add(b: Builder, source: Grid, target: Grid, shape: Shape) -> None:
    """target[...] += source[...]; no element twice along the innermost axis of the target."""
    adds = "logical_or" if target.buffer.dtype == bool_ else "add"
    _each(b, source, target, shape, lambda new, old: b.compute(adds, old(), new))


def _each(
    b: Builder, source: Grid, target: Grid, shape: Shape, combine: Combine, shared: bool = False
) -> None:
    def some(grids: list[Grid], count: int) -> None:
        here, there = grids
        there.store(b, count, combine(here.load(b, count), lambda: there.load(b, count)))

    lead = shape[:-1]
    outermost = shared and share_axis(lead) is not None
    with Loops(b, lead, outermost) as indices:
        here, there = source.at(*indices), target.at(*indices)
        if shape[-1:] in ((), (1,)):
            value = b.load(here.buffer, here.start)
            new = combine(value, lambda: b.load(there.buffer, there.start))
            b.store(there.buffer, there.start, new)
        else:
            along(b, [here, there], shape[-1], some, shared and not lead)


def zero_of(dtype: DType) -> Number:
    """0, False or 0.0."""
    return Number(np.asarray(0, dtype).item(), dtype)


def fill(b: Builder, target: Grid, size: int, number: Number, shared: bool = False) -> None:
    """One number in so many neighbours."""

    def some(grids: list[Grid], count: int) -> None:
        grids[0].store(b, count, b.vector(number, LANES))

    along(b, [target], size, some, shared)


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
