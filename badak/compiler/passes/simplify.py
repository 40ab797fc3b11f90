"""Replaces equations by the table of laws."""

from __future__ import annotations

from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.compiler.rewrite import LAWS, Maker


def simplify(graph: Graph) -> Graph:
    """Applies the laws of `rewrite.LAWS` until none applies.

    Assumes a well-formed graph; guarantees the same outputs bit for bit. What is no longer read
    stays, for `prune`.

    >>> from badak.compiler import parse, show
    >>> print(show(simplify(parse('''
    ... graph(a: float32[2]) {
    ...   b: float32[2] = mul(a, 1.0: float32)
    ...   c: float32[2] = neg(b)
    ...   d: float32[2] = neg(c)
    ...   return d
    ... }'''))))
    graph(a: float32[2]) {
      c: float32[2] = neg(a)
      return a
    }
    """
    replaced: dict[int, Atom] = {}
    makers: dict[int, Equation] = {}
    equations: list[Equation] = []
    changed = False

    def read(atom: Atom) -> Atom:
        return replaced.get(id(atom), atom)

    def maker(atom: Atom) -> Equation | None:
        return makers.get(id(atom))

    for original in graph.equations:
        equation = original.with_inputs(tuple(map(read, original.inputs)))
        result = _simplified(equation, maker)
        changed = changed or result is not original
        if isinstance(result, Value | Constant):
            replaced[id(original.output)] = result
        else:
            equations.append(result)
            makers[id(result.output)] = result
    if not changed:
        return graph
    return Graph(graph.inputs, tuple(equations), tuple(map(read, graph.outputs)))


def _simplified(equation: Equation, maker: Maker) -> Atom | Equation:
    """The equation after every law that applies, in the order of the table, again and again."""
    while True:
        for law in LAWS:
            if law.primitives and equation.primitive not in law.primitives:
                continue
            result = law.apply(equation, maker)
            if isinstance(result, Value | Constant):
                return result
            if result is not None:
                equation = result
                break
        else:
            return equation
