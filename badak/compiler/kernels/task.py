"""An equation that has a kernel of its own, with what that kernel asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from badak.base.dtypes import DType
from badak.compiler.graph import Equation, Value
from badak.compiler.kernels.schedule import Schedule
from badak.compiler.kernels.view import View
from badak.compiler.loops.loop import Buffer

if TYPE_CHECKING:  # for the type checker alone: it stands above
    from badak.compiler.kernels.epilogue import Epilogue

Buffers = Callable[[Value], Buffer]


class Scratch(Protocol):
    """Gives a kernel memory of its own."""

    def __call__(self, dtype: DType, size: int, shared: bool = False) -> Buffer:
        """A new buffer of so many numbers: one for each worker, or one for all of them."""


@dataclass(frozen=True)
class Task:
    """One equation to write down.

    Attributes:
        equation: what to compute.
        plan: how its inputs lie in buffers.
        buffers: the buffer of a value.
        scratch: makes a buffer for this kernel alone.
        epilogue: for a convolution, what is done with its result.
    """

    equation: Equation
    plan: Schedule
    buffers: Buffers
    scratch: Scratch
    epilogue: Epilogue | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.equation.attributes)

    @property
    def out(self) -> Buffer:
        return self.buffers(self.equation.output)

    def view(self, position: int) -> View:
        """How an input lies in its buffer."""
        atom = self.equation.inputs[position]
        assert isinstance(atom, Value), "constants lie in buffers"
        return self.plan.view_of(atom)

    def source(self, position: int) -> Buffer:
        """The buffer in which an input lies."""
        return self.buffers(self.view(position).base)
