"""Writes kernels down: each method adds a statement and gives the register it computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType, bool_, int64
from badak.compiler.loops.loop import (
    Address,
    Buffer,
    Carried,
    Compute,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Number,
    Operand,
    Place,
    Register,
    Statement,
    Store,
)
from badak.compiler.machine.targets import Host, host

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


@dataclass
class Turn:
    """A loop while it is written: its index, and the registers it hands on."""

    index: Index
    inside: tuple[Register, ...]
    after_turn: tuple[Operand, ...] = ()
    ends: tuple[Register, ...] = ()


class Builder:
    """The statements of kernels, in the order in which they are asked for.

    Args:
        machine: whose registers tiles are cut for; this machine unless said otherwise. Results are
            the same for all.
    """

    def __init__(self, machine: Host | None = None) -> None:
        self._machine = machine
        self._open: list[list[Statement]] = [[]]
        self._done: list[tuple[tuple[Statement, ...], Index]] = []

    @property
    def host(self) -> Host:
        """The machine whose registers tiles are cut for.

        Raises:
            MissingExtraError: when llvmlite, which knows this machine, is not installed.
        """
        return self._machine or host()

    @property
    def body(self) -> tuple[Statement, ...]:
        """The statements that belong to no share."""
        return tuple(self._open[0])

    def kernels(self, name: str) -> list[Kernel]:
        """What was written down: a kernel for each `share`, and for the statements between."""
        self._close()
        return [Kernel(name, *piece) for piece in self._done]

    def _close(self) -> None:
        if self.body:
            self._done.append((self.body, Index(1)))
            self._open[0].clear()

    @contextmanager
    def share(self, extent: int) -> Iterator[Index]:
        """The statements written inside are a kernel of so many shares."""
        assert len(self._open) == 1, "a share stands in no loop"
        self._close()
        index = Index(extent)
        yield index
        self._done.append((self.body, index))
        self._open[0].clear()

    def _add(self, statement: Statement) -> None:
        self._open[-1].append(statement)

    def load(
        self,
        buffer: Buffer,
        address: Address,
        lanes: int = 1,
        stride: int = 1,
        active: int | None = None,
    ) -> Register:
        output = Register(buffer.dtype, lanes)
        self._add(Load(output, buffer, address, stride, active))
        return output

    def store(
        self,
        buffer: Buffer,
        address: Address,
        value: Operand,
        stride: int = 1,
        active: int | None = None,
    ) -> None:
        self._add(Store(buffer, address, value, stride, active))

    def compute(self, op: str, *inputs: Operand, dtype: DType | None = None) -> Register:
        """A register of `op` over the inputs; its dtype is theirs unless the op says otherwise."""
        lanes = max(x.lanes for x in inputs if isinstance(x, Register))
        kind = bool_ if op in COMPARISONS else dtype or inputs[-1].dtype
        output = Register(kind, lanes)
        self._add(Compute(output, op, inputs))
        return output

    def number(self, value: float, like: Operand) -> Number:
        """A number of the dtype of another operand."""
        return Number(np.asarray(value, like.dtype).item(), like.dtype)

    def vector(self, number: Number, lanes: int) -> Register:
        """A number in every lane of a register."""
        output = Register(number.dtype, lanes)
        self._add(Compute(output, "splat", (number,)))
        return output

    def active(self, value: Register, rest: Number, active: int) -> Register:
        """The first so many lanes of a register, and a number in the others."""
        output = Register(value.dtype, value.lanes)
        self._add(Compute(output, f"first_{active}", (value, rest)))
        return output

    def place(self, index: Index) -> Register:
        """The number of the turn as a whole number."""
        output = Register(int64)
        self._add(Place(output, index))
        return output

    def lane_numbers(self, lanes: int, dtype: DType) -> Register:
        """0, 1, 2, ... in the lanes."""
        output = Register(dtype, lanes)
        self._add(Compute(output, "lanes", (Number(0, dtype),)))
        return output

    def fold(self, op: str, value: Register) -> Register:
        """All lanes of a vector in one number."""
        if value.lanes == 1:
            return value
        output = Register(value.dtype)
        self._add(Fold(output, op, value))
        return output

    @contextmanager
    def loop(self, extent: int, step: int = 1, carry: Sequence[Operand] = ()) -> Iterator[Turn]:
        """The statements written inside are those of a loop.

        Set `turn.after_turn` before the end when registers are carried; `turn.ends` then holds
        their last values.
        """
        lanes = [x.lanes if isinstance(x, Register) else 1 for x in carry]
        inside = tuple(Register(x.dtype, n) for x, n in zip(carry, lanes, strict=True))
        turn = Turn(Index(extent, step), inside)
        self._open.append([])
        yield turn
        body = tuple(self._open.pop())
        carried = tuple(
            Carried(start, name, after, Register(name.dtype, name.lanes))
            for start, name, after in zip(carry, inside, turn.after_turn, strict=True)
        )
        turn.ends = tuple(one.end for one in carried)
        self._add(Loop(turn.index, body, carried))
