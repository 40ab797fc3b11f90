"""A group of element-by-element equations and reductions as one nest of loops.

The innermost axis runs in vectors; its end, when it is no multiple of the lanes, in one vector with
some lanes at rest. A sum along the innermost axis is held in a register; a sum along an outer axis
is added up in its buffer. Either way its order is fixed by the shape alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from badak.base.shapes import Shape
from badak.compiler import elementary
from badak.compiler.build import Builder
from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.compiler.loop import Address, Buffer, Index, Number, Operand, Register, strides_of
from badak.compiler.matmul import LANES
from badak.compiler.schedule import REDUCTIONS, Group, Schedule

SIMPLE = [
    "abs",
    "add",
    "div",
    "equal",
    "floor",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "not_equal",
    "sqrt",
    "sub",
]

COPIES = ("broadcast", "flip", "reshape", "slice", "transpose", "windows")
"""A view that no even distances describe is copied, element by element."""

Buffers = Callable[[Value], Buffer]


def supports(equation: Equation) -> bool:
    """Whether a nest can compute this equation."""
    known = (*SIMPLE, *COPIES, *REDUCTIONS, *elementary.NAMES)
    return equation.primitive in (*known, "cast", "pow", "right_shift", "sign", "where")


@dataclass(frozen=True, eq=False)
class _Access:
    """Where an atom's elements lie for the loops of a nest."""

    buffer: Buffer
    offset: int
    strides: Shape


