"""The Hessian of a linear model, its condition number, and what standardising does to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.random import generator
from badak.data import standardize
from badak.lab.claims.experiments.contours import (
    condition_number,
    contours,
    hessian,
    updates_needed,
)

SEEDS = st.integers(0, 2**32 - 1)


def test_hessian_is_the_one_of_the_loss() -> None:
    random = generator(0, "hessian")
    x, t = random.normal(2.0, 3.0, (7, 2)), random.standard_normal((7, 1))
    w, b = bd.parameter(np.ones((2, 1)), "float64"), bd.parameter([0.5], "float64")
    loss = ((bd.tensor(x, "float64") @ w + b - bd.tensor(t, "float64")) ** 2).mean() * 0.5

    rows = [bd.hvp(loss, [w, b], [unit[:2, None], unit[2:]]) for unit in np.eye(3)]

    found = [np.concatenate([part.numpy().ravel() for part in row]) for row in rows]
    np.testing.assert_allclose(hessian(x), found, rtol=1e-12)


@given(SEEDS)
def test_condition_number_is_that_of_numpy(seed: int) -> None:
    x = generator(seed, "x").normal(1.0, 2.0, (20, 3))

    np.testing.assert_allclose(condition_number(hessian(x)), np.linalg.cond(hessian(x)), rtol=1e-8)


def test_a_flat_direction_has_no_condition_number() -> None:
    x = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])

    assert condition_number(hessian(x)) == np.inf
    assert updates_needed(np.inf) == np.inf


@given(SEEDS)
def test_standardising_uncorrelated_inputs_makes_a_circle(seed: int) -> None:
    scale = generator(seed, "scale").uniform(0.1, 1000.0, 2)
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]) * scale + scale

    scaled = standardize(corners)(corners)

    assert condition_number(hessian(scaled)) == pytest.approx(1.0, abs=1e-9)


@given(st.floats(0.0, 0.999))
def test_standardising_leaves_a_correlation(correlation: float) -> None:
    """H = [[1, r], [r, 1]] beside the bias: its eigenvalues are 1 - r and 1 + r."""
    first = np.array([1.0, -1.0, 1.0, -1.0])
    second = np.array([1.0, -1.0, -1.0, 1.0])
    x = np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * second], axis=1)

    found = condition_number(hessian(standardize(x)(x)))

    assert found == pytest.approx((1 + correlation) / (1 - correlation), rel=1e-6)


@pytest.mark.parametrize("condition", [1.5, 20.0, 1e4])
def test_updates_needed_is_what_gradient_descent_needs(condition: float) -> None:
    curvatures, error = np.array([1.0, condition]), np.array([1.0, 1.0])
    updates = 0
    while np.abs(error).max() > 1e-3:
        error = error * (1.0 - 2.0 / (1.0 + condition) * curvatures)
        updates += 1

    assert updates == int(np.ceil(updates_needed(condition)))


def test_scales_are_mended_and_correlations_are_not() -> None:
    found = {(m.contender, m.condition): m.value for m in contours([0]) if "number" in m.measure}

    assert found["Raw", "two sizes"] > 6.0
    assert found["Standardised", "two sizes"] < 0.1
    assert found["Standardised", "digits"] < found["Centred", "digits"] < found["Raw", "digits"]
    assert found["Standardised", "correlated"] == pytest.approx(np.log10(1.99 / 0.01), abs=0.1)
