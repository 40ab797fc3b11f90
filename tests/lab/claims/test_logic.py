"""Truth tables: what a perceptron can be, and what layers of them can."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from badak.lab.claims.experiments.logic import (
    TABLE,
    TARGETS,
    best_perceptron,
    logic,
    perceptron_functions,
)
from badak.nn.perceptron import separable

ALL = [np.array(answers) for answers in itertools.product((0, 1), repeat=4)]


def test_the_grid_holds_exactly_what_a_linear_program_calls_separable() -> None:
    pytest.importorskip("scipy")
    possible = {tuple(t) for t in ALL if separable(TABLE, t)}

    assert {tuple(int(y) for y in row) for row in perceptron_functions()} == possible


def test_only_xor_and_its_opposite_are_out_of_reach() -> None:
    out = [t.tolist() for t in ALL if best_perceptron(t)[1] < 4]

    assert out == [[0, 1, 1, 0], [1, 0, 0, 1]]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], list[float]]:
    values: dict[tuple[str, str], list[float]] = {}
    for one in logic([0, 1], epochs=20, updates=400, starts=8):
        values.setdefault((one.contender, one.condition), []).append(one.value)
    return values


@pytest.mark.parametrize("table", ["AND", "NAND", "OR"])
def test_everybody_learns_the_gates_of_one_unit(
    table: str, found: dict[tuple[str, str], list[float]]
) -> None:
    values = [right for (_, condition), right in found.items() if condition == table]

    assert values == [[4.0, 4.0]] * 5


def test_one_perceptron_is_wrong_about_xor_and_layers_are_right(
    found: dict[tuple[str, str], list[float]],
) -> None:
    assert found["Best perceptron", "XOR"] == [3.0, 3.0]
    assert max(found["Perceptron rule", "XOR"]) < 4.0
    assert found["Layers of gates", "XOR"] == [4.0, 4.0]
    assert found["Trained layers, best start", "XOR"] == [4.0, 4.0]


def test_targets_are_the_truth_tables() -> None:
    first, second = TABLE.astype(int).T

    assert np.array_equal(TARGETS["XOR"], first ^ second)
    assert np.array_equal(TARGETS["NAND"], 1 - (first & second))
