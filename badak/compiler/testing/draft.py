"""A program while it is drawn: what it has computed so far, and how a next equation is added."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from badak.base import dtypes, shapes
from badak.base.dtypes import SUPPORTED, Array, DType
from badak.base.errors import ShapeError
from badak.base.shapes import Shape
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.core.primitive import find

T = TypeVar("T")

SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 70)
"""Around the lanes of vectors and their multiples."""

LARGEST = 5000
"""So many elements has a tensor at most: a program is to be compiled and run in a moment."""

EMPTY = 0.02
"""The share of programs in which an axis may have no element."""


class Draft:
    """Draws equations that fit what is there; every choice comes from one generator.

    Args:
        noise: the generator.
        known: the primitives that are asked for.
    """

    def __init__(self, noise: np.random.Generator, known: Sequence[str] = ()) -> None:
        self.noise = noise
        self.known = known
        self.inputs: list[Value] = []
        self.equations: list[Equation] = []
        self.pool: list[Atom] = []
        few = [int(noise.choice(SIZES)) for _ in range(3)]
        self.sizes = [1, *few, 0] if self.chance(EMPTY) else [1, *few]
        self.floats: list[DType] = [dtypes.float32] if self.chance(0.9) else [dtypes.float64]
        if self.chance(0.2):
            self.floats = [dtypes.float32, dtypes.float64]
        self.share_of_floats = 0.2 if self.chance(0.15) else 0.75

    # ------------------------------------------------------------------ choices

    def chance(self, share: float) -> bool:
        return bool(self.noise.random() < share)

    def knows(self, *primitives: str) -> bool:
        """Whether all of these are asked for."""
        return all(name in self.known for name in primitives)

    def whole(self, low: int, high: int) -> int:
        """A whole number from low up to and with high."""
        return int(self.noise.integers(low, high + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self.noise.integers(len(choices)))]

    def some(self, count: int) -> tuple[int, ...]:
        """Some of the numbers below count, in order: often one, now and then none or all."""
        kind = self.noise.random()
        if count == 0 or kind < 0.05:
            return ()
        if kind < 0.2:
            return tuple(range(count))
        if kind < 0.7:
            return (self.whole(0, count - 1),)
        return tuple(i for i in range(count) if self.chance(0.5))

    def shape(self, least: int = 0, most: int = 4) -> Shape:
        while True:
            ndim = min(most, max(least, self.one_of((0, 1, 1, 2, 2, 2, 3, 3, 4))))
            shape = tuple(self.one_of(self.sizes) for _ in range(ndim))
            if math.prod(shape) <= LARGEST:
                return shape

    def dtype(self, kinds: str = "fiub") -> DType:
        if "f" in kinds and (len(kinds) == 1 or self.chance(self.share_of_floats)):
            return self.one_of(self.floats)
        rest = [one for one in SUPPORTED if one.kind in kinds and one.kind != "f"]
        return self.one_of(rest) if rest else self.one_of(self.floats)

    # ------------------------------------------------------------------ tensors

    def leaf(self, shape: Shape, dtype: DType) -> Atom:
        """A tensor that is not computed: a new input, an old one, or a constant."""
        same = [x for x in self.inputs if (x.shape, x.dtype) == (shape, dtype)]
        if same and self.chance(0.4):
            return self.one_of(same)
        if math.prod(shape) <= 64 and self.chance(0.3):
            return Constant(self.numbers(shape, dtype))
        value = Value(shapes.Spec(shape, dtype), f"x{len(self.inputs)}")
        self.inputs.append(value)
        self.pool.append(value)
        return value

    def numbers(self, shape: Shape, dtype: DType) -> Array:
        """A few plain numbers, to stand in the program."""
        choices = [0, 1, 2, 3, 1, 0] if dtype.kind in "ub" else [0, 1, -1, 2, -3, 0.5, -0.0]
        if self.chance(0.5):
            return np.full(shape, self.one_of(choices)).astype(dtype)
        return self.noise.choice(choices, shape).astype(dtype).reshape(shape)

    def pick(self, kinds: str = "fiub", least: int = 0) -> Atom:
        """Something of these kinds with at least so many axes; late results come up most."""
        fitting = [x for x in self.pool if x.dtype.kind in kinds and len(x.shape) >= least]
        if not fitting or self.chance(0.1):
            return self.leaf(self.shape(least), self.dtype(kinds))
        if self.chance(0.5):
            fitting = fitting[-3:]
        return self.one_of(fitting)

    def mate(self, x: Atom, kinds: str = "fiub") -> Atom:
        """Something that broadcasts with x."""
        fitting = [y for y in self.pool if y.dtype.kind in kinds and self.broadcasts(x, y)]
        if fitting and self.chance(0.6):
            return self.one_of(fitting)
        shape = tuple(1 if self.chance(0.2) else size for size in x.shape)
        if self.chance(0.3):
            shape = shape[self.whole(0, len(shape)) :]
        dtype = x.dtype if x.dtype.kind in kinds and self.chance(0.7) else self.dtype(kinds)
        return self.leaf(shape, dtype)

    def broadcasts(self, x: Atom, y: Atom) -> bool:
        try:
            return math.prod(shapes.broadcast(x.shape, y.shape)) <= LARGEST
        except ShapeError:
            return False

    # ------------------------------------------------------------------ equations

    def add(self, primitive: str, *inputs: Atom, **attributes: Any) -> Value:
        """One more equation; the inputs are cast to the dtypes in which it computes."""
        promoted = find(primitive).promote(*(x.dtype for x in inputs))
        cast = tuple(self._cast(x, kind) for x, kind in zip(inputs, promoted, strict=True))
        spec = find(primitive).infer(*(x.spec for x in cast), **attributes)
        output = Value(spec)
        self.equations.append(Equation(primitive, cast, tuple(attributes.items()), output))
        self.pool.append(output)
        return output

    def _cast(self, x: Atom, dtype: DType) -> Atom:
        if x.dtype == dtype:
            return x
        if isinstance(x, Constant):
            return Constant(x.data.astype(dtype))
        return self.add("cast", x, dtype=dtype)

    def graph(self) -> Graph:
        """The program, which returns what nothing reads, and now and then something else too."""
        read = {id(x): True for e in self.equations for x in e.inputs}
        outputs: list[Atom] = [e.output for e in self.equations if id(e.output) not in read]
        others = [*self.pool, Constant(self.numbers(self.shape(0, 1), self.dtype()))]
        while not outputs or self.chance(0.25):
            outputs.append(self.one_of(others))
        if self.chance(0.1):
            outputs.append(self.one_of(outputs))
        return Graph(tuple(self.inputs), tuple(self.equations), tuple(outputs))
