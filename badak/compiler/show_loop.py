"""Kernels as text that reads aloud."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from badak.compiler.loop import (
    Address,
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

    if kernel.share.extent != 1:
        names[id(kernel.share)] = next(indices)
    name(kernel.body)
    return names


def show_kernel(kernel: Kernel) -> str:
    """The kernel as text.

    >>> from badak.base.dtypes import float32
    >>> from badak.compiler.build import Builder
    >>> from badak.compiler.loop import Buffer
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
    each = "" if share.extent == 1 else f" for each {names[id(share)]} in 0 .. {share.extent}"
    return "\n".join([f"kernel {kernel.name}{each} {{", *lines, "}"])


def show_kernels(kernels: Sequence[Kernel]) -> str:
    """All kernels of a program as text."""
    return "\n\n".join(map(show_kernel, kernels))


def show_statement(statement: Statement, names: Mapping[int, str]) -> str:
    """A statement as a line of text; of a loop, its head."""
    match statement:
        case Load(output, buffer, address, stride, active):
            place = _place(buffer.name, address, stride, active, names)
            return f"{_typed(output, names)} = {place}"
        case Store(buffer, address, value, stride, active):
            place = _place(buffer.name, address, stride, active, names)
            return f"{place} = {show_operand(value, names)}"
        case Compute(output, op, inputs):
            arguments = ", ".join(show_operand(x, names) for x in inputs)
            return f"{_typed(output, names)} = {op}({arguments})"
        case Fold(output, op, value):
            return f"{_typed(output, names)} = fold {op}({show_operand(value, names)})"
        case Place(output, index):
            return f"{_typed(output, names)} = place({_name(index, names)})"
        case Loop():
            return _head(statement, names)


def show_operand(x: Operand, names: Mapping[int, str]) -> str:
    """A name or a number; "?" for a register without a name."""
    return repr(x.value) if isinstance(x, Number) else _name(x, names)


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
        f"{_typed(one.inside, names)} from {show_operand(one.start, names)}" for one in loop.carried
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
        f"{margin}  next {_name(one.inside, names)} = {show_operand(one.after_turn, names)}"
        for one in statement.carried
    ]
    ends = [f"{_name(one.end, names)} from {_name(one.inside, names)}" for one in statement.carried]
    last = f"{margin}}} leaves {', '.join(ends)}" if ends else f"{margin}}}"
    return [first, *body, *handed, last]
