"""Whether a graph is a program: every value computed before it is read, every spec right."""

from __future__ import annotations

from badak.base.errors import BadakError, StateError
from badak.compiler.graph import Constant, Graph
from badak.compiler.show import show_spec
from badak.core.primitive import find


def verify(graph: Graph, after: str = "trace") -> Graph:
    """Returns the graph if it is well formed.

    Args:
        graph: what to look at.
        after: the pass that made it, for the error.

    Raises:
        StateError: naming the pass, the first bad equation, and what is wrong with it.
    """
    known: dict[int, bool] = {}
    for value in graph.inputs:
        if id(value) in known:
            raise StateError(f"after {after}: an input is listed twice")
        known[id(value)] = True
    for number, equation in enumerate(graph.equations):
        where = f"after {after}: equation {number}, {equation.primitive}"
        for position, atom in enumerate(equation.inputs):
            if not isinstance(atom, Constant) and id(atom) not in known:
                raise StateError(f"{where}: input {position} is read before it is computed")
        if id(equation.output) in known:
            raise StateError(f"{where}: its output is computed twice")
        specs = [atom.spec for atom in equation.inputs]
        try:
            promoted = find(equation.primitive).promote(*(spec.dtype for spec in specs))
            inferred = find(equation.primitive).infer(*specs, **dict(equation.attributes))
        except BadakError as error:
            raise StateError(f"{where}: {error.sentence}") from error
        if tuple(spec.dtype for spec in specs) != tuple(promoted):
            raise StateError(
                f"{where}: inputs are not of the dtypes it computes in",
                expected=", ".join(map(str, promoted)),
                got=", ".join(str(spec.dtype) for spec in specs),
            )
        if inferred != equation.output.spec:
            raise StateError(
                f"{where}: the spec of its output is wrong",
                expected=show_spec(inferred),
                got=show_spec(equation.output.spec),
            )
        known[id(equation.output)] = True
    for position, atom in enumerate(graph.outputs):
        if not isinstance(atom, Constant) and id(atom) not in known:
            raise StateError(f"after {after}: output {position} is never computed")
    return graph
