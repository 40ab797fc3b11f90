"""`explain`: a function differentiated by hand, step by step, as on a blackboard."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.core import Tensor
from badak.derivation.graph import Graph
from badak.derivation.latex import latex_page
from badak.derivation.lines import Writer
from badak.derivation.notation import TEXT
from badak.derivation.page import fragment, page
from badak.derivation.record import record
from badak.derivation.words import words


@dataclass(frozen=True, eq=False)
class Derivation:
    """A function at one point: its graph, its numbers, and how the gradient comes about.

    Printed it is `text()`; a notebook shows `html()`.

    Attributes:
        graph: values, steps, and what flows back.

    >>> derivation = bd.explain(lambda x, y: x * y, at=[3, 0.5])
    >>> derivation.value, derivation.gradients
    (1.5, {'x': 0.5, 'y': 3.0})
    """

    graph: Graph

    @property
    def value(self) -> Any:
        """The result of the function."""
        return self.graph.result.data.item()

    @property
    def gradients(self) -> dict[str, Any]:
        """The derivative with respect to each input: a number, or an array of its shape."""
        found = {x.name: x.gradient for x in self.graph.inputs if x.gradient is not None}
        return {name: g if g.shape else g.item() for name, g in found.items()}

    def text(self, language: str = "en") -> str:
        """In plain text, "en" or "ko".

        >>> print(bd.explain(lambda x: x**2, at={"x": 3}).text("ko"))
        x = 3에서의 f(x)
        <BLANKLINE>
        순전파
          f = x² = 3² = 9
        <BLANKLINE>
        국소적 미분
          ∂f/∂x = 2 · x = 2 × 3 = 6
        <BLANKLINE>
        역전파 (연쇄법칙)
          ∂f/∂x = 6

        Raises:
            RangeError: for another language.
        """
        writer = Writer(self.graph, TEXT, words(language))
        blocks = [writer.title()]
        for section in writer.sections():
            rows = [f"  {' = '.join(x.parts)}   {x.remark}".rstrip() for x in section.lines]
            blocks.append("\n".join([section.heading, *rows, *(f"  {x}" for x in section.notes)]))
        return "\n\n".join(blocks)

    def latex(self, language: str = "en") -> str:
        """As LaTeX, to be put into a document that uses amsmath (and kotex for Korean).

        Raises:
            RangeError: for another language.
        """
        return latex_page(self.graph, words(language))

    def html(self, language: str = "en") -> str:
        """As a page of its own, with the graph as a drawing.

        Raises:
            RangeError: for another language.
        """
        return page(self.graph, words(language), language)

    def _repr_html_(self) -> str:
        return fragment(self.graph, words("en"))

    def __repr__(self) -> str:
        return self.text()


# ---------------------------------------------------------------------- explain


def explain(f: Callable[..., Any], at: Any) -> Derivation:
    """How the gradient of a function comes about: graph, numbers, local derivatives, chain rule.

        ∂f/∂x = sum over the steps u that use x of  ∂f/∂u · ∂u/∂x

    Computed in float64. Fractions are kept exact, as long as the function is made of sums,
    products, quotients and whole powers.

    Args:
        f: a function of numbers or arrays that gives a single number. What it brings along besides
            its arguments, such as the weights of a network, counts as constant.
        at: the value of each argument by name, or a sequence of values in their order: numbers,
            fractions, lists, arrays, tensors. Arrays of whole numbers, such as labels, are handed
            over as they are and not differentiated.

    Raises:
        RangeError: for a name that f does not have, a value that is missing, infinity and NaN.
        DTypeError: for values that are no numbers, and when f gives no tensor.
        ShapeError: when f gives several numbers.
        StateError: when the result depends on no input.

    >>> bd.explain(lambda w, x, b: w * x + b, at={"w": -2, "x": 5, "b": 3})
    f(w, x, b) at w = -2, x = 5, b = 3
    <BLANKLINE>
    Forward pass
      g = w · x = (-2) × 5 = -10
      f = g + b = -10 + 3 = -7
    <BLANKLINE>
    Local derivatives
      ∂g/∂w = x = 5
      ∂g/∂x = w = -2
      ∂f/∂g = 1
      ∂f/∂b = 1
    <BLANKLINE>
    Backward pass (chain rule)
      ∂f/∂g = 1
      ∂f/∂w = ∂f/∂g · ∂g/∂w = 1 × 5 = 5
      ∂f/∂x = ∂f/∂g · ∂g/∂x = 1 × (-2) = -2
      ∂f/∂b = 1
    """
    if not callable(f):
        raise DTypeError("explain takes a function", got=repr(f))
    signature = _Signature(f)
    given = {name: _numbers(value, name) for name, value in signature.matched(at).items()}
    return Derivation(record(signature.call, given))


class _Signature:
    """The arguments of a function: which it has, and how they are handed over."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        try:
            parameters = list(inspect.signature(f).parameters.values())
        except (TypeError, ValueError):
            raise DTypeError("explain takes a function of Python", got=repr(f)) from None
        self.positional = [
            x.name for x in parameters if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)
        ]
        keywords = [x.name for x in parameters if x.kind is x.KEYWORD_ONLY]
        self.names = [*self.positional, *keywords]
        self.optional = [x.name for x in parameters if x.default is not x.empty]
        self.takes_more = any(x.kind is x.VAR_POSITIONAL for x in parameters)

    def matched(self, at: Any) -> dict[str, Any]:
        """The values by name, in the order of the arguments."""
        expected = ", ".join([*self.names, *(["..."] if self.takes_more else [])]) or "no argument"
        if isinstance(at, Mapping):
            values = dict(at)
        elif isinstance(at, Sequence) and not isinstance(at, str | bytes):
            names = [*self.names, *(f"x{i}" for i in range(1, 1 + len(at) - len(self.names)))]
            values = dict(zip(names, at, strict=False))
        else:
            raise DTypeError(
                "explain: at holds a value for each argument",
                expected=f"a dict or a sequence for {expected}",
                got=type(at).__name__,
                hint='at={"x": 5}',
            )
        more = [name for name in values if name not in self.names]
        # What follows the last name is handed over by its place: none before it may be left out.
        optional = [] if more else self.optional
        missing = [n for n in self.names if n not in values and n not in optional]
        unknown = [] if self.takes_more else more
        if unknown or missing:
            said = [*(f"missing {n!r}" for n in missing), *(f"unknown {n!r}" for n in unknown)]
            raise RangeError(
                f"explain: the values do not fit the arguments: {', '.join(said)}",
                expected=expected,
                got=", ".join(map(str, values)) or "no value",
            )
        if not all(isinstance(name, str) for name in values):
            raise DTypeError("explain: names are text", got=", ".join(map(repr, values)))
        return {name: values[name] for name in [*(n for n in self.names if n in values), *more]}

    def call(self, tensors: Mapping[str, Tensor]) -> Any:
        first = list(itertools.takewhile(tensors.__contains__, self.positional))
        more = [name for name in tensors if name not in self.names]
        rest = {name: x for name, x in tensors.items() if name not in [*first, *more]}
        return self.f(*(tensors[name] for name in [*first, *more]), **rest)


