"""The plain meaning of a graph: each equation by its primitive's NumPy forward, in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.base.shapes import Spec
from badak.compiler.graph import Atom, Constant, Graph
from badak.compiler.show import names_of, show_spec
from badak.core.primitive import find


def interpret(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of the graph for these inputs.

    What is computed, and in which layout of memory, is what happens eagerly: the numbers of a
    traced function are the same to the last bit.

    >>> from badak.compiler import parse
    >>> graph = parse('''
    ... graph(x: float32[2]) {
    ...   y: float32[2] = mul(x, 10.0: float32)
    ...   return y, x
    ... }''')
    >>> interpret(graph, [np.array([1, 2], np.float32)])
    [array([10., 20.], dtype=float32), array([1., 2.], dtype=float32)]

    Raises:
        ShapeError: when the inputs are not those of the graph.
    """
    _check_inputs(graph, arrays)
    held = {id(value): array for value, array in zip(graph.inputs, arrays, strict=True)}

    def read(atom: Atom) -> Array:
        return atom.data if isinstance(atom, Constant) else held[id(atom)]

    with np.errstate(all="ignore"):
        for equation in graph.equations:
            arguments = [read(atom) for atom in equation.inputs]
            forward = find(equation.primitive).forward
            held[id(equation.output)] = np.asarray(forward(*arguments, **dict(equation.attributes)))
    return [read(atom) for atom in graph.outputs]


def _check_inputs(graph: Graph, arrays: Sequence[Array]) -> None:
    if len(arrays) != len(graph.inputs):
        raise ShapeError(
            "a graph takes all of its inputs", expected=len(graph.inputs), got=len(arrays)
        )
    for value, array in zip(graph.inputs, arrays, strict=True):
        if (array.shape, array.dtype) != value.spec:
            raise ShapeError(
                f"input {names_of(graph)[id(value)]} does not fit the graph",
                expected=show_spec(value.spec),
                got=show_spec(Spec(array.shape, array.dtype)),
            )
