"""What a kernel does, counted in its statements: floating-point operations, and bytes it touches.

An operation counts for the lanes that take part: those that were loaded and whose result is used.
A byte counts once, however often it is read: what comes from memory if all else stays in caches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import float64
from badak.compiler.loops.footprint import Reach, footprint
from badak.compiler.loops.loop import (
    PICKS,
    Buffer,
    Compute,
    Fold,
    Kernel,
    Load,
    Loop,
    Operand,
    Register,
    Statement,
    Store,
)

FLOPS = {
    "add": 1,
    "div": 1,
    "fma": 2,
    "maximum": 1,
    "minimum": 1,
    "mul": 1,
    "sqrt": 1,
    "sub": 1,
}
"""Operations that count, of numbers of a float dtype. What moves, compares or converts does not."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run of a kernel takes.

    Attributes:
        flops: floating-point operations; a product added to a sum counts two.
        doubles: how many of them are of float64.
        read, written: bytes of different places that are read and that are written.
    """

    flops: int = 0
    doubles: int = 0
    read: int = 0
    written: int = 0

    @property
    def bytes(self) -> int:
        """Read and written, together."""
        return self.read + self.written

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.flops + other.flops,
            self.doubles + other.doubles,
            self.read + other.read,
            self.written + other.written,
        )


def cost(kernel: Kernel) -> Cost:
    """What all shares of a kernel take together.

    Private buffers count for nothing: they stay near the worker. Where an address is computed from
    numbers in memory, as in a gather, each access counts as a place of its own.

    >>> from badak.base.dtypes import float32
    >>> from badak.compiler.loops.build import Builder
    >>> from badak.compiler.loops.loop import Address
    >>> x, y = Buffer("x", float32, 100), Buffer("y", float32, 100)
    >>> b = Builder()
    >>> with b.loop(100) as turn:
    ...     at = Address(0, ((turn.index, 1),))
    ...     one = b.load(x, at)
    ...     b.store(y, at, b.compute("fma", one, one, one))
    >>> cost(Kernel("squares", b.body))
    Cost(flops=200, doubles=0, read=400, written=400)
    """
    count = _Count(kernel)
    touched = {False: 0, True: 0}
    reaches: dict[tuple[str, bool], list[Reach]] = {}
    for reach in footprint(kernel):
        if not reach.buffer.private:
            reaches.setdefault((reach.buffer.name, reach.written), []).append(reach)
    for key, found in reaches.items():
        places = min(_places(found, kernel.share.extent), count.accesses.get(key, 0))
        touched[key[1]] += places * found[0].buffer.dtype.itemsize
    return Cost(count.flops, count.doubles, touched[False], touched[True])


LIGHT = 4_000_000
"""Operations and bytes, together, that one core does in about thirty microseconds.

