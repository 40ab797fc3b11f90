"""What a kernel touches: for each buffer the stretch of memory, and how it moves with the share.

From this follows when a buffer is needed (`memory`), and which kernels may run without waiting for
one another (`barriers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badak.compiler.loops.loop import (
    Address,
    Buffer,
    Index,
    Kernel,
    Load,
    Loop,
    Register,
    Statement,
    Store,
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Elements of a buffer that a share may touch: `share * step + low` up to `... + high`.

    Attributes:
        buffer: which.
        written: whether they are written, or read.
        step: how far the next share's lie on.
        low, high: the first, and the one after the last.
    """

    buffer: Buffer
    written: bool
    step: int
    low: int
    high: int

    def of_shares(self, first: int, last: int) -> tuple[int, int]:
        """The elements of the shares first .. last - 1, of which there is at least one.

        >>> Reach(Buffer("x", np.dtype("float32"), 100), False, 10, 2, 5).of_shares(3, 6)
        (32, 55)
        """
        ends = (self.step * first, self.step * (last - 1))
        return min(ends) + self.low, max(ends) + self.high


def footprint(kernel: Kernel) -> list[Reach]:
    """Everything that a kernel may touch, a stretch for each buffer, direction and step."""
    found: dict[tuple[str, bool, int], Reach] = {}
    for statement in _accesses(kernel.body):
        reach = _reach(statement, kernel.share)
        key = (reach.buffer.name, reach.written, reach.step)
        before = found.get(key)
        if before is not None:
            low, high = min(before.low, reach.low), max(before.high, reach.high)
            reach = Reach(reach.buffer, reach.written, reach.step, low, high)
        found[key] = reach
    return list(found.values())


def _accesses(body: Sequence[Statement]) -> Iterator[Load | Store]:
    for statement in body:
        if isinstance(statement, Loop):
            if statement.index.extent > 0:
                yield from _accesses(statement.body)
        elif isinstance(statement, Load | Store):
            yield statement


def _reach(statement: Load | Store, share: Index) -> Reach:
    buffer, written = statement.buffer, isinstance(statement, Store)
    held = statement.value if isinstance(statement, Store) else statement.output
    lanes = held.lanes if isinstance(held, Register) else 1
    if statement.active is not None:
        lanes = statement.active
    along = (lanes - 1) * statement.stride
    low, high, step = _range(statement.address, share)
    if step is None:
        return Reach(buffer, written, 0, 0, buffer.size)
    return Reach(buffer, written, step, low + min(0, along), high + max(0, along) + 1)


def _range(address: Address, share: Index) -> tuple[int, int, int | None]:
    """The least and the largest element for share 0, and the step; no step where nobody knows."""
    low = high = address.offset
    step = 0
    for term, factor in address.terms:
        if term is share:
            step += factor
        elif isinstance(term, Register):
            return 0, 0, None
        else:
            last = (term.extent - 1) // term.step * term.step * factor
            low, high = low + min(0, last), high + max(0, last)
    return low, high, step
