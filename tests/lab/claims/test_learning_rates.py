"""The exact limit of the learning rate on a bowl, and rates over six decades on networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.lab.claims.experiments.learning_rates import (
    LIMIT,
    learning_rates,
    quadratic,
)

POINT = (-7.0, 2.0)
START = math.log10(49.0 / 20.0 + 4.0)


@given(st.floats(0.01, 1.4), st.integers(0, 60))
def test_each_update_multiplies_by_the_factor_of_the_formula(share: float, steps: int) -> None:
    x, y = -7.0 * (1 - 0.1 * share) ** steps, 2.0 * (1 - 2 * share) ** steps

    assert LIMIT == 1.0
    assert quadratic(share, POINT, steps) == pytest.approx(
        math.log10(max(x * x / 20 + y * y, 1e-30)), abs=1e-6
    )


def test_the_limit_is_two_over_the_largest_curvature() -> None:
    below, above = quadratic(0.999, POINT, 5000), quadratic(1.001, POINT, 5000)

    assert below < START < above


def test_the_textbook_ends_after_thirty_steps_are_met() -> None:
    """(x, y) after 30 updates at 0.95, and |y| at the limit and just beyond."""
    assert 10 ** quadratic(0.95, POINT, 30) == pytest.approx(
        0.350393**2 / 20 + 0.084782**2, rel=1e-4
    )
    assert 10 ** quadratic(1.0, (0.0, 2.0), 30) == pytest.approx(2.0**2)
    assert 10 ** quadratic(1.05, (0.0, 2.0), 30) == pytest.approx(34.9**2, rel=1e-2)


@pytest.fixture(scope="module")
def on_digits() -> dict[tuple[str, str], float]:
    found = learning_rates([0], updates=60, units=20)
    return {(one.contender, one.condition): one.value for one in found}


@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_the_best_rate_lies_between(rule: str, on_digits: dict[tuple[str, str], float]) -> None:
    best = on_digits["Best rate", f"digits, {rule}"]

    assert best < on_digits["Far too small", f"digits, {rule}"] - 0.2
    assert best < on_digits["Far too large", f"digits, {rule}"] - 0.2


def test_the_start_is_the_same_for_all_and_near_chance(
    on_digits: dict[tuple[str, str], float],
) -> None:
    start = on_digits["Start", "digits, SGD"]

    assert start == on_digits["Start", "digits, Adam"]
    assert math.log10(np.log(10)) - 0.1 < start < 0.7
