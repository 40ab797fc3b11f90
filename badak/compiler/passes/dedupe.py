"""Computes equal things once."""

from __future__ import annotations

from typing import Any

from badak.compiler.graph import Atom, Constant, Equation, Graph


def dedupe(graph: Graph) -> Graph:
    """Reads one equation where two of the same primitive, inputs and attributes stood.

    Assumes a well-formed graph; guarantees the same outputs bit for bit, since a primitive is a
    function of its inputs (random bits too: they depend on key and counter alone).

    >>> from badak.compiler import parse, show
    >>> print(show(dedupe(parse('''
    ... graph(a: float32[2]) {
    ...   b: float32[2] = exp(a)
    ...   c: float32[2] = exp(a)
    ...   d: float32[2] = add(b, c)
    ...   return d
    ... }'''))))
    graph(a: float32[2]) {
      b: float32[2] = exp(a)
      d: float32[2] = add(b, b)
      return d
    }
    """
    replaced: dict[int, Atom] = {}
    computed: dict[Any, Equation] = {}
    equations: list[Equation] = []
    for original in graph.equations:
        inputs = tuple(replaced.get(id(atom), atom) for atom in original.inputs)
        equation = original.with_inputs(inputs)
        # As text, because 0.0 equals -0.0 and 1 equals True.
        key = (equation.primitive, tuple(map(_identity, inputs)), repr(equation.attributes))
        if key in computed:
            replaced[id(equation.output)] = computed[key].output
        else:
            computed[key] = equation
            equations.append(equation)
    if not replaced:
        return graph
    outputs = tuple(replaced.get(id(atom), atom) for atom in graph.outputs)
    return Graph(graph.inputs, tuple(equations), outputs)


def _identity(atom: Atom) -> Any:
    """Constants are alike when their bits are; values only when they are the same."""
    if isinstance(atom, Constant):
        return atom.spec, atom.data.tobytes()
    return id(atom)
