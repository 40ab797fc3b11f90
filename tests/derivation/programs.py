"""Random expressions: a list of steps, each on two values that were there before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import hypothesis.strategies as st

import badak as bd

NAMES = ("w", "x", "y")

SMOOTH = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1),
    "neg": lambda a, b: -a,
    "square": lambda a, b: a**2,
    "cube": lambda a, b: a**3,
    "double": lambda a, b: 2 * a,
    "tanh": lambda a, b: bd.tanh(a),
    "sigmoid": lambda a, b: bd.sigmoid(a),
    "sin": lambda a, b: bd.sin(a),
    "cos": lambda a, b: bd.cos(a),
    "exp": lambda a, b: bd.exp(bd.tanh(a)),
    "log": lambda a, b: bd.log(a * a + 1),
    "sqrt": lambda a, b: bd.sqrt(a * a + 2),
    "power": lambda a, b: (a * a + 1) ** b,
}
EXACT = ("add", "sub", "mul", "div", "neg", "square", "cube", "double")


@dataclass(frozen=True)
class Program:
    """Steps (operation, first, second): positions among inputs and earlier results."""

    steps: tuple[tuple[str, int, int], ...]
    values: tuple[Fraction, ...]

    def __call__(self, w, x, y):
        pool = [w, x, y]
        for name, i, j in self.steps:
            pool.append(SMOOTH[name](pool[i % len(pool)], pool[j % len(pool)]))
        return pool[-1]

    @property
    def at(self) -> dict[str, Fraction]:
        return dict(zip(NAMES, self.values, strict=True))


def programs(operations, longest: int = 6):
    step = st.tuples(st.sampled_from(operations), st.integers(0, 20), st.integers(0, 20))
    value = st.integers(-6, 6).map(lambda n: Fraction(n, 4))
    values = st.tuples(value, value, value)
    steps = st.lists(step, min_size=1, max_size=longest).map(tuple)
    return st.builds(Program, steps, values).filter(_is_tame)


def _is_tame(program: Program) -> bool:
    """No number so large that six digits of it hide what is added to it."""
    inputs = [bd.parameter(float(v), "float64") for v in program.values]
    pool = list(inputs)
    for name, i, j in program.steps:
        pool.append(SMOOTH[name](pool[i % len(pool)], pool[j % len(pool)]))
        if not (math.isfinite(float(pool[-1])) and abs(float(pool[-1])) < 1e3):
            return False
    return True


class Dual:
    """a + b e with e² = 0, in fractions: derivatives by another way than Badak's."""

    def __init__(self, value, slope=0):
        self.value, self.slope = Fraction(value), Fraction(slope)

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other):
        slope = (self.slope * other.value - self.value * other.slope) / other.value**2
        return Dual(self.value / other.value, slope)

    def __pow__(self, n):
        return Dual(self.value**n, n * self.value ** (n - 1) * self.slope)
