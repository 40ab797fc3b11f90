"""The laws by which an equation may be replaced, one row a law.

A law holds for every number bit for bit, with -0.0, infinities and NaN, or it does not stand here:
`x + 0.0 -> x` is missing because it is false for x = -0.0, and `x * 0 -> 0` because it is false for
NaN. A law looks at one equation, and through `maker` at how its inputs were made; it answers with
an atom, with a new equation for the same output, or with None where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.compiler.graph import Atom, Constant, Equation
from badak.core.primitive import find

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
    lossless = np.can_cast(origin.dtype, inner.output.dtype, "safe")
    return origin if lossless and origin.dtype == equation.output.dtype else None


def _folded(equation: Equation, maker: Maker) -> Atom | None:
    """An equation of constants is a constant."""
    if equation.output.spec.shape and np.prod(equation.output.shape) > FOLDED_VALUES:
        return None
    arrays = []
    for atom in equation.inputs:
        if not isinstance(atom, Constant):
            return None
        arrays.append(atom.data)
    with np.errstate(all="ignore"):
        result = find(equation.primitive).forward(*arrays, **dict(equation.attributes))
    return Constant(np.asarray(result))


LAWS: tuple[Law, ...] = (
    Law("f(constants) -> constant", (), _folded),
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
