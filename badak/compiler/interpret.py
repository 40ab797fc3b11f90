"""The plain meaning of a graph: each equation by its primitive's NumPy forward, in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.compiler.graph import Atom, Constant, Graph
from badak.core.primitive import find


def interpret(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of the graph for these inputs.

    Raises:
        ShapeError: when the inputs are not those of the graph.
    """
    if len(arrays) != len(graph.inputs):
        raise ShapeError(
            "a graph takes all of its inputs", expected=len(graph.inputs), got=len(arrays)
        )
    held: dict[int, Array] = {}
    for value, array in zip(graph.inputs, arrays, strict=True):
        if (array.shape, array.dtype) != value.spec:
            raise ShapeError(
                "an input does not fit the graph",
                expected=f"{value.shape} {value.dtype}",
                got=f"{array.shape} {array.dtype}",
            )
        held[id(value)] = array

    def read(atom: Atom) -> Array:
        return atom.data if isinstance(atom, Constant) else held[id(atom)]

    with np.errstate(all="ignore"):
        for equation in graph.equations:
            arguments = [read(atom) for atom in equation.inputs]
            forward = find(equation.primitive).forward
            held[id(equation.output)] = np.asarray(forward(*arguments, **dict(equation.attributes)))
    return [read(atom) for atom in graph.outputs]
