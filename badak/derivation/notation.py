"""Two scripts for the same formulas: plain text with Unicode signs, and LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.derivation.symbols import Form

SMALL = 12
"""Up to so many numbers an array is written out."""

_DIGITS, _DIGITS_IN_ARRAY = 6, 4


def short(number: Any, digits: int = _DIGITS) -> str:
    """A number as briefly as it is exact, else rounded to that many digits.

    >>> short(5.0), short(0.1), short(1 / 3), short(-0.0), short(Fraction(1, 3))
    ('5', '0.1', '0.333333', '0', '1/3')
    """
    if isinstance(number, Fraction | bool):
        return str(number)
    value = float(number)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    exact = repr(value)
    return exact if len(exact.lstrip("-")) <= digits + 2 else f"{value:.{digits}g}"


def is_shown(array: Array) -> bool:
    """Whether an array is small enough to be written out."""
    return array.ndim <= 2 and 0 < array.size <= SMALL


def digest(array: Array) -> Array:
    """One number instead of an array in which all are equal.

    >>> digest(np.ones((2, 3)))
    array(1.)
    """
    flat = array.ravel()
    same = array.size > 0 and all(x == flat[0] for x in flat.tolist())
    return np.asarray(flat[0], array.dtype) if same else array


@dataclass(frozen=True, slots=True)
class Slot:
    """A name or a number in a form.

    Attributes:
        text: how it is written.
        bare_in: where it needs no brackets: "p" as part of a product, "s" as part of a sum, but
            for its head.
    """

    text: str
    bare_in: str = "ps"

    def __format__(self, place: str) -> str:
        return self.text if place in self.bare_in else f"({self.text})"


class Notation:
    """How formulas are written; this one in text."""

    by_names, by_numbers, by_elements = "·", "×", "⊙"
    arrow, fraction = "→", "/"

    def form(self, form: Form, slots: Mapping[str, Slot], by: str) -> str:
        return form.text.format(by=by, **slots)

    def name(self, name: str) -> str:
        return name

    def number(self, value: Any, digits: int = _DIGITS) -> str:
        return short(value, digits)

    def array(self, array: Array) -> str:
        """All numbers; a single one without brackets."""
        if not array.ndim:
            return self.number(array[()])
        return self._nested(array.tolist())

    def _nested(self, rows: Any) -> str:
        if isinstance(rows, list):
            return f"[{', '.join(map(self._nested, rows))}]"
        return self.number(rows, _DIGITS_IN_ARRAY)

    def slot(self, array: Array) -> Slot:
        """Numbers to be put into a formula."""
        text = self.array(array)
        if array.ndim:
            return Slot(text)
        if text.startswith("-"):
            return Slot(text, bare_in="")
        return Slot(text, bare_in="s" if self.fraction in text else "ps")

    def slope(self, of: str, by: str) -> str:
        """∂of/∂by."""
        return f"∂{of}/∂{by}"

    def transposed(self, text: str) -> str:
        return f"{text}ᵀ"

    def call(self, name: str, arguments: list[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    def keyword(self, name: str, value: object) -> str:
        return f"{name}={value}"

    def change(self, name: str) -> str:
        """What comes back to a value, as the layers of textbooks call it: dx."""
        return f"d{name}"

    def inline(self, text: str) -> str:
        """A formula inside a sentence."""
        return text


class Latex(Notation):
    """How formulas are written for LaTeX, in math mode."""

    by_names, by_numbers, by_elements = r"\cdot", r"\times", r"\odot"
    arrow, fraction = r"\to", "\\"

    def form(self, form: Form, slots: Mapping[str, Slot], by: str) -> str:
        return form.latex.format(by=by, **slots)

    def name(self, name: str) -> str:
        if re.fullmatch(r"[A-Za-z]\d*", name):
            return name if len(name) == 1 else f"{name[0]}_{{{name[1:]}}}"
        if name.isascii():
            return rf"\mathrm{{{escaped(name)}}}"
        return rf"\text{{{escaped(name)}}}"

    def number(self, value: Any, digits: int = _DIGITS) -> str:
        text = short(value, digits)
        if isinstance(value, Fraction) and "/" in text:
            sign, top, below = "-" * (value < 0), abs(value.numerator), value.denominator
            return rf"{sign}\frac{{{top}}}{{{below}}}"
        if not isinstance(value, bool) and not math.isfinite(value):
            return {"inf": r"\infty", "-inf": r"-\infty"}.get(text, rf"\mathrm{{{text}}}")
        mantissa, e, exponent = text.partition("e")
        return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e and exponent else text

    def _nested(self, rows: Any) -> str:
        matrix = rows if isinstance(rows[0], list) else [rows]
        lines = [" & ".join(self.number(x, _DIGITS_IN_ARRAY) for x in row) for row in matrix]
        body = r" \\ ".join(lines)
        return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"

    def slope(self, of: str, by: str) -> str:
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def transposed(self, text: str) -> str:
        return f"{{{text}}}^{{\\top}}"

    def call(self, name: str, arguments: list[str]) -> str:
        return rf"\operatorname{{{escaped(name)}}}\left({', '.join(arguments)}\right)"

    def keyword(self, name: str, value: object) -> str:
        return rf"\text{{{escaped(f'{name}={value}')}}}"

    def change(self, name: str) -> str:
        return rf"\mathrm{{d}}{self.name(name)}"

    def inline(self, text: str) -> str:
        return f"${text}$"


TEXT, LATEX = Notation(), Latex()

_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def escaped(text: str) -> str:
    r"""Words as LaTeX prints them: every sign that means something there is made plain.

    >>> print(escaped("learning_rate"))
    learning\_rate
    """
    return "".join(_SPECIAL.get(sign, sign) for sign in text)
