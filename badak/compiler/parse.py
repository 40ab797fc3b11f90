"""A graph from its text: `parse(show(graph))` is the same program."""

from __future__ import annotations

import ast
import base64
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from badak.base.dtypes import DType, as_dtype
from badak.base.errors import RangeError
from badak.base.shapes import Spec
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value

_NAME = r"[^\s,:=()\[\]{}\"']+"
_HEAD = re.compile(r"graph\((.*?),?\s*\)", re.DOTALL)
_INPUT = re.compile(rf"({_NAME}): (\S+)")
_LINE = re.compile(rf"({_NAME}): (\S+) = (\w+)\((.*)\)")
_TYPE = re.compile(r"(\w+)(?:\[([\d,]*)\])?")
_ATTRIBUTE = re.compile(r"(\w+)=(.*)")
_Part = TypeVar("_Part")
_NOT_LITERALS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def _parse_spec(text: str) -> Spec:
    match = _TYPE.fullmatch(text)
    if match is None:
        raise RangeError("no type of a tensor", expected="float32[2,3]", got=text)
    return Spec(tuple(int(n) for n in (match[2] or "").split(",") if n), as_dtype(match[1]))


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


def _parse_number(text: str, dtype: DType) -> Any:
    if dtype.kind == "b":
        return {"True": True, "False": False}[text]
    return float(text) if dtype.kind == "f" else int(text)


def _parse_constant(text: str) -> Constant:
    if text.startswith("data("):
        raw, kind = _split(text[5:-1])
        spec = _parse_spec(kind)
        # A copy: what comes from bytes cannot be written to, and has no right alignment.
        data = np.frombuffer(base64.b64decode(raw.strip('"')), spec.dtype).copy()
        return Constant(data.reshape(spec.shape))
    shown, _, kind = text.rpartition(": ")
    spec = _parse_spec(kind)
    if shown.startswith("["):
        numbers = [_parse_number(n, spec.dtype) for n in _split(shown[1:-1])]
        return Constant(np.asarray(numbers, spec.dtype).reshape(spec.shape))
    return Constant(np.full(spec.shape, _parse_number(shown, spec.dtype), spec.dtype))


def _parse_atom(text: str, values: dict[str, Value]) -> Atom:
    if text not in values and re.fullmatch(_NAME, text):
        raise RangeError(f"{text} is not computed before it is read")
    return values[text] if text in values else _parse_constant(text)


def _parse_attribute(key: str, text: str) -> tuple[str, Any]:
    value = _NOT_LITERALS[text] if text in _NOT_LITERALS else ast.literal_eval(text)
    return key, as_dtype(value) if key == "dtype" else value


def _define(name: str, kind: str, values: dict[str, Value]) -> Value:
    if name in values:
        raise RangeError(f"{name} is computed twice")
    values[name] = Value(_parse_spec(kind), name)
    return values[name]


def _parse_equation(line: str, values: dict[str, Value]) -> Equation:
    match = _LINE.fullmatch(line)
    if match is None:
        raise RangeError("no equation", expected="c: float32[2] = add(a, b)")
    name, kind, primitive, arguments = match.groups()
    parts = [(part, _ATTRIBUTE.fullmatch(part)) for part in _split(arguments)]
    inputs = tuple(_parse_atom(part, values) for part, found in parts if not found)
    attributes = tuple(_parse_attribute(found[1], found[2]) for _, found in parts if found)
    return Equation(primitive, inputs, attributes, _define(name, kind, values))


def _parse_head(head: str, values: dict[str, Value]) -> tuple[Value, ...]:
    match = _HEAD.fullmatch(head)
    if match is None:
        raise RangeError("no graph", expected="graph(x: float32[2], ...) {")
    inputs = []
    for declared in _split(match[1]):
        found = _INPUT.fullmatch(declared)
        if found is None:
            raise RangeError("no input", expected="x: float32[2]", got=declared)
        inputs.append(_define(found[1], found[2], values))
    return tuple(inputs)


def _parse_return(line: str, values: dict[str, Value]) -> tuple[Atom, ...]:
    returned = line.removeprefix("return").strip()
    return tuple(_parse_atom(atom, values) for atom in _split(returned))


def _read(part: Callable[[str, dict[str, Value]], _Part], line: str, values: Any) -> _Part:
    """Whatever is wrong with a line, the error shows the line."""
    try:
        return part(line, values)
    except (ArithmeticError, LookupError, SyntaxError, TypeError, ValueError) as error:
        raise RangeError(f"{getattr(error, 'sentence', error)}", got=line) from None


def parse(text: str) -> Graph:
    """The graph of a text that `show` wrote, or that you write. Its values keep their names.

    >>> graph = parse('''
    ... graph(x: float32[2]) {
    ...   y: float32[2] = exp(x)
    ...   return y
    ... }''')
    >>> graph.equations[0].primitive
    'exp'

    Raises:
        RangeError: naming the line that is no part of a graph.
    """
    head, brace, body = text.strip().partition("{")
    lines = [line.strip() for line in body.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not brace or len(lines) < 2 or lines[-1] != "}" or not lines[-2].startswith("return"):
        raise RangeError("no graph", expected="graph(...) { ... return ... }", got=text.strip())
    values: dict[str, Value] = {}
    inputs = _read(_parse_head, head.strip(), values)
    equations: list[Equation] = []
    for line in lines[:-2]:
        equations.append(_read(_parse_equation, line, values))
    return Graph(inputs, tuple(equations), _read(_parse_return, lines[-2], values))
