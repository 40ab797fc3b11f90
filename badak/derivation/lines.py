"""A derivation line by line, in any notation and any language: one for text, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.shapes import Shape
from badak.derivation.conventions import is_corner
from badak.derivation.graph import Graph, Step, Use, Value
from badak.derivation.notation import Notation, Slot, digest, is_shown
from badak.derivation.symbols import ELEMENTWISE, SLOTS, TOGETHER, Form, Symbol, whole_power
from badak.derivation.words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """Formulas that are equal, and a remark in words."""

    parts: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading; notes are sentences."""

    kind: str
    heading: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


def _line(parts: Sequence[str | None], remark: str = "") -> Line:
    """Without what is not shown, and without saying the same twice."""
    shown = [part for part in parts if part is not None]
    kept = [x for i, x in enumerate(shown) if i == 0 or x != shown[i - 1]]
    return Line(tuple(kept), remark)


class Writer:
    """Writes a graph down.

    Args:
        graph: what to write.
        call: how the function is called: f(w, x, b).
        notation: the script.
        words: the language.
    """

    def __init__(self, graph: Graph, notation: Notation, words: Words) -> None:
        self.graph = graph
        self.notation = notation
        self.words = words

    def title(self) -> str:
        """The function and where it is looked at."""
        write, given = self.notation, [*self.graph.inputs, *self.graph.labels]
        names = ", ".join(write.name(x.name) for x in given)
        call = f"{write.name(self.graph.result.name)}({names})"
        values = ", ".join(self._given(x) for x in given)
        return self.words.title.format(call=write.inline(call), values=write.inline(values))

    def _given(self, x: Value) -> str:
        name, numbers = self.notation.name(x.name), self._numbers(x.data)
        return f"{name} {x.shape}" if numbers is None else f"{name} = {numbers}"

    def sections(self) -> list[Section]:
        """What there is to say, in order; a section without lines is left out."""
        graph, words = self.graph, self.words
        hidden = [step.out for step in reversed(graph.steps[:-1])]
        back = [self._chain(x) for x in [*hidden, *graph.inputs]]
        found = [
            Section("constants", words.constants, tuple(map(self._constant, graph.constants))),
            Section("forward", words.forward, tuple(map(self._forward, graph.steps))),
            Section("local", words.local, tuple(map(self._local, graph.uses))),
            Section("backward", words.backward, tuple(back)),
            Section("notes", words.notes, (), tuple(dict.fromkeys(self._notes()))),
        ]
        return [section for section in found if section.lines or section.notes]

    # ------------------------------------------------------------------ forwards

    def _constant(self, x: Value) -> Line:
        numbers = self._numbers(x.data)
        return _line([self.notation.name(x.name), numbers], "" if numbers else self._shape(x))

    def _forward(self, step: Step) -> Line:
        out = step.out
        symbol = symbol_of(step)
        numbers = None
        if symbol is None:
            formula = self._call(step)
        else:
            formula = self._filled(symbol.value, step, self._named)
            if all(not x.shape for x in (*step.inputs, out)):
                numbers = self._filled(symbol.value, step, self._numbered)
        name = self.notation.name(out.name)
        return _line([name, formula, numbers, self._numbers(out.data)], self._shapes(step))

    def _shapes(self, step: Step) -> str:
        if step.operation == "matmul" and step.out.shape:
            return self._product_of_shapes([x.shape for x in step.inputs], step.out.shape)
        shapes = [x.shape for x in step.inputs]
        if step.out.shape and any(shape != step.out.shape for shape in shapes if shape):
            before = ", ".join(str(shape) for shape in shapes if shape)
            return self.notation.inline(f"{before} {self.notation.arrow} {step.out.shape}")
        return self._shape(step.out)

    def _shape(self, x: Value) -> str:
        return self.notation.inline(str(x.shape)) if x.shape else ""

    def _product_of_shapes(self, shapes: Sequence[Shape], to: Shape) -> str:
        """(2, 3) · (3, 4) → (2, 4)."""
        product = f" {self.notation.by_names} ".join(map(str, shapes))
        return self.notation.inline(f"{product} {self.notation.arrow} {to}")

    def formula(self, step: Step) -> str:
        """The right-hand side of a step."""
        symbol = symbol_of(step)
        return self._call(step) if symbol is None else self._filled(symbol.value, step, self._named)

    def _call(self, step: Step) -> str:
        arguments = [self._named(x).text for x in step.inputs]
        for name, value in step.attributes.items():
            if name == "axes" and step.operation != "transpose":
                if value == tuple(range(len(step.inputs[0].shape))):
                    continue
                value = value[0] if len(value) == 1 else value
                arguments.append(self.notation.keyword("axis", value))
            elif value is not False:
                arguments.append(self.notation.keyword(name, value))
        return self.notation.call(step.operation, arguments)

    # ------------------------------------------------------------------ filling in forms

    def _named(self, x: Value) -> Slot:
        if x.name:
            return Slot(self.notation.name(x.name))
        return self.notation.slot(x.data)

    def _numbered(self, x: Value) -> Slot:
        return self.notation.slot(x.data)

    def _filled(self, form: Form, step: Step, slot: Callable[[Value], Slot]) -> str:
        slots = {name: slot(x) for name, x in zip(SLOTS, step.inputs, strict=False)}
        slots["out"] = slot(step.out)
        return self.notation.form(form, slots, self._sign(step, slot))

    def _sign(self, step: Step, slot: Callable[[Value], Slot]) -> str:
        if slot == self._numbered:
            return self.notation.by_numbers
        arrays = [x for x in step.inputs if x.shape]
        return self.notation.by_elements if len(arrays) > 1 else self.notation.by_names

    def _numbers(self, array: Array) -> str | None:
        return self.notation.array(array) if is_shown(array) else None

    # ------------------------------------------------------------------ backwards

    def _local(self, use: Use) -> Line:
        out, write = use.step.out, self.notation
        if use.local is None:
            passed = self._passed(use, write.change(out.name))
            return _line([write.change(use.value.name), passed], self._reasons([use]))
        local = digest(use.local)
        slope = write.slope(write.name(out.name), write.name(use.value.name))
        numbers = None if any(x.shape for x in (*use.step.inputs, out)) else self._numbered
        filled = self._symbol(use, numbers) if numbers else None
        remark = "" if is_shown(local) else write.inline(str(local.shape))
        return _line([slope, self._symbol(use, self._named), filled, self._numbers(local)], remark)

    def _symbol(self, use: Use, slot: Callable[[Value], Slot]) -> str | None:
        """The local derivative as a formula, if the primitive has one."""
        symbol = symbol_of(use.step)
        forms = [symbol.slopes[place] for place in use.places] if symbol else []
        texts = [self._filled(form, use.step, slot) for form in forms if form]
        return " + ".join(texts) if texts and len(texts) == len(forms) else None

    def _passed(self, use: Use, coming: str) -> str:
        """What a step makes of the gradient that comes to it, in symbols."""
        step, write = use.step, self.notation
        if step.operation != "matmul":
            return write.call(f"{step.operation}.backward", [coming])
        place = use.places[0]
        other = self._named(step.inputs[1 - place]).text
        by = f" {write.by_names} "
        pair = [coming, write.transposed(other)]
        return by.join(pair if place == 0 else reversed(pair))

    def _reasons(self, uses: Sequence[Use]) -> str:
        """Why the gradient of a value looks as it does: shapes first, then words."""
        shapes = dict.fromkeys(filter(None, map(self._shapes_back, uses)))
        words = dict.fromkeys(filter(None, map(self._why, uses)))
        return " ".join([", ".join(shapes), *(f"({why})" for why in words)]).strip()

    def _shapes_back(self, use: Use) -> str:
        x, out = use.value, use.step.out
        if (
            use.step.operation == "matmul"
            and use.local is None
            and x.data.ndim <= 2 >= out.data.ndim
        ):
            left, right = (y.shape for y in use.step.inputs)
            if len(left) <= 2 >= len(right):
                n, k = left if len(left) == 2 else (1, *left)
                m = right[1] if len(right) == 2 else 1
                pair = [(n, m), (m, k)] if use.places == (0,) else [(k, n), (n, m)]
                return self._product_of_shapes(pair, x.shape)
        return self._shape(x)

    def _why(self, use: Use) -> str:
        if use.repeated:
            return self._summed(use)
        return self.words.backward_of.get(use.step.operation, "") if use.local is None else ""

    def _chain(self, x: Value) -> Line:
        uses, write = self.graph.ways_back(x), self.notation
        slope = self._whole_slope(x)
        gradient = np.zeros(x.shape) if x.gradient is None else x.gradient
        if not uses:
            result = write.inline(write.name(self.graph.result.name))
            unused = self.words.unused.format(result=result, name=self._inline(x))
            return _line([slope, self._numbers(digest(gradient))], f"({unused})")
        terms = [self._term(use) for use in uses]
        numbers = [self._term_in_numbers(use) for use in uses]
        shown = [term for term in numbers if term is not None]
        middle = " + ".join(shown) if len(shown) == len(uses) else None
        parts = [slope, " + ".join(terms), middle, self._numbers(gradient)]
        return _line(parts, self._reasons(uses))

    def _whole_slope(self, x: Value) -> str:
        """∂f/∂x."""
        result = self.notation.name(self.graph.result.name)
        return self.notation.slope(result, self.notation.name(x.name))

    def _inline(self, x: Value) -> str:
        return self.notation.inline(self.notation.name(x.name))

    def _term(self, use: Use) -> str:
        """What one way back adds, in symbols."""
        write, out = self.notation, use.step.out
        coming = self._whole_slope(use.step.out)
        if use.local is None:
            return self._passed(use, coming)
        inner = write.slope(write.name(out.name), write.name(use.value.name))
        if out is self.graph.result:
            return self._over(use, inner)
        if out.shape and not digest(use.local).shape and digest(use.local) == 1:
            return self._over(use, coming)
        by = write.by_elements if out.shape and digest(use.local).shape else write.by_names
        return self._over(use, f"{coming} {by} {inner}")

    def _term_in_numbers(self, use: Use) -> str | None:
        out, coming, local = use.step.out, use.step.out.gradient, use.local
        assert coming is not None, "what was used to reach the result has a gradient"
        if local is None:
            if use.step.operation == "matmul":
                return self._product_in_numbers(use, coming)
            return self._numbers(use.share)
        local = digest(local) if out.shape else local
        if out is self.graph.result or not (is_shown(coming) and is_shown(local)):
            return None
        if out.shape and not local.shape and local == 1:
            return self._over(use, self.notation.array(coming))
        first, second = self.notation.slot(coming), self.notation.slot(local)
        return self._over(use, f"{first:p} {self.notation.by_numbers} {second:p}")

    def _product_in_numbers(self, use: Use, coming: Array) -> str | None:
        place = use.places[0]
        other = use.step.inputs[1 - place].data
        if other.ndim != 2 or coming.ndim != 2 or not (is_shown(other) and is_shown(coming)):
            return None
        pair = [self.notation.array(coming), self.notation.array(other.T)]
        return f" {self.notation.by_names} ".join(pair if place == 0 else reversed(pair))

    def _over(self, use: Use, term: str) -> str:
        """The sum over the axes along which the value was repeated."""
        if not use.repeated:
            return term
        axes, write = use.repeated, self.notation
        arguments = [term]
        if len(axes) < len(use.step.out.shape):
            arguments.append(write.keyword("axis", axes[0] if len(axes) == 1 else axes))
        if len(use.value.shape) == len(use.step.out.shape):
            arguments.append(write.keyword("keepdims", True))
        return self.notation.call("sum", arguments)

    def _summed(self, use: Use) -> str:
        name = self._inline(use.value)
        if len(use.repeated) == len(use.step.out.shape):
            return self.words.repeated_everywhere.format(name=name)
        axes = ", ".join(map(str, use.repeated))
        return self.words.repeated.format(name=name, axes=axes)

    # ------------------------------------------------------------------ notes

    def _notes(self) -> Iterator[str]:
        write, words, graph = self.notation, self.words, self.graph
        for x in graph.labels:
            yield words.labels.format(name=self._inline(x))
        passing = [use.step.out for use in graph.uses if use.local is None]
        for out in passing[:1]:
            change, slope = write.inline(write.change(out.name)), self._whole_slope(out)
            name = self._inline(out)
            yield words.arrives.format(change=change, slope=write.inline(slope), name=name)
        symbols = [self._symbol(use, self._named) for use in graph.uses if use.local is not None]
        if any("[" in symbol for symbol in symbols if symbol):
            yield words.bracket
        for step in graph.steps:
            if is_corner(step):
                formula = f"{write.name(step.out.name)} = {self.formula(step)}"
                yield words.conventions[step.operation].format(formula=write.inline(formula))


def symbol_of(step: Step) -> Symbol | None:
    """The row of a step's primitive; of a whole power that stands in the formula, its own."""
    if step.operation == "pow" and step.inputs[1].gradient is None:
        exponent = step.inputs[1]
        if not exponent.name and not exponent.shape:
            n = exponent.data[()]
            if 1 <= n <= 99 and n == int(n):
                return whole_power(int(n))
    return ELEMENTWISE.get(step.operation) or TOGETHER.get(step.operation)
