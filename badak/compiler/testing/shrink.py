"""Makes a failing program smaller, step by step, as long as it fails in the same way.

Source: A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
Transactions on Software Engineering 28 (2002); the steps here know what a program is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from badak.base.shapes import Shape, Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.compiler.passes import prune
from badak.compiler.testing.verdict import Case
from badak.core.primitive import find

TRIES = 600
"""So many smaller programs are tried at most."""


def shrunk(case: Case, fails: Callable[[Case], bool], tries: int = TRIES) -> Case:
    """The smallest case found that still fails.

    Args:
        case: which fails.
        fails: whether a case fails in the way that is looked for.
        tries: how many cases are looked at at most.

    >>> from badak.compiler import parse, show
    >>> graph = parse('''
    ... graph(x: float32[40], y: float32[40]) {
    ...   a: float32[40] = neg(x)
    ...   b: float32[40] = exp(a)
    ...   c: float32[40] = mul(b, y)
    ...   return c, a
    ... }''')
    >>> def fails(case):
    ...     return any(e.primitive == "exp" for e in case.graph.equations)
    >>> print(show(shrunk(Case(graph), fails).graph))
    graph(a: float32[1]) {
      b: float32[1] = exp(a)
      return b
    }
    """
    left = tries
    smaller = True
    while smaller and left > 0:
        smaller = False
        for candidate in _candidates(case):
            left -= 1
            if left < 0:
                break
            if fails(candidate):
                case, smaller = candidate, True
                break
    return case


def reproducer(case: Case) -> str:
    """A program text that runs the case and prints its verdict."""
    lines = str(case).splitlines()[1:]
    return "\n".join(
        [
            "import badak  # the registry of primitives",
            "from badak.compiler import parse",
            "from badak.compiler.testing import Case, check",
            "",
            'graph = parse("""',
            *lines,
            '""")',
            f"case = Case(graph, {case.seed}, {case.arguments}, {case.updates}, {case.passes})",
            "print(check(case, loops=True))",
            "",
        ]
    )


def _candidates(case: Case) -> Iterator[Case]:
    """Smaller cases, the boldest first."""
    if case.passes:
        yield replace(case, passes=False)
    if case.updates:
        yield replace(case, updates=())
        for position in range(len(case.updates)):
            rest = case.updates[:position] + case.updates[position + 1 :]
            yield replace(case, updates=rest)
    if case.arguments:
        yield replace(case, arguments=0)
    if not case.updates:
        for equation in case.graph.equations[:-1]:
            yield _tidy(case, replace(case.graph, outputs=(equation.output,)))
        outputs = case.graph.outputs
        if len(outputs) > 1:
            for atom in outputs:
                yield _tidy(case, replace(case.graph, outputs=(atom,)))
            for i in range(len(outputs)):
                fewer = replace(case.graph, outputs=outputs[:i] + outputs[i + 1 :])
                yield _tidy(case, fewer)
                yield replace(case, graph=fewer)
        tidy = _tidy(case, case.graph)
        if _size(tidy.graph) < _size(case.graph):
            yield tidy
    read = {id(x): True for e in case.graph.equations for x in e.inputs}
    read.update((id(x), True) for x in case.graph.outputs)
    for equation in case.graph.equations:
        if id(equation.output) not in read:  # what nothing reads is compiled too
            others = tuple(e for e in case.graph.equations if e is not equation)
            yield replace(case, graph=replace(case.graph, equations=others))
    for equation in case.graph.equations:
        yield _tidy(case, _cut(case.graph, equation))
    for equation in reversed(case.graph.equations):
        for atom in equation.inputs:
            if atom.spec == equation.output.spec:
                yield _tidy(case, _bypassed(case.graph, equation, atom))
    sizes = sorted({n for x in _values(case.graph) for n in x.shape if n > 1}, reverse=True)
    for size in sizes:
        for less in dict.fromkeys((1, 2, size // 4, size // 2, size - 1)):
            graph = _resized(case.graph, size, less) if 0 < less < size else None
            if graph is not None:
                yield replace(case, graph=graph)


def _size(graph: Graph) -> int:
    return len(graph.inputs) + len(graph.equations)


def _values(graph: Graph) -> list[Value]:
    return [*graph.inputs, *(equation.output for equation in graph.equations)]


def _tidy(case: Case, graph: Graph) -> Case:
    """Without what nothing reads; inputs stay where positions speak of them."""
    graph = prune(graph)
    if not case.updates and not case.arguments:
        read = {id(x): True for e in graph.equations for x in e.inputs}
        read.update((id(x), True) for x in graph.outputs)
        graph = replace(graph, inputs=tuple(x for x in graph.inputs if id(x) in read))
    return replace(case, graph=graph)


def _mapped(graph: Graph, replaced: dict[int, Atom], inputs: tuple[Value, ...]) -> Graph:
    def read(atom: Atom) -> Atom:
        return replaced.get(id(atom), atom)

    equations = (
        e.with_inputs(tuple(map(read, e.inputs)))
        for e in graph.equations
        if id(e.output) not in replaced
    )
    return Graph(inputs, tuple(equations), tuple(map(read, graph.outputs)))


def _cut(graph: Graph, equation: Equation) -> Graph:
    """What an equation computes comes in from outside instead."""
    value = Value(equation.output.spec)
    return _mapped(graph, {id(equation.output): value}, (*graph.inputs, value))


def _bypassed(graph: Graph, equation: Equation, atom: Atom) -> Graph:
    """An input of an equation in the place of its output."""
    return _mapped(graph, {id(equation.output): atom}, graph.inputs)


def _resized(graph: Graph, size: int, less: int) -> Graph | None:
    """Every axis of one size with another, if the program still makes sense."""

    def shape(old: Shape) -> Shape:
        return tuple(less if n == size else n for n in old)

    fewer = [replace(x, spec=Spec(shape(x.shape), x.dtype)) for x in graph.inputs]
    replaced = {id(old): new for old, new in zip(graph.inputs, fewer, strict=True)}

    def read(atom: Atom) -> Atom:
        if isinstance(atom, Constant):
            few = tuple(slice(n) for n in shape(atom.shape))
            return Constant(np.ascontiguousarray(atom.data[few]).reshape(shape(atom.shape)))
        return replaced[id(atom)]

    equations = []
    for equation in graph.equations:
        inputs = tuple(map(read, equation.inputs))
        changes = {"shape": shape, "stops": shape, "size": shape}
        attributes = tuple(
            (key, changes[key](value) if key in changes and isinstance(value, tuple) else value)
            for key, value in equation.attributes
        )
        try:
            spec = find(equation.primitive).infer(*(x.spec for x in inputs), **dict(attributes))
        except Exception:  # noqa: BLE001  # a program that makes no sense is no candidate
            return None
        output = Value(spec)
        replaced[id(equation.output)] = output
        equations.append(Equation(equation.primitive, inputs, attributes, output))
    return Graph(tuple(fewer), tuple(equations), tuple(map(read, graph.outputs)))