Several would gain little, and lose much where others keep the machine busy: whoever waits for one
that has lost its processor waits for milliseconds.
"""


def is_light(kernels: Sequence[Kernel]) -> bool:
    """Whether all together are done before several workers would have agreed on who does what."""
    total = 0
    for kernel in kernels:
        one = cost(kernel)
        total += one.flops + one.bytes
        if total > LIGHT:
            return False
    return True


def _places(reaches: Sequence[Reach], shares: int) -> int:
    """How many elements of one buffer any of the stretches covers, in any share."""
    starts, ends = [], []
    for reach in reaches:
        moves = reach.step * np.arange(shares)
        starts.append(np.clip(moves + reach.low, 0, reach.buffer.size))
        ends.append(np.clip(moves + reach.high, 0, reach.buffer.size))
    start, end = np.concatenate(starts), np.concatenate(ends)
    order = np.argsort(start)
    start, end = start[order], np.maximum.accumulate(end[order])
    before = np.concatenate([[0], end[:-1]])
    return int(np.maximum(end - np.maximum(start, before), 0).sum())


class _Count:
    """Operations of a kernel, and accesses to each buffer and direction."""

    def __init__(self, kernel: Kernel) -> None:
        self.flops = self.doubles = 0
        self.accesses: dict[tuple[str, bool], int] = {}
        self._needed = _needed(kernel.body)
        self._loaded: dict[int, int] = {}
        self._body(kernel.body, kernel.share.extent)

    def _body(self, body: Sequence[Statement], turns: int) -> None:
        for statement in body:
            match statement:
                case Loop(index, inner):
                    self._body(inner, turns * len(range(0, index.extent, index.step)))
                case Load(output, buffer, _, stride, active):
                    lanes = output.lanes if active is None else active
                    self._loaded[id(output)] = lanes
                    self._touch(buffer, False, turns * (lanes if stride else 1))
                case Store(buffer, _, value, _, active):
                    lanes = _lanes(value) if active is None else active
                    self._touch(buffer, True, turns * lanes)
                case Fold(output, op, value):
                    self._operate(op, output, turns * (value.lanes - 1))
                case Compute(output, op):
                    loaded = self._loaded[id(output)] = self._present(statement)
                    needed = self._needed.get(id(output), 0)
                    self._operate(op, output, turns * min(loaded, needed))

    def _touch(self, buffer: Buffer, written: bool, elements: int) -> None:
        key = (buffer.name, written)
        self.accesses[key] = self.accesses.get(key, 0) + elements

    def _operate(self, op: str, output: Register, times: int) -> None:
        if output.dtype.kind == "f":
            flops = FLOPS.get(op, 0) * times
            self.flops += flops
            self.doubles += flops if output.dtype == float64 else 0

    def _present(self, statement: Compute) -> int:
        """The lanes that all inputs have; what a loop hands on has all of its own."""
        lanes = statement.output.lanes
        if statement.op in PICKS or statement.op.startswith("first_"):
            return lanes
        wide = [x for x in statement.inputs if isinstance(x, Register) and x.lanes == lanes]
        return min([lanes, *(self._loaded.get(id(x), lanes) for x in wide)])


_Use = tuple[Register | None, Register, int]
"""What is computed (None: stored), from which register, and how many of its lanes count at most."""


def _needed(body: Sequence[Statement]) -> dict[int, int]:
    """How many lanes of each register, by its id, anything that is stored depends on."""
    uses = list(_uses(body))
    needed: dict[int, int] = {}
    changed = True
    while changed:  # once more for each loop around what a loop hands on
        changed = False
        for output, source, most in reversed(uses):
            wanted = most if output is None else min(most, needed.get(id(output), 0))
            if wanted > needed.get(id(source), 0):
                needed[id(source)] = wanted
                changed = True
    return needed


def _uses(body: Sequence[Statement]) -> Iterator[_Use]:
    for statement in body:
        match statement:
            case Loop(_, inner, carried):
                for one in carried:
                    yield from _use(one.inside, one.start, one.inside.lanes)
                yield from _uses(inner)
                for one in carried:
                    yield from _use(one.inside, one.after_turn, one.inside.lanes)
                    yield from _use(one.end, one.after_turn, one.inside.lanes)
            case Load(_, _, address):
                for term, _ in address.terms:
                    if isinstance(term, Register):
                        yield None, term, 1
            case Store(_, address, value, _, active):
                for term, _ in address.terms:
                    if isinstance(term, Register):
                        yield None, term, 1
                yield from _use(None, value, _lanes(value) if active is None else active)
            case Fold(_, _, value):
                yield None, value, value.lanes
            case Compute(output, op, inputs):
                for position, x in enumerate(inputs):
                    most = _lanes(x)
                    if op.startswith("first_") and position == 0:
                        most = min(most, int(op.removeprefix("first_")))
                    yield from _use(None if op in PICKS else output, x, most)


def _use(output: Register | None, x: Operand, most: int) -> Iterator[_Use]:
    if isinstance(x, Register):
        yield output, x, most


def _lanes(x: Operand) -> int:
    return x.lanes if isinstance(x, Register) else 1
