"""How each primitive is written, and its derivative: a table, a row a primitive.

A form is a template, once as text and once as LaTeX. {x}, {y}, {z} are the inputs, {out} the
result, {by} the sign of multiplication. {x:p} is part of a product, and stands in brackets when it
is negative or a fraction; {x:s} is part of a sum, and does when it is negative. What has no row is
written as a call, and its derivative is given in numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass

SLOTS = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Form:
    """A formula in two scripts."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A primitive in symbols.

    Attributes:
        value: the result.
        slopes: the derivative of the result with respect to each input; None where there is none.
    """

    value: Form
    slopes: tuple[Form | None, ...]


def _form(text: str, latex: str | None = None) -> Form:
    return Form(text, text if latex is None else latex)


def _row(value: Form, *slopes: Form | None) -> Symbol:
    return Symbol(value, slopes)


def _function(name: str, slope: Form, latex: str | None = None) -> Symbol:
    """A function of one number."""
    command = latex or f"\\{name}"
    return _row(_form(f"{name}({{x}})", rf"{command}\left({{x}}\right)"), slope)


_ONE, _NOTHING = _form("1"), _form("0")
_MINUS_ONE = _form("-1")

ELEMENTWISE: dict[str, Symbol] = {
    "add": _row(_form("{x} + {y:s}"), _ONE, _ONE),
    "sub": _row(_form("{x} - {y:s}"), _ONE, _MINUS_ONE),
    "mul": _row(_form("{x:p} {by} {y:p}"), _form("{y}"), _form("{x}")),
    "div": _row(
        _form("{x:p} / {y:p}", r"\frac{{{x}}}{{{y}}}"),
        _form("1 / {y:p}", r"\frac{{1}}{{{y}}}"),
        _form("-{x:p} / {y:p}²", r"-\frac{{{x}}}{{{y:p}^{{2}}}}"),
    ),
    "neg": _row(_form("-{x:p}"), _MINUS_ONE),
    "pow": _row(
        _form("{x:p}^{y:p}", "{x:p}^{{{y}}}"),
        _form("{y:p} {by} {x:p}^({y} - 1)", "{y:p} {by} {x:p}^{{{y} - 1}}"),
        _form("{out} {by} log({x})", r"{out} {by} \log\left({x}\right)"),
    ),
    "maximum": _row(
        _form("max({x}, {y})", r"\max\left({x}, {y}\right)"),
        _form("[{x} > {y}]"),
        _form("[{x} ≤ {y}]", r"[{x} \le {y}]"),
    ),
    "minimum": _row(
        _form("min({x}, {y})", r"\min\left({x}, {y}\right)"),
        _form("[{x} < {y}]"),
        _form("[{x} ≥ {y}]", r"[{x} \ge {y}]"),
    ),
    "abs": _row(
        _form("|{x}|", r"\left|{x}\right|"),
        _form("sign({x})", r"\operatorname{{sign}}\left({x}\right)"),
    ),
    "sign": _function("sign", _NOTHING, r"\operatorname{{sign}}"),
    "floor": _row(_form("⌊{x}⌋", r"\lfloor {x} \rfloor"), _NOTHING),
    "exp": _function("exp", _form("{out}")),
    "log": _function("log", _form("1 / {x:p}", r"\frac{{1}}{{{x}}}")),
    "log1p": _row(
        _form("log(1 + {x:p})", r"\log\left(1 + {x:p}\right)"),
        _form("1 / (1 + {x:p})", r"\frac{{1}}{{1 + {x:p}}}"),
    ),
    "expm1": _row(_form("exp({x}) - 1", r"\exp\left({x}\right) - 1"), _form("{out} + 1")),
    "sqrt": _row(
        _form("√{x:p}", r"\sqrt{{{x}}}"),
        _form("1 / (2 {by} {out})", r"\frac{{1}}{{2 {by} {out}}}"),
    ),
    "tanh": _function("tanh", _form("1 - {out:p}²", "1 - {out:p}^{{2}}")),
    "sigmoid": _function(
        "sigmoid",
        _form("{out} {by} (1 - {out:p})", r"{out} {by} \left(1 - {out:p}\right)"),
        r"\sigma",
    ),
    "erf": _function(
        "erf",
        _form(
            "2/√π {by} exp(-{x:p}²)",
            r"\frac{{2}}{{\sqrt{{\pi}}}} {by} \exp\left(-{x:p}^{{2}}\right)",
        ),
        r"\operatorname{{erf}}",
    ),
    "sin": _function("sin", _form("cos({x})", r"\cos\left({x}\right)")),
    "cos": _function("cos", _form("-sin({x})", r"-\sin\left({x}\right)")),
    "where": _row(
        _form("where({x}, {y}, {z})", r"\operatorname{{where}}\left({x}, {y}, {z}\right)"),
        None,
        _form("[{x}]"),
        _form("[not {x}]", r"[\neg {x}]"),
    ),
}
"""Each number of the result belongs to one number of each input."""

TOGETHER: dict[str, Symbol] = {
    "copy": _row(_form("{x}"), _ONE),
    "matmul": _row(_form("{x} · {y}", r"{x} \cdot {y}"), _form("{y}"), _form("{x}")),
}
"""Here the derivative is as written only where the result is one number."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def whole_power(n: int) -> Symbol:
    """x to a power n of 1 or more, which stands in the formula: x², with the derivative 2x.

    >>> whole_power(3).slopes[0].text
    '3 {by} {x:p}²'
    """

    def raised(exponent: int) -> Form:
        if exponent == 1:
            return _form("{x:p}")
        power = str(exponent).translate(_RAISED)
        return _form(f"{{x:p}}{power}", f"{{x:p}}^{{{{{exponent}}}}}")

    if n == 1:
        return _row(_form("{x}"), _ONE, None)
    inner = raised(n - 1)
    slope = Form(f"{n} {{by}} {inner.text}", f"{n} {{by}} {inner.latex}")
    return _row(raised(n), slope, None)
