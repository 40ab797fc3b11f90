"""A graph as text that reads aloud, and back: `parse(show(graph))` is the same program."""

from __future__ import annotations

import ast
import base64
import itertools
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from badak.base.dtypes import as_dtype
from badak.base.errors import RangeError
from badak.base.shapes import Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_HEAD = re.compile(r"graph\((.*)\) \{")
_LINE = re.compile(r"  (\w+): (\S+) = (\w+)\((.*)\)")
_TYPE = re.compile(r"(\w+)\[([\d,]*)\]")


def _names() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ..."""
    for length in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=length):
            yield "".join(letters)


def show_spec(spec: Spec) -> str:
    """A spec as text.

    >>> show_spec(Spec((2, 3), np.dtype("float32")))
    'float32[2,3]'
    """
    return f"{spec.dtype}[{','.join(map(str, spec.shape))}]"


def _parse_spec(text: str) -> Spec:
    match = _TYPE.fullmatch(text)
    if match is None:
        raise RangeError("no type of a tensor", expected="float32[2,3]", got=text)
    return Spec(tuple(int(n) for n in match[2].split(",") if n), as_dtype(match[1]))


def _show_constant(constant: Constant) -> str:
    if constant.shape == ():
        return f"{constant.data.item()!r}: {constant.dtype}"
    raw = base64.b64encode(np.ascontiguousarray(constant.data).tobytes()).decode()
    return f'data("{raw}", {show_spec(constant.spec)})'


def _show_attribute(value: Any) -> str:
    return f"'{value}'" if isinstance(value, np.dtype) else repr(value)


def show(graph: Graph) -> str:
    """The graph as text."""
    names = _names()
    named: dict[int, str] = {}

    def define(value: Value) -> str:
        named[id(value)] = next(names)
        return f"{named[id(value)]}: {show_spec(value.spec)}"

    def read(atom: Atom) -> str:
        return named[id(atom)] if isinstance(atom, Value) else _show_constant(atom)

    lines = [f"graph({', '.join(map(define, graph.inputs))}) {{"]
    for equation in graph.equations:
        arguments = [read(atom) for atom in equation.inputs]
        arguments += [f"{key}={_show_attribute(value)}" for key, value in equation.attributes]
        call = f"{equation.primitive}({', '.join(arguments)})"
        lines.append(f"  {define(equation.output)} = {call}")
    lines.append(f"  return {', '.join(map(read, graph.outputs))}")
    return "\n".join([*lines, "}"])


# ---------------------------------------------------------------------- parse


def _split(text: str) -> list[str]:
    """Cuts at commas that stand in no bracket and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for i, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _parse_atom(text: str, values: dict[str, Value]) -> Atom:
    if text in values:
        return values[text]
    if text.startswith("data("):
        raw, kind = _split(text[5:-1])
        spec = _parse_spec(kind)
        data = np.frombuffer(base64.b64decode(raw.strip('"')), spec.dtype)
        return Constant(data.reshape(spec.shape))
    number, _, kind = text.rpartition(": ")
    special = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
    value = special[number] if number in special else ast.literal_eval(number)
    return Constant(np.asarray(value, as_dtype(kind)))


def _parse_attribute(text: str) -> tuple[str, Any]:
    key, _, literal = text.partition("=")
    special = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
    value = special[literal] if literal in special else ast.literal_eval(literal)
    return key, as_dtype(value) if key == "dtype" else value


def parse(text: str) -> Graph:
    """The graph of a text that `show` wrote.

    Raises:
        RangeError: naming the line that is no part of a graph.
    """
    lines = text.strip().splitlines()
    head = _HEAD.fullmatch(lines[0])
    if head is None:
        raise RangeError("no graph", expected="graph(...) {", got=lines[0])
    values: dict[str, Value] = {}
    for declared in _split(head[1]):
        name, _, kind = declared.partition(": ")
        values[name] = Value(_parse_spec(kind))
    inputs = tuple(values.values())
    equations = []
    for line in lines[1:-2]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise RangeError("no equation", expected="  c: float32[2] = add(a, b)", got=line)
        name, kind, primitive, arguments = match.groups()
        parts = _split(arguments)
        atoms = [p for p in parts if not re.match(r"[a-z_]+=", p)]
        attributes = tuple(_parse_attribute(p) for p in parts if re.match(r"[a-z_]+=", p))
        output = Value(_parse_spec(kind))
        inputs_of = tuple(_parse_atom(atom, values) for atom in atoms)
        equations.append(Equation(primitive, inputs_of, attributes, output))
        values[name] = output
    returned = lines[-2].strip().removeprefix("return").strip()
    outputs = tuple(_parse_atom(atom, values) for atom in _split(returned))
    return Graph(inputs, tuple(equations), outputs)
