"""`bd.explain`: the example of the textbooks, what is handed over, and what is refused."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.core.dispatch import apply
from badak.core.primitive import PRIMITIVES
from badak.derivation.conventions import CORNERS
from badak.derivation.symbols import ELEMENTWISE
from badak.derivation.words import ENGLISH, KOREAN
from tests.contracts.primitive_cases import CASES
from tests.derivation import printed

LINE = {"w": -2, "x": 5, "b": 3}

LINES = [
    "g = w · x = (-2) × 5 = -10",
    "f = g + b = -10 + 3 = -7",
    "∂g/∂w = x = 5",
    "∂g/∂x = w = -2",
    "∂f/∂g = 1",
    "∂f/∂b = 1",
    "∂f/∂w = ∂f/∂g · ∂g/∂w = 1 × 5 = 5",
    "∂f/∂x = ∂f/∂g · ∂g/∂x = 1 × (-2) = -2",
]


def line(w, x, b):
    return w * x + b


@pytest.mark.technique(12)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_line_of_the_textbook_as_text(language):
    rows = bd.explain(line, at=LINE).text(language).splitlines()

    assert [row.strip() for row in rows if row.strip() in LINES] == [
        *LINES[:6],
        LINES[4],
        *LINES[6:],
        LINES[5],
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_line_of_the_textbook_as_html(language):
    html = bd.explain(line, at=LINE).html(language)

    plain = html.replace('<b class="slope">', "").replace('<b class="value">', "")
    assert all(f'<div class="line">{row}</b></div>' in plain for row in LINES)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_line_of_the_textbook_as_latex(language):
    latex = bd.explain(line, at=LINE).latex(language)

    def slope(of, by):
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    assert r"  g &= w \cdot x = (-2) \times 5 = -10" in latex
    assert r"  f &= g + b = -10 + 3 = -7" in latex
    product = rf"{slope('f', 'g')} \cdot {slope('g', 'w')}"
    assert rf"  {slope('f', 'w')} &= {product} = 1 \times 5 = 5" in latex
    assert r"= 1 \times (-2) = -2" in latex


def test_the_values_of_the_line():
    derivation = bd.explain(line, at=LINE)

    assert derivation.value == -7
    assert derivation.gradients == {"w": 5, "x": -2, "b": 1}


# ---------------------------------------------------------------------- every primitive

SMOOTH_CASES = [
    pytest.param(name, case, id=f"{name}: {case}")
    for name, cases in CASES.items()
    for case in [x for x in cases if x.smooth and x.inputs[x.smooth[0]].size][::3]
]


@pytest.mark.parametrize(("name", "case"), SMOOTH_CASES)
def test_every_primitive_is_explained(name, case):
    def function(*inputs):
        out = apply(name, *inputs, **case.attributes)
        return (out * np.arange(1.0, 1.0 + out.size).reshape(out.shape)).sum()

    at = {f"x{i}": np.asarray(x) for i, x in enumerate(case.inputs)}
    derivation = bd.explain(function, at=at)

    makers = {n: bd.parameter if x.dtype.kind == "f" else bd.tensor for n, x in at.items()}
    tensors = {n: makers[n](x, x.dtype) for n, x in at.items()}
    params = {n: tensors[n] for n in derivation.gradients}
    for key, gradient in bd.grad(function(*tensors.values()), params).items():
        np.testing.assert_allclose(derivation.gradients[key], gradient.data, rtol=1e-12)
    for form in (derivation.text, derivation.latex, derivation.html):
        assert form("ko") != form("en")


def in_python(symbols: str, **values: float) -> float:
    """A local derivative worked out from how it is written."""
    code = symbols.replace("×", "*").replace("·", "*").replace("^", "**").replace("²", "**2")
    code = re.sub(r"√(\w+)", r"sqrt(\1)", code).replace("π", "pi")
    code = code.replace("≤", "<=").replace("≥", ">=")
    return float(np.squeeze(eval(code, {**vars(math), "sign": np.sign, **values})))


@pytest.mark.parametrize("name", sorted(set(ELEMENTWISE) - {"where"}))
@pytest.mark.parametrize("at", [(0.5, 3.0), (2.0, 1.25)])
def test_the_derivative_in_symbols_is_that_of_the_rule(name, at):
    given = dict(zip("xy", at[: len(ELEMENTWISE[name].slopes)], strict=False))
    derivation = bd.explain(lambda *inputs: apply(name, *inputs), at=given)

    slopes = printed.section(derivation.text(), 1)
    assert len(slopes) == len(given)
    for _, *parts in slopes:
        for part in parts[:-1]:
            value = in_python(part, **given, f=derivation.value)
            assert value == pytest.approx(float(parts[-1]), rel=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 0.5, -1, 0])
def test_powers_of_a_number(n):
    derivation = bd.explain(lambda x: x**n, at=[4.0])

    assert derivation.gradients["x"] == pytest.approx(n * 4.0 ** (n - 1))
    (_, *parts), *_ = printed.section(derivation.text(), 1)
    for part in parts:
        assert in_python(part, x=4.0) == pytest.approx(n * 4.0 ** (n - 1))


# ---------------------------------------------------------------------- graphs


def test_a_diamond_adds_both_ways():
    text = bd.explain(lambda x: bd.sin(x) * (2 * x), at=[0]).text()

    assert "∂f/∂x = ∂f/∂g · ∂g/∂x + ∂f/∂h · ∂h/∂x = 0 × 1 + 0 × 2 = 0" in text


def test_twice_in_one_step_is_one_way():
    assert "∂f/∂x = x + x = 3 + 3 = 6" in bd.explain(lambda x: x * x, at=[3]).text()


def test_a_direct_use_beside_another_gives_the_last_step_a_name():
    text = bd.explain(lambda x: x + x * x, at=[3]).text()

    assert "f = h = 12" in text
    assert "∂f/∂x = ∂f/∂g · ∂g/∂x + ∂f/∂h · ∂h/∂x = 1 × 6 + 1 × 1 = 7" in text


def test_the_input_itself_can_be_the_result():
    derivation = bd.explain(lambda x: x, at=[3])

    assert derivation.gradients == {"x": 1}
    assert "f = x = 3" in derivation.text()


def test_an_unused_input_has_the_gradient_0_and_a_word():
    derivation = bd.explain(lambda x, y: x * 2, at=[3, np.ones(2)])

    assert derivation.gradients["x"] == 2
    np.testing.assert_array_equal(derivation.gradients["y"], [0, 0])
    assert "∂f/∂y = 0   (f does not use y: the gradient is 0)" in derivation.text()
    assert "y의 값은 쓰이지 않으므로 기울기는 0입니다" in derivation.text("ko")


def test_steps_stand_in_the_order_of_computation():
    def function(x):
        late = x * 5
        early = x * 7
        return early + late

    rows = [parts[1] for parts in printed.section(bd.explain(function, at=[1]).text(), 0)]
    assert rows == ["x · 5", "x · 7", "h + g"]


def test_many_steps_are_numbered_and_keep_clear_of_given_names():
    def chain(g1, h):
        for _ in range(20):
            h = h + g1
        return h * 2

    names = [step.out.name for step in bd.explain(chain, at=[1, 2]).graph.steps]
    assert names == [*(f"h{i}" for i in range(1, 21)), "f"]


@pytest.mark.parametrize("taken", ["f", "g"])
def test_names_given_are_not_used_again(taken):
    function = {"f": lambda f, w: f * w + w, "g": lambda g, w: g * w + 1}[taken]
    graph = bd.explain(function, at=[2, 3]).graph

    names = [x.name for x in graph.inputs] + [step.out.name for step in graph.steps]
    assert len(set(names)) == len(names)


def test_weights_from_outside_are_constants():
    layer = nn.Linear(2, 1)
    derivation = bd.explain(lambda x: layer(x).sum(), at=[[[1.0, 2.0]]])

    np.testing.assert_allclose(derivation.gradients["x"], layer.weight.numpy().reshape(1, 2))
    assert list(derivation.gradients) == ["x"]
    assert derivation.text().count("Constants") == 1


def test_a_module_and_a_loss_are_functions_too():
    at = {"prediction": [[1.0, 2.0]], "target": np.array([1])}
    derivation = bd.explain(nn.SoftmaxCrossEntropy(), at=at)

    share = 1 / (1 + math.e)
    np.testing.assert_allclose(derivation.gradients["prediction"], [[share, -share]])
    assert "target holds whole numbers" in derivation.text()


@pytest.mark.parametrize(
    ("function", "at", "value"),
    [
        (lambda x, /, y: x - y, {"y": 1, "x": 5}, 4),
        (lambda x, y=2: x * y, [5], 10),
        (lambda x, y=2, *, z=1: x * y - z, {"x": 5, "z": 3}, 7),
        (lambda x, *more: x - more[0] * more[1], [5, 2, 3], -1),
        (lambda *more, z: z - more[0], {"z": 1, "a": 5}, -4),
    ],
)
def test_arguments_are_handed_over_as_python_has_them(function, at, value):
    derivation = bd.explain(function, at=at)

    assert derivation.value == value
    assert set(derivation.gradients) >= set(at if isinstance(at, dict) else "x")


def test_nothing_slips_into_an_argument_that_was_left_out():
    with pytest.raises(RangeError, match="missing 'scale'"):
        bd.explain(lambda x, scale=1, *more: x * scale, at={"x": 1, "a": 2})


# ---------------------------------------------------------------------- corners


@pytest.mark.parametrize(
    ("function", "at", "slope", "sentence"),
    [
        (bd.relu, 0, 0, "g = max(x, 0): where the two are equal"),
        (bd.abs, 0, 0, "at 0 there is no derivative"),
        (bd.sqrt, 0, math.inf, "the slope is infinite"),
        (bd.floor, 2, 0, "at whole numbers it jumps"),
        (bd.sign, 0, 0, "at 0 it jumps"),
        (lambda x: bd.minimum(x, 1), 1, 0, "where the two are equal"),
        (lambda x: bd.max(bd.stack([x, x])), 1, 1, "several values are the largest"),
    ],
)
def test_corners_are_told(function, at, slope, sentence):
    derivation = bd.explain(lambda x: function(x) * 1, at=[at])

    assert derivation.gradients["x"] == slope
    assert sentence in derivation.text()


@pytest.mark.parametrize("function", [bd.relu, bd.abs, bd.sqrt, bd.floor, bd.sign])
def test_elsewhere_nothing_is_told(function):
    text = bd.explain(function, at=[0.5]).text()

    assert not re.search("convention|infinite", text)


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("given", "shown"),
    [(5, "5"), (5.0, "5"), (0.1, "0.1"), (1 / 3, "0.333333"), (-0.0, "0"), (1e-7, "1e-07"),
     (Fraction(-2, 3), "-2/3"), (np.float32(0.5), "0.5"), (np.int64(3), "3"),
     (bd.tensor(2.5), "2.5")],
)  # fmt: skip
def test_numbers_are_short(given, shown):
    assert f"x = {shown}\n" in bd.explain(lambda x: x + 1, at={"x": given}).text() + "\n"


@pytest.mark.parametrize("rows", [[[1, 2], [3, 4]], [[Fraction(1, 3)], [2]]])
def test_lists_are_arrays(rows):
    derivation = bd.explain(lambda x: (x * x).sum(), at=[rows])

    np.testing.assert_array_equal(derivation.gradients["x"], 2 * np.array(rows))


def test_fractions_through_matrices_sums_and_choices():
    third = Fraction(1, 3)
    derivation = bd.explain(
        lambda x, W: bd.maximum(x @ W, 0).mean() / 2, at=[[[third, 1]], [[1, -1], [third, 0]]]
    )

    assert derivation.value == Fraction(1, 6)
    assert derivation.gradients["W"].tolist() == [[third / 4, 0], [Fraction(1, 4), 0]]
    assert derivation.gradients["x"].tolist() == [[Fraction(1, 4), Fraction(1, 12)]]


def test_decimals_beside_fractions_count_as_they_are_written():
    derivation = bd.explain(lambda x, y: 0.1 * x * y, at=[Fraction(1, 3), 0.7])

    assert derivation.value == Fraction(7, 300)
    assert derivation.gradients == {"x": Fraction(7, 100), "y": Fraction(1, 30)}


@pytest.mark.parametrize("function", [bd.exp, bd.sqrt, bd.sigmoid, lambda x: x**0.5, bd.erf])
def test_what_fractions_cannot_do_is_refused(function):
    with pytest.raises(DTypeError, match="of a fraction is not a fraction"):
        bd.explain(function, at=[Fraction(1, 3)])


def test_fractions_do_not_divide_by_0():
    with pytest.raises(RangeError, match="division by 0"):
        bd.explain(lambda x: 1 / (x - x), at=[Fraction(1, 3)])


def test_large_arrays_show_their_shapes():
    text = bd.explain(
        lambda x, W: bd.tanh(x @ W).sum(), at=[np.ones((5, 7)), np.ones((7, 6))]
    ).text()

    assert "x (5, 7), W (7, 6)" in text
    assert "g = x · W   (5, 7) · (7, 6) → (5, 6)" in text
    assert max(map(len, text.splitlines())) < 100


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("at", "error", "said"),
    [
        ({"w": 1, "x": 2}, RangeError, "missing 'b'"),
        ({"w": 1, "x": 2, "b": 3, "c": 4}, RangeError, "unknown 'c'"),
        ([1, 2], RangeError, "missing 'b'"),
        ([1, 2, 3, 4], RangeError, "unknown 'x1'"),
        ([1, 2, "3"], DTypeError, "b must be a number"),
        ([1, 2, None], DTypeError, "b must be a number"),
        ([1, True, 3], DTypeError, "x must be a number"),
        ([1, 2, 1j], DTypeError, "complex"),
        ([1, {"a": 2}, 3], DTypeError, "x must be a number"),
        ([1, 2, math.nan], RangeError, "b must be finite"),
        ([1, [2, math.inf], 3], RangeError, "x must be finite"),
        ([1, [[1, 2], [3]], 3], ShapeError, "x: rows have different lengths"),
        ("wxb", DTypeError, "at holds a value for each argument"),
        (5, DTypeError, "at holds a value for each argument"),
        ({1: 1}, RangeError, "missing 'w'"),
    ],
)
def test_wrong_values_are_refused_by_name(at, error, said):
    with pytest.raises(error) as raised:
        bd.explain(line, at=at)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("function", "at", "error", "said"),
    [
        (lambda x: x * 2, [[1, 2]], ShapeError, "single number"),
        (math.exp, [1], DTypeError, "bd.exp"),
        (lambda x: (x, x), [1], DTypeError, "must give a tensor"),
        (lambda x: x.detach() * 2, [1], StateError, "depends on no input"),
        (lambda x: bd.tensor(2.0), [1], StateError, "depends on no input"),
        (lambda x: (x > 0).astype("float64"), [1], StateError, "depends on no input"),
        (lambda x: x.sum(), [np.array([1, 2])], StateError, "depends on no input"),
        ("f", [1], DTypeError, "takes a function"),
        (
            type("", (), {"__call__": None, "__signature__": 1})(),
            [1],
            DTypeError,
            "function of Python",
        ),
    ],
)
def test_functions_without_a_derivative_are_refused(function, at, error, said):
    with pytest.raises(error) as raised:
        bd.explain(function, at=at)

    assert said in str(raised.value)


def test_other_languages_are_refused():
    derivation = bd.explain(line, at=LINE)

    for form in (derivation.text, derivation.latex, derivation.html):
        with pytest.raises(RangeError, match="one of en, ko"):
            form("fr")


def test_while_tracing_there_is_nothing_to_explain():
    with pytest.raises(StateError, match="traced"):
        bd.trace(lambda x: bd.explain(line, at=[1, 2, 3]) and x, bd.tensor(1.0))


def test_where_nothing_is_recorded_explain_does():
    with bd.no_grad():
        assert bd.explain(line, at=LINE).gradients == {"w": 5, "x": -2, "b": 1}


def test_both_languages_say_the_same_of_primitives_that_exist():
    assert list(ENGLISH.backward_of) == list(KOREAN.backward_of)
    assert {*ENGLISH.backward_of, *ELEMENTWISE} <= set(PRIMITIVES)
    assert set(ENGLISH.conventions) == set(KOREAN.conventions) == {*CORNERS, "max"}


def test_nothing_given_is_changed():
    x = bd.parameter([1.0, 2.0])
    bd.explain(lambda x: (x * x).sum(), at=[x])

    assert x.grad is None
    np.testing.assert_array_equal(x.numpy(), [1, 2])
