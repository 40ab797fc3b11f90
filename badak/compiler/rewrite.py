"""The laws by which an equation may be replaced, one row a law.

A law holds for every number bit for bit, with -0.0, infinities and NaN, or it does not stand here:
`x + 0.0 -> x` is missing because it is false for x = -0.0, and `x * 0 -> 0` because it is false for
NaN. A law looks at one equation, and through `maker` at how its inputs were made; it answers with
an atom, with a new equation for the same output, or with None where it does not apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import DType
from badak.base.errors import BadakError
from badak.compiler.graph import Atom, Constant, Equation
from badak.core.primitive import find

EXACT = (
    "add", "sub", "mul", "div", "neg", "abs", "sign", "floor", "sqrt", "maximum", "minimum",
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "logical_and", "logical_or", "logical_not", "where",
)  # fmt: skip
"""Primitives that go element by element, with one right result whatever stands beside it.

`exp` and `pow` are not here: NumPy computes a number alone and one among others in two ways.
"""

MOVES = ("reshape", "transpose", "flip", "slice")
"""Primitives that give what they get, in another place."""

Maker = Callable[[Atom], Equation | None]
"""The equation that made an atom; None for inputs and constants."""

FOLDED_VALUES = 4096
"""Constants larger than this are computed at run time, so that a program stays small."""


@dataclass(frozen=True, slots=True)
class Law:
    """One replacement: what it says, and the function that makes it."""

    text: str
    primitives: tuple[str, ...]
    apply: Callable[[Equation, Maker], Atom | Equation | None]


def _attribute(equation: Equation, key: str) -> Any:
    return dict(equation.attributes)[key]


def _made_by(primitive: str, atom: Atom, maker: Maker) -> Equation | None:
    equation = maker(atom)
    return equation if equation is not None and equation.primitive == primitive else None


def _neutral(number: float, position: int) -> Callable[[Equation, Maker], Atom | None]:
    """The other input, where the input at that position is the number everywhere."""

    def apply(equation: Equation, maker: Maker) -> Atom | None:
        neutral, other = equation.inputs[position], equation.inputs[1 - position]
        if isinstance(neutral, Constant) and neutral.is_all(number):
            return other if other.spec == equation.output.spec else None
        return None

    return apply


def _unchanged(equation: Equation, maker: Maker) -> Atom | None:
    return equation.inputs[0] if equation.inputs[0].spec == equation.output.spec else None


def _straight(equation: Equation, maker: Maker) -> Atom | None:
    axes = _attribute(equation, "axes")
    return equation.inputs[0] if axes == tuple(range(len(axes))) else None


def _twice(equation: Equation, maker: Maker) -> Atom | None:
    inner = _made_by(equation.primitive, equation.inputs[0], maker)
    return inner.inputs[0] if inner is not None else None


def _flipped_twice(equation: Equation, maker: Maker) -> Atom | None:
    inner = _made_by("flip", equation.inputs[0], maker)
    same = inner is not None and inner.attributes == equation.attributes
    return inner.inputs[0] if inner is not None and same else None


def _nested(equation: Equation, maker: Maker) -> Equation | None:
    """f(f(x)) with the attributes of the outer one alone."""
    inner = _made_by(equation.primitive, equation.inputs[0], maker)
    return None if inner is None else equation.with_inputs(inner.inputs)


def _transposed_twice(equation: Equation, maker: Maker) -> Equation | None:
    inner = _made_by("transpose", equation.inputs[0], maker)
    if inner is None:
        return None
    first, second = _attribute(inner, "axes"), _attribute(equation, "axes")
    axes = tuple(first[i] for i in second)
    return Equation("transpose", inner.inputs, (("axes", axes),), equation.output)


def _cast_back(equation: Equation, maker: Maker) -> Atom | None:
    inner = _made_by("cast", equation.inputs[0], maker)
    if inner is None:
        return None
    origin = inner.inputs[0]
    back = origin.dtype == equation.output.dtype
    return origin if back and _holds(inner.output.dtype, origin.dtype) else None


def _holds(wide: DType, narrow: DType) -> bool:
    """Whether each number of one dtype has a place in the other.

    NumPy calls a cast from int64 to float64 safe, which has no place for 2**53 + 1.
    """
    digits = np.finfo(wide).nmant + 1 if wide.kind == "f" else 64
    too_long = narrow.kind in "iu" and 8 * narrow.itemsize > digits
    return np.can_cast(narrow, wide, "safe") and not too_long


def _folded(equation: Equation, maker: Maker) -> Atom | None:
    """An equation of constants is a constant."""
    arrays = [atom.data for atom in equation.inputs if isinstance(atom, Constant)]
    if equation.primitive == "broadcast" and equation.output.shape:
        return None  # one number says as much as many
    if len(arrays) < len(equation.inputs) or math.prod(equation.output.shape) > FOLDED_VALUES:
        return None
    try:
        with np.errstate(all="ignore"):
            result = find(equation.primitive).forward(*arrays, **dict(equation.attributes))
    except BadakError:
        return None  # a position that does not exist: whoever runs the program is told
    # In one piece of memory, since a constant may be shown or compared as bytes.
    return Constant(np.array(result, order="C"))


def _number(atom: Atom, maker: Maker) -> Constant | None:
    """The one number that stands at every place, if there is one."""
    spread = _made_by("broadcast", atom, maker)
    constant = spread.inputs[0] if spread is not None else atom
    if isinstance(constant, Constant) and constant.data.size:
        first = constant.data.reshape(-1)[:1]
        if constant.is_all(first[0]):
            return Constant(first.reshape(()))
    return None


def _spread(number: Constant, equation: Equation) -> Equation:
    shape = equation.output.shape
    return Equation("broadcast", (number,), (("shape", shape),), equation.output)


def _moved_number(equation: Equation, maker: Maker) -> Equation | None:
    number = _number(equation.inputs[0], maker)
    return None if number is None else _spread(number, equation)


def _one_for_all(equation: Equation, maker: Maker) -> Equation | None:
    """Computed once instead of at every place."""
    found = [_number(atom, maker) for atom in equation.inputs]
    numbers = [number.data for number in found if number is not None]
    if not equation.output.shape or len(numbers) < len(found):
        return None
    with np.errstate(all="ignore"):
        result = find(equation.primitive).forward(*numbers)
    return _spread(Constant(np.asarray(result)), equation)


def _narrow(equation: Equation, maker: Maker) -> Equation | None:
    """What is repeated along an axis is read as it was, where another input has the axis."""
    inputs = list(equation.inputs)
    infer = find(equation.primitive).infer
    for position, atom in enumerate(equation.inputs):
        spread = _made_by("broadcast", atom, maker)
        narrow = spread.inputs[0] if spread is not None else _number(atom, maker)
        if narrow is None or narrow.shape == atom.shape:
            continue
        fewer = [*inputs[:position], narrow, *inputs[position + 1 :]]
        if infer(*(x.spec for x in fewer)) == equation.output.spec:
            inputs = fewer
    changed = equation.with_inputs(tuple(inputs))
    return None if changed is equation else changed


LAWS: tuple[Law, ...] = (
    Law("f(constants) -> constant", (), _folded),
    Law("f(c everywhere) -> f(c) everywhere", EXACT, _one_for_all),
    Law("f(x, y repeated) -> f(x, y)", EXACT, _narrow),
    Law("move(c everywhere) -> c everywhere", MOVES, _moved_number),
    Law("x * 1 -> x", ("mul",), _neutral(1.0, 1)),
    Law("1 * x -> x", ("mul",), _neutral(1.0, 0)),
    Law("x / 1 -> x", ("div",), _neutral(1.0, 1)),
    Law("x - 0.0 -> x", ("sub",), _neutral(0.0, 1)),
    Law("x + -0.0 -> x", ("add",), _neutral(-0.0, 1)),
    Law("-0.0 + x -> x", ("add",), _neutral(-0.0, 0)),
    Law("--x -> x", ("neg",), _twice),
    Law("not not x -> x", ("logical_not",), _twice),
    Law("cast(x, its own dtype) -> x", ("cast",), _unchanged),
    Law("cast(cast(x, wider), back) -> x", ("cast",), _cast_back),
    Law("reshape(x, its own shape) -> x", ("reshape",), _unchanged),
    Law("reshape(reshape(x)) -> reshape(x)", ("reshape",), _nested),
    Law("broadcast(x, its own shape) -> x", ("broadcast",), _unchanged),
    Law("broadcast(broadcast(x)) -> broadcast(x)", ("broadcast",), _nested),
    Law("transpose(x, in order) -> x", ("transpose",), _straight),
    Law("transpose(transpose(x)) -> transpose(x)", ("transpose",), _transposed_twice),
    Law("flip(flip(x)) -> x", ("flip",), _flipped_twice),
    Law("slice(all of x) -> x", ("slice",), _unchanged),
    Law("pad(x, by nothing) -> x", ("pad",), _unchanged),
    Law("concat(x) -> x", ("concat",), _unchanged),
)
