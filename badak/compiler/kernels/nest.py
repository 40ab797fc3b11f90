"""A group of element-by-element equations and reductions as one nest of loops.

The last axis runs in vectors; its end, when it is no multiple of the lanes, in one vector with some
lanes at rest. An axis along which nothing is reduced is the outermost loop: workers share it. A sum
is held in a register as far as all inner loops run along its own axes, and beyond that added up in
its buffer. Either way its order is fixed by the shape alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.shapes import Shape
from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.moves import ENOUGH, Grid, fill
from badak.compiler.kernels.pointwise import compute, number_of, register_of
from badak.compiler.kernels.schedule import REDUCTIONS, Group, Schedule
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index, Number, Operand, Register, strides_of

Buffers = Callable[[Value], Buffer]


@dataclass(frozen=True, eq=False)
class _Access:
    """Where an atom's elements lie for the loops of a nest."""

    buffer: Buffer
    offset: int
    strides: Shape


@dataclass(frozen=True)
class _Vector:
    """The elements that are computed at once: so many lanes, from `start` on along the last axis.

    With `active` lanes the first so many take part.
    """

    lanes: int
    active: int | None = None
    start: int = 0


_Places = dict[int, tuple[Index, int]]
"""For each axis that a loop runs along its index, and how many elements a step of it goes."""

