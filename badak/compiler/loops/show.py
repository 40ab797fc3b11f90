"""Kernels as text that reads aloud."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from badak.base.dtypes import DType
from badak.compiler.loops.loop import (
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
from badak.compiler.loops.signatures import wanted

Names = dict[int, str]
"""What each index and register is called, by its id."""


def names_of_kernel(kernel: Kernel) -> Names:
    """Names for everything that a kernel computes, in the order in which it is computed.

    Indices are i, j, k, i1, j1, ...; registers r0, r1, ...
    """
    names: Names = {}
    indices = (f"{letter}{n or ''}" for n in itertools.count() for letter in "ijk")
    registers = (f"r{n}" for n in itertools.count())

    def name(body: Sequence[Statement]) -> None:
        for statement in body:
            if isinstance(statement, Loop):
                names[id(statement.index)] = next(indices)
                for one in statement.carried:
                    names[id(one.inside)] = next(registers)
                name(statement.body)
                for one in statement.carried:
                    names[id(one.end)] = next(registers)
            elif not isinstance(statement, Store):
                names[id(statement.output)] = next(registers)

    if kernel.share.extent != 1 or _reads(kernel.body, kernel.share):
        names[id(kernel.share)] = next(indices)
    name(kernel.body)
    return names


def _reads(body: Sequence[Statement], index: Index) -> bool:
    """Whether an address, or a number to compute with, is made of the index."""
    for statement in body:
        match statement:
            case Load(address=address) | Store(address=address):
                if any(term is index for term, _ in address.terms):
                    return True
            case Place(index=placed):
                if placed is index:
                    return True
            case Loop(body=inner):
                if _reads(inner, index):
                    return True
    return False


def show_kernel(kernel: Kernel) -> str:
    """The kernel as text.

    >>> from badak.base.dtypes import float32
    >>> from badak.compiler.loops.build import Builder
    >>> from badak.compiler.loops.loop import Buffer
    >>> x, y = Buffer("x", float32, 40), Buffer("y", float32, 40)
    >>> b = Builder()
    >>> with b.loop(32, step=16) as turn:
    ...     old = b.load(x, Address(8, ((turn.index, 1),)), lanes=16)
    ...     b.store(y, Address(0, ((turn.index, 1),)), b.compute("add", old, Number(2.0, float32)))
    >>> print(show_kernel(Kernel("shifted", b.body)))
    kernel shifted {
      for i in 0, 16 .. 32 {
        r0: float32 x16 = x[i + 8]
        r1: float32 x16 = add(r0, 2.0)
        y[i] = r1
      }
    }
    """
    names = names_of_kernel(kernel)
    lines = [line for statement in kernel.body for line in _lines(statement, names, 1)]
    share = kernel.share
    each = f" for each {names[id(share)]} in 0 .. {share.extent}" if id(share) in names else ""
    return "\n".join([f"kernel {kernel.name}{each} {{", *lines, "}"])


def show_kernels(kernels: Sequence[Kernel]) -> str:
    """All kernels of a program, and the buffers they touch, as text, which `parse_kernels` reads.

    >>> from badak.base.dtypes import float32
    >>> y = Buffer("y", float32, 40)
    >>> print(show_kernels([Kernel("zero", (Store(y, Address(3), Number(0.0, float32)),))]))
    buffers {
      y: float32[40]
    }
    <BLANKLINE>
    kernel zero {
      y[3] = 0.0
    }
    """
    buffers = {buffer: True for kernel in kernels for buffer in _buffers(kernel.body)}
    lines = [f"  {show_buffer(buffer)}" for buffer in buffers]
    head = ["\n".join(["buffers {", *lines, "}"])] if lines else []
    return "\n\n".join([*head, *map(show_kernel, kernels)])


def show_buffer(buffer: Buffer) -> str:
    """A buffer, its dtype and size, and whether each worker has its own, as text."""
    private = "private " if buffer.private else ""
    return f"{buffer.name}: {private}{buffer.dtype}[{buffer.size}]"


def _buffers(body: Sequence[Statement]) -> Iterator[Buffer]:
    for statement in body:
        if isinstance(statement, Loop):
            yield from _buffers(statement.body)
        elif isinstance(statement, Load | Store):
            yield statement.buffer


def show_statement(statement: Statement, names: Mapping[int, str]) -> str:
    """A statement as a line of text; of a loop, its head."""
    match statement:
        case Load(output, buffer, address, stride, active):
            place = _place(buffer.name, address, stride, active, names)
            return f"{_typed(output, names)} = {place}"
        case Store(buffer, address, value, stride, active):
            place = _place(buffer.name, address, stride, active, names)
            return f"{place} = {show_operand(value, names, buffer.dtype)}"
        case Compute(output, op, inputs):
            dtypes = wanted(op, output, inputs)
            arguments = [show_operand(x, names, t) for x, t in zip(inputs, dtypes, strict=True)]
            return f"{_typed(output, names)} = {op}({', '.join(arguments)})"
        case Fold(output, op, value):
            return f"{_typed(output, names)} = fold {op}({show_operand(value, names)})"
        case Place(output, index):
            return f"{_typed(output, names)} = place({_name(index, names)})"
        case Loop():
            return _head(statement, names)


def show_operand(x: Operand, names: Mapping[int, str], dtype: DType | None = None) -> str:
    """A name or a number, with its dtype where it is another one; "?" without a name."""
    if isinstance(x, Number):
        return repr(x.value) if x.dtype == dtype else f"{x.value!r}: {x.dtype}"
    return _name(x, names)


def _name(x: Register | Index, names: Mapping[int, str]) -> str:
    return names.get(id(x), "?")


def _typed(x: Register, names: Mapping[int, str]) -> str:
    return f"{_name(x, names)}: {x.dtype}" + (f" x{x.lanes}" if x.lanes > 1 else "")


def _place(
    buffer: str, address: Address, stride: int, active: int | None, names: Mapping[int, str]
) -> str:
    terms = [
        _name(term, names) if factor == 1 else f"{factor} {_name(term, names)}"
        for term, factor in address.terms
    ]
    offset = [str(address.offset)] if address.offset or not terms else []
    notes = [f"stride {stride}"] if stride != 1 else []
    notes += [f"{active} lanes"] if active is not None else []
    return f"{buffer}[{'; '.join([' + '.join([*terms, *offset]), *notes])}]"


def _head(loop: Loop, names: Mapping[int, str]) -> str:
    index = loop.index
    step = f"0, {index.step} .. {index.extent}" if index.step != 1 else f"0 .. {index.extent}"
    carried = [
        f"{_typed(one.inside, names)} from {show_operand(one.start, names, one.inside.dtype)}"
        for one in loop.carried
    ]
    given = f" with {', '.join(carried)}" if carried else ""
    return f"for {_name(index, names)} in {step}{given} {{"


def _lines(statement: Statement, names: Mapping[int, str], depth: int) -> list[str]:
    margin = "  " * depth
    first = margin + show_statement(statement, names)
    if not isinstance(statement, Loop):
        return [first]
    body = [line for inner in statement.body for line in _lines(inner, names, depth + 1)]
    handed = [
        f"{margin}  next {_name(one.inside, names)} = "
        f"{show_operand(one.after_turn, names, one.inside.dtype)}"
        for one in statement.carried
    ]
    ends = [f"{_name(one.end, names)} from {_name(one.inside, names)}" for one in statement.carried]
    last = f"{margin}}} leaves {', '.join(ends)}" if ends else f"{margin}}}"
    return [first, *body, *handed, last]
