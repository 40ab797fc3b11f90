"""Whether kernels are programs: each register computed once and in time, each address inside.

What can be told without running them; `interpret` sees the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from badak.base.dtypes import DType, int64
from badak.base.errors import RangeError, StateError
from badak.compiler.loops.loop import (
    PICKS,
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
from badak.compiler.loops.show import names_of_kernel, show_buffer, show_statement
from badak.compiler.loops.signatures import FOLDS, signature, wanted
from badak.compiler.machine.words import TYPES


def verify_kernels(kernels: Sequence[Kernel], after: str = "kernels") -> Sequence[Kernel]:
    """Returns the kernels if they are well formed.

    Args:
        kernels: what to look at.
        after: the pass that made them, for the error.

    >>> from badak.compiler.loops.parse import parse_kernels
    >>> kernels = parse_kernels('''
    ... buffers {
    ...   x: float32[40]
    ... }
    ... kernel cleared {
    ...   for i in 0, 16 .. 40 {
    ...     r0: float32 x16 = splat(0.0)
    ...     x[i] = r0
    ...   }
    ... }''')
    >>> verify_kernels(kernels, after="widen")
    Traceback (most recent call last):
    badak.base.errors.StateError: after widen: kernel cleared: x[47] lies outside of the buffer
      expected  0..39
      got       x[i] = r0

    Raises:
        StateError: naming the pass, the kernel, what is wrong, and the first bad statement.
    """
    buffers: dict[str, Buffer] = {}
    for kernel in kernels:
        _Check(kernel, after, buffers).all()
    return kernels


def span(
    statement: Load | Store, fixed: Sequence[Index] = (), at_first: bool = False
) -> tuple[int, int] | None:
    """The elements that a load or store may touch; None where a register decides.

    Args:
        statement: which.
        fixed: indices that count as 0.
        at_first: whether all indices do.

    >>> i = Index(10, 4)
    >>> x = Buffer("x", int64, 100)
    >>> load = Load(Register(int64, 4), x, Address(3, ((i, 2),)))
    >>> span(load), span(load, at_first=True)
    ((3, 23), (3, 7))
    """
    address, stride = statement.address, statement.stride
    factors: dict[int, tuple[Index, int]] = {}
    for term, factor in address.terms:
        if isinstance(term, Register):
            return None
        factors[id(term)] = (term, factor + factors.get(id(term), (term, 0))[1])
    low = high = address.offset
    for index, factor in factors.values():
        if not at_first and not any(index is one for one in fixed):
            last = (index.extent - 1) // index.step * index.step * factor
            low, high = low + min(0, last), high + max(0, last)
    along = (_active(statement) - 1) * stride
    return low + min(0, along), high + max(0, along) + 1


def _lanes(x: Operand) -> int:
    return x.lanes if isinstance(x, Register) else 1


def _held(statement: Load | Store) -> Operand:
    return statement.value if isinstance(statement, Store) else statement.output


def _active(statement: Load | Store) -> int:
    """How many lanes take part."""
    return _lanes(_held(statement)) if statement.active is None else statement.active


class _Check:
    """One kernel while it is looked at.

    Args:
        kernel: which.
        after: the pass that made it.
        buffers: those of the kernels before it.
    """

    def __init__(self, kernel: Kernel, after: str, buffers: dict[str, Buffer]) -> None:
        self._kernel, self._after, self._buffers = kernel, after, buffers
        self._known: dict[int, bool] = {}
        self._met: dict[int, bool] = {}
        self._written: dict[str, tuple[int, int]] = {}

    def all(self) -> None:
        share = self._kernel.share
        if share.extent < 0 or share.step != 1:
            raise StateError(
                f"after {self._after}: kernel {self._kernel.name}: its shares cannot be counted",
                expected="from 0, one by one",
                got=f"0, {share.step} .. {share.extent}",
            )
        self._known[id(share)] = self._met[id(share)] = True
        self._body(self._kernel.body, runs=share.extent > 0)

    def _body(self, body: Sequence[Statement], runs: bool) -> None:
        for statement in body:
            try:
                self._statement(statement, runs)
            except RangeError as error:
                line = show_statement(statement, names_of_kernel(self._kernel))
                raise StateError(
                    f"after {self._after}: kernel {self._kernel.name}: {error.what}",
                    expected=error.expected,
                    got=line,
                ) from error

    def _statement(self, statement: Statement, runs: bool) -> None:
        match statement:
            case Load(output=output):
                self._access(statement, output, runs)
                self._reads_private(statement, runs)
                self._computed(output)
            case Store(value=value):
                self._read(value)
                self._access(statement, value, runs)
                self._writes(statement, runs)
            case Compute(output=output):
                self._compute(statement)
                self._computed(output)
            case Fold(output, op, value):
                self._read(value)
                _fold(output, op, value)
                self._computed(output)
            case Place(output, index):
                self._in_loop(index)
                _equal("the place", output, int64, 1)
                self._computed(output)
            case Loop():
                self._loop(statement, runs)

    # ------------------------------------------------------------------ registers and indices

    def _computed(self, register: Register) -> None:
        if id(register) in self._met:
            raise RangeError("the register is computed twice")
        if register.dtype.name not in TYPES or register.lanes < 1:
            raise RangeError("there is no such register", expected=", ".join(TYPES))
        self._known[id(register)] = self._met[id(register)] = True

    def _read(self, x: Operand) -> None:
        if isinstance(x, Register) and id(x) not in self._known:
            when = "after the loop it belongs to" if id(x) in self._met else "before it is computed"
            raise RangeError(f"a register is read {when}")

    def _in_loop(self, index: Index) -> None:
        if id(index) not in self._known:
            raise RangeError("an index is read outside of its loop")

    # ------------------------------------------------------------------ loads and stores

    def _access(self, s: Load | Store, value: Operand, runs: bool) -> None:
        before = self._buffers.setdefault(s.buffer.name, s.buffer)
        if before != s.buffer:
            raise RangeError(f"{show_buffer(s.buffer)} is {show_buffer(before)} elsewhere")
        if value.dtype != s.buffer.dtype:
            raise RangeError(f"{s.buffer.name} holds {s.buffer.dtype}, not {value.dtype}")
        lanes = _lanes(value)
        least = int(lanes == 1)
        if s.active is not None and not least <= s.active <= lanes:
            raise RangeError("so many lanes cannot take part", expected=f"{least}..{lanes}")
        if s.stride == 0 and lanes > 1 and (s.active is not None or isinstance(s, Store)):
            raise RangeError("one element is for all lanes, or for one", expected="another stride")
        self._address(s.address)
        reach = span(s)
        if not runs or reach is None or _active(s) == 0:
            return
        size = s.buffer.size
        for outside in (reach[0], reach[1] - 1):
            if not 0 <= outside < size:
                where = f"{s.buffer.name}[{outside}]"
                raise RangeError(f"{where} lies outside of the buffer", expected=f"0..{size - 1}")

    def _address(self, address: Address) -> None:
        for term, _ in address.terms:
            if isinstance(term, Index):
                self._in_loop(term)
            else:
                self._read(term)
                _equal("an address", term, int64, 1)

    def _writes(self, s: Store, runs: bool) -> None:
        if s.buffer.private and runs and _active(s):
            low, high = span(s, fixed=(self._kernel.share,)) or (0, s.buffer.size)
            before = self._written.get(s.buffer.name, (low, high))
            self._written[s.buffer.name] = (min(before[0], low), max(before[1], high))

    def _reads_private(self, s: Load, runs: bool) -> None:
        """What is read first of all, in the first turn of all loops, was written further up."""
        first = span(s, at_first=True)
        if s.buffer.private and runs and _active(s) and first is not None:
            low, high = self._written.get(s.buffer.name, (0, 0))
            for place in (first[0], first[1] - 1):
                if not low <= place < high:
                    what = f"{s.buffer.name}[{place}] is private and read before it is written"
                    raise RangeError(what)

    # ------------------------------------------------------------------ arithmetic

    def _compute(self, s: Compute) -> None:
        row = signature(s.op)
        if row is None:
            raise RangeError(f"there is no op {s.op}")
        if len(s.inputs) != len(row.inputs):
            raise RangeError(
                f"{s.op} has {len(s.inputs)} inputs", expected=" ".join(row.inputs) or "none"
            )
        for position, x in enumerate(s.inputs):
            self._read(x)
            if _lanes(x) not in (1, s.output.lanes):
                raise RangeError(
                    f"input {position} has {_lanes(x)} lanes", expected=f"{s.output.lanes}, or 1"
                )
        dtypes = wanted(s.op, s.output, s.inputs)
        for position, (x, dtype) in enumerate(zip(s.inputs, dtypes, strict=True)):
            if dtype is not None and x.dtype != dtype:
                raise RangeError(f"input {position} of {s.op} is {x.dtype}", expected=dtype)
        one = s.inputs[-1].dtype if row.output == "bool" else s.output.dtype
        if one.kind not in row.kinds:
            raise RangeError(f"{s.op} is not for {one}")
        if row.output == "bool" and s.output.dtype.kind != "b":
            raise RangeError(f"{s.op} gives {s.output.dtype}", expected="bool")
        _details(s)

    # ------------------------------------------------------------------ loops

    def _loop(self, loop: Loop, runs: bool) -> None:
        index = loop.index
        if id(index) in self._met:
            raise RangeError("the index belongs to two loops")
        if index.step < 1 or index.extent < 0:
            raise RangeError("such a loop cannot be counted", expected="a step of 1 or more")
        self._met[id(index)] = True
        outside = dict(self._known)
        for one in loop.carried:
            self._carries(one, one.start, "start")
        self._known[id(index)] = True
        for one in loop.carried:
            self._computed(one.inside)
        self._body(loop.body, runs and index.extent > 0)
        for one in loop.carried:
            self._carries(one, one.after_turn, "next value")
        self._known = outside
        for one in loop.carried:
            _equal("the end", one.end, one.inside.dtype, one.inside.lanes)
            self._computed(one.end)

    def _carries(self, one: Carried, x: Operand, what: str) -> None:
        self._read(x)
        dtype, lanes = one.inside.dtype, one.inside.lanes
        if x.dtype != dtype or _lanes(x) not in (1, lanes):
            raise RangeError(
                f"the {what} of what is carried is {_kind(x.dtype, _lanes(x))}",
                expected=_kind(dtype, lanes),
            )


def _kind(dtype: DType, lanes: int) -> str:
    return f"{dtype} x{lanes}" if lanes > 1 else str(dtype)


def _equal(what: str, x: Register, dtype: DType, lanes: int) -> None:
    if (x.dtype, x.lanes) != (dtype, lanes):
        raise RangeError(f"{what} is {_kind(x.dtype, x.lanes)}", expected=_kind(dtype, lanes))


def _fold(output: Register, op: str, value: Register) -> None:
    row = signature(op)
    if op not in FOLDS or row is None or value.dtype.kind not in row.kinds:
        raise RangeError(f"lanes of {value.dtype} cannot be folded by {op}")
    if value.lanes & (value.lanes - 1):
        raise RangeError(f"{value.lanes} lanes cannot be halved to the last", expected="2, 4, 8")
    _equal("the fold", output, value.dtype, 1)


def _details(s: Compute) -> None:
    """What single ops ask for besides."""
    lanes, first = s.output.lanes, s.inputs[0]
    if s.op == "bits" and (first.dtype.itemsize != s.output.dtype.itemsize or _is_truth(first)):
        raise RangeError(f"the bits of {first.dtype} are no {s.output.dtype}")
    if s.op.startswith("shift_") and isinstance(s.inputs[1], Number):
        bits = 8 * s.output.dtype.itemsize
        if not 0 <= s.inputs[1].value < bits:
            raise RangeError("shifted by more bits than there are", expected=f"0..{bits - 1}")
    if s.op.startswith("first_") and int(s.op.removeprefix("first_")) > lanes:
        raise RangeError("so many lanes cannot be the first", expected=f"0..{lanes}")
    if (s.op in PICKS and lanes % 2) or (s.op.startswith(("first_", "lanes")) and lanes < 2):
        raise RangeError(f"{s.op} is for vectors, not for {_kind(s.output.dtype, lanes)}")


def _is_truth(x: Operand) -> bool:
    return x.dtype.kind == "b"
