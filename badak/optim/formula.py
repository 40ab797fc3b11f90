"""The formula of an optimizer, written down while it makes a step.

What passes the gate is turned into text instead of numbers, so the text cannot be wrong about the
code: also for a rule of the user's own, and for each choice of options.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.shapes import Shape, Spec
from badak.core import Tensor, parameter
from badak.core.dispatch import tracing
from badak.core.primitive import Primitive
from badak.optim.optimizer import Optimizer

_SILENT = ("broadcast", "cast", "reshape")
"""What changes the look of an array, not its numbers."""

_LETTERS = "abcdefpqrsuxyz"

_LOOSE, _SUM, _PRODUCT, _FACTOR, _ATOM = range(5)
"""How strongly the parts of an expression hold together."""

_COMPARISONS = {
    "equal": "=",
    "not_equal": "!=",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "logical_and": "and",
    "logical_or": "or",
}
_SHORT = {"maximum": "max", "minimum": "min"}


@dataclass(eq=False, slots=True)
class Term:
    """Stands in for an array: what it was computed of.

    Attributes:
        name: the primitive; "" for what was there before.
        parts: what it was applied to.
        spec: shape and dtype.
        text: for what was there before.
    """

    name: str
    parts: tuple[Term, ...]
    spec: Spec
    text: str = ""

    @property
    def shape(self) -> Shape:
        return self.spec.shape

    @property
    def dtype(self) -> DType:
        return self.spec.dtype


class Writer:
    """The interpreter that makes terms; see `badak.core.dispatch.Tracer`."""

    def __init__(self, names: list[tuple[Tensor, str]]) -> None:
        self.met = {id(x): (x, _leaf(x, text)) for x, text in names}
        self.assigned: dict[int, Term] = {}

    def term(self, x: Tensor) -> Term:
        """What x stands for at this point."""
        if id(x) in self.assigned:
            return self.assigned[id(x)]
        if isinstance(x.data, Term):
            return x.data
        if id(x) not in self.met:
            self.met[id(x)] = x, _leaf(x, _number(x.data))
        return self.met[id(x)][1]

    def __call__(
        self, primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Term:
        parts = tuple(self.term(x) for x in tensors)
        if primitive.name in _SILENT:
            return Term("cast", parts, spec)
        return Term(primitive.name, parts, spec)

    def read(self, x: Tensor) -> Term:
        return self.term(x)

    def assign(self, x: Tensor, new: Tensor) -> None:
        self.assigned[id(x)] = self.term(new)

    def version(self, x: Tensor) -> int:
        return x.version + (id(x) in self.assigned)

    def expect(self, x: Tensor, check: Callable[[Array], None], below: int | None) -> None:
        """There are no numbers to look at."""


def _leaf(x: Tensor, text: str) -> Term:
    return Term("", (), Spec(x.shape, x.dtype), text)


def _number(data: Array) -> str:
    values = np.unique(data)
    return f"{values[0]:g}" if len(values) == 1 else "[...]"


# ---------------------------------------------------------------------- one step as text


def formula(optimizer: Optimizer) -> list[str]:
    """What one step does to a weight W with the gradient g, a line for each number that it makes.

    A dash marks the new value of what is remembered; t counts the steps from 1.

    >>> from badak.optim import RMSProp
    >>> for line in formula(RMSProp()):
    ...     print(line)
    h' = alpha h + (1 - alpha) g^2
    W' = W - lr g / (sqrt(h') + eps)
    """
    rule = copy.deepcopy(optimizer)
    rule.state = {}
    weight, gradient = parameter(np.zeros((2, 2)), "float64"), Tensor(np.zeros((2, 2)))
    params = {"W": weight}
    held = rule.state["W"] = rule.begin(weight)
    names = [(weight, "W"), (gradient, "g"), (rule.steps, "(t - 1)")]
    names += [(x, name) for name, x in [*rule.settings.items(), *held.items()]]
    writer = Writer(names)
    with tracing(writer):
        with rule.gradient_point(params):
            point = writer.term(weight)
        rule.update(params, {"W": gradient})
    wanted = [("the point of g", point)]
    wanted += [(f"{name}'", writer.term(x)) for name, x in held.items()]
    wanted.append(("W'", writer.term(weight)))
    return _Lines(wanted, [("t", writer.term(rule.steps))], [text for _, text in names]).written()


class _Lines:
    """Terms as lines of text: those that are wanted, and those that several others need."""

    def __init__(
        self, wanted: list[tuple[str, Term]], known: list[tuple[str, Term]], taken: list[str]
    ) -> None:
        self.order = list(_inside_out([term for _, term in wanted]))
        self.names = {id(term): name for name, term in known}
        # What did not change needs no line.
        self.lines = {id(term): name for name, term in wanted if _bare(term).name}
        letters = (letter for letter in _LETTERS if letter not in taken)
        users = [term for term in self.order if term.name != "cast"]
        uses = Counter(id(_bare(part)) for user in users for part in user.parts)
        for term in users:
            if uses[id(term)] > 1 and _operations(term) > 1 and self._is_open(term):
                self.lines[id(term)] = next(letters)

    def written(self) -> list[str]:
        defined = [term for term in self.order if id(term) in self.lines]
        return [f"{self.lines[id(term)]} = {self._expression(term)[0]}" for term in defined]

    def _text(self, term: Term, least: int) -> str:
        """The term as part of another, in brackets if it holds together less than that."""
        name = self.names.get(id(term)) or self.lines.get(id(term))
        text, strength = (name, _ATOM) if name else self._expression(term)
        return text if strength >= least else f"({text})"

    def _expression(self, term: Term) -> tuple[str, int]:
        """The term itself, and how strongly it holds together."""
        match term.name, term.parts:
            case "", _:
                return term.text, _ATOM
            case "cast", (x,):
                return self._text(x, _SUM), self._strength(x)
            case "add", (x, y):
                return f"{self._text(x, _SUM)} + {self._text(y, _SUM)}", _SUM
            case "sub", (x, y):
                return f"{self._text(x, _SUM)} - {self._text(y, _PRODUCT)}", _SUM
            case "mul", (x, y) if _bare(x) is _bare(y):
                return f"{self._text(x, _ATOM)}^2", _FACTOR
            case "mul", (Term("mul", (x, y)), z) if _bare(y) is _bare(z):
                return f"{self._text(x, _FACTOR)} {self._text(y, _ATOM)}^2", _FACTOR
            case "mul", (x, Term("div", (Term("", _, _, "1"), y)) as right) if self._is_open(right):
                return f"{self._text(x, _PRODUCT)} / {self._text(y, _ATOM)}", _PRODUCT
            case "mul", (x, Term("div", (y, z)) as right) if self._is_open(right):
                top = f"{self._text(x, _FACTOR)} {self._text(y, _FACTOR)}"
                return f"{top} / {self._text(z, _ATOM)}", _PRODUCT
            case "mul", (x, y):
                last = self._text(y, _FACTOR)
                sign = " * " if last[0].isdigit() else " "
                return f"{self._text(x, _FACTOR)}{sign}{last}", _FACTOR
            case "div", (x, y):
                return f"{self._text(x, _PRODUCT)} / {self._text(y, _ATOM)}", _PRODUCT
            case "pow", (x, y):
                return f"{self._text(x, _ATOM)}^{self._text(y, _ATOM)}", _FACTOR
            case "neg", (x,):
                return f"-{self._text(x, _FACTOR)}", _PRODUCT
            case name, (x, y) if name in _COMPARISONS:
                return f"{self._text(x, _SUM)} {_COMPARISONS[name]} {self._text(y, _SUM)}", _LOOSE
            case "abs", (x,):
                return f"|{self._text(x, _SUM)}|", _ATOM
        inner = ", ".join(self._text(part, _LOOSE) for part in term.parts)
        return f"{_SHORT.get(term.name, term.name)}({inner})", _ATOM

    def _is_open(self, term: Term) -> bool:
        """Whether the term is written out where it stands."""
        return id(term) not in self.names and id(term) not in self.lines

    def _strength(self, term: Term) -> int:
        return self._expression(term)[1] if self._is_open(term) else _ATOM


def _bare(term: Term) -> Term:
    """The term under what only changes its look."""
    while term.name == "cast":
        term = term.parts[0]
    return term


def _operations(term: Term) -> int:
    """How much there is to read in a term."""
    return (term.name not in ("", "cast")) + sum(map(_operations, term.parts))


def _inside_out(roots: list[Term]) -> Iterator[Term]:
    """Each term once, after those it is made of."""
    seen: set[int] = set()

    def walk(term: Term) -> Iterator[Term]:
        if id(term) not in seen:
            seen.add(id(term))
            for part in term.parts:
                yield from walk(part)
            yield term

    for root in roots:
        yield from walk(root)
