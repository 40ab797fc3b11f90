"""Whether a graph is a program: every value computed before it is read, every type right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from badak.base.errors import RangeError, StateError
from badak.base.shapes import Spec
from badak.compiler.graph import Equation, Graph, Value
from badak.compiler.show import names_of, show_equation, show_spec
from badak.core.primitive import Primitive, find

NONE: Mapping[str, Callable[[Equation], Spec]] = MappingProxyType({})


def verify(
    graph: Graph,
    after: str = "trace",
    own: Mapping[str, Callable[[Equation], Spec]] = NONE,
) -> Graph:
    r"""Returns the graph if it is well formed.

    Args:
        graph: what to look at.
        after: the pass that made it, for the error.
        own: for primitives of the compiler's own, of which type the output has to be.

    >>> from badak.compiler import parse
    >>> graph = parse("graph(x: float32[2]) { \n y: float32[3] = exp(x) \n return y \n }")
    >>> verify(graph, after="shrink")
    Traceback (most recent call last):
    badak.base.errors.StateError: after shrink: the type of the output is wrong
      expected  float32[2]
      got       y: float32[3] = exp(x)

    Raises:
        StateError: naming the pass, what is wrong, and the first bad equation.
    """
    names = names_of(graph)
    known: dict[int, bool] = {}
    for value in graph.inputs:
        if id(value) in known:
            raise StateError(f"after {after}: an input is listed twice", got=names[id(value)])
        known[id(value)] = True
    for equation in graph.equations:
        try:
            _check(equation, known, own)
        except RangeError as error:
            raise StateError(
                f"after {after}: {error.what}",
                expected=error.expected,
                got=show_equation(equation, names),
            ) from error
        known[id(equation.output)] = True
    for position, atom in enumerate(graph.outputs):
        if isinstance(atom, Value) and id(atom) not in known:
            raise StateError(
                f"after {after}: output {position} is never computed", got=names.get(id(atom), "?")
            )
    return graph


def _check(
    equation: Equation,
    known: Mapping[int, bool],
    own: Mapping[str, Callable[[Equation], Spec]],
) -> None:
    """Raises a RangeError on what is wrong with an equation."""
    for position, atom in enumerate(equation.inputs):
        if isinstance(atom, Value) and id(atom) not in known:
            raise RangeError(f"input {position} is read before it is computed")
    if id(equation.output) in known:
        raise RangeError("the output is computed twice")
    inferred = own.get(equation.primitive, _inferred)(equation)
    if inferred != equation.output.spec:
        raise RangeError("the type of the output is wrong", expected=show_spec(inferred))


def _inferred(equation: Equation) -> Spec:
    """The type of the output, if the inputs and attributes are right."""
    primitive = find(equation.primitive)
    _check_inputs(equation, primitive)
    _check_attributes(equation, primitive)
    specs = [atom.spec for atom in equation.inputs]
    try:
        promoted = primitive.promote(*(spec.dtype for spec in specs))
        inferred = primitive.infer(*specs, **dict(equation.attributes))
    except Exception as error:  # inference meets what nobody wrote it for
        raise RangeError(getattr(error, "sentence", f"{type(error).__name__}: {error}")) from error
    if tuple(spec.dtype for spec in specs) != tuple(promoted):
        raise RangeError(
            "the inputs are not of the dtypes it computes in",
            expected=", ".join(map(str, promoted)),
        )
    return inferred


def _check_inputs(equation: Equation, primitive: Primitive) -> None:
    least = 1 if callable(primitive.vjps) else len(primitive.vjps)
    count = len(equation.inputs)
    if count < least or (count > least and not callable(primitive.vjps)):
        raise RangeError("the number of inputs is wrong", expected=least)


def _check_attributes(equation: Equation, primitive: Primitive) -> None:
    for key, value in equation.attributes:
        if not _is_literal(value):
            raise RangeError(f"{key} is no literal", expected="a number, text, dtype, or a tuple")
    expected = _attribute_names(primitive)
    given = sorted(key for key, _ in equation.attributes)
    if expected is not None and given != sorted(expected):
        raise RangeError("the attributes are wrong", expected=", ".join(expected) or "none")


def _is_literal(value: Any) -> bool:
    if isinstance(value, tuple):
        return type(value) is tuple and all(map(_is_literal, value))
    return type(value) in (bool, int, float, str) or isinstance(value, np.dtype)


def _attribute_names(primitive: Primitive) -> list[str] | None:
    """The keywords that its forward takes; None where any may be given, and infer decides."""
    if isinstance(primitive.forward, np.ufunc):  # its many keywords are NumPy's business
        return []
    parameters = inspect.signature(primitive.forward).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