class Nest:
    """Writes one group down."""

    def __init__(
        self, group: Group, plan: Schedule, buffers: Buffers, stored: dict[int, bool]
    ) -> None:
        assert group.domain is not None
        self.plan = plan
        self.buffers = buffers
        self.stored = stored
        self.equations = group.equations
        self.inside = {id(e.output): e for e in group.equations}
        self.accesses = self._all_accesses(group.domain)
        self.results = {
            id(e.output): self._result_access(e, group.domain)
            for e in group.equations
            if id(e.output) in stored
        }
        self.domain = self._collapsed(group.domain)

    # ------------------------------------------------------------------ where things lie

    def _all_accesses(self, domain: Shape) -> dict[int, _Access]:
        found: dict[int, _Access] = {}
        for equation in self.equations:
            for atom in equation.inputs:
                if isinstance(atom, Value) and id(atom) not in self.inside:
                    found[id(atom)] = self._access(atom, domain)
        return found

    def _access(self, value: Value, domain: Shape) -> _Access:
        seen = self.plan.view_of(value)
        lead = len(domain) - len(seen.shape)
        strides = (0,) * lead + tuple(
            0 if size == 1 else stride
            for size, stride in zip(seen.shape, seen.strides, strict=True)
        )
        return _Access(self.buffers(seen.base), seen.offset, strides)

    def _result_access(self, equation: Equation, domain: Shape) -> _Access:
        buffer = self.buffers(equation.output)
        if equation.primitive not in REDUCTIONS:
            return _Access(buffer, 0, strides_of(domain))
        axes = dict(equation.attributes)["axes"]
        kept = tuple(1 if i in axes else size for i, size in enumerate(domain))
        plain = strides_of(kept)
        return _Access(buffer, 0, tuple(0 if i in axes else s for i, s in enumerate(plain)))

    def _collapsed(self, domain: Shape) -> Shape:
        """Neighbouring axes that every access walks as one become one; axes of size 1 go."""
        keep = [i for i, size in enumerate(domain) if size != 1]
        sizes = [domain[i] for i in keep]
        rows = [[a.strides[i] for i in keep] for a in self._every()]
        axis = len(sizes) - 2
        while axis >= 0:
            if all(row[axis] == row[axis + 1] * sizes[axis + 1] for row in rows):
                sizes[axis : axis + 2] = [sizes[axis] * sizes[axis + 1]]
                for row in rows:
                    del row[axis]
            axis -= 1
        self._replace([tuple(row) or (0,) for row in rows])
        return tuple(sizes) or (1,)

    def _every(self) -> list[_Access]:
        return [*self.accesses.values(), *self.results.values()]

    def _replace(self, strides: list[Shape]) -> None:
        new = iter(strides)
        for table in (self.accesses, self.results):
            for key, access in table.items():
                table[key] = _Access(access.buffer, access.offset, next(new))

    # ------------------------------------------------------------------ the loops

    def write(self, b: Builder) -> None:
        """The whole nest."""
        for equation in self.equations:
            empty = math.prod(self.domain) == 0
            if equation.primitive in REDUCTIONS and (empty or self._adds_up_in_memory(equation)):
                self._clear(b, equation)
        if math.prod(self.domain):
            self._level(b, 0, ())

    def _reduces(self, equation: Equation, axis: int) -> bool:
        return self.results[id(equation.output)].strides[axis] == 0 and self.domain[axis] != 1

    def _adds_up_in_memory(self, equation: Equation) -> bool:
        return any(self._reduces(equation, axis) for axis in range(len(self.domain) - 1))

    def _clear(self, b: Builder, equation: Equation) -> None:
        size = math.prod(equation.output.shape)
        buffer = self.buffers(equation.output)
        start = _identity(equation)
        whole = size // LANES * LANES
        if whole:
            with b.loop(whole, LANES) as turn:
                b.store(buffer, Address(0, ((turn.index, 1),)), b.vector(start, LANES))
        for i in range(whole, size):
            b.store(buffer, Address(i), start)

    def _level(self, b: Builder, axis: int, indices: tuple[Index, ...]) -> None:
        if axis < len(self.domain) - 1:
            with b.loop(self.domain[axis]) as turn:
                self._level(b, axis + 1, (*indices, turn.index))
            return
        size = self.domain[axis]
        held = [e for e in self.equations if e.primitive in REDUCTIONS and self._reduces(e, axis)]
        if size == 1:
            for equation, value in zip(held, self._body(b, indices, None, 1, None), strict=True):
                self._finish(b, equation, value, indices)
            return
        lanes = LANES
        sums: list[Operand] = [b.vector(_identity(e), lanes) for e in held]
        whole = size // lanes * lanes
        if whole:
            with b.loop(whole, lanes, carry=sums) as turn:
                values = self._body(b, (*indices, turn.index), turn.index, lanes, None)
                turn.after_turn = tuple(
                    b.compute(_combine(e), total, value)
                    for e, total, value in zip(held, turn.inside, values, strict=True)
                )
            sums = list(turn.ends)
        if size % lanes:
            values = self._body(b, indices, None, lanes, size % lanes, start=whole)
            sums = [
                b.compute(_combine(e), total, b.active(value, _identity(e), size % lanes))
                for e, total, value in zip(held, sums, values, strict=True)
            ]
        for equation, total in zip(held, sums, strict=True):
            assert isinstance(total, Register)
            self._finish(b, equation, b.fold(_combine(equation), total), indices)

    def _finish(
        self, b: Builder, equation: Equation, value: Register, indices: tuple[Index, ...]
    ) -> None:
        """Stores what the innermost axis came to, added to what outer axes have."""
        access = self.results[id(equation.output)]
        at = _address(access, indices, 0)
        if self._adds_up_in_memory(equation):
            value = b.compute(_combine(equation), b.load(access.buffer, at), value)
        b.store(access.buffer, at, value)

    def _body(
        self,
        b: Builder,
        indices: tuple[Index, ...],
        inner: Index | None,
        lanes: int,
        active: int | None,
        start: int = 0,
    ) -> list[Register]:
        """One vector of every equation; gives the values of the reductions held in registers."""
        registers: dict[int, Operand] = {}
        held: list[Register] = []
        results: list[tuple[_Access, Register]] = []

        def read(atom: Atom) -> Operand:
            if isinstance(atom, Constant):
                return _number(atom)
            if id(atom) not in registers:
                access = self.accesses[id(atom)]
                at = _address(access, indices, start)
                stride = access.strides[-1] if lanes > 1 else 1
                one = active if stride else None
                registers[id(atom)] = b.load(access.buffer, at, lanes, stride, one)
            return registers[id(atom)]

        for equation in self.equations:
            inputs = [read(atom) for atom in equation.inputs]
            if equation.primitive in REDUCTIONS:
                value = _register(b, inputs[0], lanes)
                if value.dtype != equation.output.dtype:
                    value = b.compute("cast", value, dtype=equation.output.dtype)
                if self._reduces(equation, len(self.domain) - 1) or lanes == 1:
                    if self._reduces(equation, len(self.domain) - 1):
                        held.append(value)
                        continue
                self._reduce_outward(b, equation, value, indices, lanes, active, start)
                continue
            value = _compute(b, equation, inputs, lanes)
            registers[id(equation.output)] = value
            if id(equation.output) in self.results:
                results.append((self.results[id(equation.output)], value))
        # Last, since a result may take the place of what was read.
        for access, value in results:
            b.store(access.buffer, _address(access, indices, start), value, active=active)
        return held

    def _reduce_outward(
        self,
        b: Builder,
        equation: Equation,
        value: Register,
        indices: tuple[Index, ...],
        lanes: int,
        active: int | None,
        start: int,
    ) -> None:
        access = self.results[id(equation.output)]
        at = _address(access, indices, start)
        if self._adds_up_in_memory(equation):
            before = b.load(access.buffer, at, lanes, active=active)
            value = b.compute(_combine(equation), before, value)
        b.store(access.buffer, at, value, active=active)


