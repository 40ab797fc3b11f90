"""Leaves out what nothing reads."""

from __future__ import annotations

from badak.compiler.graph import Graph


def prune(graph: Graph) -> Graph:
    """Keeps the equations that lead to an output.

    Assumes a well-formed graph; guarantees the same inputs and outputs.

    >>> from badak.compiler import parse, show
    >>> print(show(prune(parse('''
    ... graph(a: float32[2]) {
    ...   b: float32[2] = exp(a)
    ...   c: float32[2] = neg(a)
    ...   return c
    ... }'''))))
    graph(a: float32[2]) {
      c: float32[2] = neg(a)
      return c
    }
    """
    needed = {id(atom): True for atom in graph.outputs}
    kept = []
    for equation in reversed(graph.equations):
        if id(equation.output) in needed:
            kept.append(equation)
            needed.update((id(atom), True) for atom in equation.inputs)
    if len(kept) == len(graph.equations):
        return graph
    return Graph(graph.inputs, tuple(reversed(kept)), graph.outputs)
