"""Random programs that are right by construction, and numbers to run them on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array, DType, float32
from badak.base.random import generator
from badak.base.shapes import Shape, Spec
from badak.compiler.graph import Equation, Graph, Value
from badak.compiler.kernels import pointwise, schedule, view
from badak.compiler.show import names_of
from badak.compiler.testing.draft import Draft
from badak.compiler.testing.rows import ROWS
from badak.core.primitive import PRIMITIVES

MOVES = ("broadcast", "cast", "flip", "reshape", "slice", "transpose")
"""What leads from an input to positions without changing which positions there are."""


def random_graph(
    seed: int, primitives: Sequence[str] = tuple(PRIMITIVES), longest: int = 12
) -> Graph:
    """A graph of up to `longest` equations, the same for the same arguments.

    Args:
        seed: which one.
        primitives: what it may be made of; casts come in where dtypes meet.
        longest: how many equations are drawn at most, casts not counted.

    >>> from badak.compiler import verify
    >>> graph = verify(random_graph(8, ["mul", "sum"], longest=2))
    >>> {e.primitive for e in graph.equations} <= {"mul", "sum", "cast"}
    True
    """
    noise = generator(seed, "random program")
    known = [name for name in ROWS if name in primitives]
    draft = Draft(noise, known)
    weights = np.array([ROWS[name][0] for name in known])
    # Each program likes some operations more than others, so that they meet one another.
    weights *= noise.exponential(1.0, len(known)) ** 2
    for _ in range(int(noise.integers(1, longest + 1))):
        name = str(noise.choice(known, p=weights / weights.sum()))
        ROWS[name][1](draft, name)
    while not draft.equations:
        ROWS[known[0]][1](draft, known[0])
    return draft.graph()


def with_kernels() -> list[str]:
    """The primitives that the compiler can compute, of those that are drawn.

    >>> "matmul" in with_kernels()
    True
    """
    alone = (*schedule.ALONE, *view.PRIMITIVES)
    nothing = Value(Spec((), float32))
    return [
        name
        for name in ROWS
        if name in alone or pointwise.supports(Equation(name, (nothing,), (), nothing))
    ]


def random_numbers(graph: Graph, seed: int) -> list[Array]:
    """Numbers for the inputs of a graph: the same for the same seed, name, shape and dtype.

    Floats are whole, or normal, or of one sign, or of all sizes, or with NaN, infinities, -0.0 and
    denormals among them; positions are those that there are.
    """
    names = names_of(graph)
    limits = _limits(graph)
    arrays = []
    for x in graph.inputs:
        noise = generator(seed, "random numbers", names[id(x)])
        arrays.append(_numbers(noise, x.shape, x.dtype, limits.get(id(x))))
    return arrays


def _limits(graph: Graph) -> dict[int, int]:
    """For each input that is read as positions: how many positions there are."""
    limits: dict[int, int] = {}
    origin = {id(x): x for x in graph.inputs}
    for equation in graph.equations:
        first = equation.inputs[0]
        if equation.primitive in MOVES and id(first) in origin:
            origin[id(equation.output)] = origin[id(first)]
        if equation.primitive in ("gather", "scatter_add"):
            attributes = dict(equation.attributes)
            size = attributes.get("size") or first.shape[attributes["axis"]]
            index = equation.inputs[1]
            if isinstance(index, Value) and id(index) in origin:
                root = id(origin[id(index)])
                limits[root] = min(size, limits.get(root, size))
    return limits


def _numbers(noise: np.random.Generator, shape: Shape, dtype: DType, limit: int | None) -> Array:
    if limit is not None:
        return noise.integers(0, max(limit, 1), shape).astype(dtype)
    if dtype.kind == "b":
        return np.asarray(noise.random(shape) < 0.5)
    if dtype.kind in "iu":
        return _integers(noise, shape, dtype)
    kind = noise.random()
    if kind < 0.4:
        return noise.integers(-4, 5, shape).astype(dtype)
    if kind < 0.65:
        return noise.normal(size=shape).astype(dtype)
    if kind < 0.75:  # of one sign, which maxima and comparisons with 0 do not often meet
        sign = 1 if noise.random() < 0.5 else -1
        return np.asarray(sign * noise.exponential(size=shape)).astype(dtype)
    if kind < 0.85:
        with np.errstate(over="ignore"):
            scale = 10.0 ** noise.uniform(-30, 30, shape)
            return np.asarray(noise.normal(size=shape) * scale).astype(dtype)
    plain = noise.integers(-2, 3, shape).astype(dtype)
    chosen = noise.random(shape) < 0.4
    return np.asarray(np.where(chosen, _special(noise, shape, dtype), plain))


def _integers(noise: np.random.Generator, shape: Shape, dtype: DType) -> Array:
    limits = np.iinfo(dtype)
    if noise.random() < 0.7:
        return noise.integers(max(limits.min, -5), 6, shape).astype(dtype)
    everything = noise.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    ends = noise.choice(np.array([limits.min, limits.max, 0, 1], dtype), shape)
    return np.asarray(np.where(noise.random(shape) < 0.2, ends, everything))


def _special(noise: np.random.Generator, shape: Shape, dtype: DType) -> Array:
    limits = np.finfo(dtype)
    values = [np.nan, np.inf, -np.inf, -0.0, 0.0, limits.smallest_subnormal, -limits.tiny / 4]
    values += [limits.max, -limits.max, limits.tiny, limits.eps, 1.0 + limits.eps, 1e-20, 0.5]
    return np.asarray(noise.choice(np.array(values, dtype), shape))
