"""Cases for arithmetic, elementary functions, comparisons and choice: entry by entry."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable

import numpy as np

from tests.contracts.case import Case, Shape, apart, one_by_one, uniform, whole

SHAPES: tuple[Shape, ...] = ((), (3,), (2, 3), (0,), (2, 0, 3))
BROADCASTING: tuple[Shape, ...] = ((), (1,), (3,), (2, 1), (2, 3), (4, 1, 3))
PAIRS: tuple[tuple[Shape, Shape], ...] = (
    *itertools.product(BROADCASTING, repeat=2),
    ((0,), (1,)),
    ((), (2, 0)),
    ((3, 0), (1, 1)),
)
EVERYWHERE_OF_ERF = np.array(
    [-7, -5.9, -3, -2.86, -2.85, -1.26, -1.24, -0.85, -0.84, -1e-10, 0, 1e-300, 0.5, 1, 2, 4, 6.1]
)
"""A point or two in each of the stretches from which erf is put together."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _sign(x: float) -> float:
    return (x > 0) - (x < 0)


def _unary(function: Callable[[float], float], low: float, high: float) -> list[Case]:
    reference = one_by_one(function)
    return [Case((uniform(low, high, shape),), reference, smooth=(0,)) for shape in SHAPES]


def _unary_apart(function: Callable[[float], float]) -> list[Case]:
    reference = one_by_one(function)
    return [Case((apart(shape),), reference, smooth=(0,)) for shape in SHAPES]


def _binary(
    function: Callable[[float, float], float],
    first: tuple[float, float],
    second: tuple[float, float],
) -> list[Case]:
    reference = one_by_one(function)
    return [
        Case((uniform(*first, x, seed=1), uniform(*second, y, seed=2)), reference, smooth=(0, 1))
        for x, y in PAIRS
    ]


def _binary_apart(function: Callable[[float, float], float]) -> list[Case]:
    reference = one_by_one(function)
    cases = []
    for x, y in PAIRS:
        values = apart((int(np.prod(x)) + int(np.prod(y)),))
        left, right = np.split(values, [int(np.prod(x))])
        cases.append(Case((left.reshape(x), right.reshape(y)), reference, smooth=(0, 1)))
    return cases


def _comparison(function: Callable[[float, float], bool]) -> list[Case]:
    reference = one_by_one(function, bool)
    floats = [
        Case((whole(-2, 3, x, seed=1) / 2, whole(-2, 3, y, seed=2) / 2), reference)
        for x, y in PAIRS
    ]
    return [*floats, Case((whole(-2, 3, (9,), seed=1), whole(-2, 3, (9,), seed=2)), reference)]


def _logic(function: Callable[..., bool], inputs: int) -> list[Case]:
    reference = one_by_one(function, bool)
    truth = np.array(list(itertools.product([False, True], repeat=inputs)))
    tables = [truth.T, truth.T[:, :0], truth.T[:, 1], whole(-1, 2, (inputs, 3, 2))]
    return [Case(tuple(table), reference) for table in tables]


def _choice() -> list[Case]:
    reference = one_by_one(lambda condition, x, y: x if condition else y)
    conditions: list[Shape] = [(3,), (), (2, 1), (4, 2, 3)]
    shapes = [
        *((c, *pair) for c, pair in zip(itertools.cycle(conditions), PAIRS[:36], strict=False)),
        ((0,), (), (1,)),
    ]
    return [
        Case(
            (whole(0, 2, c) > 0, uniform(-2, 2, x), uniform(-2, 2, y, 1)), reference, smooth=(1, 2)
        )
        for c, x, y in shapes
    ]


def _power() -> list[Case]:
    reference = one_by_one(math.pow)
    squares = np.array([-1.5, 0.0, 2.0])
    return [
        *_binary(math.pow, (0.3, 2.5), (-2, 2)),
        *(Case((squares, np.array(float(n))), reference, smooth=(0,)) for n in range(4)),
        Case((uniform(0.3, 2, (3,)), np.zeros(3)), reference, smooth=(0, 1)),
    ]


def _shifted(x: np.ndarray, *, bits: int) -> np.ndarray:
    return one_by_one(lambda word: int(word) // 2**bits, int)(x)


CASES: dict[str, list[Case]] = {
    "add": _binary(operator.add, (-2, 2), (-2, 2)),
    "sub": _binary(operator.sub, (-2, 2), (-2, 2)),
    "mul": _binary(operator.mul, (-2, 2), (-2, 2)),
    "div": _binary(operator.truediv, (-2, 2), (-2, -0.5)),
    "neg": _unary(operator.neg, -2, 2),
    "pow": _power(),
    "maximum": _binary_apart(max),
    "minimum": _binary_apart(min),
    "abs": _unary_apart(abs),
    "sign": _unary_apart(_sign),
    "floor": _unary_apart(math.floor),
    "equal": _comparison(operator.eq),
    "not_equal": _comparison(operator.ne),
    "less": _comparison(operator.lt),
    "less_equal": _comparison(operator.le),
    "greater": _comparison(operator.gt),
    "greater_equal": _comparison(operator.ge),
    "logical_and": _logic(lambda x, y: bool(x and y), 2),
    "logical_or": _logic(lambda x, y: bool(x or y), 2),
    "logical_not": _logic(operator.not_, 1),
    "where": _choice(),
    "exp": _unary(math.exp, -3, 3),
    "log": _unary(math.log, 0.2, 5),
    "log1p": _unary(math.log1p, -0.8, 5),
    "expm1": _unary(math.expm1, -3, 3),
    "sqrt": _unary(math.sqrt, 0.2, 5),
    "tanh": _unary(math.tanh, -3, 3),
    "sigmoid": _unary(_sigmoid, -6, 6),
    "erf": [
        *_unary(math.erf, -3, 3),
        Case((EVERYWHERE_OF_ERF,), one_by_one(math.erf), smooth=(0,)),
    ],
    "sin": _unary(math.sin, -4, 4),
    "cos": _unary(math.cos, -4, 4),
    "right_shift": [
        Case((whole(0, 2**32, shape).astype(np.uint32),), _shifted, {"bits": 8}) for shape in SHAPES
    ],
}
