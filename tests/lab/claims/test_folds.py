"""Ridge regression on many data sets, and estimates of its error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import RangeError
from badak.base.random import generator
from badak.lab.claims.experiments.folds import (
    fold_error,
    forward_error,
    nested_folds,
    risk_estimates,
    time_folds,
)
from badak.lab.claims.experiments.ridge import WORLDS, fitted, series, squared_error
from badak.lab.measurement import Measurement

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.floats(0.01, 100.0))
def test_ridge_makes_the_penalised_error_flat(seed: int, strength: float) -> None:
    random = generator(seed, "ridge")
    x, y = random.standard_normal((2, 8, 3)), random.standard_normal((2, 8))

    w = fitted(x, y, strength)

    slope = np.swapaxes(x, 1, 2) @ ((x @ w[..., None])[..., 0] - y)[..., None]
    np.testing.assert_allclose(slope[..., 0] + strength * w, 0.0, atol=1e-9)


def test_ridge_without_a_penalty_is_least_squares() -> None:
    x, y = generator(0, "x").standard_normal((9, 3)), generator(0, "y").standard_normal(9)

    np.testing.assert_allclose(fitted(x, y, 0.0), np.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-9)


def test_a_fold_is_judged_without_having_been_seen() -> None:
    x, y = generator(1, "x").standard_normal((12, 2)), generator(1, "y").standard_normal(12)
    changed = y.copy()
    changed[4:7] += 100.0
    part = np.arange(4, 7)

    w = fitted(np.delete(x, part, axis=0), np.delete(y, part))

    assert fold_error(x, changed, part) == pytest.approx(
        squared_error(x[part], changed[part], w), rel=1e-12
    )


def test_forward_errors_do_not_look_ahead() -> None:
    x, y = generator(2, "x").standard_normal((12, 2)), generator(2, "y").standard_normal(12)
    part = np.arange(4, 7)
    before = forward_error(x, y, part)
    y[7:] += 100.0

    assert forward_error(x, y, part) == before


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_changes_as_its_name_says(world: str) -> None:
    x, y = series(world, 0, 500, 60)
    early, late = slice(12, 35), slice(45, 60)

    drift = np.abs(fitted(x[:, early], y[:, early]) - fitted(x[:, late], y[:, late])).mean()

    assert (drift > 0.25) == (world in ("wandering", "late break"))


def test_an_unknown_world_is_named() -> None:
    with pytest.raises(RangeError, match="world"):
        series("stil", 0, 1, 10)


def by_name(found: list[Measurement], measure: str) -> dict[tuple[str, str], float]:
    return {(one.contender, one.condition): one.value for one in found if one.measure == measure}


def test_more_folds_foretell_better_where_rows_are_few() -> None:
    found = by_name(risk_estimates([0], rows=[30], repetitions=300), "error of the estimate")
    hold_out, *folds = found.values()

    assert folds == sorted(folds, reverse=True)
    assert hold_out > 1.2 * folds[-1]


def test_folds_that_see_the_future_are_wrong_only_where_it_differs() -> None:
    found = by_name(time_folds([0], worlds=["still", "wandering"]), "error of the estimate")

    assert found["5 folds", "still"] < 0.1
    assert found["5 folds", "wandering"] > 0.2


def test_early_and_late_folds_are_alike_in_a_world_that_stands_still() -> None:
    found = by_name(time_folds([0]), "error of the fold")

    assert found["First fold", "still"] == pytest.approx(found["Last fold", "still"], rel=0.1)
    assert found["First fold", "early break"] > 2 * found["Last fold", "early break"]
    assert found["Last fold", "late break"] > 2 * found["First fold", "late break"]


def test_the_score_that_was_chosen_by_flatters() -> None:
    found = by_name(nested_folds([0, 1], worlds=["wandering"]), "bias of the estimate")

    assert found["Nested, forward", "wandering"] < found["Nested, shuffled", "wandering"]