_Held = dict[tuple[int, int], Register]
"""By the output's identity and the number of the vector: the sums that registers hold."""


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
        self.sums = [e for e in group.equations if e.primitive in REDUCTIONS]
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
        axes = list(range(len(self.domain)))
        shared = self._shared_axis() if math.prod(self.domain) else None
        if shared is not None:
            axes.remove(shared)
        for equation in self.sums:
            if not math.prod(self.domain) or self._adds_up_in_memory(equation, axes):
                out = Grid(self.buffers(equation.output), Address(), (1,))
                fill(b, out, math.prod(equation.output.shape), _identity(equation), shared=True)
        if not math.prod(self.domain):
            return
        last = len(self.domain) - 1
        if self.domain == (1,):
            self._loops(b, [], {}, [_Vector(1)])
        elif shared is None:
            self._loops(b, axes, {}, [_Vector(LANES)])
        elif shared < last:
            with b.share(self.domain[shared]) as share:
                self._loops(b, axes, {shared: (share, 1)}, [_Vector(LANES)])
        else:
            whole, rest = divmod(self.domain[last], LANES)
            few = _abreast(whole) if axes else 1
            if whole:
                with b.share(whole // few) as share:
                    vectors = [_Vector(LANES, start=i * LANES) for i in range(few)]
                    self._loops(b, axes, {last: (share, few * LANES)}, vectors)
            if rest:
                self._loops(b, axes, {}, [_Vector(LANES, rest, whole * LANES)])

    def _shared_axis(self) -> int | None:
        """The axis that workers share: one along which nothing is reduced."""
        last = len(self.domain) - 1
        turns = {
            axis: size // LANES if axis == last else size
            for axis, size in enumerate(self.domain)
            if size > 1 and not any(self._reduces(equation, axis) for equation in self.sums)
        }
        most = max(turns.values(), default=0)
        enough = (axis for axis, n in turns.items() if n >= min(ENOUGH, most))
        return next(enough) if most else None

    def _reduces(self, equation: Equation, axis: int) -> bool:
        return self.results[id(equation.output)].strides[axis] == 0 and self.domain[axis] != 1

    def _held_from(self, equation: Equation, axes: Sequence[int]) -> int:
        """From which loop on all loops are along reduced axes: there a register holds the sum."""
        depth = len(axes)
        while depth and self._reduces(equation, axes[depth - 1]):
            depth -= 1
        return depth

    def _adds_up_in_memory(self, equation: Equation, axes: Sequence[int]) -> bool:
        held = self._held_from(equation, axes)
        return any(self._reduces(equation, axis) for axis in axes[:held])

    def _loops(
        self,
        b: Builder,
        axes: Sequence[int],
        at: _Places,
        vectors: Sequence[_Vector],
        depth: int = 0,
    ) -> _Held:
        """The loops over these axes from a depth on, one inside the other.

        Gives what they add to sums that an outer loop holds.
        """
        if depth == len(axes):
            bodies = [self._body(b, axes, at, vector) for vector in vectors]
            return {(key, i): x for i, body in enumerate(bodies) for key, x in body.items()}
        axis = axes[depth]
        sums = [e for e in self.sums if self._held_from(e, axes) <= depth]
        held = [(e, i) for e in sums for i in range(len(vectors))]
        totals: list[Register] = [b.vector(_identity(e), LANES) for e, _ in held]
        inner = axis == len(self.domain) - 1
        whole = self.domain[axis] // LANES * LANES if inner else self.domain[axis]
        if whole:
            with b.loop(whole, LANES if inner else 1, carry=totals) as turn:
                there = {**at, axis: (turn.index, 1)}
                found = self._loops(b, axes, there, vectors, depth + 1)
                turn.after_turn = _added(b, held, turn.inside, found)
            totals = list(turn.ends)
        if self.domain[axis] > whole:
            rest = self.domain[axis] - whole
            found = self._loops(b, axes, at, [_Vector(LANES, rest, whole)], depth + 1)
            for e, i in held:
                found[id(e.output), i] = b.active(found[id(e.output), i], _identity(e), rest)
            totals = list(_added(b, held, totals, found))
        result = {(id(e.output), i): x for (e, i), x in zip(held, totals, strict=True)}
        for e, i in held:
            if self._held_from(e, axes) == depth:
                self._finish(b, e, result.pop((id(e.output), i)), axes, at, vectors[i])
        return result

    def _finish(
        self,
        b: Builder,
        equation: Equation,
        value: Register,
        axes: Sequence[int],
        at: _Places,
        vector: _Vector,
    ) -> None:
        """Stores what a register held, added to what outer loops have."""
        last = len(self.domain) - 1
        if self._reduces(equation, last):
            value, vector = b.fold(_combine(equation), value), _Vector(1)
        self._store_sum(b, equation, value, axes, at, vector)

    def _store_sum(
        self,
        b: Builder,
        equation: Equation,
        value: Register,
        axes: Sequence[int],
        at: _Places,
        vector: _Vector,
    ) -> None:
        access = self.results[id(equation.output)]
        to = _address(access, at, vector)
        if self._adds_up_in_memory(equation, axes):
            before = b.load(access.buffer, to, value.lanes, active=vector.active)
            value = b.compute(_combine(equation), before, value)
        b.store(access.buffer, to, value, active=vector.active)

    def _body(
        self, b: Builder, axes: Sequence[int], at: _Places, vector: _Vector
    ) -> dict[int, Register]:
        """One vector of every equation; gives the values of the sums that registers hold."""
        registers: dict[int, Operand] = {}
        held: dict[int, Register] = {}
        results: list[tuple[_Access, Register]] = []
        lanes = vector.lanes

        def read(atom: Atom) -> Operand:
            if isinstance(atom, Constant):
                return number_of(atom)
            if id(atom) not in registers:
                access = self.accesses[id(atom)]
                stride = access.strides[-1] if lanes > 1 else 1
                active = vector.active if stride else None
                address = _address(access, at, vector)
                registers[id(atom)] = b.load(access.buffer, address, lanes, stride, active)
            return registers[id(atom)]

        for equation in self.equations:
            inputs = [read(atom) for atom in equation.inputs]
            if equation.primitive in REDUCTIONS:
                value = register_of(b, inputs[0], lanes)
                if value.dtype != equation.output.dtype:
                    value = b.compute("cast", value, dtype=equation.output.dtype)
                if self._held_from(equation, axes) < len(axes):
                    held[id(equation.output)] = value
                else:
                    self._store_sum(b, equation, value, axes, at, vector)
                continue
            value = compute(b, equation, inputs, lanes)
            registers[id(equation.output)] = value
            if id(equation.output) in self.results:
                results.append((self.results[id(equation.output)], value))
        # Last, since a result may take the place of what was read.
        for access, value in results:
            b.store(access.buffer, _address(access, at, vector), value, active=vector.active)
        return held


def _abreast(vectors: int) -> int:
    """How many neighbouring vectors go down the rows together.

    A few: a row is then read from more of a line of cache, and sums do not wait for each other.

    >>> _abreast(6), _abreast(5), _abreast(32)
    (3, 1, 4)
    """
    return max(n for n in (1, 2, 3, 4) if vectors % n == 0 and (n == 1 or vectors >= 2 * n))


def _added(
    b: Builder,
    held: Sequence[tuple[Equation, int]],
    totals: Sequence[Register],
    more: _Held,
) -> tuple[Register, ...]:
    return tuple(
        b.compute(_combine(e), total, more[id(e.output), i])
        for (e, i), total in zip(held, totals, strict=True)
    )


def _address(access: _Access, at: _Places, vector: _Vector) -> Address:
    address = Address(access.offset + vector.start * access.strides[-1])
    for axis, (index, factor) in sorted(at.items(), key=lambda item: item[0]):
        address = address.moved(index, access.strides[axis] * factor)
    return address


def _identity(equation: Equation) -> Number:
    dtype = equation.output.dtype
    if equation.primitive == "sum":
        return Number(np.asarray(0, dtype).item(), dtype)
    lowest = -math.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind != "b" else False
    return Number(lowest, dtype)


def _combine(equation: Equation) -> str:
    return "add" if equation.primitive == "sum" else "maximum"