def _address(access: _Access, indices: tuple[Index, ...], start: int) -> Address:
    terms = tuple(
        (index, stride) for index, stride in zip(indices, access.strides, strict=False) if stride
    )
    return Address(access.offset + start * access.strides[-1], terms)


def _identity(equation: Equation) -> Number:
    dtype = equation.output.dtype
    if equation.primitive == "sum":
        return Number(np.asarray(0, dtype).item(), dtype)
    lowest = -math.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind != "b" else False
    return Number(lowest, dtype)


def _combine(equation: Equation) -> str:
    return "add" if equation.primitive == "sum" else "maximum"


def _number(constant: Constant) -> Number:
    assert constant.data.size == 1, "larger constants lie in buffers"
    return Number(constant.data.reshape(()).item(), constant.dtype)


def _register(b: Builder, x: Operand, lanes: int) -> Register:
    return b.vector(x, lanes) if isinstance(x, Number) else x


def _compute(b: Builder, equation: Equation, inputs: list[Operand], lanes: int) -> Register:
    name, dtype = equation.primitive, equation.output.dtype
    registers = [_register(b, x, lanes) for x in inputs]
    if name in COPIES:
        return registers[0]
    if name in elementary.NAMES:
        return elementary.function(b, name, registers[0])
    if name == "cast":
        return (
            registers[0]
            if registers[0].dtype == dtype
            else b.compute("cast", registers[0], dtype=dtype)
        )
    if name == "pow":
        return elementary.power(b, registers[0], inputs[1])
    if name == "right_shift":
        bits = Number(dict(equation.attributes)["bits"], registers[0].dtype)
        return b.compute("shift_right", registers[0], bits)
    if name == "sign":
        return _sign(b, registers[0])
    return b.compute(name, *registers)


def _sign(b: Builder, x: Register) -> Register:
    zero, one = b.number(0, x), b.number(1, x)
    positive = b.compute("where", b.compute("greater", x, zero), b.vector(one, x.lanes), x)
    if x.dtype.kind == "u":
        return positive
    minus = b.vector(b.number(-1, x), x.lanes)
    signed = b.compute("where", b.compute("less", x, zero), minus, positive)
    return b.compute("where", b.compute("equal", x, zero), b.vector(zero, x.lanes), signed)
