"""What is done with the result of a convolution while it is still in registers.

A bias and an activation read each element once and write it once; done apart, they would send the
whole result through memory twice more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.pointwise import compute, number_of
from badak.compiler.kernels.schedule import REDUCTIONS, Group, Schedule
from badak.compiler.kernels.task import Buffers
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Operand, Register


@dataclass(frozen=True)
class Epilogue:
    """Equations that follow one whose result is (batch, channels, *places).

    Attributes:
        source: that result.
        equations: what follows, element by element, in order.
        plan, buffers: how values lie in buffers.
        stored: of the source and the results those, by identity, that somebody reads from memory.
    """

    source: Value
    equations: Sequence[Equation]
    plan: Schedule
    buffers: Buffers
    stored: dict[int, bool]

    def write(
        self, b: Builder, value: Register, at: Address, channel: Address, active: int | None
    ) -> None:
        """A vector of the source, all of one channel.

        Args:
            b: takes the statements down.
            value: the vector.
            at: where it lies in the source, and what follows in its own result.
            channel: the number of the channel.
            active: how many lanes take part; None for all.
        """
        known: dict[int, Operand] = {id(self.source): value}
        if id(self.source) in self.stored:
            b.store(self.buffers(self.source), at, value, active=active)
        for equation in self.equations:
            inputs = [self._read(b, atom, known, channel) for atom in equation.inputs]
            result = compute(b, equation, inputs, LANES)
            known[id(equation.output)] = result
            if id(equation.output) in self.stored:
                b.store(self.buffers(equation.output), at, result, active=active)

    def _read(self, b: Builder, atom: Atom, known: dict[int, Operand], channel: Address) -> Operand:
        if isinstance(atom, Constant):
            return number_of(atom)
        if id(atom) not in known:
            seen = self.plan.view_of(atom)
            step = _channel_step(self.source, self.plan, atom)
            terms = tuple((term, factor * step) for term, factor in channel.terms if step)
            place = Address(seen.offset + channel.offset * step, terms)
            known[id(atom)] = b.load(self.buffers(seen.base), place, LANES, stride=0)
        return known[id(atom)]


def _channel_step(source: Value, plan: Schedule, atom: Value) -> int:
    """How far the numbers for neighbouring channels lie apart."""
    seen = plan.view_of(atom)
    axis = len(seen.shape) - len(source.shape) + 1
    return seen.strides[axis] if axis >= 0 and seen.shape[axis] != 1 else 0


def follows(plan: Schedule, first: Group, group: Group) -> bool:
    """Whether a group can be the epilogue of a convolution, computed by itself.

    All that it reads besides is one number for each channel, or one for all, and is there from the
    beginning; nothing that it computes takes the place of something else.
    """
    made = first.equations[0]
    source = made.output
    inside = {id(source): True}
    if made.primitive != "conv" or group.domain != source.shape:
        return False
    for equation in group.equations:
        if equation.primitive in REDUCTIONS or id(equation.output) in plan.shared:
            return False
        for atom in equation.inputs:
            if isinstance(atom, Value) and id(atom) not in inside:
                base = plan.view_of(atom).base
                if id(base) in plan.makers or not _one_a_channel(plan, source, atom):
                    return False
        inside[id(equation.output)] = True
    return any(atom is source for equation in group.equations for atom in equation.inputs)


def _one_a_channel(plan: Schedule, source: Value, atom: Value) -> bool:
    """Whether the atom has one number for each channel, or one for all."""
    shape = (1,) * (len(source.shape) - len(atom.shape)) + atom.shape
    return all(size == 1 for axis, size in enumerate(shape) if axis != 1)
