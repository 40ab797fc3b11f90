"""The plain meaning of kernels: statement by statement, with NumPy, and suspicious of everything.

Each buffer knows which of its elements were written, and by whom: to read what nobody wrote, what
another buffer left in the same place, or what lies outside, is an error that names the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array, DType, bool_
from badak.base.errors import StateError
from badak.compiler.loops.build import COMPARISONS
from badak.compiler.loops.exact import fused
from badak.compiler.loops.loop import (
    PICKS,
    Address,
    Buffer,
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
from badak.compiler.loops.show import Names, names_of_kernel, show_statement


class LoopError(StateError):
    """A kernel does what no kernel may do."""


class Memory:
    """The numbers of buffers, and who wrote them.

    Args:
        offsets: where buffers lie in one stretch of memory, in bytes; a buffer without an offset
            has memory of its own. Buffers may lie in the same place when each is written before it
            is read.
    """

    def __init__(self, offsets: Mapping[str, int] | None = None) -> None:
        self._offsets = offsets or {}
        self._arena = (np.zeros(0, np.uint8), np.zeros(0, np.int64))
        self._alone: dict[str, tuple[Array, Array]] = {}
        self._owners: dict[str, int] = {}

    def put(self, buffer: Buffer, numbers: Array) -> None:
        """Fills a buffer."""
        places = np.arange(buffer.size)
        self.write(buffer, places, np.ascontiguousarray(numbers, buffer.dtype).reshape(-1))

    def get(self, buffer: Buffer) -> Array:
        """The numbers of a buffer.

        Raises:
            LoopError: where some of them were never written.
        """
        return self.read(buffer, np.arange(buffer.size))

    def read(self, buffer: Buffer, places: Array) -> Array:
        """The elements at these places.

        Raises:
            LoopError: for places outside of the buffer, or not written.
        """
        numbers, owners = self._stretch(buffer)
        self._check(buffer, places)
        if (owners[places] != self._owner(buffer)).any():
            first = int(places[(owners[places] != self._owner(buffer)).any(axis=1)][0])
            raise LoopError(f"{buffer.name}[{first}] is read before it is written")
        return np.array(numbers[places])

    def write(self, buffer: Buffer, places: Array, values: Array) -> None:
        """Sets the elements at these places.

        Raises:
            LoopError: for places outside of the buffer.
        """
        numbers, owners = self._stretch(buffer)
        self._check(buffer, places)
        numbers[places] = values
        owners[places] = self._owner(buffer)

    def forget(self, buffer: Buffer) -> None:
        """From here on nothing has written the buffer."""
        _, owners = self._stretch(buffer)
        owners[...] = 0

    def _check(self, buffer: Buffer, places: Array) -> None:
        outside = (places < 0) | (places >= buffer.size)
        if outside.any():
            raise LoopError(
                f"{buffer.name}[{int(places[outside][0])}] lies outside of the buffer",
                expected=f"0..{buffer.size - 1}",
            )

    def _owner(self, buffer: Buffer) -> int:
        return self._owners.setdefault(buffer.name, len(self._owners) + 1)

    def _stretch(self, buffer: Buffer) -> tuple[Array, Array]:
        """The numbers of a buffer, and for each of their bytes who wrote it: (size, bytes)."""
        item = buffer.dtype.itemsize
        end = buffer.size * item
        if buffer.name not in self._offsets:
            if buffer.name not in self._alone:
                self._alone[buffer.name] = (np.zeros(end, np.uint8), np.zeros(end, np.int64))
            memory, owners = self._alone[buffer.name]
            return memory.view(buffer.dtype), owners.reshape(-1, item)
        start = self._offsets[buffer.name]
        if self._arena[0].size < start + end:
            more = start + end - self._arena[0].size
            self._arena = (np.pad(self._arena[0], (0, more)), np.pad(self._arena[1], (0, more)))
        memory, owners = (part[start : start + end] for part in self._arena)
        return memory.view(buffer.dtype), owners.reshape(-1, item)


def interpret_kernels(kernels: Sequence[Kernel], memory: Memory) -> None:
    """Runs kernels one after the other.

    >>> from badak.base.dtypes import float32
    >>> from badak.compiler.loops.build import Builder
    >>> x, y = Buffer("x", float32, 3), Buffer("y", float32, 3)
    >>> b = Builder()
    >>> b.store(y, Address(), b.compute("sqrt", b.load(x, Address(), 4, active=3)), active=3)
    >>> memory = Memory()
    >>> memory.put(x, np.array([1, 4, 9]))
    >>> interpret_kernels([Kernel("roots", b.body)], memory)
    >>> memory.get(y)
    array([1., 2., 3.], dtype=float32)

    Raises:
        LoopError: naming the kernel and the statement that does what it may not.
    """
    with np.errstate(all="ignore"):
        for kernel in kernels:
            _Run(kernel, memory).shares()


class _Shares:
    """Which share of a kernel has read and written the elements of a buffer."""

    NONE, SEVERAL = -1, -2

    def __init__(self, size: int) -> None:
        self.readers = np.full(size, self.NONE)
        self.writers = np.full(size, self.NONE)

    def read(self, places: Array, share: int) -> None:
        self._refuse(self.writers[places], share)
        before = self.readers[places]
        alone = (before == self.NONE) | (before == share)
        self.readers[places] = np.where(alone, share, self.SEVERAL)

    def write(self, places: Array, share: int) -> None:
        self._refuse(self.writers[places], share)
        self._refuse(self.readers[places], share)
        self.writers[places] = share

    def _refuse(self, before: Array, share: int) -> None:
        if ((before != self.NONE) & (before != share)).any():
            raise LoopError(f"share {share} needs what another share needs")


class _Run:
    """One kernel while it runs: what its registers and indices hold."""

    def __init__(self, kernel: Kernel, memory: Memory) -> None:
        self.kernel = kernel
        self.memory = memory
        self.registers: dict[int, Array] = {}
        self.indices: dict[int, int] = {}
        self._names: Names = {}
        self._share = 0
        self._used: dict[str, _Shares] = {}
        self._private: dict[str, Buffer] = {}

    def shares(self) -> None:
        """The whole kernel, its last share first: their order must not matter."""
        for share in reversed(range(self.kernel.share.extent)):
            self._share = self.indices[id(self.kernel.share)] = share
            for buffer in self._private.values():
                self.memory.forget(buffer)
            self.statements(self.kernel.body)

    def _uses(self, buffer: Buffer) -> _Shares | None:
        """Which shares have used a buffer; None for one of which each worker has its own."""
        if buffer.private:
            if buffer.name not in self._private:
                self.memory.forget(buffer)
                self._private[buffer.name] = buffer
            return None
        return self._used.setdefault(buffer.name, _Shares(buffer.size))

    def statements(self, body: Sequence[Statement]) -> None:
        for statement in body:
            try:
                self._statement(statement)
            except LoopError as error:
                if error.got is None:
                    raise self._located(error, statement) from error
                raise
            except (IndexError, KeyError, TypeError, ValueError) as error:
                raise self._located(LoopError(f"{error!r}"), statement) from error

    def _located(self, error: LoopError, statement: Statement) -> LoopError:
        self._names = self._names or names_of_kernel(self.kernel)
        line = show_statement(statement, self._names)
        return LoopError(
            f"kernel {self.kernel.name}: {error.what}", expected=error.expected, got=line
        )

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Load(output, buffer, address):
                self._set(
                    output, self._load(statement, self._places(address, output.lanes, statement))
                )
            case Store(buffer, address, value):
                lanes = value.lanes if isinstance(value, Register) else 1
                places = self._places(address, lanes, statement)
                uses = self._uses(buffer)
                self.memory.write(buffer, places, self._operand(value, lanes)[: len(places)])
                if uses is not None:
                    uses.write(places, self._share)
            case Compute(output, op, inputs):
                self._set(
                    output, _compute(op, [self._operand(x, output.lanes) for x in inputs], output)
                )
            case Fold(output, op, value):
                self._set(output, _fold(op, self._operand(value, value.lanes)))
            case Place(output, index):
                self._set(output, np.array([self.indices[id(index)]]))
            case Loop():
                self._loop(statement)

    def _set(self, output: Register, value: Array) -> None:
        if value.shape != (output.lanes,) or value.dtype != output.dtype:
            raise LoopError(
                f"the register was to hold {output.lanes} {output.dtype}, not {value!r}"
            )
        self.registers[id(output)] = value

    def _operand(self, x: Operand, lanes: int) -> Array:
        if isinstance(x, Number):
            return np.full(lanes, x.value, x.dtype)
        value = self.registers[id(x)]
        return value if x.lanes == lanes else np.repeat(value, lanes)

    def _at(self, term: Index | Register) -> int:
        return (
            self.indices[id(term)] if isinstance(term, Index) else int(self.registers[id(term)][0])
        )

    def _places(self, address: Address, lanes: int, statement: Load | Store) -> Array:
        """The elements that take part, as places in the buffer."""
        first = address.offset + sum(self._at(term) * factor for term, factor in address.terms)
        active = lanes if statement.active is None else statement.active
        return first + np.arange(active) * statement.stride

    def _load(self, statement: Load, places: Array) -> Array:
        result = np.zeros(statement.output.lanes, statement.buffer.dtype)
        uses = self._uses(statement.buffer)
        result[: len(places)] = self.memory.read(statement.buffer, places)
        if uses is not None:
            uses.read(places, self._share)
        return result

    def _loop(self, loop: Loop) -> None:
        handed = [self._operand(one.start, one.inside.lanes) for one in loop.carried]
        for turn in range(0, loop.index.extent, loop.index.step):
            self.indices[id(loop.index)] = turn
            for one, value in zip(loop.carried, handed, strict=True):
                self._set(one.inside, value)
            self.statements(loop.body)
            handed = [self._operand(one.after_turn, one.inside.lanes) for one in loop.carried]
        for one, value in zip(loop.carried, handed, strict=True):
            self._set(one.end, value)


# ---------------------------------------------------------------------- what is computed


def _larger(x: Array, y: Array) -> Array:
    return np.where((x >= y) | (x != x), x, y)


def _smaller(x: Array, y: Array) -> Array:
    return np.where((x <= y) | (x != x), x, y)


_SIMPLE: dict[str, Callable[..., Array]] = {
    "abs": np.abs,
    "add": np.add,
    "bit_and": np.bitwise_and,
    "bit_or": np.bitwise_or,
    "bit_xor": np.bitwise_xor,
    "div": np.divide,
    "floor": np.floor,
    "fma": fused,
    "logical_and": np.logical_and,
    "logical_not": np.logical_not,
    "logical_or": np.logical_or,
    "maximum": _larger,
    "minimum": _smaller,
    "mul": np.multiply,
    "neg": np.negative,
    "rint": np.rint,
    "splat": lambda x: x,
    "sqrt": np.sqrt,
    "sub": np.subtract,
    "where": np.where,
    **{name: getattr(np, name) for name in COMPARISONS},
}


def _compute(op: str, inputs: list[Array], output: Register) -> Array:
    if op == "cast":
        return _cast(inputs[0], output.dtype)
    if op == "bits":
        return inputs[0].view(output.dtype)
    if op == "lanes":
        return np.arange(output.lanes).astype(output.dtype)
    if op.startswith("first_"):
        taking_part = np.arange(output.lanes) < int(op.removeprefix("first_"))
        return np.where(taking_part, *inputs)
    if op in PICKS:
        return np.concatenate(inputs)[PICKS[op](output.lanes)]
    if op.startswith("shift_"):
        return _shift(op, *inputs)
    return np.asarray(_SIMPLE[op](*inputs))


def _shift(op: str, x: Array, bits: Array) -> Array:
    """Left, or right: of signed numbers the sign moves in."""
    if (bits >= 8 * x.dtype.itemsize).any():
        raise LoopError("a number is shifted by more bits than it has")
    return x << bits if op == "shift_left" else x >> bits


def _cast(x: Array, dtype: DType) -> Array:
    """As NumPy, except that a float beyond the integers becomes the last of them, and NaN 0."""
    if x.dtype.kind != "f" or dtype.kind not in "iu":
        return x.astype(dtype) if dtype != bool_ else x != 0
    limits = np.iinfo(dtype)
    below, above = x <= float(limits.min), x >= float(limits.max) + 1.0
    inside = np.where(below | above | np.isnan(x), x.dtype.type(0), x).astype(dtype)
    ends = np.where(below, dtype.type(limits.min), inside)
    return np.where(above, dtype.type(limits.max), ends)


def _fold(op: str, value: Array) -> Array:
    while len(value) > 1:
        half = len(value) // 2
        value = np.asarray(_SIMPLE[op](value[:half], value[half:]))
    return value
