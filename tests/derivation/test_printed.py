"""What is printed is true: read again, the products multiply and add up to the gradients."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import badak as bd
from badak import nn
from tests.derivation import printed
from tests.derivation.programs import EXACT, SMOOTH, Dual, programs

ROUNDED = 2e-4  # six digits a factor, a few factors and terms; relative to the largest term


def explained(program, kind=float):
    try:
        return bd.explain(program, at={name: kind(v) for name, v in program.at.items()})
    except bd.errors.StateError:
        assume(False)


def is_close(text, expected, scale=1.0):
    return abs(float(printed.number(text)) - expected) <= ROUNDED * max(1.0, abs(expected), scale)


@given(programs(tuple(SMOOTH)))
@settings(max_examples=60)
def test_gradients_are_those_of_grad(program):
    found = explained(program).gradients

    params = {n: bd.parameter(float(v), "float64") for n, v in program.at.items()}
    expected = bd.grad(program(**params), params)
    assert {n: pytest.approx(float(g), rel=1e-12) for n, g in expected.items()} == found


@given(programs(tuple(SMOOTH), longest=4))
@settings(max_examples=40)
def test_gradients_are_central_differences(program):
    found, at = explained(program).gradients, {n: float(v) for n, v in program.at.items()}

    def value(**moved):
        tensors = {n: bd.tensor(v, "float64") for n, v in {**at, **moved}.items()}
        return float(program(**tensors))

    for name, x in at.items():
        slope = (value(**{name: x + 1e-5}) - value(**{name: x - 1e-5})) / 2e-5
        assert found[name] == pytest.approx(slope, rel=1e-4, abs=1e-4)


@given(programs(tuple(SMOOTH)), st.sampled_from(["en", "ko"]))
@settings(max_examples=60)
def test_products_add_up_to_the_gradient(program, language):
    derivation = explained(program)

    for left, *parts in printed.section(derivation.text(language), 2, language):
        total = float(printed.number(parts[-1]))
        for part in (part for part in parts[:-1] if "∂" not in part):
            largest = max(abs(float(printed.number(term))) for term in part.split(" + "))
            assert is_close(part, total, largest), left
    for name, gradient in derivation.gradients.items():
        found = printed.slopes(derivation.text(language), 2, language)[f"∂f/∂{name}"]
        assert is_close(found, gradient)


@given(programs(tuple(SMOOTH)))
@settings(max_examples=60)
def test_the_symbols_stand_for_the_numbers(program):
    text = explained(program).text()
    whole, local = printed.slopes(text, 2), printed.slopes(text, 1)

    for left, *parts in printed.section(text, 2):
        if len(parts) < 3:
            continue
        factors = [term.split(" · ") for term in parts[0].split(" + ")]
        terms = [printed.number(whole[up]) * printed.number(local[down]) for up, down in factors]
        assert is_close(parts[-1], float(sum(terms)), float(max(map(abs, terms)))), left


@given(programs(tuple(SMOOTH)))
@settings(max_examples=60)
def test_each_value_is_listed_once_and_after_what_it_needs(program):
    graph = explained(program).graph

    known = {x.name for x in graph.inputs}
    for step in graph.steps:
        assert {x.name for x in step.inputs if x.name} <= known
        assert step.out.name not in known
        known.add(step.out.name)


@given(programs(EXACT))
@settings(max_examples=60)
def test_fractions_are_exact(program):
    derivation = explained(program, Fraction)

    for name, gradient in derivation.gradients.items():
        dual = program(**{n: Dual(v, n == name) for n, v in program.at.items()})
        assert (derivation.value, gradient) == (dual.value, dual.slope)
    for _, *parts in printed.section(derivation.text(), 2):
        assert len({printed.number(part) for part in parts if "∂" not in part}) == 1


@given(programs(EXACT))
@settings(max_examples=40)
def test_forward_numbers_are_exact(program):
    for _, *parts in printed.section(explained(program, Fraction).text(), 0):
        numbers = [part.replace("²", "**2").replace("³", "**3") for part in parts[1:]]
        assert len(set(map(printed.number, numbers))) <= 1


def two_layers(x, W1, b1, W2, b2, t):
    return nn.SoftmaxCrossEntropy()(bd.relu(x @ W1 + b1) @ W2 + b2, t)


def net_values():
    draw = np.random.RandomState(7).standard_normal
    sizes = {"x": (2, 3), "W1": (3, 2), "b1": (2,), "W2": (2, 3), "b2": (3,)}
    return {**{n: draw(size) for n, size in sizes.items()}, "t": np.array([2, 0])}


def test_arrays_multiply_and_add_up():
    text = bd.explain(two_layers, at=net_values()).text()

    checked = 0
    for left, *parts in printed.section(text, 2):
        for part in parts[:-1]:
            if "∂" not in part:
                np.testing.assert_allclose(
                    printed.array(part),
                    printed.array(parts[-1]),
                    rtol=5e-3,
                    atol=5e-4,
                    err_msg=left,
                )
                checked += 1
    assert checked >= 12


def test_network_has_the_gradients_of_the_textbook():
    at = net_values()
    derivation = bd.explain(two_layers, at=at)

    hidden = np.maximum(at["x"] @ at["W1"] + at["b1"], 0)
    scores = hidden @ at["W2"] + at["b2"]
    y = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert derivation.value == pytest.approx(-np.log(y[[0, 1], at["t"]]).mean())
    y[[0, 1], at["t"]] -= 1
    np.testing.assert_allclose(derivation.gradients["W2"], hidden.T @ y / 2)
    back = (y / 2 @ at["W2"].T) * (hidden > 0)
    np.testing.assert_allclose(derivation.gradients["W1"], at["x"].T @ back)
    np.testing.assert_allclose(derivation.gradients["b1"], back.sum(0))


def test_the_matrix_rules_are_written_as_in_textbooks():
    text = bd.explain(lambda x, W: (x @ W).sum(), at=[np.ones((2, 3)), np.ones((3, 4))]).text()

    assert "dx = dg · Wᵀ   (2, 4) · (4, 3) → (2, 3)" in text
    assert "dW = xᵀ · dg   (3, 2) · (2, 4) → (3, 4)" in text
    assert "∂f/∂W = xᵀ · ∂f/∂g = " in text


def test_a_vector_is_one_row_or_one_column():
    text = bd.explain(lambda x, w: (x @ w).sum(), at=[np.ones((2, 3)), np.ones(3)]).text()

    assert "dx = dg · wᵀ   (2, 1) · (1, 3) → (2, 3)" in text
    assert "dw = xᵀ · dg   (3, 2) · (2, 1) → (3,)" in text


@pytest.mark.parametrize("shape", [(2,), (1, 2), (1, 1), (), (3, 1)])
def test_what_was_repeated_is_summed(shape):
    b = np.full(shape, 0.5)
    text = bd.explain(lambda x, b: ((x + b) ** 2).sum(), at=[np.eye(3, 2), b]).text()

    line = next(row for row in text.splitlines() if row.startswith("  ∂f/∂b"))
    _, symbols, numbers, total = line.strip().split("   ")[0].split(" = ")
    assert symbols.startswith("sum(∂f/∂g")
    assert np.shape(printed.array(total)) == shape
    np.testing.assert_allclose(printed.array(numbers), printed.array(total))
    assert "because b was" in line


@given(st.integers(1, 5), st.integers(-3, 3))
def test_a_value_used_k_times_has_k_terms(k, x):
    derivation = bd.explain(lambda x: sum((i + 1) * x for i in range(k)) * 1, at=[x])

    assert derivation.gradients["x"] == k * (k + 1) / 2
    assert len([use for use in derivation.graph.uses if use.value.name == "x"]) == k


def test_names_do_not_depend_on_anything_but_the_function():
    texts = {bd.explain(two_layers, at=net_values()).text() for _ in range(3)}

    assert len(texts) == 1
