"""One vector of an equation that works element by element."""

from __future__ import annotations

from badak.compiler.graph import Constant, Equation
from badak.compiler.kernels import elementary
from badak.compiler.kernels.schedule import REDUCTIONS
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Number, Operand, Register

SIMPLE = [
    "abs",
    "add",
    "div",
    "equal",
    "floor",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "not_equal",
    "sqrt",
    "sub",
]

COPIES = ("broadcast", "flip", "reshape", "slice", "transpose", "windows")
"""A view that no even distances describe is copied, element by element."""


def supports(equation: Equation) -> bool:
    """Whether a nest can compute this equation."""
    known = (*SIMPLE, *COPIES, *REDUCTIONS, *elementary.NAMES)
    return equation.primitive in (*known, "cast", "pow", "right_shift", "sign", "where")


def number_of(constant: Constant) -> Number:
    """A constant of a single value."""
    assert constant.data.size == 1, "larger constants lie in buffers"
    return Number(constant.data.reshape(()).item(), constant.dtype)


def register_of(b: Builder, x: Operand, lanes: int) -> Register:
    """A register with the operand in every lane."""
    return b.vector(x, lanes) if isinstance(x, Number) else x


def compute(b: Builder, equation: Equation, inputs: list[Operand], lanes: int) -> Register:
    """What an equation that reduces nothing gives for one vector of its inputs."""
    name, dtype = equation.primitive, equation.output.dtype
    registers = [register_of(b, x, lanes) for x in inputs]
    if name in COPIES:
        return registers[0]
    if name in elementary.NAMES:
        return elementary.function(b, name, registers[0])
    if name == "cast":
        return (
            registers[0]
            if registers[0].dtype == dtype
            else b.compute("cast", registers[0], dtype=dtype)
        )
    if name == "pow":
        return elementary.power(b, registers[0], inputs[1])
    if name == "right_shift":
        return _right_shift(b, registers[0], dict(equation.attributes)["bits"])
    if name == "sign":
        return _sign(b, registers[0])
    return b.compute(name, *registers)


def _right_shift(b: Builder, x: Register, bits: int) -> Register:
    width = 8 * x.dtype.itemsize
    if bits < width:
        return b.compute("shift_right", x, Number(bits, x.dtype))
    # A machine shifts by less than a word: what is left is the sign, which a number from 0 has not.
    if x.dtype.kind == "u":
        return b.vector(b.number(0, x), x.lanes)
    return b.compute("shift_right", x, Number(width - 1, x.dtype))


def _sign(b: Builder, x: Register) -> Register:
    zero, one = b.number(0, x), b.number(1, x)
    positive = b.compute("where", b.compute("greater", x, zero), b.vector(one, x.lanes), x)
    if x.dtype.kind == "u":
        return positive
    minus = b.vector(b.number(-1, x), x.lanes)
    signed = b.compute("where", b.compute("less", x, zero), minus, positive)
    return b.compute("where", b.compute("equal", x, zero), b.vector(zero, x.lanes), signed)
