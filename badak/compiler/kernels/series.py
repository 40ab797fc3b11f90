"""What formulas are written with: numbers, polynomials, choices by a bit."""

from __future__ import annotations

from collections.abc import Sequence

from badak.base.dtypes import float64, int64
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Number, Operand, Register


def f(value: float) -> Number:
    """A float64."""
    return Number(value, float64)


def i(value: int) -> Number:
    """A whole number of 64 bits."""
    return Number(value, int64)


def polynomial(b: Builder, coefficients: Sequence[float], x: Register) -> Register:
    """c0 + x (c1 + x (c2 + ...))."""
    total: Operand = f(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = b.compute("fma", total, x, f(coefficient))
    assert isinstance(total, Register)
    return total
