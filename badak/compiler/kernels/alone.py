"""Primitives with a kernel of their own: products, gathers, random bits, copies into a frame."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from badak.base.dtypes import bool_, int64, uint32, uint64
from badak.base.random import LANES as WORD_LANES
from badak.base.shapes import Shape
from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.compiler.kernels.convolution import conv, conv_input_grad, conv_weight_grad
from badak.compiler.kernels.epilogue import Epilogue
from badak.compiler.kernels.matmul import Matrix, multiply
from badak.compiler.kernels.moves import Grid, Loops, copy, dot, fill
from badak.compiler.kernels.pack import crowds, is_turned, row_by_row
from badak.compiler.kernels.pools import fold_at_largest, reduce_windows
from badak.compiler.kernels.scatter import gather, scatter_add
from badak.compiler.kernels.schedule import Schedule
from badak.compiler.kernels.task import Buffers, Scratch, Task
from badak.compiler.kernels.view import View
from badak.compiler.kernels.windows import fold
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index, Number, Operand, Register, strides_of

KERNELS: dict[str, Callable[[Builder, Task], None]] = {
    "conv": conv,
    "conv_input_grad": conv_input_grad,
    "conv_weight_grad": conv_weight_grad,
    "fold": fold,
    "fold_at_largest": fold_at_largest,
    "gather": gather,
    "reduce_windows": reduce_windows,
    "scatter_add": scatter_add,
}
"""Primitives whose kernels are written in files of their own."""


class Alone:
    """Writes one equation down."""

    def __init__(
        self,
        equation: Equation,
        plan: Schedule,
        buffers: Buffers,
        scratch: Scratch,
        epilogue: Epilogue | None = None,
    ) -> None:
        self.equation = equation
        self.plan = plan
        self.buffers = buffers
        self.scratch = scratch
        self.epilogue = epilogue
        self.attributes = dict(equation.attributes)
        self.out = buffers(equation.output)

    def write(self, b: Builder) -> None:
        """The whole kernel."""
        if 0 in self.equation.output.shape:
            return
        kernel = KERNELS.get(self.equation.primitive)
        if kernel is not None:
            kernel(b, Task(self.equation, self.plan, self.buffers, self.scratch, self.epilogue))
        else:
            getattr(self, f"_{self.equation.primitive}")(b)

    def _view(self, atom: Atom) -> View:
        assert isinstance(atom, Value), "constants lie in buffers"
        return self.plan.view_of(atom)

    # ------------------------------------------------------------------ matmul

    def _matmul(self, b: Builder) -> None:
        x, y = (self._view(atom) for atom in self.equation.inputs)
        x_strides = x.strides if len(x.shape) > 1 else (0, *x.strides)
        y_strides = y.strides if len(y.shape) > 1 else (*y.strides, 1)
        m = x.shape[-2] if len(x.shape) > 1 else 1
        n = y.shape[-1] if len(y.shape) > 1 else 1
        k = x.shape[-1]
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        if n == 1:  # one column has no neighbour; wherever it is said to lie, it is not read
            y_strides = (*y_strides[:-1], 1)
        plain = strides_of((*batch, m, n))
        fields = [
            _batch_strides(x.shape[:-2], x_strides[:-2], batch),
            _batch_strides(y.shape[:-2], y_strides[:-2], batch),
            plain[:-2],
        ]
        matrices = (
            Matrix(self.buffers(x.base), Address(x.offset), x_strides[-2], x_strides[-1]),
            Matrix(self.buffers(y.base), Address(y.offset), y_strides[-2], y_strides[-1]),
            Matrix(self.out, Address(), n, 1),
        )
        left, right, out = matrices
        if is_turned(x) and crowds(left) and crowds(right):
            left = row_by_row(b, left, m, k, self.scratch)
        if is_turned(y) and right.column != 1:
            right = row_by_row(b, right, k, n, self.scratch)
        matrices = (left, right, out)
        if math.prod(batch) == 1:
            multiply(b, *matrices, m, n, k, shared=True)
            return
        with Loops(b, batch, shared=True) as indices:
            left, right, out = (
                matrix.moved(*zip(indices, strides, strict=True))
                for matrix, strides in zip(matrices, fields, strict=True)
            )
            multiply(b, left, right, out, m, n, k)

    # ------------------------------------------------------------------ argmax

    def _argmax(self, b: Builder) -> None:
        x = self._view(self.equation.inputs[0])
        axes = self.attributes["axes"]
        kept = [i for i in range(len(x.shape)) if i not in axes]
        shape = tuple(x.shape[i] for i in kept)
        sizes = tuple(x.shape[i] for i in axes)
        places = strides_of(sizes)
        buffer = self.buffers(x.base)
        with Loops(b, shape, shared=True) as outer:
            start = tuple((i, x.strides[k]) for i, k in zip(outer, kept, strict=True))
            first = b.load(buffer, Address(x.offset, start))
            carry: list[Operand] = [first, Number(0, int64)]
            carry = self._scan(b, buffer, x, start, sizes, axes, places, carry, (), first)
            target = Address(0, tuple(zip(outer, strides_of(shape), strict=True)))
            b.store(self.out, target, carry[1])

    def _scan(
        self,
        b: Builder,
        buffer: Buffer,
        x: View,
        start: tuple[tuple[Index | Register, int], ...],
        sizes: Shape,
        axes: Shape,
        places: Shape,
        carry: list[Operand],
        inner: tuple[Index, ...],
        like: Register,
    ) -> list[Operand]:
        depth = len(inner)
        if depth < len(sizes):
            registers = [b.vector(c, 1) if isinstance(c, Number) else c for c in carry]
            with b.loop(sizes[depth], carry=registers) as turn:
                turn.after_turn = tuple(
                    self._scan(
                        b, buffer, x, start, sizes, axes, places,
                        list(turn.inside), (*inner, turn.index), like,
                    )
                )  # fmt: skip
            return list(turn.ends)
        terms = tuple((i, x.strides[a]) for i, a in zip(inner, axes, strict=True))
        value = b.load(buffer, Address(x.offset, (*start, *terms)))
        place: Operand = Number(0, int64)
        for index, factor in zip(inner, places, strict=True):
            step = b.place(index)
            place = b.compute("add", b.compute("mul", step, Number(factor, int64)), place)
        best, where = carry
        better = b.compute("greater", value, best)
        if like.dtype.kind == "f":  # the first NaN is the largest, as in NumPy
            new_nan = b.compute("not_equal", value, value)
            old_number = b.compute("equal", best, best)
            found = b.compute("logical_and", new_nan, old_number, dtype=bool_)
            better = b.compute("logical_or", better, found, dtype=bool_)
        return [
            b.compute("where", better, value, best),
            b.compute("where", better, place, where),
        ]

    # ------------------------------------------------------------------ into a frame

    def _concat(self, b: Builder) -> None:
        axis = self.attributes["axis"]
        plain = strides_of(self.equation.output.shape)
        start = 0
        for atom in self.equation.inputs:
            seen = self._view(atom)
            self._copy_view(b, seen, Address(start * plain[axis]), plain)
            start += seen.shape[axis]

    def _pad(self, b: Builder) -> None:
        low, interior = self.attributes["low"], self.attributes["interior"]
        dtype = self.equation.output.dtype
        number = Number(np.asarray(self.attributes["value"], dtype).item(), dtype)
        shape = self.equation.output.shape
        fill(b, Grid.plain(self.out, (1,)), math.prod(shape), number, shared=True)
        plain = strides_of(shape)
        offset = dot(low, plain)
        spread = tuple(s * (between + 1) for s, between in zip(plain, interior, strict=True))
        self._copy_view(b, self._view(self.equation.inputs[0]), Address(offset), spread)

    def _copy_view(self, b: Builder, seen: View, to: Address, strides: Shape) -> None:
        if math.prod(seen.shape):
            source = Grid.of(seen, self.buffers(seen.base))
            copy(b, source, Grid(self.out, to, strides), seen.shape, shared=True)

    # ------------------------------------------------------------------ random bits

    def _random_bits(self, b: Builder) -> None:
        """Philox4x32-10, sixteen blocks at a time; see badak/base/random.py for the order."""
        size = math.prod(self.equation.output.shape)
        groups = size // (4 * WORD_LANES)
        if groups:
            with b.share(groups) as share:
                key, counter = (self._scalar(b, atom) for atom in self.equation.inputs)
                words = _philox(b, key, counter, b.place(share))
                for w, word in enumerate(words):
                    at = Address(w * WORD_LANES, ((share, 4 * WORD_LANES),))
                    b.store(self.out, at, word)
        rest = size - groups * 4 * WORD_LANES
        if rest:
            key, counter = (self._scalar(b, atom) for atom in self.equation.inputs)
            words = _philox(b, key, counter, b.vector(Number(groups, int64), 1))
            for w, word in enumerate(words):
                left = rest - w * WORD_LANES
                if left > 0:
                    at = Address(groups * 4 * WORD_LANES + w * WORD_LANES)
                    b.store(self.out, at, word, active=left if left < WORD_LANES else None)

    def _scalar(self, b: Builder, atom: Atom) -> Register:
        if isinstance(atom, Constant):
            return b.vector(Number(int(atom.data), uint64), 1)
        seen = self._view(atom)
        return b.load(self.buffers(seen.base), Address(seen.offset))


def _philox(b: Builder, key: Register, counter: Register, group: Register) -> list[Register]:
    """Four vectors of words for the sixteen blocks of a group."""

    def u(value: int) -> Number:
        return Number(value, uint64)

    low, shift = u(0xFFFFFFFF), u(32)
    lane = b.lane_numbers(WORD_LANES, uint64)
    first = b.compute("mul", b.compute("cast", group, dtype=uint64), u(WORD_LANES))
    block = b.compute("add", lane, first)
    c0, c1 = b.compute("bit_and", block, low), b.compute("shift_right", block, shift)
    zeros = b.vector(u(0), WORD_LANES)
    c2 = b.compute("add", zeros, b.compute("bit_and", counter, low))
    c3 = b.compute("add", zeros, b.compute("shift_right", counter, shift))
    k0, k1 = b.compute("bit_and", key, low), b.compute("shift_right", key, shift)
    for _ in range(10):
        p0, p1 = b.compute("mul", c0, u(0xD2511F53)), b.compute("mul", c2, u(0xCD9E8D57))
        left = b.compute("bit_xor", b.compute("shift_right", p1, shift), c1)
        right = b.compute("bit_xor", b.compute("shift_right", p0, shift), c3)
        c0, c1 = b.compute("bit_xor", left, k0), b.compute("bit_and", p1, low)
        c2, c3 = b.compute("bit_xor", right, k1), b.compute("bit_and", p0, low)
        k0 = b.compute("bit_and", b.compute("add", k0, u(0x9E3779B9)), low)
        k1 = b.compute("bit_and", b.compute("add", k1, u(0xBB67AE85)), low)
    return [b.compute("cast", c, dtype=uint32) for c in (c0, c1, c2, c3)]


def _batch_strides(shape: Shape, strides: Shape, batch: Shape) -> Shape:
    lead = len(batch) - len(shape)
    return (0,) * lead + tuple(
        0 if size == 1 else stride for size, stride in zip(shape, strides, strict=True)
    )


def copy_all(b: Builder, source: Buffer, target: Buffer) -> None:
    """Copies one buffer into another of the same size."""
    whole = (source.size,)
    copy(b, Grid.plain(source, whole), Grid.plain(target, whole), whole, shared=True)
