"""What a graph gives when nothing but values counts, and when two results are the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.graph import Constant, Graph
from badak.core.primitive import find


def meaning(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs, with every array laid out in C order before it is used.

    NumPy adds up in the order in which memory is walked. A pass may change the layout that eager
    NumPy would have had (two reshapes become one), but no value.
    """
    held = {id(x): np.asarray(a, order="C") for x, a in zip(graph.inputs, arrays, strict=True)}

    def read(atom):
        return np.asarray(atom.data, order="C") if isinstance(atom, Constant) else held[id(atom)]

    with np.errstate(all="ignore"):
        for equation in graph.equations:
            forward = find(equation.primitive).forward
            result = forward(*map(read, equation.inputs), **dict(equation.attributes))
            held[id(equation.output)] = np.asarray(result, order="C")
    return [read(atom) for atom in graph.outputs]


def bits(arrays: Sequence[Array]) -> list[tuple[tuple[int, ...], str, bytes]]:
    """Shape, dtype and bytes of each array: -0.0 is not 0.0."""
    return [
        (x.shape, str(x.dtype), np.ascontiguousarray(x).tobytes()) for x in map(np.asarray, arrays)
    ]


def bits_but_for_nan(arrays: Sequence[Array]) -> list[tuple[tuple[int, ...], str, bytes]]:
    """As `bits`, with one NaN for all: of two that meet, the processor keeps either."""
    floats = [np.where(x != x, np.nan, x) if x.dtype.kind == "f" else x for x in arrays]
    return bits([new.astype(x.dtype) for new, x in zip(floats, arrays, strict=True)])
