"""A graph as text that reads aloud."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.shapes import Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WIDTH = 100
_LISTED = 32
"""Constants of more, and different, numbers are shown as bytes."""


def _letters() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ..."""
    for length in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=length):
            yield "".join(letters)


def names_of(graph: Graph) -> dict[int, str]:
    """What each value of a graph is called in its text, by its id.

    >>> x = Value(Spec((), np.dtype("float32")), "x")
    >>> y = Value(x.spec)
    >>> list(names_of(Graph((x,), (Equation("exp", (x,), (), y),), (y,))).values())
    ['x', 'a']
    """
    values = [*graph.inputs, *(equation.output for equation in graph.equations)]
    given = {value.name: True for value in values}
    letters = (name for name in _letters() if name not in given)
    names: dict[int, str] = {}
    taken: dict[str, bool] = {}
    for value in values:
        if id(value) not in names:
            name = value.name or next(letters)
            if name in taken:
                more = (f"{value.name}_{n}" for n in itertools.count(2))
                name = next(word for word in more if word not in taken and word not in given)
            names[id(value)] = name
            taken[name] = True
    return names


def show_spec(spec: Spec) -> str:
    """A spec as text.

    >>> show_spec(Spec((2, 3), np.dtype("float32"))), show_spec(Spec((), np.dtype("bool")))
    ('float32[2,3]', 'bool')
    """
    return f"{spec.dtype}[{','.join(map(str, spec.shape))}]" if spec.shape else str(spec.dtype)


def _numbers(data: Array) -> list[str]:
    """Numbers as text; none where text would lose a bit, as of a NaN that carries some."""
    words = [str(number) for number in data]
    if data.dtype.kind == "f":
        read_again = np.array([float(word) for word in words], data.dtype)
        return words if read_again.tobytes() == data.tobytes() else []
    return words


def _show_constant(constant: Constant) -> str:
    data, kind = constant.data, show_spec(constant.spec)
    if data.size and constant.is_all(data.flat[0]):
        for number in _numbers(data.reshape(-1)[:1]):
            return f"{number}: {kind}"
    elif data.size <= _LISTED:
        numbers = _numbers(data.reshape(-1))
        if numbers or not data.size:
            return f"[{', '.join(numbers)}]: {kind}"
    raw = base64.b64encode(np.ascontiguousarray(data).tobytes()).decode()
    return f'data("{raw}", {kind})'


def _show_attribute(value: Any) -> str:
    return f"'{value}'" if isinstance(value, np.dtype) else repr(value)


def show_atom(atom: Atom, names: Mapping[int, str]) -> str:
    """A name or a number; "?" for a value without a name."""
    return names.get(id(atom), "?") if isinstance(atom, Value) else _show_constant(atom)


def show_equation(equation: Equation, names: Mapping[int, str]) -> str:
    """An equation as a line of text."""
    arguments = [show_atom(atom, names) for atom in equation.inputs]
    arguments += [f"{key}={_show_attribute(value)}" for key, value in equation.attributes]
    output = f"{show_atom(equation.output, names)}: {show_spec(equation.output.spec)}"
    return f"{output} = {equation.primitive}({', '.join(arguments)})"


def show(graph: Graph) -> str:
    """The graph as text, which `parse` reads.

    >>> x = Value(Spec((2,), np.dtype("float32")), "x")
    >>> y = Value(x.spec)
    >>> print(show(Graph((x,), (Equation("exp", (x,), (), y),), (y,))))
    graph(x: float32[2]) {
      a: float32[2] = exp(x)
      return a
    }
    """
    names = names_of(graph)
    inputs = [f"{names[id(value)]}: {show_spec(value.spec)}" for value in graph.inputs]
    head = f"graph({', '.join(inputs)}) {{"
    if len(head) > _WIDTH:
        head = "\n".join(["graph(", *(f"  {line}," for line in inputs), ") {"])
    body = [f"  {show_equation(equation, names)}" for equation in graph.equations]
    outputs = ", ".join(show_atom(atom, names) for atom in graph.outputs)
    return "\n".join([head, *body, f"  return {outputs}".rstrip(), "}"])
