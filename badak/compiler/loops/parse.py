"""Kernels from their text: `parse_kernels(show_kernels(kernels))` are the same kernels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from badak.base.dtypes import DType, as_dtype
from badak.base.errors import RangeError
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
from badak.compiler.loops.signatures import wanted

_NAME = r"[^\s,:;=()\[\]{}]+"
_KERNEL = re.compile(rf"kernel (\S+)(?: for each ({_NAME}) in 0 \.\. (-?\d+))? \{{")
_BUFFER = re.compile(rf"({_NAME}): (private )?(\w+)\[(\d+)\]")
_LOOP = re.compile(rf"for ({_NAME}) in 0(?:, (-?\d+))? \.\. (-?\d+)(?: with (.*))? \{{")
_CARRIED = re.compile(rf"({_NAME}): (\w+)(?: x(\d+))? from (.+)")
_NEXT = re.compile(rf"next ({_NAME}) = (.+)")
_END = re.compile(r"\}(?: leaves (.+))?")
_LEFT = re.compile(rf"({_NAME}) from ({_NAME})")
_COMPUTED = re.compile(rf"({_NAME}): (\w+)(?: x(\d+))? = (.+)")
_STORED = re.compile(rf"({_NAME})\[(.*)\] = (.+)")
_LOADED = re.compile(rf"({_NAME})\[(.*)\]")
_CALL = re.compile(r"(fold )?(\w+)\((.*)\)")
_NUMBER = re.compile(r"(-?\d[\w.+-]*|-?inf|-?nan|True|False)(?:: (\w+))?")
_TERM = re.compile(rf"(?:(-?\d+) )?({_NAME})")
_NOTE = re.compile(r"(stride) (-?\d+)|(\d+) lanes")


def parse_kernels(text: str, buffers: Sequence[Buffer] = ()) -> list[Kernel]:
    """The kernels of a text that `show_kernels` or `show_kernel` wrote, or that you write.

    Names of registers and indices are for the text alone: kernels do not keep them.

    Args:
        text: kernels, and before them the buffers they touch.
        buffers: more of these.

    >>> (kernel,) = parse_kernels('''
    ... buffers {
    ...   x: float32[40]
    ... }
    ... kernel doubled for each i in 0 .. 40 {
    ...   a: float32 = x[i]
    ...   b: float32 = add(a, a)
    ...   x[i] = b
    ... }''')
    >>> kernel.name, kernel.share.extent, kernel.body[1].op
    ('doubled', 40, 'add')

    Raises:
        RangeError: naming the line that is no part of a kernel.
    """
    return _Reader(text, {buffer.name: buffer for buffer in buffers}).kernels()


class _Reader:
    """A text while it is read, line by line, and what its names stand for."""

    def __init__(self, text: str, buffers: dict[str, Buffer]) -> None:
        numbered = enumerate((line.strip() for line in text.splitlines()), 1)
        self._lines = [(n, line) for n, line in numbered if line and not line.startswith("#")]
        self._at = 0
        self._buffers = buffers
        self._names: dict[str, Register | Index] = {}

    def kernels(self) -> list[Kernel]:
        found: list[Kernel] = []
        try:
            if self._line == "buffers {":
                self._read_buffers()
            while self._line:
                found.append(self._kernel())
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            number = self._lines[min(self._at, len(self._lines) - 1)][0] if self._lines else 1
            what = getattr(error, "what", str(error))
            expected = getattr(error, "expected", None)
            got = self._line or "the end of the text"
            raise RangeError(f"line {number}: {what}", expected=expected, got=got) from None
        return found

    @property
    def _line(self) -> str:
        return self._lines[self._at][1] if self._at < len(self._lines) else ""

    # ------------------------------------------------------------------ blocks

    def _read_buffers(self) -> None:
        self._at += 1
        while self._line != "}":
            match = _matched(_BUFFER, self._line, "no buffer", "x: float32[100]")
            name, private, dtype, size = match.groups()
            if name in self._buffers:
                raise RangeError(f"there are two buffers {name}")
            self._buffers[name] = Buffer(name, as_dtype(dtype), int(size), private is not None)
            self._at += 1
        self._at += 1

    def _kernel(self) -> Kernel:
        match = _matched(_KERNEL, self._line, "no kernel", "kernel name for each i in 0 .. 10 {")
        name, index, extent = match.groups()
        share = Index(1 if extent is None else int(extent))
        self._names = {} if index is None else {index: share}
        self._at += 1
        body = self._body()
        if self._line != "}":
            raise RangeError("the kernel does not end here", expected="}")
        self._at += 1
        return Kernel(name, body, share)

    def _body(self) -> tuple[Statement, ...]:
        """The statements up to where no statement stands."""
        body: list[Statement] = []
        while not self._line.startswith(("}", "next ")):
            body.append(self._loop() if self._line.startswith("for ") else self._statement())
        return tuple(body)

    def _loop(self) -> Loop:
        match = _matched(_LOOP, self._line, "no loop", "for i in 0, 16 .. 100 {")
        name, step, extent, carried = match.groups()
        index = Index(int(extent), 1 if step is None else int(step))
        handed = [self._carried(part) for part in carried.split(", ")] if carried else []
        self._define(name, index)
        self._at += 1
        body = self._body()
        following: list[Operand] = []
        for inside, _ in handed:
            match = _matched(_NEXT, self._line, "no next value", "next r1 = r2")
            self._same(match[1], inside)
            following.append(self._operand(match[2], inside.dtype))
            self._at += 1
        match = _matched(_END, self._line, "the loop does not end here", "} leaves r2 from r1")
        ends = match[1].split(", ") if match[1] else []
        if len(ends) != len(handed):
            raise RangeError(f"the loop carries {len(handed)} registers and leaves {len(ends)}")
        found: list[Carried] = []
        for (inside, start), after, end in zip(handed, following, ends, strict=True):
            match = _matched(_LEFT, end, "no end", "r2 from r1")
            self._same(match[2], inside)
            last = Register(inside.dtype, inside.lanes)
            self._define(match[1], last)
            found.append(Carried(start, inside, after, last))
        self._at += 1
        return Loop(index, body, tuple(found))

    def _carried(self, text: str) -> tuple[Register, Operand]:
        match = _matched(_CARRIED, text, "nothing to carry", "r1: float32 x16 from r0")
        inside = Register(as_dtype(match[2]), int(match[3] or 1))
        start = self._operand(match[4], inside.dtype)
        self._define(match[1], inside)
        return inside, start

    def _same(self, name: str, register: Register) -> None:
        if self._names.get(name) is not register:
            raise RangeError(f"{name} is not what the loop carries at this place")

    # ------------------------------------------------------------------ statements

    def _statement(self) -> Statement:
        computed = _COMPUTED.fullmatch(self._line)
        statement = self._computed(computed) if computed else self._stored(self._line)
        self._at += 1
        return statement

    def _computed(self, match: re.Match[str]) -> Statement:
        name, dtype, lanes, formula = match.groups()
        output = Register(as_dtype(dtype), int(lanes or 1))
        statement = self._formula(output, formula)
        self._define(name, output)
        return statement

    def _formula(self, output: Register, text: str) -> Statement:
        loaded = _LOADED.fullmatch(text)
        if loaded:
            return Load(output, self._buffer(loaded[1]), *self._place(loaded[2]))
        match = _matched(_CALL, text, "nothing to compute", "add(r1, r2)")
        fold, op, inside = match.groups()
        arguments = inside.split(", ") if inside else []
        if op == "place" and len(arguments) == 1:
            return Place(output, self._index(arguments[0]))
        if fold:
            if len(arguments) != 1:
                raise RangeError("a fold is of one register")
            return Fold(output, op, self._register(arguments[0]))
        known = [x if isinstance(x, Register) else None for x in map(self._names.get, arguments)]
        dtypes = wanted(op, output, known)
        inputs = tuple(self._operand(a, t) for a, t in zip(arguments, dtypes, strict=True))
        return Compute(output, op, inputs)

    def _stored(self, line: str) -> Store:
        match = _matched(_STORED, line, "no statement", "r1: float32 = add(r0, 2.0), or y[i] = r1")
        buffer = self._buffer(match[1])
        address, stride, active = self._place(match[2])
        return Store(buffer, address, self._operand(match[3], buffer.dtype), stride, active)

    def _place(self, text: str) -> tuple[Address, int, int | None]:
        """Address, stride and active lanes, from what stands in the brackets."""
        where, *notes = text.split("; ")
        offset = 0
        terms: list[tuple[Index | Register, int]] = []
        for part in where.split(" + "):
            if re.fullmatch(r"-?\d+", part):
                offset += int(part)
            else:
                match = _matched(_TERM, part, "no address", "8 i + j + 3")
                terms.append((self._known(match[2]), int(match[1] or 1)))
        stride, active = 1, None
        for note in notes:
            match = _matched(_NOTE, note, "no way to load or store", "stride 2, or 3 lanes")
            if match[1]:
                stride = int(match[2])
            else:
                active = int(match[3])
        return Address(offset, tuple(terms)), stride, active

    # ------------------------------------------------------------------ names and numbers

    def _define(self, name: str, what: Register | Index) -> None:
        if name in self._names:
            raise RangeError(f"{name} is computed twice")
        self._names[name] = what

    def _known(self, name: str) -> Register | Index:
        if name not in self._names:
            raise RangeError(f"{name} is not computed before it is read")
        return self._names[name]

    def _register(self, name: str) -> Register:
        found = self._known(name)
        if isinstance(found, Index):
            raise RangeError(f"{name} is the index of a loop", expected=f"place({name})")
        return found

    def _index(self, name: str) -> Index:
        found = self._known(name)
        if isinstance(found, Register):
            raise RangeError(f"{name} is a register, and no index of a loop")
        return found

    def _buffer(self, name: str) -> Buffer:
        if name not in self._buffers:
            raise RangeError(f"there is no buffer {name}", expected=f"buffers {{ {name}: ... }}")
        return self._buffers[name]

    def _operand(self, text: str, dtype: DType | None) -> Operand:
        match = _NUMBER.fullmatch(text)
        if match is None:
            return self._register(text)
        if match[2]:
            dtype = as_dtype(match[2])
        if dtype is None:
            raise RangeError(f"nothing says of which dtype {text} is", expected=f"{text}: float32")
        return Number(_number(match[1]), dtype)


def _number(text: str) -> Any:
    if text in ("True", "False"):
        return text == "True"
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def _matched(pattern: re.Pattern[str], text: str, what: str, expected: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise RangeError(what, expected=expected)
    return match