def _numbers(value: Any, name: str) -> Array:
    """A value as floats, as fractions (objects), or, when it is an array of them, whole numbers."""
    what = f"explain: {name}"
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None:
        raise DTypeError(f"{what} must be a number or an array", got=repr(value))
    origin = value.numpy() if isinstance(value, Tensor) else value
    if isinstance(origin, np.ndarray | np.generic) and origin.dtype.kind in "biu":
        if isinstance(origin, np.ndarray):
            return as_array(origin)
        origin = int(origin)
    array = np.asarray(origin) if not isinstance(origin, list | tuple) else _rows(origin, what)
    if array.dtype == object:
        entries = array.ravel().tolist()
        if not all(isinstance(x, Fraction | int | float) for x in entries):
            raise DTypeError(f"{what} must be a number or an array", got=type(value).__name__)
        if any(isinstance(x, Fraction) for x in entries) and all(map(math.isfinite, entries)):
            return array
    floats = np.array(as_array(array, [dtypes.float64]), dtypes.float64)
    if not np.isfinite(floats).all():
        raise RangeError(f"{what} must be finite", got=str(value))
    return floats


def _rows(rows: Any, what: str) -> Array:
    try:
        return np.asarray(rows)
    except ValueError:
        raise ShapeError(f"{what}: rows have different lengths", got=str(rows)) from None
